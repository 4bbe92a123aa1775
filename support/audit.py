"""What is really stored, against the inventory: every document, collection, missing parent and Auth user.

It reads only, each document once, and holds a page of them in memory at a time. Whatever the inventory does not
declare is a finding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError

from shared import inventory
from shared.google.firestore import Document, Firestore
from shared.google.identity import Accounts
from shared.store import TENANTS

PAGE = 1000


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
        self, database: Firestore, accounts: Accounts, progress: Callable[[int], None] | None = None
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._progress = progress or (lambda _count: None)
        self.report = Report()

    def run(self) -> Report:
        """Raises Unavailable."""
        for collection_id in self._database.collection_ids():
            if collection_id != TENANTS:
                self._unknown(collection_id)
        self._tenants()
        self._users()
        return self.report

    def _tenants(self) -> None:
        token = ""
        while True:
            listed, token = self._database.list_page(TENANTS, PAGE, token)
            for tenant in self._existing(listed):
                self._tenant(tenant)
            if not token:
                return

    def _tenant(self, tenant: Document) -> None:
        if not inventory.is_tenant_id(tenant.id):
            self.report.found(tenant.path, "the document ID is not a tenant ID")
        check(self.report, tenant, inventory.Tenant(), "tenants")
        self._below(tenant)

    def _below(self, tenant: Document) -> None:
        """Its devices, and documents anywhere below it that are none."""
        for found in self._database.walk(f"{tenant.path}/", all_descendants=True):
            self._progress(1)
            if found.path != f"{tenant.path}/devices/{found.id}":
                self.report.found(found.path, "no document belongs here")
                continue
            if not inventory.is_device_id(found.id):
                self.report.found(found.path, "the document ID is not a device ID")
            check(self.report, found, inventory.Device(), "devices")

    def _unknown(self, collection: str) -> None:
        self.report.found(collection, "the collection is not in the inventory")

    def _orphans(self, missing: Document) -> None:
        for found in self._database.walk(f"{missing.path}/", keys_only=True, all_descendants=True):
            self.report.found(found.path, "it outlived its tenant")

    def _existing(self, listed: list[Document]) -> list[Document]:
        for document in listed:
            if document.update_time is None:
                self.report.found(
                    document.path, "the document is missing, and has collections below it"
                )
                self._orphans(document)
        paths = [document.path for document in listed if document.update_time is not None]
        self._progress(len(paths))
        return [found for found in self._database.get(*paths) if found] if paths else []

    def _users(self) -> None:
        for page in self._accounts.pages():
            paths = {
                f"{TENANTS}/{t}/devices/{d}": user.uid
                for user in page
                for t, _, d in [user.uid.partition(":")]
            }
            valid = [path for path, uid in paths.items() if is_uid(uid)]
            present = (
                {found.path for found in self._database.get(*valid) if found} if valid else set()
            )
            for path, uid in paths.items():
                if path not in present:
                    self.report.found(
                        f"auth/{uid}", "no registered device belongs to this Auth user"
                    )
            for user in page:
                check_user(self.report, user)
            self._progress(len(page))


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
