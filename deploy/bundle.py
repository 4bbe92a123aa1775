"""Stages what is deployed: build/<function>/ holds the function's files, its requirements.txt, shared/ and build.json.

A bundle holds what git tracks and nothing else, so that no key, dump or backup copy that lies in a folder leaves this
machine, and it is byte for byte the same wherever and whenever it is made from the same commit.

No file is rewritten. functions-framework loads the source file as a *package* named `main` whose path is the file's
folder, so `from .consent import ...` finds its siblings there, just as `import functions.onboarding.main` does in the
repo. It also appends that folder to the end of sys.path, which is where a bundle finds `shared`; a bundle is therefore
started from its own folder and without PYTHONPATH, lest it find the repo's. From the repo itself, by hand:

    PYTHONPATH=. functions-framework --source functions/<name>/main.py --target <name>
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
BUILD_FILE = "build.json"
UNKNOWN = "unknown"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP file can hold
_EPOCH_SECONDS = 315_532_800


class BundleError(Exception):
    """A folder of the bundle holds files that do not belong there. paths: relative to the repository's root."""

    def __init__(self, what: str, paths: list[str]) -> None:
        super().__init__(f"{what}: {', '.join(paths)}")
        self.paths = paths


@dataclass(frozen=True)
class Build:
    """What a bundle was made of; `build.json` in it holds the same.

    commit: 40 hex digits, with `-modified` where a file differs from the commit's; `unknown` without git.
    digest: SHA-256 in hex over the list that `sha256sum` prints of all other files, in the order of their paths.
    """

    commit: str
    digest: str


def functions(root: Path = ROOT) -> list[str]:
    """List the functions: the folders of functions/ that have a main.py."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def stage(name: str, *, build: Path = BUILD, root: Path = ROOT) -> Path:
    """Stage the bundle of one function afresh, in one move, and return its folder.

    Raises ValueError where there is no such function, BundleError where git does not track a file of it or a link
    leads out of the tree.
    """
    if name not in functions(root):
        raise ValueError(f"There is no function {name!r}; there are {', '.join(functions(root))}.")
    sources = {root / "functions" / name: Path(), root / "shared": Path("shared")}
    build.mkdir(parents=True, exist_ok=True)
    bundle = build / name
    with tempfile.TemporaryDirectory(dir=build, prefix=f".{name}-") as scratch:
        staged = Path(scratch) / name
        for source, place in sources.items():
            for path in _files(source, root):
                target = staged / place / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        origin = Build(_commit(list(sources), root), _digest(staged))
        (staged / BUILD_FILE).write_text(json.dumps(asdict(origin), indent=2) + "\n")
        _level(staged)
        if bundle.exists():
            bundle.rename(Path(scratch) / "previous")
        staged.rename(bundle)
    return bundle


def archive(bundle: Path) -> Path:
    """Pack a staged bundle into a ZIP file beside it, the same bytes for the same bundle, and return its path."""
    packed = bundle.with_name(f"{bundle.name}.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:  # packing depends on zlib
        for path in _walk(bundle):
            entry = zipfile.ZipInfo(path.relative_to(bundle).as_posix(), _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            file.writestr(entry, path.read_bytes())
    return packed


def build_of(bundle: Path) -> Build:
    """Read what a staged bundle was made of."""
    return Build(**json.loads((bundle / BUILD_FILE).read_text()))


def _files(folder: Path, root: Path) -> list[Path]:
    tracked = _tracked(folder, root)
    files = list(_walk(folder))
    strange = [path for path in files if tracked is not None and path not in tracked]
    if strange:
        raise BundleError("git does not track", _named(strange, root))
    inside, ours = root.resolve(), None if tracked is None else {p.resolve() for p in tracked}
    for path in files:
        target = path.resolve()
        if path.is_symlink() and not (
            target.is_file() and target.is_relative_to(inside) and (ours is None or target in ours)
        ):
            raise BundleError("a link that leads elsewhere", _named([path], root))
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files and links below a folder in the order of their paths, without bytecode and hidden files."""
    for entry in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = entry.relative_to(folder).parts
        if "__pycache__" in parts or any(part.startswith(".") for part in parts):
            continue
        if entry.suffix not in (".pyc", ".pyo") and (entry.is_symlink() or not entry.is_dir()):
            yield entry


def _git(root: Path, *words: str) -> str | None:
    """Return what git prints; None if there is no git, or no repository."""
    if not (root / ".git").exists() or shutil.which("git") is None:
        return None
    return subprocess.run(
        ["git", "-C", str(root), *words], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _tracked(folder: Path, root: Path) -> set[Path] | None:
    listed = _git(root, "ls-files", "-z", "--", str(folder))
    return None if listed is None else {root / name for name in listed.split("\0") if name}


def _commit(folders: list[Path], root: Path) -> str:
    paths = [str(folder) for folder in folders]
    commit = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *paths)
    return f"{commit.strip()}{'-modified' if changed else ''}" if commit else UNKNOWN


def _digest(bundle: Path) -> str:
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}\n"
        for path in _walk(bundle)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _level(bundle: Path) -> None:
    """Give every file and folder the same mode and time."""
    for path in (*bundle.rglob("*"), bundle):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_EPOCH_SECONDS, _EPOCH_SECONDS))


def _named(paths: list[Path], root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in paths)


def main() -> None:
    """Stage the named functions, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m deploy.bundle", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(functions()))
    parser.add_argument("--all", action="store_true", help="every function")
    arguments = parser.parse_args()
    if bool(arguments.names) == arguments.all:
        parser.error("name functions, or give --all")
    for name in functions() if arguments.all else arguments.names:
        try:
            bundle = stage(name)
        except ValueError as error:
            parser.error(str(error))
        except BundleError as error:
            sys.exit(f"{error}. A bundle holds what the commit holds: add it to git, or remove it.")
        origin = build_of(bundle)
        print(f"{bundle.relative_to(ROOT)}/  {origin.commit[:12]}  sha256:{origin.digest}")


if __name__ == "__main__":
    main()
