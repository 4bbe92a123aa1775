"""The scheduled run over many active tenants of which few or none are due: seconds, and reads at the wire."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.counter import counted
from bench.issuer import new_ids
from bench.results import Results
from bench.world import World, write
from functions.tenant_purge.run import Run
from local.emulators import PROJECT
from shared.google.old_firestore import Firestore
from shared.inventory import ACTIVE
from shared.settings import PurgeSettings

SETTINGS = PurgeSettings(
    project=PROJECT,
    entra_client_id=str(uuid.uuid4()),
    entra_client_secret="-",  # noqa: S106 - proves nothing
)


class Consenting:
    """Entra, where every consent stands; counts the probes."""

    def __init__(self) -> None:
        self.probes = 0

    def probe_consent(self, _tenant_id: str) -> None:
        self.probes += 1


def run(world: World, results: Results) -> None:
    count, due, rounds = (500, 20, 1) if world.quick else (10_000, 100, 3)
    now = datetime.now(UTC)
    _add(world, count, now)
    idle, reads, billed = [], [], []
    nobody: Any = None
    with counted(world.firestore) as (address, wire):
        database = Firestore(PROJECT, address)
        database.get("tenants/none")  # connects
        for _ in range(rounds):
            wire.reset()
            entra: Any = Consenting()
            started = time.perf_counter()
            Run(SETTINGS, database, nobody, entra, lambda: now).execute()
            idle.append((time.perf_counter() - started) / count * 1000)
            reads.append(wire.documents)
            billed.append(wire.billed)
        if entra.probes:
            raise RuntimeError("a tenant that is not due was probed")
        _add(world, due, now - timedelta(days=2))
        wire.reset()
        Run(SETTINGS, database, nobody, entra, lambda: now).execute()
        if entra.probes != due:
            raise RuntimeError("not just the tenants that are due were probed")
        queried = wire.queried
    results.measured("scheduled run", "nothing due, per 1,000 tenants", idle, "s")
    results.key("scale_tick_seconds_per_1000_tenants", sorted(idle)[len(idle) // 2])
    results.key("scale_tick_reads", max(reads), "≤ tenants due, here 0")
    results.key("scale_tick_reads_billed", max(billed))
    results.key("scale_tick_reads_to_find_due", queried, f"≤ tenants due, here {due}")
    results.key("scale_tick_reads_of_due_in_all", wire.documents, f"≤ tenants due, here {due}")


def _add(world: World, count: int, checked: datetime) -> None:
    database = world.database
    fields = {"name": "Bench", "status": ACTIVE, "consent": {"checkedAt": checked}}
    write(database, (database.set(f"tenants/{each}", fields) for each in new_ids(count)))
