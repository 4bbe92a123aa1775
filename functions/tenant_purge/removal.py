"""Removes devices of tenants that stay: Auth users first, then each document in the version that was read."""

from __future__ import annotations

from collections.abc import Sequence

from shared import identifiers
from shared.google.firestore import Document, Firestore
from shared.google.users import MAX_UID_LENGTH

from .budget import Budget
from .deletion import MAX_WRITES, OK, batched
from .pace import PacedUsers


async def remove_devices(
    database: Firestore, users: PacedUsers, devices: Sequence[Document], budget: Budget
) -> int:
    """Remove at most 1,000 devices, unless they beat meanwhile; return how many. Raises OutOfTime, Unavailable."""
    budget.check()
    uids = {document.path: uid_of(document) for document in devices}
    kept = await users.delete([uid for uid in uids.values() if uid], budget.ends_at)
    gone = [document for document in devices if uids[document.path] not in kept]
    removed = 0
    for part in batched(gone, MAX_WRITES):
        codes = await database.delete_batch(part)
        removed += codes.count(OK)
    return removed


def uid_of(document: Document) -> str:
    """Return the uid of a device's Auth user; empty if no user can belong to the document."""
    match document.path.split("/"):
        case ["tenants", tenant_id, "devices", device_id] if identifiers.is_tenant_id(tenant_id):
            uid = f"{tenant_id}:{device_id}"
            return uid if len(uid) <= MAX_UID_LENGTH else ""
    return ""
