"""One event loop, in a thread of its own, for whatever talks gRPC: grpc.aio takes no second loop in a process.

Tests and threads wait here for coroutines; `Waiting` makes an object with coroutine methods a plain one.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_LOOP = asyncio.new_event_loop()
_THREAD = threading.Thread(target=_LOOP.run_forever, name="tests-loop", daemon=True)


def start(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """The coroutine, under way on the loop."""
    if not _THREAD.is_alive():
        _THREAD.start()
    return asyncio.run_coroutine_threadsafe(coroutine, _LOOP)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns or raises, run on the loop."""
    return start(coroutine).result()


def all_of(items: AsyncIterator[T]) -> list[T]:
    """The items of an asynchronous iterator."""

    async def collect() -> list[T]:
        return [item async for item in items]

    return run(collect())


class Waiting:
    """An object whose coroutine methods return what they come to, and whose asynchronous generators lists."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._inner, name)
        if inspect.iscoroutinefunction(member):
            return lambda *args, **kwargs: run(member(*args, **kwargs))
        if inspect.isasyncgenfunction(member):
            return lambda *args, **kwargs: all_of(member(*args, **kwargs))
        return member
