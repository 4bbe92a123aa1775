"""Signs out all devices of an organization, as its administrator or an operator has requested.

The devices registered before the request go; whoever registers again, with a fresh access token, stays.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.errors import TenantNotOnboarded, TenantPurging
from shared.google.firestore import Document, Firestore, pages_of
from shared.google.users import MAX_DELETE_USERS
from shared.google.wire import EPOCH
from shared.store import TenantStore, stored, tenants
from shared.tenant import BrokenRecord, Status

from .budget import Budget
from .pace import PacedUsers
from .removal import remove_devices


@dataclass
class SignOuts:
    """removed, broken: devices that this run removed, and records that it could not read."""

    database: Firestore
    users: PacedUsers
    removed: int = 0
    broken: int = 0

    async def run(self, budget: Budget) -> None:
        """Sign out the devices of each tenant, the oldest request first. Raises OutOfTime, Unavailable."""
        waiting = tenants(
            self.database,
            where=[("signOut.requestedAt", ">=", EPOCH)],
            order_by="signOut.requestedAt",
        )
        async with aclosing(waiting) as documents:
            async for document in documents:
                await self._sign_out(document, budget)

    async def _sign_out(self, document: Document, budget: Budget) -> None:
        try:
            tenant = stored(document).tenant
            store = TenantStore(self.database, document.id)
        except (BrokenRecord, ValueError):
            self.broken += 1
            return
        request = tenant.sign_out
        if request is None or tenant.status is Status.PURGING:  # its purge removes and counts them
            return
        if not await self._all_removed(store, request.requested_at, budget):
            return

        try:
            after = await store.change(lambda tenant: tenant.signed_out(request))
        except (TenantNotOnboarded, TenantPurging):
            return
        if after.sign_out is None:
            logs.event("devices_signed_out")

    async def _all_removed(
        self, store: TenantStore, requested_at: datetime, budget: Budget
    ) -> bool:
        """Remove the devices registered before; return whether none of them is left."""
        devices = self.database.stream(store.devices_path, keys_only=True)
        all_gone = True
        async with aclosing(pages_of(devices, MAX_DELETE_USERS)) as pages:
            async for page in pages:
                old = [
                    device for device in page if device.created and device.created < requested_at
                ]
                if old:
                    removed = await remove_devices(self.database, self.users, old, budget)
                    self.removed += removed
                    all_gone = all_gone and removed == len(old)
        return all_gone
