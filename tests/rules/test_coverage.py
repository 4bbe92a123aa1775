"""The gate on rule coverage: both outcomes of every boolean subexpression are exercised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from . import world
from .conftest import COVERAGE
from .coverage import Coverage, measure
from .matrix import READ_LOCKED, cases
from .rest import Firestore

MINIMUM_SUBEXPRESSIONS = 17  # the nine conditions of firestore.rules and what they combine to


def test_every_subexpression_is_seen_true_and_false(
    firestore: Firestore,
    rules: Path,
    tokens: dict[str, str | None],
    request: pytest.FixtureRequest,
) -> None:
    """The matrix's single reads alone, in and out of transactions, drive every subexpression of the rules both ways."""
    world.load_rules(firestore, rules.read_text())  # which also resets the coverage
    for case in cases():
        if case.operation.name == "get" or case.operation.kind == READ_LOCKED:
            case.run(firestore, tokens[case.caller.name])

    reports = [firestore.rule_coverage(name) for name in (world.DEFAULT, world.NAMED)]
    answers = [report for report in reports if report is not None]
    assert answers, "the emulator reported no rule coverage"
    request.config.stash[COVERAGE] = coverage = measure(*answers)

    assert coverage.missing == ()
    assert coverage.total >= MINIMUM_SUBEXPRESSIONS


def _node(start: int, end: int, *values: bool | str, children: Any = ()) -> dict[str, Any]:
    kinds = {bool: "boolValue", str: "stringValue"}
    return {
        "sourcePosition": {"line": 1, "currentOffset": start, "endOffset": end},
        "values": [{"value": {kinds[type(value)]: value}, "count": 1} for value in values],
        "children": children,
    }


def test_an_expression_seen_one_way_or_never_is_missing() -> None:
    """The gate is no rubber stamp: one-sided, failed and never evaluated expressions are named."""
    source = "a == b && c && d"
    answer = {
        "rules": {"files": [{"content": source}]},
        "report": [
            _node(
                0, 15, True, False, children=[_node(0, 5, True), _node(10, 10), _node(15, 15, "d")]
            )
        ],
    }

    assert measure(answer) == Coverage(
        3, ("line 1: a == b seen true", "line 1: c seen neither true nor false")
    )


def test_the_owner_sees_what_was_seeded(firestore: Firestore) -> None:
    """Seeding works: the denials are not those of an empty database."""
    assert len(firestore.dump(world.DEFAULT)) == len(world.default_documents())
    assert len(firestore.dump(world.NAMED)) == len(world.named_documents())
