"""Isolation by the security rules, cell by cell; the table itself is in matrix.py and world.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.tokens import MOST_PROOF_AGE_SECONDS

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


def test_only_a_registered_device_of_an_active_tenant_reads_and_only_itself() -> None:
    """The table itself allows two cells per kind of single read, of thousands, and none that locks."""
    allowed = {str(case) for case in cases() if case.expected == ALLOWED}
    reads = ["get", "batch get", "get in a transaction"]
    assert allowed == {
        f"{who} / {read} / device"
        for read in reads
        for who in ["own device", "proof of nearly 30 days"]
    }


def test_the_readme_tells_how_many_cells_there_are(rules: Path) -> None:
    """The number of cases in README.md is that of this table."""
    told = re.findall(
        r"([\d,]+) cases through the emulator", (rules.parent / "README.md").read_text()
    )

    assert told == [f"{len(list(cases())):,}"]


def test_one_statement_allows(rules: Path) -> None:
    """What is allowed is one method on one path; all else is denied because nothing speaks for it."""
    assert re.findall(r"allow [^:;]*", rules.read_text()) == ["allow get"]


def test_the_age_of_a_proof_is_one_number(rules: Path) -> None:
    """The rules refuse a sign-in at the age at which the functions do."""
    days = re.findall(r"auth_time .*duration\.value\((\d+), 'd'\)", rules.read_text())

    assert [int(one) * 24 * 60 * 60 for one in days] == [MOST_PROOF_AGE_SECONDS]


def test_rights_end_with_the_status_and_with_the_device_document(
    firestore: Firestore, tokens: Tokens
) -> None:
    """One and the same ID token is refused once its tenant closes, and once its device is gone."""
    documents = world.default_documents()
    tenant, device = (f"tenants/{world.TENANT}", f"tenants/{world.TENANT}/devices/{world.DEVICE}")
    closed = documents | {tenant: {"status": {"stringValue": "closing"}}}
    gone = {path: fields for path, fields in documents.items() if path != device}
    itself = Case(CALLERS[0], OPERATIONS[0], TARGETS[1])
    answers = []
    for state in [documents, closed, gone, documents]:
        firestore.seed(world.DEFAULT, state)
        answers.append(itself.run(firestore, tokens[CALLERS[0].name]))

    assert answers == [ALLOWED, DENIED, DENIED, ALLOWED]
