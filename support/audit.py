"""What is really stored, against the inventory: every document, collection, missing parent and Auth user.

It reads only, each document once, and holds a page of them in memory at a time. Whatever the inventory does not
declare is a finding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError

from shared import inventory
from shared.google.firestore import Document, Firestore
from shared.google.users import Users
from shared.store import TENANTS


@dataclass
class Report:
    """counts: how often each field is stored. findings: a path and what is wrong there, never a stored value."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, str]] = field(default_factory=list)

    def found(self, path: str, what: str) -> None:
        self.findings.append((path, what))


class Audit:
    """progress: called with the number of items seen since the last call."""

    def __init__(
        self, database: Firestore, users: Users, progress: Callable[[int], None] | None = None
    ) -> None:
        self._database = database
        self._users = users
        self._progress = progress or (lambda _count: None)
        self.report = Report()

    async def run(self) -> Report:
        """Raises Unavailable."""
        await self._documents()
        await self._auth_users()
        return self.report

    async def _documents(self) -> None:
        """Every document of the database, by path: a tenant comes before what is below it."""
        tenant = ""
        async with aclosing(self._database.stream("", below=True)) as documents:
            async for document in documents:
                self._progress(1)
                match document.path.split("/"):
                    case ["tenants", tenant_id]:
                        tenant = tenant_id
                        self._tenant(document)
                    case ["tenants", tenant_id, *below]:
                        self._below(document, below, is_orphan=tenant_id != tenant)
                    case ["receipts", receipt_id]:
                        self._receipt(document, receipt_id)
                    case ["state", "sweep"]:
                        check(self.report, document, inventory.SweepDocument(), "state")
                    case _:
                        self.report.found(document.path, "no document belongs here")

    def _receipt(self, document: Document, receipt_id: str) -> None:
        if not inventory.is_device_id(receipt_id):
            self.report.found(document.path, "the document ID is not a receipt ID")
        check(self.report, document, inventory.ReceiptDocument(), "receipts")

    def _tenant(self, tenant: Document) -> None:
        if not inventory.is_tenant_id(tenant.id):
            self.report.found(tenant.path, "the document ID is not a tenant ID")
        check(self.report, tenant, inventory.TenantDocument(), "tenants")

    def _below(self, document: Document, below: list[str], is_orphan: bool) -> None:
        if is_orphan:
            self.report.found(document.path, "it outlived its tenant")
        if below != ["devices", document.id]:
            self.report.found(document.path, "no document belongs here")
            return
        if not inventory.is_device_id(document.id):
            self.report.found(document.path, "the document ID is not a device ID")
        check(self.report, document, inventory.DeviceDocument(), "devices")

    async def _auth_users(self) -> None:
        token = ""
        while True:
            page, token = await self._users.exported(token)
            await self._check_page(page)
            self._progress(len(page))
            if not token:
                return

    async def _check_page(self, page: list[Any]) -> None:
        paths = {user.uid: device_path(user.uid) for user in page}
        asked = [path for path in paths.values() if path]
        found = await self._database.get_all(asked) if asked else []
        present = {document.path for document in found if document}
        for user in page:
            check_user(self.report, user)
            if paths[user.uid] not in present:
                self.report.found(
                    f"auth/{user.uid}", "no registered device belongs to this Auth user"
                )


def device_path(uid: str) -> str:
    """Of the document that belongs to an Auth user; empty where none can."""
    tenant_id, _, device_id = uid.partition(":")
    return f"{TENANTS}/{tenant_id}/devices/{device_id}" if is_uid(uid) else ""


def check(report: Report, document: Document, schema: Schema, collection: str) -> None:
    """Count the fields of a document, and note what the schema does not allow."""
    report.counts[collection] += 1
    for name in _leaves(document.fields):
        report.counts[f"{collection}.{name}"] += 1
    wrong = misfits(document.fields, schema)
    if wrong:
        report.found(document.path, f"not as in the inventory: {', '.join(wrong)}")


def misfits(fields: Mapping[str, Any], schema: Schema) -> list[str]:
    """The names of the fields that are unknown, missing or wrong."""
    try:
        schema.load(fields)
    except ValidationError as fault:
        return sorted(map(str, fault.messages_dict))
    return []


def check_user(report: Report, user: Any) -> None:
    """Note everything on an Auth user (firebase_admin's ExportedUserRecord) beyond its uid and the two claims.

    Whoever holds a phone can put it there: Firebase lets a signed-in user change its own profile.
    """
    report.counts["auth users"] += 1
    tenant_id, _, device_id = user.uid.partition(":")
    if not is_uid(user.uid):
        report.found(f"auth/{user.uid}", "the uid is not that of a device")
    claims = user.custom_claims or {}
    if not claims.items() <= {"tenantId": tenant_id, "deviceId": device_id}.items():
        report.found(f"auth/{user.uid}", "claims beyond the inventory")
    personal = (
        user.email,
        user.phone_number,
        user.display_name,
        user.photo_url,
        user.provider_data,
        user.password_hash,
        user.tenant_id,
    )
    if any(personal):
        report.found(f"auth/{user.uid}", "profile data on an Auth user")


def is_uid(uid: str) -> bool:
    tenant_id, _, device_id = uid.partition(":")
    return inventory.is_tenant_id(tenant_id) and inventory.is_device_id(device_id)


def _leaves(fields: Mapping[str, Any], prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, value in fields.items():
        names += _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
    return names


def as_json(report: Report) -> str:
    findings = [{"path": path, "finding": what} for path, what in report.findings]
    return json.dumps({"counts": dict(sorted(report.counts.items())), "findings": findings})
