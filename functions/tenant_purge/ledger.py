"""The end of receipts: only the scheduled run has the key that signs them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shared import inventory, logs
from shared.google.firestore import Changed, Document, Firestore, NotFound
from shared.receipts import (
    KEPT,
    RECEIPTS,
    Counts,
    End,
    State,
    backups_expire,
    counts_in,
    deletion,
    fingerprint,
    path_of,
    statement,
)
from shared.signing import RECEIPT, NotGenuine, Signer, verified
from shared.store import Stored, TenantStore

from .budget import Budget

UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Ledger:
    """fingerprint_key: makes the fingerprints that a restore is checked with. now: wall clock, aware."""

    database: Firestore
    signer: Signer
    fingerprint_key: str
    backup_days: int
    now: Callable[[], datetime]

    async def note(self, purging: Stored, counts: Counts) -> None:
        """Add to the counts of a deletion that has not ended. Raises Unavailable."""
        closing = purging.tenant.closing
        document = await self.database.get(path_of(closing.receipt_id)) if closing else None
        if closing is None or document is None or counts == Counts():
            return
        total = self._counted(document) + counts
        claims = {"jti": closing.receipt_id, "end": UNFINISHED, "counts": asdict(total)}
        fields = {**document.fields, "receipt": self.signer.sign(claims)}
        try:
            await self.database.replace(document.path, fields, document.version)
        except (Changed, NotFound):
            return  # another run has counted, or ended it

    async def end(self, store: TenantStore, purging: Stored, counts: Counts) -> None:
        """Delete the tenant's document and store its signed receipt, in one commit. Raises Changed, Unavailable."""
        closing = purging.tenant.closing
        if closing is None:
            await store.delete(purging)
            return
        now, path = self.now(), path_of(closing.receipt_id)
        document = await self.database.get(path)
        total = counts + (self._counted(document) if document else Counts())
        claims = deletion(store.id, closing.salt, total, now, self.backup_days)
        fields = {
            **self._signed(closing.receipt_id, End.DELETED, now, **claims),
            "fingerprint": fingerprint(self.fingerprint_key, store.id),
            "fingerprintUntil": backups_expire(now, self.backup_days),
        }
        await store.end(purging, path, fields)

    async def settle(self, budget: Budget) -> None:
        """Sign withdrawn receipts, and delete fingerprints that no backup needs. Raises OutOfTime, Unavailable."""
        now = self.now()
        withdrawn = [("state", "==", State.WITHDRAWN.value)]
        async with aclosing(self.database.walk(RECEIPTS, where=withdrawn)) as documents:
            async for document in documents:
                budget.check()
                fields = self._signed(document.id, End.WITHDRAWN, now)
                await self._replace(document, fields)
        expired = self.database.walk(
            RECEIPTS, where=[("fingerprintUntil", "<=", now)], order_by="fingerprintUntil"
        )
        async with aclosing(expired) as documents:
            async for document in documents:
                budget.check()
                fields = dict(document.fields)
                del fields["fingerprintUntil"]
                fields.pop("fingerprint", None)
                await self._replace(document, fields)

    async def _replace(self, document: Document, fields: dict[str, Any]) -> None:
        try:
            await self.database.replace(document.path, fields, document.version)
        except (Changed, NotFound):
            logs.event("receipt_changed_meanwhile")

    def _signed(self, receipt_id: str, end: End, now: datetime, **more: Any) -> dict[str, Any]:
        claims = statement(receipt_id, end, now, inventory.digest(), **more)
        return {
            "state": State.SIGNED.value,
            "receipt": self.signer.sign(claims),
            "expireAt": now + KEPT,
        }

    def _counted(self, document: Document) -> Counts:
        """Return the counts of earlier runs, if our own key has signed them."""
        token = document.fields.get("receipt")
        try:
            claims = verified(
                RECEIPT, token if isinstance(token, str) else "", [self.signer.public]
            )
        except NotGenuine:
            return Counts()
        return counts_in(claims)
