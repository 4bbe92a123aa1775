"""The deletions of a run: all tenants that are purging or due, some at once, then one look through all Auth users."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from shared import logs
from shared.errors import Problem, Unavailable
from shared.google.firestore import Changed, Document, Firestore
from shared.google.users import Users
from shared.receipts import Counts
from shared.store import Stored, TenantStore, due, stored, tenants
from shared.tenant import BrokenRecord, Closing, NotDue, Status

from .budget import Budget, OutOfTime
from .deletion import Deletion, Stuck, Superseded
from .ledger import Ledger
from .pace import PacedUsers
from .sweep import Overtaken, Pass, Sweep

EMPTYING_SHARE = 0.7  # of the time that is left; the look through the users has the rest
AT_ONCE = 8  # tenants whose devices are being deleted
DAILY_HOUR = 3  # UTC; in the first minutes of it a look through all users begins, whether anything is purged or not
DAILY_MINUTES = 15


@dataclass
class Done:
    """What the deletions of a run came to. due: tenants that are still there, and since when."""

    purged: int = 0
    failed: int = 0
    broken: int = 0
    unavailable: list[Unavailable] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)


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
        self._database = database
        self._ledger = ledger
        self._paced = paced
        self._now = now
        self._sweep = Sweep(database, users, paced, now)
        self._emptied: dict[str, Deletion] = {}
        self._begun: dict[str, Stored] = {}
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)
        self.done = Done()

    async def run(self, budget: Budget) -> None:
        """Raises OutOfTime, Unavailable (where the tenants cannot even be listed)."""
        time_is_short = True
        while time_is_short and not budget.is_spent:
            time_is_short = await self._empty_all(budget.part(EMPTYING_SHARE))
            await self._look_through_users(budget)
        await self._note_unfinished()
        budget.check()

    async def _empty_all(self, budget: Budget) -> bool:
        """All that is below the tenants' documents goes, of several tenants at once; whether time was short."""
        waiting = deque([document async for document in due(self._database, self._now())])

        async def work() -> None:
            while waiting and not budget.is_spent:
                await self._empty_one(waiting.popleft(), budget)

        await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(waiting)))))
        for document in waiting:
            self._note_due(document)
        return budget.is_spent

    async def _empty_one(self, document: Document, budget: Budget) -> None:
        self._note_due(document)
        outcome = "stuck"
        try:
            deletion = await self._begin(document, budget)
            if deletion is None:
                self.done.due.pop(document.id, None)
                return
            try:
                await deletion.empty()
                self._emptied[document.id] = deletion
                return
            except Superseded:
                self._forget(document.id)
                return
            except OutOfTime:
                return
            finally:
                self._note_step(deletion)
                self._counts[document.id] += deletion.tally.counts
        except Stuck:
            self.done.failed += 1
        except BrokenRecord:
            self.done.broken += 1
            return
        except Unavailable as error:
            outcome = "unavailable"
            self.done.unavailable.append(error)
        except Exception as error:  # noqa: BLE001 - one poisoned tenant must not stop the others; it is counted
            outcome = error.code if isinstance(error, Problem) else type(error).__name__
            self.done.failed += 1
        logs.event("tenant_purge_failed", "ERROR", outcome=outcome)

    async def _begin(self, document: Document, budget: Budget) -> Deletion | None:
        """Closing and due → purging; None for a tenant that is not, or not any more."""
        stored(document)
        store = TenantStore(self._database, document.id)
        now = self._now()
        try:
            await store.change(lambda tenant: tenant.begin_purge(now))
        except NotDue:
            return None
        read = await store.read()
        if read is None or read.tenant.status is not Status.PURGING:
            return None
        self._begun[read.id] = read
        return Deletion(self._database, self._paced, store, read, budget)

    # Auth users without a document

    async def _look_through_users(self, budget: Budget) -> None:
        """One pass for all tenants that are empty. At its end, their documents go."""
        try:
            sweep = await self._sweep.current()
            if sweep is None:
                if not self._emptied and not self._is_daily():
                    return
                sweep = await self._sweep.begin()
            covered = await self._covered_by(sweep)
            if not await self._sweep.run(sweep, covered.still, budget):
                return
        except Overtaken:
            return
        except Unavailable as error:
            self.done.unavailable.append(error)
            return
        for deletion in list(self._emptied.values()):
            if deletion.purging.version <= sweep.began:
                await self._finish(deletion)

    def _is_daily(self) -> bool:
        now = self._now()
        return now.hour == DAILY_HOUR and now.minute < DAILY_MINUTES

    async def _covered_by(self, sweep: Pass) -> Covered:
        """The tenants whose purge began before the pass did."""
        versions = {}
        purging = [("status", "==", Status.PURGING.value)]
        async with aclosing(tenants(self._database, where=purging)) as documents:
            async for document in documents:
                if document.version <= sweep.began and _is_sound(document):
                    versions[document.id] = document.version
        return Covered(self._database, versions)

    async def _finish(self, deletion: Deletion) -> None:
        """The tenant's document goes, where nothing is left below it."""
        read = deletion.purging
        try:
            if not await deletion.is_empty():
                return  # a registration slipped in before the closing was seen; the next run takes it
            store = TenantStore(self._database, read.id)
            await self._ledger.end(store, read, self._counted(read.id))
        except Changed:
            pass
        except Unavailable as error:
            self.done.unavailable.append(error)
            return
        else:
            self.done.purged += 1
            self._note_end(deletion)
        self._forget(read.id)

    def _forget(self, tenant_id: str) -> None:
        """It is gone, or another one: this run, which may look through the users again, has no more to do with it."""
        self.done.due.pop(tenant_id, None)
        self._begun.pop(tenant_id, None)
        self._emptied.pop(tenant_id, None)

    def _counted(self, tenant_id: str) -> Counts:
        """What this run has deleted of a tenant, the users without a document included."""
        return self._counts[tenant_id] + Counts(users=self._sweep.deleted[tenant_id])

    async def _note_unfinished(self) -> None:
        """What is counted so far is kept in the receipts of the tenants that are not done."""
        for tenant_id, purging in self._begun.items():
            try:
                await self._ledger.note(purging, self._counted(tenant_id))
            except Unavailable as error:
                self.done.unavailable.append(error)

    # The log

    def _note_due(self, document: Document) -> None:
        closing = document.fields.get("closing")
        purge_at = closing.get("purgeAt") if isinstance(closing, dict) else None
        since = purge_at if isinstance(purge_at, datetime) else self._now()
        self.done.due.setdefault(document.id, since)

    @staticmethod
    def _note_step(deletion: Deletion) -> None:
        tally = deletion.tally
        logs.event(
            "tenant_purge_step",
            receipt=_receipt(deletion.purging),
            users=tally.users,
            user_errors=tally.user_errors,
            documents=tally.documents,
            write_errors=tally.write_errors,
        )

    @staticmethod
    def _note_end(deletion: Deletion) -> None:
        logs.event("tenant_purged", receipt=_receipt(deletion.purging))


@dataclass(frozen=True)
class Covered:
    """Tenants whose users a pass deletes. versions: of their documents when the pass was gone on with."""

    database: Firestore
    versions: dict[str, datetime]

    async def still(self, tenant_id: str) -> bool:
        """Whether it is still the same tenant, and purging."""
        version = self.versions.get(tenant_id)
        if version is None:
            return False
        document = await self.database.get(f"tenants/{tenant_id}")
        return document is not None and document.version == version


def _is_sound(document: Document) -> bool:
    """Broken records, and what is theirs, are left as they are."""
    try:
        stored(document)
    except BrokenRecord:
        return False
    return True


def _receipt(read: Stored) -> str | None:
    closing: Closing | None = read.tenant.closing
    return closing.receipt_id if closing else None
