"""Emulators, seeded databases and ID tokens for the rules tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulators import auth_emulator, firestore_emulator

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
def emulator(rules: Path) -> Iterator[Firestore]:
    """A Firestore emulator under the rules."""
    with firestore_emulator() as host:
        firestore = Firestore(host)
        world.load_rules(firestore, rules.read_text())
        yield firestore


@pytest.fixture(scope="session")
def tokens() -> Iterator[dict[str, str | None]]:
    """A real ID token per caller of the matrix."""
    with auth_emulator() as host:
        yield sign_in_all(Auth(host))


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
