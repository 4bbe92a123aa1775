"""Registrations and heartbeats race the closing and the purge: whoever wins, nothing of a purged tenant is left."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.tenant_purge.purge import Purge, PurgeStuck, Superseded
from local.emulators import PROJECT
from shared.errors import Problem
from shared.google.old_firestore import Firestore
from shared.store import Tenant

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INTERLEAVINGS = 1000
RACERS = 4


class NoAccounts:
    """Firebase without any user: these races are about documents."""

    def delete(self, _uids: Any) -> list[str]:
        return []

    def pages(self) -> list[list[Any]]:
        return []


def purge(database: Firestore, tenant: Tenant) -> None:
    accounts: Any = NoAccounts()
    with suppress(Superseded, PurgeStuck):
        Purge(database, accounts, tenant, lambda: False).run()


def race(database: Firestore, seed: int) -> None:
    """One tenant, in an order that the threads and the seed decide; then what must hold."""
    tenant = Tenant(database, str(uuid.uuid4()))
    tenant.onboard("Contoso", NOW)
    known = str(uuid.uuid4())
    tenant.register(known, 100)
    closed = threading.Event()
    registered_after_closing: list[str] = []

    def register() -> None:
        was_closed = closed.is_set()
        device = str(uuid.uuid4())
        tenant.register(device, 100)
        if was_closed:
            registered_after_closing.append(device)

    def end() -> None:
        tenant.close("requested", str(uuid.uuid4()), NOW, timedelta(0))
        closed.set()
        if tenant.begin_purge(NOW):
            purge(database, tenant)

    steps: list[Callable[[], Any]] = [
        register,
        lambda: tenant.heartbeat(known, "failed"),
        end,
        register,
    ]
    random.Random(seed).shuffle(steps)
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> None:
        start.wait()
        with suppress(Problem):
            step()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    if tenant.read() is not None:
        assert tenant.begin_purge(NOW)
        purge(database, tenant)
    assert registered_after_closing == []
    assert tenant.read() is None
    assert database.query(tenant.devices_path) == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_thousand_interleavings_leave_nothing(clean_firestore: str) -> None:
    """Whatever the order, no device is registered after the closing, and the purge leaves no document."""
    database = Firestore(PROJECT, clean_firestore)
    with ThreadPoolExecutor(RACERS) as racers:
        list(racers.map(lambda seed: race(database, seed), range(INTERLEAVINGS)))
