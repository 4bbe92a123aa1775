"""The inventory: everything that is stored, field by field, and nothing else.

These schemas are the one declaration: the audit compares everything that is stored with it, the published inventory
is generated from it, and a tenant's document is checked with it before it is written. A field's metadata says why it
exists, how long it stays and who can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from shared.identifiers import is_device_id as is_device_id
from shared.identifiers import is_tenant_id as is_tenant_id
from shared.tenant import Reason, Status, Way

SYNC_OUTCOMES = SUCCEEDED, FAILED = "succeeded", "failed"
# A phone has found a field that is not published. Stored nowhere.
INVENTORY_MISMATCH = "inventory_mismatch"
NAME_LENGTH = 256

WHILE_CONNECTED = "as long as the organization is connected; deleted by the purge"
WHILE_CLOSING = "from the request to delete until the purge, or until it is withdrawn"
WHILE_WITHDRAWN = "until the next deletion is requested, or the purge"
WHILE_SIGNING_OUT = "until the scheduled run has removed the devices"
WHILE_SWEEPING = "while the scheduled run looks through all Auth users, at most a day"
WHILE_IN_BACKUPS = "until the last backup that may hold the organization has expired"
TWO_YEARS = "for two years after the deletion, or its withdrawal"
RECEIPT_HOLDER = "whoever has the receipt ID"
WHILE_REGISTERED = (
    "until the device signs out, is signed out or has been silent for 180 days (`DEVICE_EXPIRY_DAYS`), "
    "or the purge"
)
DEVICE, PORTAL, SUPPORT = "the device itself", "its administrators", "support"
DEVICES_TOLD = "the organization's devices, told when they register"
NOTHING_OF_A_PERSON = "nothing about a person"
WHICH_PHONE = "which phone, to somebody who holds it; never whose"
LAST_RAN = "in which hour the app last ran on one phone; never whose"
LAST_REACHED = "in which hour contacts last reached one phone; never whose, or which"
LAST_WORKED = "whether the last synchronization of one phone worked; never whose"
ADMINISTRATOR_ACTED = "that an administrator, or support, acted at that time; never who"


def check_device_id(value: str) -> None:
    if not is_device_id(value):
        raise ValidationError("must be a random UUID (version 4) in lower case")


class Timestamp(fields.Field[datetime]):
    """A Firestore timestamp: an aware datetime, UTC."""

    def _deserialize(self, value: Any, *_context: Any, **_options: Any) -> datetime:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise ValidationError("must be a timestamp")
        return value


class Stored(Schema):
    """A document, or a map in one: exactly these fields."""

    class Meta:
        unknown = RAISE


def _about(
    purpose: str, retention: str, *readers: str, says: str = NOTHING_OF_A_PERSON
) -> dict[str, Any]:
    """says: the most that a field can say about a person's behaviour."""
    return {"purpose": purpose, "retention": retention, "readers": readers, "says": says}


class Closing(Stored):
    purgeAt = Timestamp(
        required=True,
        metadata=_about(
            "when the deletion becomes due",
            WHILE_CLOSING,
            PORTAL,
            SUPPORT,
            says=ADMINISTRATOR_ACTED,
        ),
    )
    reason = fields.String(
        required=True,
        validate=validate.OneOf(tuple(Reason)),
        metadata=_about("why the data is deleted", WHILE_CLOSING, PORTAL, SUPPORT),
    )
    receiptId = fields.String(
        required=True,
        validate=check_device_id,
        metadata=_about(
            "proof of the request, handed to whoever asked", WHILE_CLOSING, PORTAL, SUPPORT
        ),
    )

    salt = fields.String(
        validate=validate.Length(min=22, max=64),
        metadata=_about(
            "what the receipt's commitment to the tenant ID is made with",
            WHILE_CLOSING,
            PORTAL,
            SUPPORT,
        ),
    )


