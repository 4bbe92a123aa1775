"""The scheduled run over many active tenants of which few or none are due: seconds, and reads at the wire."""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from datetime import UTC, datetime, timedelta

from bench.counter import counted
from bench.fixture import Fixture, opened, run
from bench.issuer import new_ids
from bench.purge_product import scheduled_run
from bench.results import Results
from shared.google.firestore import Firestore
from shared.tenant import Consent, Status, Tenant, to_document


class Consenting:
    """Entra, where every consent stands; counts the probes."""

    def __init__(self) -> None:
        self.probes = 0

    async def probe_consent(self, _tenant_id: str) -> None:
        self.probes += 1


def measure(fixture: Fixture, results: Results) -> None:
    count, due, rounds = (500, 20, 2) if fixture.quick else (10_000, 100, 5)
    now = datetime.now(UTC)
    _add(fixture, count, now)
    idle, documents, billed = [], [], []
    with counted(fixture.firestore) as (address, wire), opened(address) as database:
        run(database.get("tenants/none"))  # connects
        for _ in range(rounds):
            wire.reset()
            started = time.perf_counter()
            if _probes(database, now):
                raise RuntimeError("a tenant that is not due was probed")
            idle.append((time.perf_counter() - started) / count * 1000)
            documents.append(wire.documents)
            billed.append(wire.billed)
        counts = wire.calls["RunAggregationQuery"]
        _add(fixture, due, now - timedelta(days=2))
        wire.reset()
        if _probes(database, now) != due:
            raise RuntimeError("not just the tenants that are due were probed")
        queried = wire.queried
    results.measured("scheduled run", "nothing due, per 1,000 tenants", idle, "s")
    results.key("scale_tick_seconds_per_1000_tenants", statistics.median(idle))
    results.key("scale_tick_reads", max(documents), "0")
    results.key("scale_tick_counts", counts, "4")
    results.key("scale_tick_reads_billed", max(billed))
    results.key("scale_tick_reads_to_find_due", queried, f"≤ tenants due, here {due}")
    results.key("scale_tick_reads_of_due_in_all", wire.documents, f"≤ tenants due, here {due}")


def _probes(database: Firestore, now: datetime) -> int:
    """How many consents a scheduled run asks about."""
    entra = Consenting()
    with contextlib.redirect_stdout(io.StringIO()):  # the run's own log
        run(scheduled_run(database, entra, now).execute())
    return entra.probes


def _add(fixture: Fixture, count: int, checked: datetime) -> None:
    tenant = to_document(Tenant("Bench", Status.ACTIVE, Consent(checked)))
    fixture.write((f"tenants/{each}", tenant) for each in new_ids(count))
