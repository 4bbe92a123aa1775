"""Finds devices that have been silent for long, and tells whether the fault is probably ours."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.google.firestore import Firestore, Where

DEVICES = "devices"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SOON_DAYS = 30
COUNT_SECONDS = 60.0  # of all devices of a week, 10,000,000 perhaps


def silent(now: datetime, days: int) -> Where:
    """Return the condition of devices without a heartbeat for `days`."""
    return [("lastHeartbeatAt", "<", now - timedelta(days=days))]


def soon_silent(now: datetime, days: int) -> Where:
    """Return the condition of devices that will expire within 30 days, if they stay silent."""
    return silent(now, max(0, days - SOON_DAYS))


async def silence_is_ours(database: Firestore, now: datetime) -> bool:
    """Return whether fewer than half of the devices of the last week beat in the last day, or none did.

    Raises Unavailable.
    """
    day, week = [
        await database.count(
            DEVICES,
            where=[("lastHeartbeatAt", ">=", now - span)],
            seconds=COUNT_SECONDS,
            group=True,
        )
        for span in (DAY, WEEK)
    ]
    return day == 0 or 2 * day < week
