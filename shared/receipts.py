"""Receipts of deletions: each proves one deletion, and names nobody.

A requested deletion has a pending receipt, in which a withdrawal is noted. Only the scheduled run has the signing key;
it ends the receipt with a signed statement. The statement commits to the tenant ID with a salt, which is deleted with
the tenant's document: only somebody who has the salt can show whose receipt it is. While a backup may hold the tenant,
a keyed fingerprint of its ID stands beside the statement, so that a restore can be checked.
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
    """withdrawn: a run has still to sign it. signed: the receipt says how the deletion ended."""

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
    """What was deleted, without what a killed run had deleted but not counted."""

    users: int = 0
    documents: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.users + other.users, self.documents + other.documents)


def new_salt() -> str:
    """Return 192 random bits in base64url."""
    return secrets.token_urlsafe(24)


def commitment(salt: str, tenant_id: str) -> str:
    """Return the SHA-256 of salt, a full stop, and tenant ID, in base64url."""
    return _text(hashlib.sha256(f"{salt}.{tenant_id}".encode()).digest())


def fingerprint(key: str, tenant_id: str) -> str:
    """Return the key's name, a full stop, and the HMAC-SHA-256 of the tenant ID, which only the key can link to it."""
    return f"{key_name(key)}.{_text(hmac.digest(key.encode(), tenant_id.encode(), hashlib.sha256))}"


def key_name(key: str) -> str:
    """Return the name of a fingerprint key, by which a check with another key is noticed."""
    return _text(hmac.digest(key.encode(), b"calliente.fingerprint.key", hashlib.sha256))[:8]


def backups_expire(deleted_at: datetime, backup_days: int) -> datetime:
    """Return when the last backup or old version that may hold the deleted data is gone."""
    kept = timedelta(days=backup_days) + BACKUP_MARGIN if backup_days else OLD_VERSIONS
    return deleted_at + kept


def path_of(receipt_id: str) -> str:
    return f"{RECEIPTS}/{receipt_id}"


def effects(before: Tenant | None, after: Tenant) -> dict[str, dict[str, Any]]:
    """Return the receipts that change with a tenant, to be stored in the same commit: {path: fields}."""
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
    """Return the claims of a signed receipt. more: those of `deletion()`, if it was deleted."""
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
    """Return the claims about a deletion."""
    claims: dict[str, Any] = {
        "counts": {"users": counts.users, "documents": counts.documents},
        "backupsExpireAt": backups_expire(now, backup_days).isoformat(timespec="seconds"),
    }
    return {**claims, "commitment": commitment(salt, tenant_id)} if salt else claims


def request_to_keep(tenant_id: str, closing: Closing, portal_url: str) -> dict[str, str]:
    """Return the file that an administrator keeps to get the receipt later and to show whose it is."""
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
    """Return the counts of a statement; zeros if it has none."""
    counts = claims.get("counts")
    if not isinstance(counts, Mapping):
        return Counts()
    return Counts(int(counts.get("users", 0)), int(counts.get("documents", 0)))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
