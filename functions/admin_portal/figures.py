"""How many devices an organization has, how fresh their synchronizations are, and how many of them will soon expire.

Numbers only, never a device. What a page costs (Firestore, "Understand billing: aggregation queries": one read per
1,000 index entries, rounded up, one at least per query): the total matches each device once, the four ranges of time
together match each at most once, the failures and the expiring at most once each. For n devices that is at most
4n/1,000 + 7 reads, 407 for 100,000 devices, and one for the organization's document. Devices that never synchronized
are not counted but are what is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import inventory, logs
from shared.errors import Unavailable
from shared.google.firestore import Where
from shared.silence import soon_silent
from shared.store import TenantStore

SECONDS = 20.0  # all of the page but the numbers is there meanwhile
PATIENCE_SECONDS = 2.0
DAY = timedelta(days=1)
FRESHNESS = ("day", "week", "month", "longer", "never")


@dataclass(frozen=True)
class Figures:
    """freshness: devices by the age of their last synchronization, in the order of FRESHNESS. failing: it failed.

    expiring: devices that will be removed within 30 days if they stay silent; 0 where none ever is.
    """

    devices: int
    freshness: dict[str, int]
    failing: int
    expiring: int


class Counting:
    """Figures that are counted while a page is being sent. patience_seconds: how long the rest may wait for them."""

    def __init__(
        self, count: Callable[[], Awaitable[Figures | None]], patience_seconds: float
    ) -> None:
        self._count = count
        self._patience_seconds = patience_seconds

    async def is_soon(self) -> bool:
        """Begin; whether the figures are there, or known not to be had, within the patience."""
        self._counted = asyncio.ensure_future(self._count())
        try:
            done, _pending = await asyncio.wait([self._counted], timeout=self._patience_seconds)
        except asyncio.CancelledError:  # the reader has left
            self._counted.cancel()
            raise
        return bool(done)

    async def figures(self) -> Figures | None:
        """What was begun, however long it takes."""
        return await self._counted


def queries(now: datetime, expiry_days: int) -> dict[str, Where]:
    """The conditions of every count. Each one needs a single-field index alone.

    expiry_days: of silence, after which a device is removed; 0: none ever is.
    """
    day, week, month = now - DAY, now - 7 * DAY, now - 30 * DAY
    expiring: dict[str, Where] = {"expiring": soon_silent(now, expiry_days)} if expiry_days else {}
    return {
        "devices": (),
        "day": (("lastSyncAt", ">=", day),),
        "week": (("lastSyncAt", ">=", week), ("lastSyncAt", "<", day)),
        "month": (("lastSyncAt", ">=", month), ("lastSyncAt", "<", week)),
        "longer": (("lastSyncAt", "<", month),),
        "failing": (("lastOutcome", "==", inventory.FAILED),),
        **expiring,
    }


async def figures(store: TenantStore, now: datetime, expiry_days: int) -> Figures | None:
    """All counts at once; None if they cannot be had now: that must keep nobody from a form."""
    conditions = queries(now, expiry_days)
    counts = [store.count_devices(where=where, seconds=SECONDS) for where in conditions.values()]
    try:
        numbers = await asyncio.gather(*counts)
    except Unavailable as away:
        logs.away(away)
        return None
    return arranged(dict(zip(conditions, numbers, strict=True)))


def arranged(counts: dict[str, int]) -> Figures:
    """The counts are taken at slightly different moments, so the parts may exceed the whole by a few."""
    freshness = {name: counts[name] for name in FRESHNESS[:-1]}
    synchronized = sum(freshness.values())
    devices = max(counts["devices"], synchronized)
    freshness["never"] = devices - synchronized
    failing, expiring = (min(counts.get(name, 0), devices) for name in ("failing", "expiring"))
    return Figures(devices, freshness, failing, expiring)
