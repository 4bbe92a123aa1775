"""One tenant's part of the database, and nothing beyond it.

The server's credentials bypass the security rules, so isolation holds by construction: a Tenant is bound to one tenant
ID when it is made, from verified claims, and no method of it takes another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared import errors, inventory
from shared.google.firestore import AlreadyExists, Document, Firestore, NotFound

TENANTS = "tenants"
DEVICE_LIMIT_RETRY_SECONDS = 3600


class Tenant:
    """tenant_id: canonical GUID. Raises ValueError for anything else, which no caller's input can be."""

    def __init__(self, database: Firestore, tenant_id: str) -> None:
        if not inventory.is_tenant_id(tenant_id):
            raise ValueError("not a tenant ID")
        self._database = database
        self.id = tenant_id
        self.path = f"{TENANTS}/{tenant_id}"
        self.devices_path = f"{self.path}/devices"

    def read(self) -> Document | None:
        """The tenant's document."""
        return self._database.get(self.path)[0]

    # Devices

    def register(self, device_id: str, limit: int) -> bool:
        """Make the device's document; True if it is new, False if it was known and stays as it is.

        Raises TenantNotOnboarded, TenantClosing, TenantPurging, DeviceLimit (`limit` is met as of the last count:
        requests that race can pass it by their own number), Unavailable. Calls: 2 for a known device, 3 for a new one.
        """
        path = self._device(device_id)

        def decide(found: list[Document | None]) -> tuple[list[Any], bool]:
            tenant, device = found
            require_active(tenant)
            if device is not None:
                return [], False
            if self._database.count(self.devices_path, up_to=limit) >= limit:
                raise errors.DeviceLimit(DEVICE_LIMIT_RETRY_SECONDS)
            return [self._database.create(path, server_times=["lastHeartbeatAt"])], True

        try:
            return self._database.transact([self.path, path], decide)
        except AlreadyExists:
            return False

    def heartbeat(self, device_id: str, outcome: str) -> None:
        """Note that the device lives and how its sync ended: one write, no read. Raises DeviceGone, Unavailable."""
        times = ["lastHeartbeatAt"]
        if outcome == inventory.SUCCEEDED:
            times.append("lastSyncAt")
        beat = self._database.update(
            self._device(device_id), {"lastOutcome": outcome}, server_times=times
        )
        try:
            self._database.commit(beat)
        except NotFound:
            raise errors.DeviceGone from None

    def forget_device(self, device_id: str) -> None:
        """Delete the device's document; harmless if it is gone. Raises Unavailable."""
        self._database.commit(self._database.delete(self._device(device_id)))

    def _device(self, device_id: str) -> str:
        if not inventory.is_device_id(device_id):
            raise ValueError("not a device ID")
        return f"{self.devices_path}/{device_id}"

    # The tenant's life

    def onboard(self, name: str, now: datetime) -> None:
        """An administrator has proven the tenant: make it, or bring it up to date, and withdraw a closing.

        Raises TenantPurging, Unavailable.
        """
        fields = {"name": name, "status": inventory.ACTIVE, "consent": {"checkedAt": now}}

        def decide(found: list[Document | None]) -> tuple[list[Any], None]:
            if found[0] is not None and found[0].fields["status"] == inventory.PURGING:
                raise errors.TenantPurging
            return [self._database.set(self.path, _checked(fields))], None

        self._database.transact([self.path], decide)

    def close(
        self,
        reason: str,
        receipt_id: str,
        now: datetime,
        delay: timedelta,
        when: Callable[[Mapping[str, Any]], bool] = lambda _fields: True,
    ) -> Document:
        """Active → closing; the purge is due after `delay`. A closing tenant keeps its receipt and due time.

        when: looked at in the same transaction; a tenant for whose fields it is False stays as it is.

        Returns the tenant as it is now stored. Raises TenantNotOnboarded, TenantPurging, Unavailable.
        """

        def change(fields: dict[str, Any]) -> dict[str, Any]:
            if fields["status"] != inventory.CLOSING and when(fields):
                fields["status"] = inventory.CLOSING
                fields["closing"] = {
                    "purgeAt": now + delay,
                    "reason": reason,
                    "receiptId": receipt_id,
                }
            return fields

        return self._change(change)

    def reopen(self) -> Document:
        """Closing → active; an active tenant stays so. Raises TenantNotOnboarded, TenantPurging, Unavailable."""

        def change(fields: dict[str, Any]) -> dict[str, Any]:
            fields["status"] = inventory.ACTIVE
            fields.pop("closing", None)
            return fields

        return self._change(change)

    def begin_purge(self, now: datetime) -> bool:
        """Closing and due → purging, from which only forward leads. True if the tenant is now purging."""

        def decide(found: list[Document | None]) -> tuple[list[Any], bool]:
            tenant = found[0]
            if tenant is None or tenant.fields["status"] == inventory.ACTIVE:
                return [], False
            if tenant.fields["status"] == inventory.PURGING:
                return [], True
            if tenant.fields["closing"]["purgeAt"] > now:
                return [], False
            return [self._database.update(self.path, {"status": inventory.PURGING})], True

        return self._database.transact([self.path], decide)

    def note_consent(self, tenant: Document, consent: dict[str, Any]) -> None:
        """Store a new consent map: one write, no read.

        tenant: as it was read. Raises Changed or NotFound where it is no longer so, Unavailable.
        """
        _checked({**tenant.fields, "consent": consent})
        self._database.commit(
            self._database.update(self.path, {"consent": consent}, update_time=tenant.update_time)
        )

    def delete_tenant(self, tenant: Document) -> None:
        """Delete the tenant's document in exactly this version. Raises Changed or NotFound, Unavailable."""
        self._database.commit(self._database.delete(self.path, update_time=tenant.update_time))

    def _change(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Document:
        def decide(found: list[Document | None]) -> tuple[list[Any], Document]:
            tenant = found[0]
            if tenant is None:
                raise errors.TenantNotOnboarded
            if tenant.fields["status"] == inventory.PURGING:
                raise errors.TenantPurging
            fields = _checked(change(dict(tenant.fields)))
            if fields == tenant.fields:
                return [], tenant
            write = self._database.set(self.path, fields, exists=True)
            return [write], Document(tenant.path, fields, None)

        return self._database.transact([self.path], decide)


def require_active(tenant: Document | None) -> None:
    """Raises TenantNotOnboarded, TenantClosing or TenantPurging."""
    if tenant is None:
        raise errors.TenantNotOnboarded
    if tenant.fields["status"] == inventory.CLOSING:
        raise errors.TenantClosing
    if tenant.fields["status"] != inventory.ACTIVE:
        raise errors.TenantPurging


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields`, once the inventory has confirmed them. A ValidationError here is a fault of ours."""
    inventory.Tenant().load(fields)
    return fields
