"""Finds and deletes, in a restored database, the tenants that were purged after the backup.

Receipts name no tenant. While a backup may hold a purged tenant, a keyed fingerprint of its ID stands beside its
receipt in the live database; with the key, a restored tenant can be compared with it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared import errors
from shared.google.firestore import Document, Firestore, pages_of
from shared.google.wire import EPOCH
from shared.receipts import KEPT, RECEIPTS, fingerprint, key_name
from shared.store import TENANTS

MAX_WRITES = 500
PAGE = 300
GONE = (0, 5)  # gRPC: OK, NOT_FOUND


class UnknownKey(errors.Problem):
    """A fingerprint was made with none of the given keys, so the check could miss a tenant."""

    code = "unknown_key"
    title = (
        "Receipts of purged organizations were made with another key. Put it behind a comma into "
        "RECEIPT_FINGERPRINT_KEY, or nobody can tell whom a restore brings back."
    )


@dataclass(frozen=True)
class RestoreCheck:
    """keys: all fingerprint keys that may have been in use. taken_at: when the backup was taken, if known."""

    live: Firestore
    restored: Firestore
    keys: Sequence[str]
    taken_at: datetime | None = None

    async def purged(self) -> AsyncGenerator[Document, None]:
        """Yield the restored tenants that were purged since the backup. Raises UnknownKey, Unavailable."""
        fingerprints = await self._fingerprints()
        async with aclosing(self.restored.walk(TENANTS)) as tenants:
            async for tenant in tenants:
                if any(fingerprint(key, tenant.id) in fingerprints for key in self.keys):
                    yield tenant

    async def delete(self, tenant: Document) -> int:
        """Delete a restored tenant and all below it; return the number of documents. Raises Unavailable."""
        deleted = 0
        below = self.restored.stream(tenant.path, below=True, keys_only=True)
        async with aclosing(pages_of(below, MAX_WRITES)) as pages:
            async for page in pages:
                deleted += await self._delete(page)
        await self.restored.delete(tenant.path)
        return deleted + 1

    async def forget_receipts(self) -> int:
        """Delete the restored receipts that the live database has too; return their number. Raises Unavailable."""
        deleted = 0
        async with aclosing(pages_of(self.restored.walk(RECEIPTS), PAGE)) as pages:
            async for page in pages:
                deleted += await self._forget(page)
        return deleted

    async def _fingerprints(self) -> set[str]:
        """Return the fingerprints of the tenants that were purged since the backup. Raises UnknownKey."""
        names, fingerprints = {key_name(key) for key in self.keys}, set()
        standing = [("fingerprintUntil", ">=", EPOCH)]
        receipts = self.live.walk(RECEIPTS, where=standing, order_by="fingerprintUntil")
        async with aclosing(receipts) as documents:
            async for document in documents:
                text = str(document.fields.get("fingerprint", ""))
                if text.partition(".")[0] not in names:
                    raise UnknownKey
                if self.taken_at is None or _ended_at(document.fields) >= self.taken_at:
                    fingerprints.add(text)
        return fingerprints

    async def _forget(self, page: Sequence[Document]) -> int:
        live = await self.live.get_all([document.path for document in page])
        return await self._delete(
            [document for document, newer in zip(page, live, strict=True) if newer]
        )

    async def _delete(self, documents: Sequence[Document]) -> int:
        if not documents:
            return 0
        codes = await self.restored.delete_batch(documents)
        if any(code not in GONE for code in codes):
            raise errors.Unavailable("firestore", "not_deleted")
        return len(codes)


def _ended_at(receipt: Mapping[str, Any]) -> datetime:
    """Return when the deletion of a receipt ended."""
    expire_at: datetime = receipt["expireAt"]
    return expire_at - KEPT
