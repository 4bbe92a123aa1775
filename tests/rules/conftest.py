"""Emulators, seeded databases and ID tokens for the rules tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import world
from .coverage import Coverage
from .matrix import sign_in_all
from .rest import Auth, Firestore

COVERAGE = pytest.StashKey[Coverage | None]()


@pytest.fixture(scope="session")
def rules() -> Path:
    """The rules as they are deployed."""
    return Path(__file__).resolve().parents[2] / "firestore.rules"


@pytest.fixture(scope="session")
def emulator(firestore_emulator: str, rules: Path) -> Firestore:
    """A Firestore emulator under the rules."""
    firestore = Firestore(firestore_emulator)
    world.load_rules(firestore, rules.read_text())
    return firestore


@pytest.fixture(scope="session")
def tokens(auth_emulator: str) -> dict[str, str | None]:
    """A real ID token per caller of the matrix."""
    return sign_in_all(Auth(auth_emulator))


@pytest.fixture(scope="module")
def firestore(emulator: Firestore) -> Firestore:
    """The emulator with both databases in their initial state."""
    world.seed(emulator)
    return emulator


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figure of the coverage gate."""
    stash = terminalreporter.config.stash
    if COVERAGE in stash:
        figure = stash[COVERAGE] or "not reported by this emulator; the official one does"
        terminalreporter.section("security rules")
        terminalreporter.write_line(f"rule coverage: {figure}")
