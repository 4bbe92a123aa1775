"""Between us and what we depend on, the network fails in every way: one error, in time, and then all is well again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local.emulators import PROJECT
from local.entra import EntraStandIn
from shared.errors import Unavailable
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.keys import published
from tests.helpers.loop import run
from tests.helpers.proxy import proxy
from tests.helpers.stores import Store

FAULTS = ["reset", "blackhole", "half", "down"]
DEADLINE_SECONDS = 10.0
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
        tenant = Store(Firestore(PROJECT, between.address), str(uuid.uuid4()))
        direct = Store(Firestore(PROJECT, clean_firestore), tenant.id)
        expect_recovery(lambda: tenant.onboard("Contoso"))
        known, new = str(uuid.uuid4()), str(uuid.uuid4())
        expect_recovery(lambda: tenant.register(known))
        between.become(fault)

        expect_unavailable(lambda: tenant.heartbeat(known, "succeeded"))
        expect_unavailable(lambda: tenant.register(new))

        between.become("pass")
        expect_recovery(lambda: tenant.register(new))
        expect_recovery(lambda: tenant.heartbeat(known, "succeeded"))
        assert {device.id for device in direct.devices()} == {known, new}


def test_latency_alone_is_no_failure(clean_firestore: str) -> None:
    """A slow network makes calls slow, not wrong."""
    with proxy(clean_firestore) as between:
        tenant = Store(Firestore(PROJECT, between.address), str(uuid.uuid4()))
        expect_recovery(lambda: tenant.onboard("Contoso"))
        between.become("latency")

        assert tenant.register() is True


@pytest.mark.parametrize("fault", FAULTS)
def test_firebase_behind_a_failing_network(
    clean_auth: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Deleting an Auth user ends as Unavailable within the deadline, and works again afterwards."""
    with proxy(clean_auth) as between:
        monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", between.address)
        users = Users(PROJECT)
        run(users.delete_one("nobody"))
        between.become(fault)

        expect_unavailable(lambda: run(users.delete_one("nobody")))

        between.become("pass")
        expect_recovery(lambda: run(users.delete_one("nobody")))


@pytest.mark.parametrize("fault", FAULTS)
def test_entra_behind_a_failing_network(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Fetching keys ends as Unavailable within the deadline, and works again afterwards."""
    with EntraStandIn() as entra, proxy(f"127.0.0.1:{entra.port}") as between:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(entra.ca_path))
        port = between.address.rpartition(":")[2]
        fetch = published("entra", f"https://localhost:{port}/common/discovery/v2.0/keys")

        async def keys() -> list[Any]:
            return list(await fetch())

        assert run(keys())
        between.become(fault)

        expect_unavailable(lambda: run(keys()))

        between.become("pass")
        assert expect_recovery(lambda: run(keys()))
