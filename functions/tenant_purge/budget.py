"""The time of a run, and its division among the parts of the run."""

from __future__ import annotations

import time
from collections.abc import Callable


class OutOfTime(Exception):
    """A share of the budget is spent; the next run continues."""


class Budget:
    """ends_at: by the clock, monotonic seconds."""

    def __init__(self, ends_at: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.ends_at = ends_at
        self.clock = clock

    def part(self, share: float) -> Budget:
        """Return a budget of `share` (0 to 1) of the remaining time."""
        now = self.clock()
        return Budget(now + share * max(0.0, self.ends_at - now), self.clock)

    @property
    def is_spent(self) -> bool:
        return self.clock() >= self.ends_at

    def check(self) -> None:
        """Raises OutOfTime."""
        if self.is_spent:
            raise OutOfTime
