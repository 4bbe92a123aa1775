"""The deletions of a run: it empties tenants, then finishes them, and repeats both while there is time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shared.google.firestore import Firestore
from shared.google.users import Users

from .budget import Budget
from .emptying import Emptying
from .finishing import Finishing
from .ledger import Ledger
from .pace import PacedUsers
from .progress import Progress
from .sweep import Sweep

EMPTYING_SHARE = 0.7  # of the time that is left; the look through the users has the rest


class Deletions:
    """now: wall clock, aware."""

    def __init__(
        self,
        database: Firestore,
        users: Users,
        paced: PacedUsers,
        ledger: Ledger,
        now: Callable[[], datetime],
    ) -> None:
        self.progress = Progress()
        self._emptying = Emptying(database, paced, self.progress, now)
        sweep = Sweep(database, users, paced, now)
        self._finishing = Finishing(database, sweep, ledger, self.progress, now)

    async def run(self, budget: Budget) -> None:
        """Raises OutOfTime, Unavailable (where the tenants cannot even be listed)."""
        time_is_short = True
        while time_is_short and not budget.is_spent:
            time_is_short = await self._emptying.run(budget.part(EMPTYING_SHARE))
            await self._finishing.run(budget)
        await self._finishing.note_unfinished()
        budget.check()
