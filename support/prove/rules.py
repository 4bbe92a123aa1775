"""The checks of what the security rules let a phone read, and what they refuse.

Source: Firestore REST reference, projects.databases.documents (get, list, runQuery, commit, beginTransaction and
batchGet).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from shared import inventory
from support.prove.findings import Finding, Findings
from support.prove.http import Answer
from support.prove.phone import Phone

DENIED = 403


def check_rules(phone: Phone, other_tenant: str, findings: Findings) -> Iterator[Finding]:
    """Yield each finding. other_tenant: ID of another tenant, connected or not. Raises Unavailable."""
    yield _own(phone, findings)
    yield _read_only(phone, findings)
    tenant, stranger = f"/tenants/{phone.tenant_id}", str(uuid.uuid4())
    other = f"/tenants/{other_tenant}"
    document = f"{phone.documents_name}{phone.path}"
    written = {"update": {"name": document, "fields": {"lastOutcome": {"stringValue": "failed"}}}}
    query = {"structuredQuery": {"from": [{"collectionId": "devices", "allDescendants": True}]}}
    attempts: dict[str, list[tuple[str, str, Any]]] = {
        "organization refused": [("GET", tenant, None)],
        "neighbour refused": [("GET", f"{tenant}/devices/{stranger}", None)],
        "other organization refused": [
            ("GET", other, None),
            ("GET", f"{other}/devices/{phone.device_id}", None),
        ],
        "listing refused": [
            ("GET", f"{tenant}/devices", None),
            ("GET", "/tenants", None),
            ("POST", ":runQuery", query),
        ],
        "writing refused": [
            ("POST", ":commit", {"writes": [written]}),
            ("POST", ":commit", {"writes": [{"delete": document}]}),
            ("POST", f"{tenant}/devices?documentId={stranger}", {"fields": {}}),
        ],
        "locking read refused": [
            ("POST", ":batchGet", {"documents": [document], "newTransaction": {"readWrite": {}}})
        ],
    }
    for check, calls in attempts.items():
        answers = [phone.firestore(method, path, json=body) for method, path, body in calls]
        yield findings.note(check, all(map(_is_denied, answers)), ", ".join(map(str, answers)))
    begun = phone.firestore("POST", ":beginTransaction", json={"options": {"readWrite": {}}})
    refused = None if phone.on_emulators else begun.status != 200
    yield findings.note("no read-write transaction", refused, str(begun))


def _own(phone: Phone, findings: Findings) -> Finding:
    answer = phone.firestore("GET", phone.path)
    fields = set(answer.body.get("fields", {})) if answer.status == 200 else set()
    declared = set(inventory.DeviceDocument().fields)
    is_good = answer.status == 200 and bool(fields) and fields <= declared
    detail = ", ".join(sorted(fields)) if answer.status == 200 else str(answer)
    return findings.note("own document", is_good, detail)


def _read_only(phone: Phone, findings: Findings) -> Finding:
    options = {
        "documents": [f"{phone.documents_name}{phone.path}"],
        "newTransaction": {"readOnly": {}},
    }
    answer = phone.firestore("POST", ":batchGet", json=options)
    return findings.note("read-only transaction", answer.status == 200, str(answer))


def _is_denied(answer: Answer) -> bool:
    """Whether the rules refused; a stream answers its refusal in a list."""
    if isinstance(answer.body, list) and answer.body and "error" in answer.body[0]:
        return bool(answer.body[0]["error"].get("code") == DENIED)
    return answer.status == DENIED
