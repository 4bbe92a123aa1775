"""The progress of a run with each tenant that it deletes: its counts, and its lines in the log."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from shared import logs
from shared.errors import Unavailable
from shared.google.firestore import Document
from shared.receipts import PURGE_ENDED, PURGE_STEP, Counts
from shared.store import Stored

from .deletion import Deletion


@dataclass
class Progress:
    """due: tenants that are still there, and since when. begun: those of them that are purging. emptied: with nothing
    left below their documents. counts: what was deleted, by tenant.
    """

    purged: int = 0
    failed: int = 0
    broken: int = 0
    unavailable: list[Unavailable] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)
    begun: dict[str, Stored] = field(default_factory=dict)
    emptied: dict[str, Deletion] = field(default_factory=dict)
    counts: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def note_due(self, document: Document, now: datetime) -> None:
        """now: since when a tenant counts as due whose document does not say."""
        closing = document.fields.get("closing")
        purge_at = closing.get("purgeAt") if isinstance(closing, dict) else None
        self.due.setdefault(document.id, purge_at if isinstance(purge_at, datetime) else now)

    def note_step(self, deletion: Deletion) -> None:
        """Note what was deleted of a tenant, whether its deletion has ended or not."""
        tally = deletion.tally
        self.counts[deletion.purging.id] += tally.counts
        logs.event(
            PURGE_STEP,
            receipt=_receipt_of(deletion.purging),
            users=tally.users,
            user_errors=tally.user_errors,
            documents=tally.documents,
            write_errors=tally.write_errors,
        )

    def note_end(self, purging: Stored) -> None:
        """Note that the tenant's document is deleted."""
        self.purged += 1
        self.forget(purging.id)
        logs.event(PURGE_ENDED, receipt=_receipt_of(purging))

    def forget(self, tenant_id: str) -> None:
        """Note that the tenant is gone or has changed: this run leaves it alone from now on."""
        self.due.pop(tenant_id, None)
        self.begun.pop(tenant_id, None)
        self.emptied.pop(tenant_id, None)

    def oldest_due_seconds(self, now: datetime) -> int:
        """Return for how many seconds the oldest remaining tenant has been due; 0 if there is none."""
        oldest = min(self.due.values(), default=now)
        return max(0, round((now - oldest).total_seconds()))


def _receipt_of(purging: Stored) -> str | None:
    closing = purging.tenant.closing
    return closing.receipt_id if closing else None
