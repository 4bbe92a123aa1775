"""What every tier shares: the emulators, started when the first test asks, and a clean slate."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from local import emulators

TIERS = Path(__file__).parent

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("calliente", deadline=None)
hypothesis.settings.load_profile("calliente")

pytest_plugins = ["tests.stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its tier, the folder that it is in."""
    for item in items:
        item.add_marker(item.path.relative_to(TIERS).parts[0])


@pytest.fixture(autouse=True)
def _no_emulator_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test from an emulator that it did not ask for: with one, tokens go unverified."""
    for variable in ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[str]:
    """host:port of a Firestore emulator, with the project's rules."""
    with emulators.firestore_emulator() as address:
        yield address


@pytest.fixture(scope="session")
def auth_emulator() -> Iterator[str]:
    """host:port of a Firebase Authentication emulator."""
    with emulators.auth_emulator() as address:
        yield address


@pytest.fixture
def clean_firestore(firestore_emulator: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """host:port of an empty Firestore, which the clients of this test use."""
    emulators.wipe_firestore(firestore_emulator)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", emulators.PROJECT)
    return firestore_emulator


@pytest.fixture
def clean_auth(auth_emulator: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """host:port of an Authentication emulator without accounts, which this test's clients use."""
    emulators.wipe_auth(auth_emulator)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", emulators.PROJECT)
    return auth_emulator
