"""Removes devices that have been silent for long, so that lost phones do not fill their organization's limit.

It waits while too few phones beat, because then the fault is probably ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.google.firestore import Document, Firestore
from shared.silence import DEVICES, silence_is_ours, silent

from .budget import Budget
from .pace import PacedUsers
from .removal import remove_devices

PAGE = 1000
MOST_PAGES = 20  # of a run


@dataclass
class Expiry:
    """days: of silence; 0: devices never expire. now: wall clock, aware. expired: documents removed by this run."""

    database: Firestore
    users: PacedUsers
    days: int
    now: Callable[[], datetime]
    expired: int = 0

    async def run(self, budget: Budget) -> None:
        """Remove them page by page, the longest silence first. Raises OutOfTime, Unavailable."""
        if not self.days:
            return
        for number in range(MOST_PAGES):
            page = await self._silent()
            if not page:
                return
            if number == 0 and await silence_is_ours(self.database, self.now()):
                logs.event("expiry_waits", "ERROR")
                return
            removed = await remove_devices(self.database, self.users, page, budget)
            self.expired += removed
            if not removed:
                return  # they all beat meanwhile, or Firebase keeps their users

    async def _silent(self) -> list[Document]:
        return await self.database.query(
            DEVICES,
            where=silent(self.now(), self.days),
            order_by="lastHeartbeatAt",
            limit=PAGE,
            group=True,
        )
