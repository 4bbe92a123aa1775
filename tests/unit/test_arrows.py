"""Which folder may import which, as the design draws it."""

import ast
from pathlib import Path

import pytest

from local.processes import ROOT

FOLDERS = ("functions", "shared", "support", "deploy", "local", "docs", "bench", "tests")
# What a folder may import, itself aside. Nothing that is deployed imports the local stack.
MAY = {
    "shared": set(),
    "functions": {"shared"},
    "support": {"shared"},
    "deploy": {"shared"},
    "docs": {"shared"},
    "local": {"shared", "deploy"},
    "bench": set(FOLDERS),
    "tests": set(FOLDERS),
}


def imported(path: Path) -> set[str]:
    """The project's modules that a file imports, wherever in it; relative imports made absolute."""
    names = set()
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names.add(".".join([*base, *([node.module] if node.module else [])]))
    return {name for name in names if name.partition(".")[0] in FOLDERS}


def wrong_arrows(path: Path, names: set[str]) -> list[str]:
    """The imports that a file may not have."""
    parts = path.relative_to(ROOT).parts
    own = parts[0]
    wrong = []
    for name in sorted(names):
        folder, *below = name.split(".")
        if folder != own and folder not in MAY[own]:
            wrong.append(name)
        elif folder == own == "functions" and below and len(parts) > 2 and below[0] != parts[1]:
            wrong.append(name)  # one function imports another
    return wrong


def files() -> list[Path]:
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def test_every_import_follows_the_arrows():
    """No function imports another or anything but shared/; nothing deployed imports local/; nobody a function."""
    found = {str(path.relative_to(ROOT)): wrong_arrows(path, imported(path)) for path in files()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("shared/store.py", "from functions.heartbeat import limit"),
        ("shared/web/app.py", "import local.stack"),
        ("functions/heartbeat/heartbeat.py", "from functions.onboarding import flow"),
        ("functions/heartbeat/heartbeat.py", "from local import emulators"),
        ("support/cli.py", "from functions.tenant_purge.run import Run"),
        ("deploy/bundle.py", "from local.processes import ROOT"),
        ("local/demo.py", "    from functions.heartbeat.limit import Limiter"),
    ],
)
def test_a_wrong_arrow_is_seen(place, line, tmp_path):
    """Each kind of forbidden import is noticed, at the top of a file and inside a function."""
    source = f"def late():\n    {line.strip()}\n"
    path = tmp_path / "late.py"
    path.write_text(source)
    names = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert wrong_arrows(ROOT / place, names)
