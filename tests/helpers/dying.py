"""Processes that die between two calls to the outside: after its death nothing of a run does anything any more."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from tests.helpers.loop import run

STRIDE = 250  # documents of a stream that come with one call


class Death:
    """calls: how many calls to the outside are still made; the next one is never answered, nor any later one."""

    def __init__(self, calls: int) -> None:
        self._left = calls
        self._happened: asyncio.Event | None = None

    def may_strike(self, target: Any) -> Any:
        """The target, every asynchronous method of which is a call to the outside."""
        return _Mortal(target, self)

    def run(self, life: Coroutine[Any, Any, Any]) -> bool:
        """Whether `life` ended by this death; raises what it raises otherwise."""
        return run(self._live(life))

    async def step(self) -> None:
        if self._left <= 0:
            if self._happened is not None:
                self._happened.set()
            await asyncio.Event().wait()
        self._left -= 1

    async def _live(self, life: Coroutine[Any, Any, Any]) -> bool:
        others = asyncio.all_tasks()
        self._happened = asyncio.Event()
        living = asyncio.ensure_future(life)
        end = asyncio.ensure_future(self._happened.wait())
        await asyncio.wait({living, end}, return_when=asyncio.FIRST_COMPLETED)
        has_died = self._happened.is_set()
        left = asyncio.all_tasks() - others
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if not has_died:
            living.result()
        return has_died


class _Mortal:
    def __init__(self, target: Any, death: Death) -> None:
        self._target, self._death = target, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if inspect.isasyncgenfunction(found):
            return lambda *args, **kwargs: self._stream(found(*args, **kwargs))
        if inspect.iscoroutinefunction(found):
            return lambda *args, **kwargs: self._call(found, args, kwargs)
        return found

    async def _call(self, method: Any, args: Any, kwargs: Any) -> Any:
        await self._death.step()
        return await method(*args, **kwargs)

    async def _stream(self, items: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        await self._death.step()
        count = 0
        async with aclosing(items):
            async for item in items:
                count += 1
                if count % STRIDE == 0:
                    await self._death.step()
                yield item
