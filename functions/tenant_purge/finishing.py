"""Finishes deletions: one sweep of all Auth users for all empty tenants, then the deletion of their documents.

Once a day a sweep begins even if no tenant is purged, because a phone can put personal data on its user.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Unavailable
from shared.google.firestore import Changed, Document, Firestore
from shared.receipts import Counts
from shared.store import TENANTS, Stored, TenantStore, stored, tenants
from shared.tenant import BrokenRecord, Status

from .budget import Budget
from .deletion import Deletion
from .ledger import Ledger
from .progress import Progress
from .sweep import Overtaken, Pass, Sweep

DAILY_HOUR, DAILY_MINUTES = (
    3,
    15,
)  # UTC; the run that falls into these minutes begins the daily look


@dataclass(frozen=True)
class Covered:
    """The tenants whose users a pass deletes. versions: of their documents when this run took up the pass."""

    database: Firestore
    versions: dict[str, datetime]

    async def still(self, tenant_id: str) -> bool:
        """Return whether it is still the same tenant, and purging."""
        version = self.versions.get(tenant_id)
        if version is None:
            return False
        document = await self.database.get(f"{TENANTS}/{tenant_id}")
        return document is not None and document.version == version


@dataclass(frozen=True)
class Finishing:
    """now: wall clock, aware."""

    database: Firestore
    sweep: Sweep
    ledger: Ledger
    progress: Progress
    now: Callable[[], datetime]

    async def run(self, budget: Budget) -> None:
        """Continue the pass, or begin one; at its end, delete the documents of the tenants that it covers."""
        try:
            began = await self._look(budget)
        except Overtaken:
            return
        except Unavailable as error:
            self.progress.unavailable.append(error)
            return
        if began is not None:
            for deletion in list(self.progress.emptied.values()):
                if deletion.purging.version <= began:
                    await self._finish(deletion)

    async def note_unfinished(self) -> None:
        """Store the counts so far in the receipts of the tenants that are not done."""
        for purging in self.progress.begun.values():
            try:
                await self.ledger.note(purging, self._counts_of(purging))
            except Unavailable as error:
                self.progress.unavailable.append(error)

    async def _look(self, budget: Budget) -> datetime | None:
        """Return when the pass began that has ended now, or None. Raises Overtaken, Unavailable."""
        current = await self.sweep.current()
        if current is None:
            if not self.progress.emptied and not self._is_daily():
                return None
            current = await self.sweep.begin()
        covered = await self._covered_by(current)
        is_over = await self.sweep.run(current, covered.still, budget)
        return current.began if is_over else None

    def _is_daily(self) -> bool:
        now = self.now()
        return now.hour == DAILY_HOUR and now.minute < DAILY_MINUTES

    async def _covered_by(self, current: Pass) -> Covered:
        """Return the tenants whose purge began before the pass."""
        versions = {}
        purging = [("status", "==", Status.PURGING.value)]
        async with aclosing(tenants(self.database, where=purging)) as documents:
            async for document in documents:
                if document.version <= current.began and _is_sound(document):
                    versions[document.id] = document.version
        return Covered(self.database, versions)

    async def _finish(self, deletion: Deletion) -> None:
        """Delete the tenant's document, if nothing is left below it."""
        purging = deletion.purging
        try:
            if not await deletion.is_empty():
                return  # a registration slipped in before the closing was seen; the next run takes it
            store = TenantStore(self.database, purging.id)
            await self.ledger.end(store, purging, self._counts_of(purging))
        except Changed:
            self.progress.forget(purging.id)
        except Unavailable as error:
            self.progress.unavailable.append(error)
        else:
            self.progress.note_end(purging)

    def _counts_of(self, purging: Stored) -> Counts:
        """Return what this run has deleted of a tenant, including users without a document."""
        return self.progress.counts[purging.id] + Counts(users=self.sweep.deleted[purging.id])


def _is_sound(document: Document) -> bool:
    """Return whether the tenant's record can be read; broken records stay as they are."""
    try:
        stored(document)
    except BrokenRecord:
        return False
    return True