class Withdrawn(Stored):
    at = Timestamp(
        required=True,
        metadata=_about(
            "when a requested deletion was withdrawn",
            WHILE_WITHDRAWN,
            PORTAL,
            SUPPORT,
            says=ADMINISTRATOR_ACTED,
        ),
    )
    way = fields.String(
        required=True,
        validate=validate.OneOf(tuple(Way)),
        metadata=_about("in which way it was withdrawn", WHILE_WITHDRAWN, PORTAL, SUPPORT),
    )
    receiptId = fields.String(
        required=True,
        validate=check_device_id,
        metadata=_about("which deletion was withdrawn", WHILE_WITHDRAWN, PORTAL, SUPPORT),
    )


class SignOut(Stored):
    requestedAt = Timestamp(
        required=True,
        metadata=_about(
            "every device that was registered before is to be removed",
            WHILE_SIGNING_OUT,
            PORTAL,
            SUPPORT,
            says=ADMINISTRATOR_ACTED,
        ),
    )


class Consent(Stored):
    checkedAt = Timestamp(
        required=True,
        metadata=_about(
            "when Microsoft was last asked about the consent, whatever it answered",
            WHILE_CONNECTED,
            SUPPORT,
        ),
    )
    unknownAt = Timestamp(
        metadata=_about(
            "since when Microsoft has given no clear answer about the consent",
            "until there is a clear answer",
            SUPPORT,
        ),
    )
    lostAt = Timestamp(
        metadata=_about(
            "since when the consent has been missing",
            "until the consent is seen again",
            SUPPORT,
        ),
    )


class TenantDocument(Stored):
    """tenants/{tenantId}; the document ID is the Entra tenant ID."""

    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=NAME_LENGTH),
        metadata=_about(
            "identification and display in the administration portal",
            WHILE_CONNECTED,
            DEVICES_TOLD,
            PORTAL,
            SUPPORT,
        ),
    )
    status = fields.String(
        required=True,
        validate=validate.OneOf(tuple(Status)),
        metadata=_about(
            "whether devices may register, and how far a deletion is",
            WHILE_CONNECTED,
            PORTAL,
            SUPPORT,
        ),
    )
    closing = fields.Nested(Closing)
    consent = fields.Nested(Consent, required=True)
    withdrawn = fields.Nested(Withdrawn)
    signOut = fields.Nested(SignOut)


class DeviceDocument(Stored):
    """tenants/{tenantId}/devices/{deviceId}; the document ID is the random device ID."""

    lastHeartbeatAt = Timestamp(
        required=True,
        metadata=_about(
            "technical tracking of synchronization: a device that is silent for long expires",
            WHILE_REGISTERED,
            DEVICE,
            SUPPORT,
            says=LAST_RAN,
        ),
    )
    lastSyncAt = Timestamp(
        metadata=_about(
            "freshness of synchronization, counted per organization",
            WHILE_REGISTERED,
            DEVICE,
            PORTAL,
            SUPPORT,
            says=LAST_REACHED,
        ),
    )
    lastOutcome = fields.String(
        validate=validate.OneOf(SYNC_OUTCOMES),
        metadata=_about(
            "share of failing synchronizations, counted per organization",
            WHILE_REGISTERED,
            DEVICE,
            PORTAL,
            SUPPORT,
            says=LAST_WORKED,
        ),
    )


class SweepDocument(Stored):
    """state/sweep: how far the look through all Auth users has come."""

    pageToken = fields.String(
        required=True,
        metadata=_about(
            "where the look through all Auth users goes on: the ID of the last one listed",
            WHILE_SWEEPING,
            SUPPORT,
        ),
    )
    startedAt = Timestamp(
        required=True,
        metadata=_about(
            "when that look began; after a day it begins anew", WHILE_SWEEPING, SUPPORT
        ),
    )


