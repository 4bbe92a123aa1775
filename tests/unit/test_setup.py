"""The set-up: one at a time for each part, no stamp of what is not there, and a reason for what fails."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.processes import ROOT

LOCKS = [
    ROOT / "requirements.txt",
    ROOT / "requirements-dev.txt",
    *sorted(ROOT.glob("functions/*/requirements.txt")),
]
NPM = """#!/bin/sh
echo run >> runs
if [ -e broken ]; then echo "the registry is away" >&2; exit 1; fi
mkdir local/node_modules || exit 1  # a second one at the same time would find it there
mkdir local/node_modules/.bin
printf '#!/bin/sh\n' > local/node_modules/.bin/firebase
chmod +x local/node_modules/.bin/firebase
if [ -e gate ]; then read -r _ < gate; fi
"""


PYTHON = """#!/bin/sh
# Stands in for Python {version}: it says where it is from, and makes environments of itself.
if [ "$1" = -c ]; then echo "$(readlink -f "$0") {version} (made up)"; exit; fi
if [ "$1" = - ]; then cat >/dev/null; {flaw} exit; fi
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && ln -sf "$(readlink -f "$0")" "$3/bin/python"; readlink -f "$0" >> runs ;;
    "-m pip "*) echo pip >> runs ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the set-up, and tools that take note of being called, instead of Node's."""
    (tmp_path / "local").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("local/setup.sh", "Makefile"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("local/package.json", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("{}")
    tool(tmp_path, "npm", NPM)
    tool(tmp_path, "node", "#!/bin/sh\necho v20.0.0\n")
    return tmp_path


def tool(project, name, text):
    path = project / "bin" / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def python(project, name, version="3.12.1", flaw=""):
    """A stand-in for Python. flaw: what it says against itself."""
    said = f"echo '{flaw}';" if flaw else ""
    return str(tool(project, name, PYTHON.format(version=version, flaw=said)))


def start(project, *command, **environ):
    """Start a command of the project, where the stand-ins come first, and PYTHON is what a test gives."""
    inherited = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG")}
    return subprocess.Popen(
        command or ["local/setup.sh", "node", "local/package.json"],
        cwd=project,
        env={**inherited, **environ, "PATH": f"{project / 'bin'}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process):
    """Its exit code and what it has said, once it has ended."""
    text, _none = process.communicate(timeout=60)
    return process.returncode, text


def ended(process):
    """Its exit code, once it has ended."""
    return said(process)[0]


def runs(project):
    log = project / "runs"
    return log.read_text().splitlines() if log.exists() else []


def make_packages(project, *arguments, **environ):
    return said(start(project, "make", ".local/venv/.complete", *arguments, **environ))


def stamp(project):
    return project / "local" / "node_modules" / ".complete"


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


def test_what_was_taken_away_is_done_again(project):
    """Without the folder there is no stamp, so that no set-up believes in what is gone."""
    assert ended(start(project)) == 0
    shutil.rmtree(project / "local" / "node_modules")
    assert ended(start(project)) == 0
    assert runs(project) == ["run", "run"]


def test_a_failure_shows_its_reason(project):
    """What npm says against itself reaches whoever waits for the set-up."""
    (project / "broken").touch()
    code, text = said(start(project))
    assert code != 0
    assert "the registry is away" in text
    assert "could not install the Firebase tools" in text


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock")
def test_two_at_once_set_up_once(project):
    """The second waits for the first, and finds the work done."""
    os.mkfifo(project / "gate")
    first = start(project)
    with (project / "gate").open("w") as gate:  # opens once the first is within npm
        second = start(project)
        first_line = second.stdout.readline()
        gate.write("on\n")
    assert "waiting" in first_line
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


def test_the_command_line_names_the_python(project):
    """`make … PYTHON=` makes the environment with that Python, and only once."""
    python(project, "python3")
    wanted = python(project, "odd")
    for _twice in range(2):
        assert make_packages(project, f"PYTHON={wanted}")[0] == 0
    assert runs(project) == [wanted, "pip"]


def test_another_python_makes_another_environment(project):
    """An environment that was made with one Python does not pass for one of another."""
    first, second = python(project, "python3"), python(project, "odd", "3.13.0")
    assert make_packages(project)[0] == 0
    assert make_packages(project, f"PYTHON={second}")[0] == 0
    assert make_packages(project)[0] == 0
    assert runs(project) == [first, "pip", second, "pip"]


@pytest.mark.parametrize("stray", ["/no/such/python", "python2", "python -I"])
def test_a_python_of_the_environment_breaks_nothing(project, stray):
    """PYTHON may be set for something else: then one that works is taken, and it is said."""
    python(project, "python2", flaw="is Python 2.7")
    usual = python(project, "python3")
    code, text = make_packages(project, PYTHON=stray)
    assert code == 0, text
    assert f"PYTHON={stray}, of the environment," in text
    assert runs(project) == [usual, "pip"]


def test_a_python_of_the_environment_that_works_is_taken(project):
    """`PYTHON=… make setup` is meant too, where there is no environment yet."""
    python(project, "python3")
    wanted = python(project, "odd")
    assert make_packages(project, PYTHON=wanted)[0] == 0
    assert runs(project) == [wanted, "pip"]


def test_a_python_of_the_command_line_that_cannot_be_used_is_refused(project):
    """Nothing else is taken instead, and the reason is said."""
    python(project, "python3")
    old = python(project, "old", flaw="is Python 3.9")
    code, text = make_packages(project, f"PYTHON={old}")
    assert code != 0
    assert f"PYTHON={old} is Python 3.9" in text
    assert not runs(project)


def test_each_unusable_python_has_its_reason(project):
    """Without any that works, the reader learns what is wrong with each."""
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        python(project, name, flaw="lacks its venv module")
    code, text = make_packages(project)
    assert code != 0
    assert "python3 lacks its venv module." in text
    assert "python3.11 lacks its venv module." in text


def test_an_environment_whose_python_is_gone_is_made_again(project):
    """After an upgrade of the system an environment's Python may lead nowhere."""
    usual = python(project, "python3")
    assert make_packages(project)[0] == 0
    (project / ".local" / "venv" / "bin" / "python").unlink()
    assert make_packages(project)[0] == 0
    assert runs(project) == [usual, "pip", usual, "pip"]


def test_a_second_environment_shares_nothing_with_the_first(project):
    """VENV= has a Python, packages and a stamp of its own."""
    first, second = python(project, "python3"), python(project, "odd", "3.13.0")
    assert make_packages(project)[0] == 0
    beside = ("make", ".local/beside/.complete", "VENV=.local/beside", f"PYTHON={second}")
    assert ended(start(project, *beside)) == 0
    assert runs(project) == [first, "pip", second, "pip"]
    made = project / ".local" / "venv" / "bin" / "python"
    assert made.readlink() == Path(first)


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.99",
        "home/.pyenv/versions/3.99.1/bin/python",
        "home/.asdf/installs/python/3.99.0/bin/python",
        "home/.local/share/mise/installs/python/3.99/bin/python",
        "home/.local/share/uv/python/cpython-3.99.2-linux-x86_64-gnu/bin/python",
    ],
)
def test_a_version_is_found_where_version_managers_put_it(project, place):
    """`setup.sh find` knows the folders of the usual ones, and takes no other version for it."""
    python(project, "python3", "3.12.9")
    path = project / place
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(python(project, "made", "3.99.1"), path)
    home = {"HOME": str(project / "home")}
    code, text = said(start(project, "local/setup.sh", "find", "3.99", **home))
    assert (code, Path(project / text.strip()).name) == (0, path.name), text
    for another in ("3.98", "3.9"):
        assert ended(start(project, "local/setup.sh", "find", another, **home)) != 0


def test_the_wheel_has_the_operators_command(tmp_path):
    """What is built from the tree runs from where it is installed: `calliente`, with all that it imports and reads."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    (entry,) = installed.glob("*.dist-info/entry_points.txt")
    assert "calliente = support.__main__:main" in entry.read_text()
    called = "from support.__main__ import main; import support.doctor as it; it.RULES.read_text(); main()"
    shown = subprocess.run(
        [sys.executable, "-P", "-c", called, "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "purge-preview" in shown.stdout


def test_every_function_has_a_group_of_dependencies():
    """`make lock` pins a group for each folder of functions/: one without would ship nothing."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}
    assert functions <= set(groups)


def test_no_lock_names_where_packages_come_from():
    """Whoever installs uses an index of their own."""
    for lock in (*ROOT.glob("requirements*.txt"), *ROOT.glob("functions/*/requirements.txt")):
        text = lock.read_text()
        assert "://" not in text
        assert not any(line.startswith("-") for line in text.splitlines())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_pins_each_package_with_the_extras_that_others_ask_for(lock):
    """Without them pip takes the newest release for `name[extra]`, which the lock has no hash of: an installation that
    worked fails on the day of that release.
    """
    pins = [
        Requirement(line) for line in re.findall(r"^[^\s#].*?(?= \\|$)", lock.read_text(), re.M)
    ]
    pinned = {canonicalize_name(pin.name): pin.extras for pin in pins}
    missing = [
        f"{name} asks for {need}"
        for name, extras in pinned.items()
        for need in needs(name, extras)
        if not need.extras <= pinned[canonicalize_name(need.name)]
    ]
    assert missing == []


def needs(name, extras):
    """What an installed package requires; nothing of one that is not for this machine."""
    try:
        requirements = [Requirement(text) for text in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        return []
    return [
        each
        for each in requirements
        if each.marker is None or any(each.marker.evaluate({"extra": it}) for it in ("", *extras))
    ]
