"""Registrations and heartbeats race the closing and the purge: whoever wins, nothing of a purged tenant is left."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.tenant_purge.budget import Budget
from functions.tenant_purge.deletion import Deletion, Stuck, Superseded
from functions.tenant_purge.pace import PacedUsers
from local.emulators import PROJECT, firestore_emulator
from shared.errors import Problem
from shared.google.firestore import Firestore
from shared.store import TenantStore
from shared.tenant import Closing, Reason
from tests.helpers.fakes import FakeUsers
from tests.helpers.loop import run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INTERLEAVINGS = 1000
RACERS = 4


async def purge(database: Firestore, store: TenantStore) -> None:
    """What a scheduled run does with one due tenant; these races are about documents."""
    users: Any = FakeUsers()
    await store.change(lambda tenant: tenant.begin_purge(NOW))
    purging = await store.read()
    if purging is None:
        return
    deletion = Deletion(database, PacedUsers(users, 10_000.0), store, purging, Budget(float("inf")))
    with suppress(Superseded, Stuck):
        await deletion.empty()
        if await deletion.is_empty():
            await store.delete(purging)


async def race(database: Firestore, seed: int) -> None:
    """One tenant, in an order that the event loop and the seed decide; then what must hold."""
    store = TenantStore(database, str(uuid.uuid4()))
    await store.onboard("Contoso", NOW)
    known = str(uuid.uuid4())
    await store.register(known, 100, NOW)
    closed = asyncio.Event()
    registered_after_closing: list[str] = []

    async def register() -> None:
        was_closed = closed.is_set()
        device = str(uuid.uuid4())
        await store.register(device, 100, NOW)
        if was_closed:
            registered_after_closing.append(device)

    async def end() -> None:
        closing = Closing(NOW, Reason.REQUESTED, str(uuid.uuid4()))
        await store.change(lambda tenant: tenant.close(closing))
        closed.set()
        await purge(database, store)

    chance = random.Random(seed)
    steps: list[Callable[[], Awaitable[None]]] = [
        register,
        lambda: store.heartbeat(known, "failed", NOW),
        end,
        register,
    ]
    chance.shuffle(steps)

    async def take(step: Callable[[], Awaitable[None]]) -> None:
        with suppress(Problem):
            await step()

    await asyncio.gather(*map(take, steps))

    if await store.read() is not None:
        await purge(database, store)
    assert registered_after_closing == []
    assert await store.read() is None
    assert await database.query(store.devices_path) == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_thousand_interleavings_leave_nothing() -> None:
    """Whatever the order, no device is registered after the closing, and the purge leaves no document.

    On an emulator of its own: one that has held many documents is slow for ever.
    """

    async def all_races(database: Firestore) -> None:
        seeds = iter(range(INTERLEAVINGS))

        async def racer() -> None:
            for seed in seeds:
                await race(database, seed)

        await asyncio.gather(*(racer() for _ in range(RACERS)))

    with firestore_emulator() as address:
        run(all_races(Firestore(PROJECT, address)))
