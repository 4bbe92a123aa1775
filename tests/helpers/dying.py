"""Processes that die at a call to the outside: after its death nothing of a run does anything any more."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from tests.helpers.loop import run

STRIDE = 250  # documents of a stream that come with one call


class Death:
    """calls: how many calls to the outside are still answered; the next one never is, nor any later one.

    in_effect: whether that next call still takes place. stride: documents of a stream that come with one call.
    """

    def __init__(self, calls: int, *, in_effect: bool = False, stride: int = STRIDE) -> None:
        self.stride = stride
        self._left = calls
        self._in_effect = in_effect
        self._happened = asyncio.Event()

    def may_strike(self, target: Any) -> Any:
        """The target, every asynchronous method of which is a call to the outside."""
        return _Mortal(target, self)

    def run(self, life: Coroutine[Any, Any, Any]) -> bool:
        """As `live`, for tests that wait."""
        return run(self.live(life))

    async def live(self, life: Coroutine[Any, Any, Any]) -> bool:
        """Whether `life` ended by this death; raises what it raises otherwise."""
        others = asyncio.all_tasks()
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

    async def call(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a call, or die at it."""
        self._left -= 1
        if self._left >= 0:
            return await call()
        if self._left == -1 and self._in_effect:
            await call()
        self._happened.set()
        return await asyncio.Event().wait()


class _Mortal:
    def __init__(self, target: Any, death: Death) -> None:
        self._target, self._death = target, death

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._target, name)
        if inspect.isasyncgenfunction(member):
            return lambda *args, **options: self._stream(member(*args, **options))
        if inspect.iscoroutinefunction(member):
            return lambda *args, **options: self._death.call(lambda: member(*args, **options))
        return member

    async def _stream(self, items: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        await self._death.call(_nothing)
        count = 0
        async with aclosing(items):
            async for item in items:
                count += 1
                if count % self._death.stride == 0:
                    await self._death.call(_nothing)
                yield item


async def _nothing() -> None:
    pass
