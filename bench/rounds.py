"""Candidates on a machine whose mood changes: they take turns, and a ratio is the median of the rounds' own."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_turns(candidates: Iterable[T], rounds: int) -> Iterator[T]:
    """Each candidate once per round, in an order that is turned round from one round to the next."""
    order = list(candidates)
    for _ in range(rounds):
        order.reverse()
        yield from order


def ratio(rates: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the rounds' ratios. Raises ValueError where one has more rounds than the other."""
    return statistics.median(rate / other for rate, other in zip(rates, floor, strict=True))
