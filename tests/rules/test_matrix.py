"""Isolation by the security rules, cell by cell; the table itself is in matrix.py and world.py."""

from __future__ import annotations

import pytest

from . import world
from .matrix import ALLOWED, DENIED, OPERATIONS, TARGETS, WRITE, Case, Operation, cases
from .rest import Firestore
from .world import CALLERS, Caller

Tokens = dict[str, str | None]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_caller_gets_what_its_row_names_and_nothing_else(
    firestore: Firestore, tokens: Tokens, operation: Operation, caller: Caller
) -> None:
    """Each target answers as the table says, a denial is PERMISSION_DENIED, and nothing changes."""
    row = [Case(caller, operation, target) for target in TARGETS]
    before = world.snapshot(firestore) if operation.kind == WRITE else []

    answers = {str(case): case.run(firestore, tokens[caller.name]) for case in row}

    assert answers == {str(case): case.expected for case in row}
    assert (world.snapshot(firestore) if operation.kind == WRITE else []) == before


def test_only_a_registered_device_of_an_active_tenant_reads_and_only_two_documents() -> None:
    """The table itself allows three cells per kind of single read, of thousands."""
    allowed = {str(case) for case in cases() if case.expected == ALLOWED}
    reads = ["get", "batch get", "get in a transaction", "verify"]
    assert allowed == {
        f"{who} / {read} / {what}"
        for read in reads
        for who, what in [
            ("own device", "tenant"),
            ("own device", "device"),
            ("own tenant's other device", "tenant"),
        ]
    }


def test_rights_end_with_the_status_and_with_the_device_document(
    firestore: Firestore, tokens: Tokens
) -> None:
    """One and the same ID token is refused once its tenant closes, and once its device is gone."""
    documents = world.default_documents()
    tenant, device = (f"tenants/{world.TENANT}", f"tenants/{world.TENANT}/devices/{world.DEVICE}")
    closed = documents | {tenant: {"status": {"stringValue": "closing"}}}
    gone = {path: fields for path, fields in documents.items() if path != device}
    row = [Case(CALLERS[0], OPERATIONS[0], target) for target in TARGETS[:2]]
    answers = []
    for state in [documents, closed, gone, documents]:
        firestore.seed(world.DEFAULT, state)
        answers.append({case.run(firestore, tokens[CALLERS[0].name]) for case in row})

    assert answers == [{ALLOWED}, {DENIED}, {DENIED}, {ALLOWED}]
