"""Deleting a tenant: chunk by chunk, only forward, safe to kill and to run twice.

The order is the guarantee. Auth users go before their documents, so that a document is the reminder that a user may be
left; the tenant's document goes last, so that it is the reminder that anything may be left. Every delete of a document
names the version that was listed: what changed since, or came anew, stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shared.google.firestore import MAX_WRITES, Changed, Document, Firestore, NotFound, in_chunks
from shared.google.identity import MAX_DELETE_USERS, Accounts
from shared.inventory import PURGING
from shared.store import Tenant

WRITERS = 4
AHEAD = 2 * WRITERS  # deletions of up to 500 documents that wait or are under way
FRUITLESS = 3  # passes in a row whose documents all changed meanwhile, as heartbeats make them
OK, NOT_FOUND, CHANGED = 0, 5, 9  # gRPC status codes of single writes


class PurgeStuck(Exception):
    """Nothing of a chunk could be deleted, or of several passes; the next run tries again."""


class OutOfTime(Exception):
    """The run's budget is spent; the next run goes on from here."""


class Superseded(Exception):
    """The tenant is not in the state that this purge began with: another run finished it, or it was onboarded anew."""


@dataclass
class Tally:
    """What one purge did, in counts."""

    users: int = 0
    user_errors: int = 0
    documents: int = 0
    write_errors: int = 0


class Purge:
    """One tenant's deletion. out_of_time: whether the run's budget is spent."""

    def __init__(
        self,
        database: Firestore,
        accounts: Accounts,
        tenant: Tenant,
        out_of_time: Callable[[], bool],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._tenant = tenant
        self._out_of_time = out_of_time
        self._update_time: Any = None  # of the tenant's document, from when this purge began
        self.tally = Tally()

    def run(self) -> None:
        """Delete all of the tenant, which is purging.

        Raises OutOfTime, PurgeStuck, Superseded, Unavailable: in each case the next run converges.
        """
        version = self._purging()
        self._update_time = version.update_time
        self._delete_devices()
        self._delete_strays()
        self._sweep_users()
        self._finish(version)

    def _delete_devices(self) -> None:
        """Pass by pass, until one finds nothing: what changed while a pass went on, the next one takes."""
        fruitless = 0
        while fruitless < FRUITLESS:
            before = self.tally.documents
            if not self._pass():
                return
            fruitless = 0 if self.tally.documents > before else fruitless + 1
        raise PurgeStuck

    def _pass(self) -> bool:
        """One walk over all devices; whether there were any.

        While the documents of some chunks are being deleted, the next ones are read and their users deleted.
        """
        found = False
        at_work: deque[Future[list[int]]] = deque()
        with ThreadPoolExecutor(WRITERS) as writers:
            devices = self._database.walk(self._tenant.devices_path, keys_only=True)
            for chunk in in_chunks(devices, MAX_DELETE_USERS):
                found = True
                self._pause_point()
                kept = self._delete_users([self._uid(device) for device in chunk])
                gone = [device for device in chunk if self._uid(device) not in kept]
                if not gone:
                    raise PurgeStuck
                for part in in_chunks(gone, MAX_WRITES):
                    at_work.append(writers.submit(self._delete_documents, part))
                while len(at_work) > AHEAD:
                    self._count(at_work.popleft().result())
            for work in at_work:
                self._count(work.result())
        return found

    def _delete_strays(self) -> None:
        """What the inventory does not know below the tenant: other collections, and children of deleted documents."""
        for path in self._strays(self._tenant.path):
            self._pause_point()
            self._database.commit(self._database.delete(path))
            self.tally.documents += 1

    def _strays(self, parent: str) -> Iterator[str]:
        for collection_id in self._database.collection_ids(parent):
            token = ""
            while True:
                collection = f"{parent}/{collection_id}"
                page, token = self._database.list_page(collection, MAX_WRITES, token)
                for found in page:
                    yield from self._strays(found.path)
                    if found.update_time is not None and collection != self._tenant.devices_path:
                        yield found.path
                if not token:
                    break

    def _sweep_users(self) -> None:
        """Auth users without a document: a custom token exchanged after its device had signed out leaves one."""
        for page in self._accounts.pages():
            if self._out_of_time():
                raise OutOfTime
            uids = [user.uid for user in page if user.uid.startswith(f"{self._tenant.id}:")]
            if uids:
                self._pause_point()
                if self._delete_users(uids):
                    raise PurgeStuck

    def _finish(self, version: Document) -> None:
        if self._database.query(self._tenant.devices_path, limit=1, keys_only=True):
            raise PurgeStuck  # a registration slipped in before the closing was seen; the next run takes it
        try:
            self._tenant.delete_tenant(version)
        except (Changed, NotFound):
            raise Superseded from None

    def _delete_users(self, uids: list[str]) -> set[str]:
        kept = self._accounts.delete(uids)
        self.tally.users += len(uids) - len(kept)
        self.tally.user_errors += len(kept)
        return set(kept)

    def _delete_documents(self, documents: list[Document]) -> list[int]:
        return self._database.batch_write(
            [
                self._database.delete(found.path, update_time=found.update_time)
                for found in documents
            ]
        )

    def _count(self, codes: list[int]) -> None:
        """What changed since it was listed stays, and is no error. Raises PurgeStuck where nothing is allowed to go."""
        self.tally.documents += sum(code in (OK, NOT_FOUND) for code in codes)
        self.tally.write_errors += sum(code not in (OK, NOT_FOUND, CHANGED) for code in codes)
        if not any(code in (OK, NOT_FOUND, CHANGED) for code in codes):
            raise PurgeStuck

    def _uid(self, device: Document) -> str:
        return f"{self._tenant.id}:{device.id}"

    def _pause_point(self) -> None:
        """Before each step that deletes: is there time, and is this still the tenant that was to be purged?"""
        if self._out_of_time():
            raise OutOfTime
        if self._purging().update_time != self._update_time:
            raise Superseded

    def _purging(self) -> Document:
        current = self._tenant.read()
        if current is None or current.fields["status"] != PURGING:
            raise Superseded
        return current
