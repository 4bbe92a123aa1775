"""The operations of the product on Firestore, for one tenant at a time.

A `TenantStore` is bound to its tenant when it is made, from verified claims, and no method takes a tenant ID. This
isolates tenants on the server, where the SDK bypasses the security rules. `shared.tenant` decides what may happen to a
tenant; this module reads it, and writes it on the precondition that it has not changed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared import errors, identifiers, inventory, receipts
from shared.google.firestore import (
    AlreadyExists,
    Changed,
    Document,
    Firestore,
    NotFound,
    Transaction,
    Where,
)
from shared.tenant import Status, Tenant, from_document, onboarded, to_document

TENANTS = "tenants"
DEVICE_LIMIT_RETRY_SECONDS = 3600


@dataclass(frozen=True)
class Stored:
    """A tenant as it was read. version: for preconditions. created: differs after a deletion and a new onboarding."""

    id: str
    tenant: Tenant
    version: Any
    created: datetime | None


@dataclass(frozen=True)
class Registered:
    """is_new: the device was not known before. name: the organization's."""

    is_new: bool
    name: str


class TenantStore:
    """tenant_id: a canonical GUID, from verified claims. Raises ValueError for anything else."""

    def __init__(self, database: Firestore, tenant_id: str) -> None:
        if not identifiers.is_tenant_id(tenant_id):
            raise ValueError("not a tenant ID")
        self._database = database
        self.id = tenant_id
        self.path = f"{TENANTS}/{tenant_id}"
        self.devices_path = f"{self.path}/devices"

    # Devices

    async def register(
        self,
        device_id: str,
        limit: int,
        now: datetime,
        admit: Callable[[], None] = lambda: None,
    ) -> Registered:
        """Make the device's document; a known one stays as it is. admit: called for a new one, and may refuse it.

        Raises TenantNotOnboarded, TenantClosing, TenantPurging, DeviceLimit (`limit` is met as of the last count:
        requests that race can pass it by their own number), Unavailable. Calls: 3 for a known device, 4 for a new one.
        """
        path = self._device(device_id)

        async def decide(transaction: Transaction) -> Registered:
            stored, device = await transaction.get(self.path, path)
            tenant = _existing(from_document(stored.fields) if stored else None)
            tenant.require_active()
            if device is None:
                count = await self._database.count(self.devices_path, up_to=limit)
                if count >= limit:
                    raise errors.DeviceLimit(DEVICE_LIMIT_RETRY_SECONDS)
                admit()
                transaction.create(path, {"lastHeartbeatAt": to_the_hour(now)})
            return Registered(device is None, tenant.name)

        try:
            return await self._database.transact(decide)
        except AlreadyExists:  # somebody was faster: now it is known
            return await self._database.transact(decide)

    async def heartbeat(self, device_id: str, outcome: str, now: datetime) -> None:
        """Store the time of a heartbeat and its outcome: one write, no read. Raises DeviceGone, Unavailable."""
        hour = to_the_hour(now)
        fields: dict[str, Any] = {"lastHeartbeatAt": hour}
        if outcome in inventory.SYNC_OUTCOMES:
            fields["lastOutcome"] = outcome
        if outcome == inventory.SUCCEEDED:
            fields["lastSyncAt"] = hour
        try:
            await self._database.update(self._device(device_id), fields)
        except NotFound:
            raise errors.DeviceGone from None

    async def forget_device(self, device_id: str) -> None:
        """Delete the device's document, if it exists. Raises Unavailable."""
        await self._database.delete(self._device(device_id))

    async def count_devices(self, *, where: Where = (), seconds: float) -> int:
        """Raises Unavailable."""
        return await self._database.count(self.devices_path, where=where, seconds=seconds)

    def _device(self, device_id: str) -> str:
        if not identifiers.is_device_id(device_id):
            raise ValueError("not a device ID")
        return f"{self.devices_path}/{device_id}"

    # The tenant's life

    async def read(self) -> Stored | None:
        """Return the tenant, or None. Raises BrokenRecord, Unavailable."""
        document = await self._database.get(self.path)
        return None if document is None else stored(document)

    async def onboard(self, name: str, now: datetime, withdraw: str | None = None) -> Tenant:
        """Onboard the tenant, which an administrator has proven.

        name: '' if Microsoft did not tell it; then a known name stays, else it is the ID. withdraw: the receipt ID
        of the closing that may be withdrawn; any closing, unless given.
        Raises TenantClosing for another closing, TenantPurging, BrokenRecord, Unavailable.
        """

        def step(tenant: Tenant | None) -> Tenant:
            if tenant and tenant.closing and withdraw not in (None, tenant.closing.receipt_id):
                tenant.require_active()
            return onboarded(tenant, name or (tenant.name if tenant else self.id), now)

        return await self._change(step)

    async def change(self, step: Callable[[Tenant], Tenant]) -> Tenant:
        """Make a transition in a transaction; `step` may be called several times.

        Raises TenantNotOnboarded, what `step` raises, BrokenRecord, Unavailable.
        """
        return await self._change(lambda tenant: step(_existing(tenant)))

    async def replace(self, read: Stored, tenant: Tenant) -> None:
        """Write the tenant, if it has not changed since: one write. Raises Changed, NotFound, Unavailable."""
        await self._database.replace(self.path, _checked(tenant), read.version)

    async def delete(self, read: Stored) -> None:
        """Delete the tenant's document, if it has not changed since it was read. Raises Changed, Unavailable."""
        await self._database.delete(self.path, read.version)

    async def end(self, read: Stored, receipt_path: str, receipt: Mapping[str, Any]) -> None:
        """Delete the tenant's document, if it has not changed, and store its receipt, in one commit.

        Raises Changed, Unavailable.
        """

        async def decide(transaction: Transaction) -> None:
            document, stored_receipt = await transaction.get(self.path, receipt_path)
            if document is None and stored_receipt and stored_receipt.fields == receipt:
                return  # the answer to the commit was lost
            if document is None or document.version != read.version:
                raise Changed
            transaction.delete(self.path)
            transaction.set(receipt_path, receipt)

        await self._database.transact(decide)

    async def _change(self, step: Callable[[Tenant | None], Tenant]) -> Tenant:
        """Make a transition, and change the receipts that follow from it, in one commit."""

        async def decide(transaction: Transaction) -> Tenant:
            document = (await transaction.get(self.path))[0]
            before = from_document(document.fields) if document else None
            after = step(before)
            if after != before:
                transaction.set(self.path, _checked(after))
                for path, fields in receipts.effects(before, after).items():
                    transaction.set(path, fields)
            return after

        return await self._database.transact(decide)


