"""One scheduled run: receipts, deletions, sign-outs, consents, then silent devices, each within a share of the budget.

A fault of one tenant never stops the others. What the budget leaves, the next run does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from shared import errors, logs
from shared.google.firestore import Firestore
from shared.google.wire import EPOCH
from shared.store import TENANTS
from shared.tenant import Status

from .budget import Budget, OutOfTime
from .consents import Consents
from .deletions import Deletions
from .expiry import Expiry
from .ledger import Ledger
from .signouts import SignOuts

# Of the time that is left when a work begins; the last one has all of it.
RECEIPTS_SHARE, DELETIONS_SHARE, SIGN_OUTS_SHARE, CONSENTS_SHARE = 0.1, 0.6, 0.3, 0.6


class RunFailed(errors.Problem):
    code = "purge_incomplete"
    title = "Something of the run failed; the next run tries again."


@dataclass(frozen=True)
class Run:
    """now: wall clock, aware."""

    database: Firestore
    ledger: Ledger
    deletions: Deletions
    sign_outs: SignOuts
    consents: Consents
    expiry: Expiry
    budget: Budget
    now: Callable[[], datetime]

    async def execute(self) -> None:
        """Execute the run. Raises Unavailable or RunFailed if it must be delivered again."""
        away: list[errors.Unavailable] = []
        for work, share in (
            (self.ledger.settle, RECEIPTS_SHARE),
            (self.deletions.run, DELETIONS_SHARE),
            (self.sign_outs.run, SIGN_OUTS_SHARE),
            (self.consents.check, CONSENTS_SHARE),
            (self.expiry.run, 1.0),
        ):
            await self._within(work, self.budget.part(share), away)
        broken = await self._broken(away)
        broken += (
            self.deletions.progress.broken + self.consents.checked.broken + self.sign_outs.broken
        )
        self._report(broken, away)
        if self.deletions.progress.failed or broken:
            raise RunFailed
        unavailable = [
            *away,
            *self.deletions.progress.unavailable,
            *self.consents.checked.unavailable,
        ]
        if unavailable:
            raise unavailable[0]

    @staticmethod
    async def _within(
        work: Callable[[Budget], Awaitable[None]], budget: Budget, away: list[errors.Unavailable]
    ) -> None:
        try:
            await work(budget)
        except OutOfTime:
            logs.event("purge_out_of_time", "WARNING")
        except errors.Unavailable as error:
            away.append(error)

    async def _broken(self, away: list[errors.Unavailable]) -> int:
        """Return how many records no query of a run can see, without those that only changed between two counts."""
        try:
            unseen = await self._unseen()
            return max(0, min(unseen, await self._unseen())) if unseen else 0
        except errors.Unavailable as error:
            away.append(error)
            return 0

    async def _unseen(self) -> int:
        """Records without a status that we know, or without its time."""
        database, by = self.database, "=="
        return (
            await database.count(TENANTS)
            - await database.count(TENANTS, where=[("status", by, Status.PURGING.value)])
            - await database.count(
                TENANTS,
                where=[("status", by, Status.CLOSING.value), ("closing.purgeAt", ">=", EPOCH)],
            )
            - await database.count(
                TENANTS,
                where=[("status", by, Status.ACTIVE.value), ("consent.checkedAt", ">=", EPOCH)],
            )
        )

    def _report(self, broken: int, away: list[errors.Unavailable]) -> None:
        done, checked = self.deletions.progress, self.consents.checked
        unavailable = len(away) + len(done.unavailable) + len(checked.unavailable)
        logs.event(
            "purge_run",
            "ERROR" if done.failed or broken or unavailable else "INFO",
            purged=done.purged,
            signed_out=self.sign_outs.removed,
            expired=self.expiry.expired,
            failed=done.failed,
            broken=broken,
            unavailable=unavailable,
            oldest_due_seconds=done.oldest_due_seconds(self.now()),
            **{f"consent_{name.value}": count for name, count in checked.judgements.items()},
        )
