"""CONTRIBUTING.md names what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_path_that_it_names_exists():
    """Files and folders in back quotes; what the project makes itself stands under build/."""
    named = set(re.findall(r"`([a-z_]+(?:/[A-Za-z0-9_.]+)+/?)`", PAGE))
    assert named
    missing = [
        path for path in named if not path.startswith("build/") and not (ROOT / path).exists()
    ]
    assert missing == []


def test_every_command_that_it_names_exists():
    """The targets behind `make`."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    named = {word for call in re.findall(r"`make ([a-z0-9 -]+)", PAGE) for word in call.split()}
    assert named <= targets


def test_every_folder_of_tests_is_described():
    """A tier that nobody describes is a tier that nobody runs."""
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    described = set(re.findall(r"^\| `tests/([a-z0-9]+)`", PAGE, re.MULTILINE))
    assert folders - {"helpers", "fixtures", "__pycache__"} == described
