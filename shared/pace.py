"""Limits the calls a second to a service that refuses more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """clock: monotonic seconds. It belongs to one event loop."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._interval_seconds = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next_at = -float("inf")

    @property
    def wait_seconds(self) -> float:
        """Return the seconds until the next turn."""
        return max(0.0, self._next_at - self._clock())

    async def turn(self) -> None:
        """Wait for the next turn, in the order of asking."""
        wait_seconds = self.wait_seconds
        self._next_at = self._clock() + wait_seconds + self._interval_seconds
        if wait_seconds:
            await self._sleep(wait_seconds)
