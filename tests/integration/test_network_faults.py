"""Between us and what we depend on, the network fails in every way: one error, in time, and then all is well again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from local.emulators import PROJECT
from local.entra import EntraStandIn
from shared.errors import Unavailable
from shared.google.old_firestore import TRANSACTION_ATTEMPTS, Contention, Firestore
from shared.google.identity import Accounts
from shared.keys import PublishedKeys
from shared.store import Tenant

from .proxy import proxy

FAULTS = ["reset", "blackhole", "half", "down"]
DEADLINE_SECONDS = 10.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RECOVERY_SECONDS = 75.0  # a transaction whose beginning was cut off holds its locks for a minute

pytestmark = pytest.mark.faults


def expect_unavailable(call: Callable[[], Any]) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        call()
    assert time.monotonic() - started < DEADLINE_SECONDS


def expect_recovery(call: Callable[[], Any]) -> Any:
    """The first success; each failure on the way there is an Unavailable."""
    ends = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return call()
        except Unavailable:
            assert time.monotonic() < ends, "it never came back"
            time.sleep(0.05)  # what is polled comes back by itself; this only spares the processor


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS)
def test_firestore_behind_a_failing_network(clean_firestore: str, fault: str) -> None:
    """Registering and beating end as Unavailable within the deadline; tried again, each has one effect."""
    with proxy(clean_firestore) as between:
        direct = Firestore(PROJECT, clean_firestore)
        database = Firestore(PROJECT, between.address)
        tenant = Tenant(database, str(uuid.uuid4()))
        expect_recovery(lambda: tenant.onboard("Contoso", NOW))
        known, new = str(uuid.uuid4()), str(uuid.uuid4())
        expect_recovery(lambda: tenant.register(known, 10))
        between.become(fault)

        expect_unavailable(lambda: tenant.heartbeat(known, "succeeded"))
        expect_unavailable(lambda: tenant.register(new, 10))

        between.become("pass")
        expect_recovery(lambda: tenant.register(new, 10))
        expect_recovery(lambda: tenant.heartbeat(known, "succeeded"))
        stored = direct.query(tenant.devices_path)
        assert {device.id for device in stored} == {known, new}


def test_latency_alone_is_no_failure(clean_firestore: str) -> None:
    """A slow network makes calls slow, not wrong."""
    with proxy(clean_firestore) as between:
        tenant = Tenant(Firestore(PROJECT, between.address), str(uuid.uuid4()))
        expect_recovery(lambda: tenant.onboard("Contoso", NOW))
        between.become("latency")

        assert tenant.register(str(uuid.uuid4()), 10) is True


@pytest.mark.parametrize("fault", FAULTS)
def test_firebase_behind_a_failing_network(
    clean_auth: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Deleting Auth users ends as Unavailable within the deadline, and works again afterwards."""
    with proxy(clean_auth) as between:
        monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", between.address)
        accounts = Accounts(PROJECT)
        assert accounts.delete(["nobody"]) == []
        between.become(fault)

        expect_unavailable(lambda: accounts.delete(["nobody"]))

        between.become("pass")
        assert expect_recovery(lambda: accounts.delete(["nobody"])) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_entra_behind_a_failing_network(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Fetching keys ends as Unavailable within the deadline, and works again afterwards."""
    with EntraStandIn() as entra, proxy(f"127.0.0.1:{entra.port}") as between:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(entra.ca_path))
        port = between.address.rpartition(":")[2]
        keys = PublishedKeys(f"https://localhost:{port}/common/discovery/v2.0/keys", "entra")
        assert keys()
        between.become(fault)

        expect_unavailable(keys)

        between.become("pass")
        assert expect_recovery(keys)


def test_a_transaction_that_is_aborted_five_times_is_unavailable(clean_firestore: str) -> None:
    """Contention is tried again a few times, and then told."""
    database = Firestore(PROJECT, clean_firestore)
    attempts: list[int] = []

    def decide(_found: Any) -> tuple[list[Any], None]:
        attempts.append(1)
        raise Contention

    with pytest.raises(Unavailable):
        database.transact(["tenants/x"], decide, pause=lambda _seconds: None)

    assert len(attempts) == TRANSACTION_ATTEMPTS == 5