async def tenants(
    database: Firestore, *, where: Where, order_by: str = "__name__"
) -> AsyncGenerator[Document, None]:
    """Yield the matching documents of tenants, each once. Raises Unavailable."""
    async for document in database.walk(TENANTS, where=where, order_by=order_by):
        yield document


async def due(database: Firestore, now: datetime) -> AsyncGenerator[Document, None]:
    """Yield the tenants that a run purges: those whose purge has begun, then those that are due, the oldest first."""
    purging = [("status", "==", Status.PURGING.value)]
    async for document in tenants(database, where=purging):
        yield document
    closing = [("status", "==", Status.CLOSING.value), ("closing.purgeAt", "<=", now)]
    async for document in tenants(database, where=closing, order_by="closing.purgeAt"):
        yield document


def stored(document: Document) -> Stored:
    """Raises BrokenRecord."""
    tenant = from_document(document.fields)
    return Stored(document.id, tenant, document.version, document.created)


def to_the_hour(now: datetime) -> datetime:
    """Round down to the hour: finer times would say more about a person's day than is needed."""
    return now.replace(minute=0, second=0, microsecond=0)


def _existing(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise errors.TenantNotOnboarded
    return tenant


def _checked(tenant: Tenant) -> dict[str, Any]:
    """Return the tenant's document, checked by the inventory. A ValidationError is a fault of ours."""
    document = to_document(tenant)
    inventory.check_tenant(document)
    return document
