"""A bundle holds what the commit holds, and is the same wherever and whenever it is made."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy import bundle

FILES = {
    "functions/greet/main.py": "from .words import HELLO\n",
    "functions/greet/words.py": "HELLO = 'hello'\n",
    "functions/greet/requirements.txt": "functions-framework\n",
    "shared/__init__.py": "",
    "shared/web/page.html": "<p>\n",
}


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    done = subprocess.run(
        ["git", "-C", root, *identity, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=all")
    return git(root, "rev-parse", "HEAD")


def plant(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repo with one function, all of it committed."""
    root = plant(tmp_path / "repo")
    git(root, "init", "--quiet")
    commit(root)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def staged(root: Path, build: Path) -> Path:
    return bundle.stage("greet", build=build, root=root)


def test_a_bundle_is_the_functions_files_and_shared(tree: Path, tmp_path: Path):
    """Files keep their bytes; build.json is the only one that is added."""
    held = contents(staged(tree, tmp_path / "build"))
    added = held.pop("build.json")
    assert held == {
        name.removeprefix("functions/greet/"): text.encode() for name, text in FILES.items()
    }
    assert json.loads(added).keys() == {"commit", "digest"}


@pytest.mark.parametrize("name", ["key.pem", "dump.json", "main.py~", "deeper/notes.txt"])
@pytest.mark.parametrize("folder", ["functions/greet", "shared"])
def test_a_file_that_git_does_not_track_is_refused(
    tree: Path, tmp_path: Path, folder: str, name: str
):
    """Neither a key that is ignored nor a copy that was forgotten leaves the machine."""
    (tree / ".gitignore").write_text("*.pem\n")
    stray = tree / folder / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("secret")
    with pytest.raises(bundle.BundleError) as refused:
        staged(tree, tmp_path / "build")
    assert refused.value.paths == [f"{folder}/{name}"]
    assert not list((tmp_path / "build").iterdir())


def test_bytecode_and_hidden_files_stay_out(tree: Path, tmp_path: Path):
    """What Python and editors leave behind neither ships nor disturbs."""
    before = contents(staged(tree, tmp_path / "build"))
    cache = tree / "shared/__pycache__"
    cache.mkdir()
    (cache / "store.cpython-311.pyc").write_bytes(b"\0")
    (tree / "functions/greet/.main.py.swp").write_text("x")
    assert contents(staged(tree, tmp_path / "build")) == before


@pytest.mark.parametrize("target", ["/etc/hostname", "../../secret.txt", "nowhere", "../../README"])
def test_a_link_out_of_what_git_tracks_is_refused(tree: Path, tmp_path: Path, target: str):
    """A link that is committed could bring in any file of the machine."""
    (tree.parent / "secret.txt").write_text("secret")
    (tree / "functions/greet/linked.txt").symlink_to(target)
    commit(tree)
    with pytest.raises(bundle.BundleError, match=r"functions/greet/linked\.txt"):
        staged(tree, tmp_path / "build")


def test_a_link_to_a_sibling_ships_as_a_file(tree: Path, tmp_path: Path):
    """A link within the bundle's folders is the file that it names."""
    (tree / "functions/greet/again.py").symlink_to("words.py")
    commit(tree)
    made = staged(tree, tmp_path / "build") / "again.py"
    assert (made.is_symlink(), made.read_text()) == (False, FILES["functions/greet/words.py"])


def test_two_builds_of_one_commit_are_the_same_bytes(tree: Path, tmp_path: Path):
    """Another folder, another time, other modes and another umask change nothing, in the folder or in its archive."""
    clone = tmp_path / "elsewhere" / "clone"
    shutil.copytree(tree, clone)
    for path in clone.rglob("*.py"):
        path.chmod(0o755)
        os.utime(path, (2_000_000_000, 2_000_000_000))
    git(clone, "config", "core.fileMode", "false")
    previous = os.umask(0o077)
    try:
        second = staged(clone, tmp_path / "second")
    finally:
        os.umask(previous)
    first = staged(tree, tmp_path / "first")
    assert contents(first) == contents(second)
    facts = [
        [(path.relative_to(one), path.stat().st_mode, path.stat().st_mtime) for path in listed]
        for one in (first, second)
        for listed in [sorted(one.rglob("*"))]
    ]
    assert facts[0] == facts[1]
    assert bundle.archive(first).read_bytes() == bundle.archive(second).read_bytes()


def test_the_archive_holds_the_bundle(tree: Path, tmp_path: Path):
    """What is uploaded is what was staged."""
    made = staged(tree, tmp_path / "build")
    with zipfile.ZipFile(bundle.archive(made)) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    assert held == contents(made)


def test_build_json_names_commit_and_digest(tree: Path, tmp_path: Path):
    """The digest is the one that sha256sum makes of its own list, so that anybody can check it."""
    made = staged(tree, tmp_path / "build")
    told = bundle.build_of(made)
    assert told.commit == git(tree, "rev-parse", "HEAD")
    command = (
        "find . -type f ! -name build.json | cut -c3- | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    done = subprocess.run(
        ["bash", "-c", command], cwd=made, check=True, capture_output=True, text=True
    )
    assert told.digest == done.stdout.split()[0]


def test_a_changed_file_changes_the_digest_and_is_told(tree: Path, tmp_path: Path):
    """What is not the commit's does not go under the commit's name."""
    before = bundle.build_of(staged(tree, tmp_path / "build"))
    (tree / "shared/__init__.py").write_text("# changed\n")
    after = bundle.build_of(staged(tree, tmp_path / "build"))
    assert after.commit == f"{before.commit}-modified"
    assert after.digest != before.digest


def test_without_git_the_commit_is_unknown(tmp_path: Path):
    """An exported tree can be staged; nobody can tell which commit it was."""
    made = staged(plant(tmp_path / "export"), tmp_path / "build")
    assert bundle.build_of(made).commit == "unknown"


def test_an_unknown_function_is_refused(tree: Path, tmp_path: Path):
    """A misspelt name stages nothing."""
    with pytest.raises(ValueError, match="greet"):
        bundle.stage("great", build=tmp_path / "build", root=tree)


@pytest.mark.skipif(not (bundle.ROOT / ".git").exists(), reason="an exported tree has no commit")
def test_two_clones_build_the_same_bundles(tmp_path: Path):
    """Every function of this repository: other folders, times, languages and time zones give the same bytes."""
    built = []
    surroundings = (
        {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    )
    for folder, around in zip(("one", "other/deeper"), surroundings, strict=True):
        clone = tmp_path / folder
        git(bundle.ROOT, "clone", "--quiet", str(bundle.ROOT), str(clone))
        for path in clone.rglob("*.py"):
            os.utime(path, (len(built) * 1_000_000_000, len(built) * 1_000_000_000))
        command = [sys.executable, "-m", "deploy.bundle", "--all"]
        subprocess.run(command, cwd=clone, env={**os.environ, **around}, check=True)
        staged = [clone / "build" / name for name in bundle.functions(clone)]
        built.append([(one.name, bundle.archive(one).read_bytes()) for one in staged])
    assert [name for name, _ in built[0]] == bundle.functions()
    assert built[0] == built[1]
