"""Removing devices that have been silent for long: lost phones must not fill their organization's limit.

It waits while too few phones beat, because then the silence is ours and not theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import logs
from shared.google.firestore import Document, Firestore

from .budget import Budget
from .pace import PacedUsers
from .removal import remove_devices

DEVICES = "devices"
PAGE = 1000
MOST_PAGES = 20  # of a run
DAY, WEEK = timedelta(days=1), timedelta(days=7)
COUNT_SECONDS = 60.0  # of all devices of a week, 10,000,000 perhaps; Firestore gives up then


@dataclass
class Expiry:
    """days: of silence; 0: devices never expire. now: wall clock, aware. expired: documents removed by this run."""

    database: Firestore
    users: PacedUsers
    days: int
    now: Callable[[], datetime]
    expired: int = 0

    async def run(self, budget: Budget) -> None:
        """Page by page, the longest silence first. Raises OutOfTime, Unavailable."""
        if not self.days:
            return
        for number in range(MOST_PAGES):
            page = await self._silent()
            if not page:
                return
            if number == 0 and await self._silence_is_ours():
                logs.event("expiry_waits", "ERROR")
                return
            removed = await remove_devices(self.database, self.users, page, budget)
            self.expired += removed
            if not removed:
                return  # they all beat meanwhile, or Firebase keeps their users

    async def _silent(self) -> list[Document]:
        where = [("lastHeartbeatAt", "<", self.now() - timedelta(days=self.days))]
        return await self.database.query(
            DEVICES, where=where, order_by="lastHeartbeatAt", limit=PAGE, group=True
        )

    async def _silence_is_ours(self) -> bool:
        """Whether fewer than half of the devices that beat in the last week beat in the last day, or none did."""
        now = self.now()
        day, week = [
            await self.database.count(
                DEVICES,
                where=[("lastHeartbeatAt", ">=", now - span)],
                seconds=COUNT_SECONDS,
                group=True,
            )
            for span in (DAY, WEEK)
        ]
        return day == 0 or 2 * day < week
