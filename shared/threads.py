"""A bounded number of threads for calls that block (MSAL, firebase_admin, fetching keys).

A thread cannot be cancelled: where its caller's deadline has passed, it is counted as busy until its call has ended. So
what runs here needs time limits of its own sockets, and a service that hangs costs its own callers a 503, not the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shared.deadline import deadline
from shared.errors import Unavailable

THREADS = 16
T = TypeVar("T")


class Threads:
    """A pool of at most `most` threads. It is made on the event loop and used from there alone.

    wait_seconds: how long a call waits for a free one; not at all, unless given.
    """

    def __init__(self, most: int = THREADS, wait_seconds: float = 0.0) -> None:
        self._most = most
        self._wait_seconds = wait_seconds
        self._free = asyncio.Semaphore(most)
        self._pool: ThreadPoolExecutor | None = None  # after the server's fork, not before

    async def run(self, call: Callable[[], T], *, seconds: float, dependency: str) -> T:
        """Return what `call` returns, or raise it. Raises Unavailable if all threads are busy, or after `seconds`."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(dependency, "threads_busy") from None
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="blocking")
        work = asyncio.get_running_loop().run_in_executor(self._pool, call)
        work.add_done_callback(self._ended)
        async with deadline(seconds, dependency):
            return await asyncio.shield(work)

    def _ended(self, work: asyncio.Future[T]) -> None:
        self._free.release()
        if not work.cancelled():
            work.exception()  # whoever asked may have gone; then nobody else looks at it
