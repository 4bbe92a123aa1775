"""Organizations in a database, for tests that wait: read, closed and looked at in one call each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from local.emulators import PROJECT
from shared.google.firestore import Document, Firestore
from shared.store import Stored, TenantStore
from shared.tenant import Closing, Reason, Tenant, Way
from tests.helpers.loop import Waiting, run

AT_ONCE = 100  # documents of a commit, which may have 4 MiB
USERS_AT_ONCE = 1000
FEW_DEVICES = 100


class Store:
    """One tenant's store. database: not waiting itself. inner: what a coroutine of the product takes."""

    def __init__(self, database: Firestore, tenant_id: str) -> None:
        self.database = database
        self.inner = TenantStore(database, tenant_id)
        self.id, self.path = self.inner.id, self.inner.path
        self.devices_path = self.inner.devices_path
        self._waiting = Waiting(self.inner)

    def onboard(self, name: str, now: datetime | None = None) -> Tenant:
        tenant: Tenant = self._waiting.onboard(name, now or datetime.now(UTC))
        return tenant

    def register(
        self, device_id: str = "", limit: int = FEW_DEVICES, now: datetime | None = None
    ) -> bool:
        """Whether the device is new. One made up here unless it is named."""
        device_id = device_id or str(uuid.uuid4())
        return bool(self._waiting.register(device_id, limit, now or datetime.now(UTC)).is_new)

    def heartbeat(self, device_id: str, outcome: str, now: datetime | None = None) -> None:
        self._waiting.heartbeat(device_id, outcome, now or datetime.now(UTC))

    def forget_device(self, device_id: str) -> None:
        self._waiting.forget_device(device_id)

    def close(
        self,
        delay: timedelta = timedelta(),
        reason: Reason = Reason.REQUESTED,
        now: datetime | None = None,
        receipt_id: str = "",
    ) -> Closing:
        """The closing that the tenant then has; due at once unless told otherwise."""
        purge_at = (now or datetime.now(UTC)) + delay
        wanted = Closing(purge_at, reason, receipt_id or str(uuid.uuid4()))
        closing = self.change(lambda tenant: tenant.close(wanted)).closing
        assert closing
        return closing

    def reopen(self, way: Way = Way.SUPPORT) -> Tenant:
        now = datetime.now(UTC)
        return self.change(lambda tenant: tenant.reopen(way, now))

    def begin_purge(self, now: datetime | None = None) -> Tenant:
        moment = now or datetime.now(UTC)
        return self.change(lambda tenant: tenant.begin_purge(moment))

    def change(self, step: Any) -> Tenant:
        tenant: Tenant = self._waiting.change(step)
        return tenant

    def read(self) -> Stored | None:
        stored: Stored | None = self._waiting.read()
        return stored

    @property
    def tenant(self) -> Tenant:
        """As it is stored; fails where it is not."""
        stored = self.read()
        assert stored is not None
        return stored.tenant

    def document(self) -> dict[str, Any] | None:
        """The stored fields."""
        document = run(self.database.get(self.path))
        return dict(document.fields) if document else None

    def devices(self) -> list[Document]:
        documents: list[Document] = Waiting(self.database).walk(self.devices_path)
        return documents

    def below(self) -> list[str]:
        """The paths of all that is stored below the tenant, at any depth."""
        documents = Waiting(self.database).stream(self.path, below=True, keys_only=True)
        return [document.path for document in documents]


def put(database: Firestore, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Write whole documents, by path, as nobody in the product would."""
    run(_put(database, list(documents.items())))


def update(database: Firestore, path: str, fields: Mapping[str, Any]) -> None:
    """Change some top-level fields of a document, as nobody in the product would."""
    document = run(database.get(path))
    assert document is not None
    put(database, {path: {**document.fields, **fields}})


def remove(database: Firestore, path: str) -> None:
    run(database.delete(path))


def add_users(auth: str, uids: Sequence[str]) -> None:
    """Auth users in the emulator at the address `auth`, as nobody in the product makes them."""
    url = f"http://{auth}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchCreate"
    headers = {"Authorization": "Bearer owner"}
    for start in range(0, len(uids), USERS_AT_ONCE):
        users = [{"localId": uid} for uid in uids[start : start + USERS_AT_ONCE]]
        requests.post(url, json={"users": users}, headers=headers, timeout=60).raise_for_status()


async def _put(database: Firestore, documents: list[tuple[str, Mapping[str, Any]]]) -> None:
    client = await database.client()
    for start in range(0, len(documents), AT_ONCE):
        batch = client.batch()
        for path, fields in documents[start : start + AT_ONCE]:
            batch.set(client.document(path), dict(fields))
        await batch.commit()


def add_devices(
    database: Firestore,
    tenant_id: str,
    ages: Iterable[tuple[timedelta | None, str | None]],
) -> list[str]:
    """Devices that last synchronized so long ago, or never, and how that ended; their IDs."""
    now = datetime.now(UTC)
    documents: dict[str, dict[str, Any]] = {}
    for age, outcome in ages:
        fields: dict[str, Any] = {"lastHeartbeatAt": now}
        if age is not None:
            fields["lastSyncAt"] = now - age
        if outcome is not None:
            fields["lastOutcome"] = outcome
        documents[f"tenants/{tenant_id}/devices/{uuid.uuid4()}"] = fields
    put(database, documents)
    return [path.rpartition("/")[2] for path in documents]
