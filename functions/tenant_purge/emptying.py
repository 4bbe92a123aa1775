"""Deletes everything below the documents of tenants that are purging or due, of several tenants at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.errors import Problem, Unavailable
from shared.google.firestore import Document, Firestore
from shared.store import TenantStore, due, stored
from shared.tenant import BrokenRecord, NotDue, Status

from .budget import Budget, OutOfTime
from .deletion import Deletion, Stuck, Superseded
from .pace import PacedUsers
from .progress import Progress

AT_ONCE = 8


@dataclass(frozen=True)
class Emptying:
    """now: wall clock, aware."""

    database: Firestore
    users: PacedUsers
    progress: Progress
    now: Callable[[], datetime]

    async def run(self, budget: Budget) -> bool:
        """Return whether the time was too short. Raises Unavailable if the tenants cannot be listed."""
        waiting = deque([document async for document in due(self.database, self.now())])
        for document in waiting:
            self.progress.note_due(document, self.now())

        async def work() -> None:
            while waiting and not budget.is_spent:
                await self._guarded(waiting.popleft(), budget)

        await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(waiting)))))
        return budget.is_spent

    async def _guarded(self, document: Document, budget: Budget) -> None:
        """Empty one tenant; its faults do not stop the others."""
        progress = self.progress
        try:
            await self._empty(document, budget)
        except OutOfTime:
            return
        except (NotDue, Superseded):
            progress.forget(document.id)
        except BrokenRecord:
            progress.broken += 1
        except Unavailable as error:
            progress.unavailable.append(error)
            logs.event("tenant_purge_failed", "ERROR", outcome="unavailable")
        except Exception as error:  # noqa: BLE001 - one poisoned tenant must not stop the others; it is counted
            progress.failed += 1
            logs.event("tenant_purge_failed", "ERROR", outcome=_outcome_of(error))

    async def _empty(self, document: Document, budget: Budget) -> None:
        deletion = await self._begin(document, budget)
        self.progress.begun[document.id] = deletion.purging
        try:
            await deletion.empty()
        finally:
            self.progress.note_step(deletion)
        self.progress.emptied[document.id] = deletion

    async def _begin(self, document: Document, budget: Budget) -> Deletion:
        """Make a closing tenant purging. Raises NotDue if it is not due, Superseded if it has changed."""
        stored(document)  # a broken record stays as it is
        store = TenantStore(self.database, document.id)
        now = self.now()
        await store.change(lambda tenant: tenant.begin_purge(now))
        read = await store.read()
        if read is None or read.tenant.status is not Status.PURGING:
            raise Superseded
        return Deletion(self.database, self.users, store, read, budget)


def _outcome_of(error: Exception) -> str:
    if isinstance(error, Stuck):
        return "stuck"
    return error.code if isinstance(error, Problem) else type(error).__name__