class ReceiptDocument(Stored):
    """receipts/{receiptId}; the document ID is random, and known to whoever asked for the deletion."""

    state = fields.String(
        required=True,
        validate=validate.OneOf(("pending", "withdrawn", "signed")),
        metadata=_about(
            "how far a requested deletion is, for whoever holds its receipt ID",
            TWO_YEARS,
            RECEIPT_HOLDER,
            SUPPORT,
        ),
    )
    purgeAt = Timestamp(
        metadata=_about(
            "when the deletion becomes due",
            "until it has ended",
            RECEIPT_HOLDER,
            SUPPORT,
            says=ADMINISTRATOR_ACTED,
        )
    )
    receipt = fields.String(
        metadata=_about(
            "the signed proof of the deletion, or of what is deleted so far; it names nobody",
            TWO_YEARS,
            RECEIPT_HOLDER,
            SUPPORT,
        )
    )
    expireAt = Timestamp(
        required=True,
        metadata=_about("when Firestore deletes this document by itself", TWO_YEARS, SUPPORT),
    )
    fingerprint = fields.String(
        metadata=_about(
            "keyed digest of the tenant ID, so that a restored backup brings nobody back",
            WHILE_IN_BACKUPS,
            SUPPORT,
        )
    )
    fingerprintUntil = Timestamp(
        metadata=_about(
            "when the last backup that may hold the organization is gone", WHILE_IN_BACKUPS, SUPPORT
        )
    )


class RegistrationBody(Stored):
    deviceId = fields.String(required=True, validate=check_device_id)


class ReceiptBody(Stored):
    receiptId = fields.String(required=True, validate=check_device_id)


class RegistrationAnswer(Schema):
    deviceId = fields.String(required=True, validate=check_device_id)
    customToken = fields.String(
        required=True,
        metadata={"description": "For Firebase's signInWithCustomToken, within an hour"},
    )
    heartbeatIntervalSeconds = fields.Integer(required=True)
    organizationName = fields.String(
        required=True,
        metadata={"description": "To show on the phone; it reads no document of its organization"},
    )


class HeartbeatBody(Stored):
    outcome = fields.String(
        required=True, validate=validate.OneOf((*SYNC_OUTCOMES, INVENTORY_MISMATCH))
    )


def check_tenant(document: Mapping[str, Any]) -> None:
    """Raises ValidationError unless the document's fields, as far as they are declared, are as declared."""
    schema = TenantDocument()
    schema.load(_declared(document, schema))


def _declared(document: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    kept = {}
    for name, value in document.items():
        declared = schema.fields.get(name)
        if isinstance(declared, fields.Nested):
            kept[name] = _declared(value, declared.schema)
        elif declared is not None:
            kept[name] = value
    return kept


DOCUMENTS: Mapping[str, type[Stored]] = {
    "tenants/{tenantId}": TenantDocument,
    "tenants/{tenantId}/devices/{deviceId}": DeviceDocument,
    "receipts/{receiptId}": ReceiptDocument,
    "state/sweep": SweepDocument,
}


def paths(schema: Schema) -> list[str]:
    """The fields of a document by path: `closing.purgeAt`."""
    return [path for path, _field in leaves(schema)]


@cache  # two threads that come first at once compute the same string
def declaration() -> str:
    """The inventory as JSON: every stored field by path, with why, how long, for whom, and the most that it says."""
    declared = {
        f"{path} {name}": field.metadata
        for path, schema in DOCUMENTS.items()
        for name, field in leaves(schema())
    }
    return json.dumps(declared, sort_keys=True, ensure_ascii=False)


@cache  # as above
def digest() -> str:
    """SHA-256 over the declaration."""
    return f"sha256:{hashlib.sha256(declaration().encode()).hexdigest()}"


def leaves(schema: Schema, prefix: str = "") -> Iterator[tuple[str, fields.Field[Any]]]:
    """Every field of a document but the maps, which stand for their own fields, with its path: `closing.purgeAt`."""
    for name, field in schema.fields.items():
        if isinstance(field, fields.Nested):
            yield from leaves(field.schema, f"{prefix}{name}.")
        else:
            yield prefix + name, field
