"""The set-up: one at a time for each part, and no stamp of what is not there."""

import os
import shutil
import subprocess

import pytest

from local.processes import ROOT

NPM = """#!/bin/sh
echo run >> runs
if [ -e broken ]; then exit 1; fi
mkdir local/node_modules || exit 1  # a second one at the same time would find it there
if [ -e gate ]; then read -r _ < gate; fi
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the set-up, and tools that take note of being called, instead of Node's."""
    (tmp_path / "local").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "local" / "setup.sh", tmp_path / "local")
    (tmp_path / "local" / "package.json").write_text("{}")
    for name, text in (("npm", NPM), ("node", "#!/bin/sh\necho v20.0.0\n")):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def start(project):
    return subprocess.Popen(
        ["local/setup.sh", "node", "local/package.json"],
        cwd=project,
        env={**os.environ, "PATH": f"{project / 'bin'}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    """Its exit code, once it has ended."""
    process.communicate(timeout=60)
    return process.returncode


def stamp(project):
    return project / ".local" / "stamps" / "node"


def test_what_fails_leaves_no_stamp(project):
    """A set-up that breaks is done again the next time, even if it had worked before."""
    assert ended(start(project)) == 0
    assert stamp(project).exists()
    (project / "broken").touch()
    later = stamp(project).stat().st_mtime + 1
    os.utime(project / "local" / "package.json", (later, later))
    assert ended(start(project)) != 0
    assert not stamp(project).exists()


def test_what_is_done_is_not_done_again(project):
    """With a stamp newer than its inputs nothing runs."""
    assert (ended(start(project)), ended(start(project))) == (0, 0)
    assert (project / "runs").read_text() == "run\n"


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock")
def test_two_at_once_set_up_once(project):
    """The second waits for the first, and finds the work done."""
    os.mkfifo(project / "gate")
    first = start(project)
    with (project / "gate").open("w") as gate:  # opens once the first is within npm
        second = start(project)
        said = second.stdout.readline()
        gate.write("on\n")
    assert "waiting" in said
    assert (ended(first), ended(second)) == (0, 0)
    assert (project / "runs").read_text() == "run\n"


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock")
def test_a_killed_set_up_holds_nobody(project):
    """The lock goes with the process, and the next set-up does the work."""
    os.mkfifo(project / "gate")
    first = start(project)
    with (project / "gate").open("w"):
        first.kill()
    ended(first)
    (project / "gate").unlink()
    shutil.rmtree(project / "local" / "node_modules")
    assert ended(start(project)) == 0
    assert stamp(project).exists()
