"""Figure of the emulator's rule coverage: boolean subexpressions seen both true and false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Coverage:
    """How many boolean subexpressions the rules have, and the ones that were not seen both ways."""

    total: int
    missing: tuple[str, ...]

    @property
    def percent(self) -> float:
        return 100 * (self.total - len(self.missing)) / self.total if self.total else 0.0

    def __str__(self) -> str:
        covered = self.total - len(self.missing)
        return (
            f"{covered} of {self.total} subexpressions seen true and false ({self.percent:.0f} %)"
        )


def measure(*answers: dict[str, Any]) -> Coverage:
    """Read bodies of `:ruleCoverage`, of one rules file in several databases, as one.

    A subexpression that was never evaluated, or only ever ended in an error, counts as missing: the
    report does not tell its type.
    """
    source = answers[0]["rules"]["files"][0]["content"]
    seen: dict[tuple[int, int], set[bool]] = {}
    others: set[tuple[int, int]] = set()
    lines: dict[tuple[int, int], int] = {}
    for node in _walk([node for answer in answers for node in answer.get("report", [])]):
        position = node["sourcePosition"]
        span = (position["currentOffset"], position["endOffset"])
        lines[span] = position["line"]
        outcomes = seen.setdefault(span, set())
        for entry in node.get("values", []):
            kind = next(iter(entry["value"]), "undefined")
            if kind == "boolValue":
                outcomes.add(entry["value"][kind])
            elif kind != "undefined":
                others.add(span)
    booleans = {span: outcomes for span, outcomes in seen.items() if span not in others}
    missing = tuple(
        f"line {lines[span]}: {' '.join(source[span[0] : span[1] + 1].split())} "
        f"seen {' and '.join(sorted(map(str, outcomes))).lower() or 'neither true nor false'}"
        for span, outcomes in sorted(booleans.items())
        if outcomes != {True, False}
    )
    return Coverage(len(booleans), missing)


def _walk(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from _walk(node.get("children", []))
