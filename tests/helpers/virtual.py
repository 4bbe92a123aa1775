"""An event loop whose clock leaps: what waits for minutes is there at once, in the same order."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


def now() -> float:
    """The running loop's clock, in seconds: pass it where a monotonic clock is wanted."""
    return asyncio.get_running_loop().time()


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine, on a loop of its own that begins at 0 seconds and waits for no timer.

    Threads and sockets it waits for only while no timer is set.
    """

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


class _Selector(selectors.DefaultSelector):
    leap: Callable[[float], None]

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            self.leap(timeout)
            timeout = 0
        return super().select(timeout)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._seconds = 0.0
        selector = _Selector()
        selector.leap = self._leap
        super().__init__(selector)

    def time(self) -> float:
        return self._seconds

    def _leap(self, seconds: float) -> None:
        self._seconds += seconds
