"""Deleting what one tenant has: page by page, only forward, safe to kill and to run twice.

The order is the guarantee. Auth users go before their documents, so that a document is the reminder that a user may be
left; the tenant's document goes last, so that it is the reminder that anything may be left. Every delete of a document
names the version that was listed: what changed since, or came anew, stays for the next pass. Where a whole pass was in
vain, because phones beat faster than it deletes, documents go in a transaction with the tenant's own, in its version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

import grpc

from shared.google.firestore import Document, Firestore, Transaction, pages_of
from shared.google.users import MAX_DELETE_USERS, MAX_UID_LENGTH
from shared.receipts import Counts
from shared.store import Stored, TenantStore
from shared.tenant import Status, from_document

from .budget import Budget
from .pace import PacedUsers

MAX_WRITES = 500
AHEAD = 8  # batches of deletes that are under way
OK, NOT_FOUND, FAILED_PRECONDITION, ABORTED = (
    code.value[0]
    for code in (
        grpc.StatusCode.OK,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
    )
)


class Stuck(Exception):
    """No document of a page could be deleted; the next run tries again."""


class Superseded(Exception):
    """The tenant is not the one that this deletion began with: another run finished it, or it was onboarded again."""


@dataclass
class Tally:
    """What a deletion did: each user and document is counted once."""

    users: int = 0
    documents: int = 0
    user_errors: int = 0
    write_errors: int = 0

    @property
    def counts(self) -> Counts:
        return Counts(self.users, self.documents)


class Deletion:
    """One tenant that is purging. purging: as it was read when the deletion began."""

    def __init__(
        self,
        database: Firestore,
        users: PacedUsers,
        store: TenantStore,
        purging: Stored,
        budget: Budget,
    ) -> None:
        self._database = database
        self._users = users
        self._store = store
        self._budget = budget
        self.purging = purging
        self.tally = Tally()

    async def empty(self) -> None:
        """Delete all that is below the tenant's document.

        Raises OutOfTime, Stuck, Superseded, Unavailable: in each case the next run goes on.
        """
        in_vain = False
        while True:
            before = self.tally.documents
            if not await self._pass(in_vain):
                break
            in_vain = self.tally.documents == before
        await self._delete_others()

    async def is_empty(self) -> bool:
        """Return whether nothing is left below the tenant's document."""
        left = self._database.stream(self._store.path, below=True, keys_only=True)
        async with aclosing(left):
            return await anext(left, None) is None

    async def _pass(self, together: bool) -> bool:
        """Go through all devices once; whether there were any.

        together: documents go in a transaction with the tenant's. While some documents are being deleted, the next are
        read and their users deleted.
        """
        any_devices = False
        at_work: set[asyncio.Task[None]] = set()
        try:
            devices = self._database.stream(self._store.devices_path, keys_only=True)
            async with aclosing(pages_of(devices, MAX_DELETE_USERS)) as pages:
                async for page in pages:
                    any_devices = True
                    gone = await self._delete_users(page)
                    for part in batched(gone, MAX_WRITES):
                        delete = self._delete_together if together else self._delete_each
                        at_work.add(asyncio.ensure_future(delete(part)))
                    while len(at_work) > AHEAD:
                        at_work = await _some(at_work)
            while at_work:
                at_work = await _some(at_work)
        finally:
            for task in at_work:
                task.cancel()
            await asyncio.gather(*at_work, return_exceptions=True)
        return any_devices

    async def _delete_users(self, devices: list[Document]) -> list[Document]:
        """Return the devices whose Auth users are deleted. Raises Stuck if there is none."""
        uids = {device.path: f"{self._store.id}:{device.id}" for device in devices}
        # No user can have a longer uid.
        deleted = [uid for uid in uids.values() if len(uid) <= MAX_UID_LENGTH]
        kept = await self._users.delete(deleted, self._budget.ends_at, self.check)
        if not deleted:
            await self.check()
        self.tally.user_errors += len(kept)
        gone = [device for device in devices if uids[device.path] not in kept]
        if not gone:
            raise Stuck
        return gone

    async def _delete_each(self, devices: Sequence[Document]) -> None:
        codes = await self._database.delete_batch(devices)
        done = sum(code in (OK, NOT_FOUND) for code in codes)
        changed = sum(code in (FAILED_PRECONDITION, ABORTED) for code in codes)
        self.tally.documents += done
        self.tally.users += done
        self.tally.write_errors += len(codes) - done - changed
        if not done + changed:
            raise Stuck

    async def _delete_together(self, devices: Sequence[Document]) -> None:
        async def decide(transaction: Transaction) -> int:
            tenant, *there = await transaction.get(
                self._store.path, *(device.path for device in devices)
            )
            self._require_same(tenant)
            for document in there:
                if document is not None:
                    transaction.delete(document.path)
            return sum(document is not None for document in there)

        done = await self._database.transact(decide)
        self.tally.documents += done
        self.tally.users += done

    async def _delete_others(self) -> None:
        """Delete what the inventory does not know below the tenant: other collections, and documents below devices."""
        others = self._database.stream(self._store.path, below=True, keys_only=True)
        async with aclosing(pages_of(others, MAX_WRITES)) as pages:
            async for page in pages:
                await self.check()
                codes = await self._database.delete_batch(page)
                self.tally.documents += sum(code in (OK, NOT_FOUND) for code in codes)

    async def check(self) -> None:
        """Check before each deletion that there is time, and that this is still the tenant to be purged."""
        self._budget.check()
        self._require_same(await self._database.get(self._store.path))

    def _require_same(self, document: Document | None) -> None:
        if document is None or document.version != self.purging.version:
            raise Superseded
        if from_document(document.fields).status is not Status.PURGING:
            raise Superseded


def batched(items: Sequence[Document], size: int) -> list[Sequence[Document]]:
    """Yield the items in batches of at most `size`."""
    return [items[start : start + size] for start in range(0, len(items), size)]


async def _some(at_work: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait for the first task, and return the others. Raises what it raises."""
    done, others = await asyncio.wait(at_work, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return others
