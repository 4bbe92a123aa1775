"""Stages what is deployed: build/<function>/ holds the function's files (with its requirements.txt) and shared/.

Nothing is generated or rewritten. functions-framework loads the source file as a *package* named
`main` whose path is the file's folder, so `from .consent import ...` finds its siblings there, just
as `import functions.onboarding.main` does in the repo. It also appends that folder to the end of
sys.path, which is where a bundle finds `shared`; a bundle is therefore started from its own folder
and without PYTHONPATH, lest it find the repo's. From the repo itself, by hand:

    PYTHONPATH=. functions-framework --source functions/<name>/main.py --target <name>
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from local.processes import ROOT

BUILD = ROOT / "build"

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*", "test_*", "tests")


def functions(root: Path = ROOT) -> list[str]:
    """List the functions: the folders of functions/ that have a main.py."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def stage(name: str, *, build: Path = BUILD, root: Path = ROOT) -> Path:
    """Stage the bundle of one function afresh, in one move, and return its folder.

    Raises:
        ValueError: there is no such function.
    """
    if name not in functions(root):
        raise ValueError(f"There is no function {name!r}; there are {', '.join(functions(root))}.")
    build.mkdir(parents=True, exist_ok=True)
    bundle = build / name
    with tempfile.TemporaryDirectory(dir=build, prefix=f".{name}-") as scratch:
        staged = Path(scratch) / name
        shutil.copytree(root / "functions" / name, staged, ignore=_LEFT_OUT)
        shutil.copytree(root / "shared", staged / "shared", ignore=_LEFT_OUT)
        if bundle.exists():
            bundle.rename(Path(scratch) / "previous")
        staged.rename(bundle)
    return bundle


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
            print(f"{stage(name).relative_to(ROOT)}/")
        except ValueError as error:
            parser.error(str(error))


if __name__ == "__main__":
    main()
