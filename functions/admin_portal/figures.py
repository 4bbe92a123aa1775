"""How many devices an organization has, and how fresh their synchronizations are: numbers only, never a device.

What a page costs (Firestore, "Understand billing: aggregation queries": one read per 1,000 index entries, rounded up,
one at least per query): the total matches each device once, the four ranges of time together match each at most once,
and the failures at most once. For n devices that is at most 3n/1,000 + 6 reads, 306 for 100,000 devices, and one for
the organization's document. Devices that never synchronized are not counted but are what is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import inventory, logs
from shared.errors import Unavailable
from shared.google.firestore import Where
from shared.silence import soon_silent
from shared.store import TenantStore

SECONDS = 20.0  # the page's upper part is there meanwhile
DAY = timedelta(days=1)
FRESHNESS = ("day", "week", "month", "longer", "never")


@dataclass(frozen=True)
class Figures:
    """freshness: devices by the age of their last synchronization, in the order of FRESHNESS. failing: it failed."""

    devices: int
    freshness: dict[str, int]
    failing: int


def queries(now: datetime) -> dict[str, Where]:
    """The conditions of every count. Each one needs a single-field index alone."""
    day, week, month = now - DAY, now - 7 * DAY, now - 30 * DAY
    return {
        "devices": (),
        "day": (("lastSyncAt", ">=", day),),
        "week": (("lastSyncAt", ">=", week), ("lastSyncAt", "<", day)),
        "month": (("lastSyncAt", ">=", month), ("lastSyncAt", "<", week)),
        "longer": (("lastSyncAt", "<", month),),
        "failing": (("lastOutcome", "==", inventory.FAILED),),
    }


async def figures(store: TenantStore, now: datetime) -> Figures | None:
    """All counts at once; None if they cannot be had now: that must keep nobody from a deletion."""
    asked = queries(now)
    counts = [store.count_devices(where=where, seconds=SECONDS) for where in asked.values()]
    try:
        found = await asyncio.gather(*counts)
    except Unavailable as away:
        logs.away(away)
        return None
    return arranged(dict(zip(asked, found, strict=True)))


async def expiring(store: TenantStore, now: datetime, days: int) -> int | None:
    """How many devices will be removed within 30 days if they stay silent; None if that cannot be had now.

    days: of silence, after which a device is removed; 0: none ever is. One read more per 1,000 such devices.
    """
    if not days:
        return 0
    try:
        return await store.count_devices(where=soon_silent(now, days), seconds=SECONDS)
    except Unavailable as away:
        logs.away(away)
        return None


def arranged(found: dict[str, int]) -> Figures:
    """The counts are taken at slightly different moments, so the parts may exceed the whole by a few."""
    freshness = {name: found[name] for name in FRESHNESS[:-1]}
    synchronized = sum(freshness.values())
    devices = max(found["devices"], synchronized)
    freshness["never"] = devices - synchronized
    return Figures(devices, freshness, min(found["failing"], devices))
