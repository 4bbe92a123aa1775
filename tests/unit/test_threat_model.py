"""docs/threat-model.md names tests; they must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_threat_model_names_exists() -> None:
    """A threat whose test was renamed or dropped is not covered any more."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/threat-model.md").read_text("utf-8")))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }

    assert named
    assert named <= written, sorted(named - written)
