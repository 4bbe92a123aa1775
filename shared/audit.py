"""Compares a stored document or an Auth user with the inventory, for the operators' audit and the customer's.

Findings name paths and fields, never a stored value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields

from shared import identifiers, inventory
from shared.google.firestore import Document
from shared.google.users import has_profile

TENANTS = "tenants"


@dataclass
class Report:
    """counts: how often each declared field is stored. findings: a path and what is wrong there.

    most_named: of the findings, so that memory is bounded; the others are counted in `unnamed`.
    """

    most_named: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, str]] = field(default_factory=list)
    unnamed: int = 0

    def note(self, path: str, what: str) -> None:
        if self.most_named is None or len(self.findings) < self.most_named:
            self.findings.append((path, what))
        else:
            self.unnamed += 1


def check_tenant(report: Report, tenant: Document) -> None:
    """tenant: a document of tenants/."""
    if not identifiers.is_tenant_id(tenant.id):
        report.note(tenant.path, "the document ID is not a tenant ID")
    check(report, tenant, inventory.TenantDocument(), TENANTS)


def check_below(report: Report, document: Document) -> None:
    """document: anything below a tenant's document, where only devices belong."""
    match document.path.split("/"):
        case [_tenants, _tenant_id, "devices", device_id]:
            if not identifiers.is_device_id(device_id):
                report.note(document.path, "the document ID is not a device ID")
            check(report, document, inventory.DeviceDocument(), "devices")
        case _:
            report.note(document.path, "no document belongs here")


def check_receipt(report: Report, document: Document) -> None:
    if not identifiers.is_device_id(document.id):
        report.note(document.path, "the document ID is not a receipt ID")
    check(report, document, inventory.ReceiptDocument(), "receipts")


def check_user(report: Report, user: Any) -> None:
    """Note everything on an Auth user (firebase_admin's UserRecord) beyond its uid and the two claims.

    Whoever holds a phone can put it there: Firebase lets a signed-in user change its own profile.
    """
    report.counts["auth users"] += 1
    tenant_id, _, device_id = user.uid.partition(":")
    if not is_uid(user.uid):
        report.note(f"auth/{user.uid}", "the uid is not that of a device")
    claims = user.custom_claims or {}
    if not claims.items() <= {"tenantId": tenant_id, "deviceId": device_id}.items():
        report.note(f"auth/{user.uid}", "claims beyond the inventory")
    password_hash = getattr(user, "password_hash", None)  # of exported records alone
    if has_profile(user) or password_hash or user.tenant_id:
        report.note(f"auth/{user.uid}", "profile data on an Auth user")


def check(report: Report, document: Document, schema: Schema, collection: str) -> None:
    """Count the declared fields of a document, and note what the schema does not allow."""
    report.counts[collection] += 1
    for name in _present(document.fields, schema):
        report.counts[f"{collection}.{name}"] += 1
    wrong = misfits(document.fields, schema)
    if wrong:
        report.note(document.path, f"not as in the inventory: {', '.join(wrong)}")


def misfits(stored: Mapping[str, Any], schema: Schema) -> list[str]:
    """Return the names of the fields that are unknown, missing or wrong."""
    try:
        schema.load(stored)
    except ValidationError as fault:
        return sorted(map(str, fault.messages_dict))
    return []


def declared() -> list[str]:
    """Return every field of a tenant and of its devices, as `Report.counts` names it."""
    schemas = {TENANTS: inventory.TenantDocument(), "devices": inventory.DeviceDocument()}
    return [
        f"{name}.{path}" for name, schema in schemas.items() for path in inventory.paths(schema)
    ]


def device_path(uid: str) -> str:
    """Return the path of the device document of an Auth user; empty if the uid can have none."""
    tenant_id, _, device_id = uid.partition(":")
    return f"{TENANTS}/{tenant_id}/devices/{device_id}" if is_uid(uid) else ""


def is_uid(uid: str) -> bool:
    tenant_id, _, device_id = uid.partition(":")
    return identifiers.is_tenant_id(tenant_id) and identifiers.is_device_id(device_id)


def _present(stored: Mapping[str, Any], schema: Schema, prefix: str = "") -> Iterator[str]:
    for name, value in stored.items():
        known = schema.fields.get(name)
        if isinstance(known, fields.Nested) and isinstance(value, Mapping):
            yield from _present(value, known.schema, f"{prefix}{name}.")
        elif known is not None:
            yield prefix + name
