"""Receipts of deletions: what proves one afterwards, and names nobody.

At the request a receipt is pending; a withdrawal notes itself in it; the scheduled run, which alone holds the signing
key, ends it with a signed statement. The statement commits to the tenant ID: only who has the salt, which goes with the
tenant's document, can show whose receipt it is. For as long as a backup may hold the tenant, a keyed fingerprint of its
ID stands beside the statement, so that a restore brings nobody back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared import errors
from shared.tenant import Closing, Tenant

RECEIPTS = "receipts"
PURGE_STEP, PURGE_ENDED = (
    "tenant_purge_step",
    "tenant_purged",
)  # events in the log, with the receipt's ID
KEYS_PATH = "/.well-known/jwks.json"  # of the portal
KEPT = timedelta(days=2 * 365)
# Firestore keeps old versions of a document for an hour, and so long a read may see them; a backup is a day's.
OLD_VERSIONS = timedelta(hours=1)
BACKUP_MARGIN = timedelta(days=1)


class State(StrEnum):
    """withdrawn: a run has still to sign it. signed: the receipt tells how it ended."""

    PENDING = "pending"
    WITHDRAWN = "withdrawn"
    SIGNED = "signed"


class End(StrEnum):
    """How a request for deletion ended."""

    DELETED = "deleted"
    WITHDRAWN = "withdrawn"


class ReceiptUnknown(errors.Problem):
    status = 404
    code = "receipt_unknown"
    title = "There is no receipt of this ID."


class TooManyLookups(errors.TooMany):
    code = "too_many_lookups"
    title = "Too many receipts are being looked up; try again in a minute."


@dataclass(frozen=True)
class Counts:
    """What was deleted, as far as runs have lived to note it: those of a run that was killed are not in it."""

    users: int = 0
    documents: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.users + other.users, self.documents + other.documents)


def new_salt() -> str:
    """192 random bits in base64url."""
    return secrets.token_urlsafe(24)


def commitment(salt: str, tenant_id: str) -> str:
    """SHA-256 over salt, a full stop, and tenant ID, in base64url."""
    return _text(hashlib.sha256(f"{salt}.{tenant_id}".encode()).digest())


def fingerprint(key: str, tenant_id: str) -> str:
    """The key's name, a full stop, and HMAC-SHA-256 of the tenant ID: without the key it leads to nobody."""
    return f"{key_name(key)}.{_text(hmac.digest(key.encode(), tenant_id.encode(), hashlib.sha256))}"


def key_name(key: str) -> str:
    """What tells which key a fingerprint was made with, so that a check with another one does not pass for one."""
    return _text(hmac.digest(key.encode(), b"calliente.fingerprint.key", hashlib.sha256))[:8]


def backups_expire(deleted_at: datetime, backup_days: int) -> datetime:
    """When the last backup, or old version, that may hold what was deleted is gone."""
    kept = timedelta(days=backup_days) + BACKUP_MARGIN if backup_days else OLD_VERSIONS
    return deleted_at + kept


def path_of(receipt_id: str) -> str:
    return f"{RECEIPTS}/{receipt_id}"


def effects(before: Tenant | None, after: Tenant) -> dict[str, dict[str, Any]]:
    """The receipts that change with a tenant: fields by path, to be stored in the same commit."""
    old = before.closing if before else None
    new, withdrawn = after.closing, after.withdrawn
    changes: dict[str, dict[str, Any]] = {}
    if old is not None and new is None and withdrawn is not None:
        changes[path_of(old.receipt_id)] = {
            "state": State.WITHDRAWN.value,
            "expireAt": withdrawn.at + KEPT,
        }
    if new is not None and old is None:
        changes[path_of(new.receipt_id)] = {
            "state": State.PENDING.value,
            "purgeAt": new.purge_at,
            "expireAt": new.purge_at + KEPT,
        }
    return changes


def statement(
    receipt_id: str,
    end: End,
    now: datetime,
    inventory_digest: str,
    **more: Any,
) -> dict[str, Any]:
    """What the signed receipt says. more: of a deletion, `deletion()`."""
    return {
        "jti": receipt_id,
        "iat": int(now.timestamp()),
        "end": end.value,
        "endedAt": now.isoformat(timespec="seconds"),
        "inventory": inventory_digest,
        **more,
    }


def deletion(
    tenant_id: str, salt: str | None, counts: Counts, now: datetime, backup_days: int
) -> dict[str, Any]:
    """What a statement says of a deletion beyond that it took place."""
    claims: dict[str, Any] = {
        "counts": {"users": counts.users, "documents": counts.documents},
        "backupsExpireAt": backups_expire(now, backup_days).isoformat(timespec="seconds"),
    }
    return {**claims, "commitment": commitment(salt, tenant_id)} if salt else claims


def request_to_keep(tenant_id: str, closing: Closing, portal_url: str) -> dict[str, str]:
    """What whoever asks for a deletion keeps, to ask for the receipt later and to show whose it is."""
    kept = {
        "receiptId": closing.receipt_id,
        "purgeDue": closing.purge_at.isoformat(timespec="seconds"),
        "tenantId": tenant_id,
    }
    if closing.salt:
        kept["salt"] = closing.salt
    if portal_url:
        kept["receipts"] = f"{portal_url}/receipts"
        kept["keys"] = f"{portal_url}{KEYS_PATH}"
    return kept


def counts_in(claims: Mapping[str, Any]) -> Counts:
    """The counts of a statement; none where it has none."""
    counts = claims.get("counts")
    if not isinstance(counts, Mapping):
        return Counts()
    return Counts(int(counts.get("users", 0)), int(counts.get("documents", 0)))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
