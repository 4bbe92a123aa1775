"""Check that the phones' API breaks no app that was built for the last release.

    python -m docs.contract              exit code 1 and a list, if something breaks
    python -m docs.contract --release    if nothing breaks, keep today's description as the released one

oasdiff compares the descriptions; `make contract` installs it. docs/released/severity.txt says where we judge
differently: a new code breaks no app, because an app treats an unknown code as its status says; a changed pattern of a
member that an app sends may break it. Source: oasdiff, "Breaking changes", "Customizing severity levels".
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
TOOL = DOCS.parent / ".local" / "bin" / "oasdiff"
CURRENT, RELEASED = DOCS / "openapi.yaml", DOCS / "released" / "openapi.yaml"
SEVERITY = DOCS / "released" / "severity.txt"
BREAKS = 1


class CannotCompare(Exception):
    """The tool is missing, or does not understand a description."""


def breaking(released: Path, current: Path) -> str:
    """Return oasdiff's text about what breaks; empty if nothing does. Raises CannotCompare."""
    if not TOOL.exists():
        raise CannotCompare("oasdiff is not installed: make contract")
    command = [str(part) for part in (TOOL, "breaking", released, current, "--fail-on", "ERR")]
    result = subprocess.run(
        [*command, "--severity-levels", str(SEVERITY), "--color", "never"],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode not in (0, BREAKS):
        raise CannotCompare(result.stderr.strip())
    return result.stdout if result.returncode == BREAKS else ""


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 if nothing breaks, 1 if something does, 2 if oasdiff cannot compare."""
    try:
        broken = breaking(RELEASED, CURRENT)
    except CannotCompare as fault:
        print(fault, file=sys.stderr)
        return 2
    if broken:
        print(f"An app of the last release would break:\n{broken}", file=sys.stderr)
        return BREAKS
    if "--release" in arguments:
        shutil.copyfile(CURRENT, RELEASED)
    print("No app of the last release would break.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
