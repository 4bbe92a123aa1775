"""A process that is killed between two of its calls, or in one whose answer it does not live to see."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


class Process:
    """dies_at: which of its calls is the last, counted from 1. in_effect: whether that one still takes place."""

    def __init__(self, dies_at: int, in_effect: bool) -> None:
        self._left = dies_at
        self._in_effect = in_effect
        self._dead = asyncio.Event()

    async def live(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Do the work until it ends or the process dies; whether it ended. Nothing of it goes on afterwards."""
        others = asyncio.all_tasks()
        tasks = [asyncio.ensure_future(work()), asyncio.ensure_future(self._dead.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = not self._dead.is_set()
        for task in asyncio.all_tasks() - others:
            task.cancel()
        await asyncio.gather(*(asyncio.all_tasks() - others), return_exceptions=True)
        if ended:
            tasks[0].result()
        return ended

    async def call(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._left -= 1
        if self._left > 0:
            return await call()
        if self._left == 0 and self._in_effect:
            await call()
        self._dead.set()
        return await asyncio.Event().wait()


class Outside:
    """What a process calls, until it dies: a fake whose methods are coroutines and asynchronous generators."""

    def __init__(self, inner: Any, process: Process) -> None:
        self._inner = inner
        self._process = process

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if inspect.isasyncgenfunction(found):
            return lambda *args, **options: self._items(found(*args, **options))
        if inspect.iscoroutinefunction(found):
            return lambda *args, **options: self._process.call(lambda: found(*args, **options))
        return found

    async def _items(self, items: Any) -> Any:
        async for item in items:
            await self._process.call(_nothing)
            yield item


async def _nothing() -> None:
    pass
