"""Whether the description of the phones' API breaks an app that was built on the last released one.

    python -m docs.contract              exit code 1, and what breaks, if anything does
    python -m docs.contract --release    keep today's description as the released one, if nothing breaks

oasdiff compares; `make contract` installs it. docs/released/severity.txt says where we differ from its judgement: a new
code breaks nobody, because an app takes an unknown one as its status says; a changed pattern of what an app sends may.
Source: oasdiff, "Breaking changes", "Customizing severity levels".
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
    """What breaks, for people; empty if nothing does. Raises CannotCompare."""
    if not TOOL.exists():
        raise CannotCompare("oasdiff is not installed: make contract")
    command = [str(part) for part in (TOOL, "breaking", released, current, "--fail-on", "ERR")]
    done = subprocess.run(
        [*command, "--severity-levels", str(SEVERITY), "--color", "never"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, BREAKS):
        raise CannotCompare(done.stderr.strip())
    return done.stdout if done.returncode == BREAKS else ""


def main(arguments: list[str]) -> int:
    """Exit code 0: nothing breaks; 1: something does; 2: it cannot be compared."""
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
