"""How fast Auth users are deleted: as fast as Firebase allows the project, and no faster.

Deletions that several tenants wait for go in one call, and a call that takes longer than its turn holds up no other.
What Firebase refuses all the same, because another process has
spent the quota, is asked again, later and later, for as long as the run has time.
Source: Firebase, "Firebase Authentication limits" (one batch deletion a second).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.google.users import MAX_DELETE_USERS, QuotaExceeded, Users
from shared.pace import Pace, Sleep

FIRST_WAIT_SECONDS = 1.0
MOST_WAIT_SECONDS = 32.0


Check = Callable[[], Awaitable[None]]


async def always() -> None:
    """The check that always holds."""


@dataclass(frozen=True)
class _Request:
    uids: Sequence[str]
    ends_at: float
    check: Check
    kept: asyncio.Future[set[str]]


class PacedUsers:
    """per_second: batch deletions. clock: monotonic seconds. sleep: waits. It belongs to one event loop."""

    def __init__(
        self,
        users: Users,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._users = users
        self._pace = Pace(per_second, clock, sleep)
        self._clock = clock
        self._sleep = sleep
        self._waiting: deque[_Request] = deque()
        self._at_work: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def delete(self, uids: Sequence[str], ends_at: float, check: Check = always) -> set[str]:
        """Delete Auth users (≤ 1,000); returns those that Firebase kept. ends_at: of the budget, by the clock.

        check: awaited right before each call, since a turn may be long in coming; what it raises, this raises, and the
        users stay. Raises Unavailable, QuotaExceeded when the budget is over.
        """
        if not uids:
            return set()
        request = _Request(uids, ends_at, check, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._at_work is None:
            self._at_work = asyncio.ensure_future(self._work())
        return await request.kept

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._pace.turn()
                call = asyncio.ensure_future(self._settle(self._next_batch()))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
        finally:
            self._at_work = None

    def _next_batch(self) -> list[_Request]:
        batch = [self._waiting.popleft()]
        count = len(batch[0].uids)
        while self._waiting and count + len(self._waiting[0].uids) <= MAX_DELETE_USERS:
            batch.append(self._waiting.popleft())
            count += len(batch[-1].uids)
        return batch

    async def _settle(self, batch: list[_Request]) -> None:
        """Delete a batch in one call, and repeat the call while Firebase refuses it for its quota."""
        wait_seconds = FIRST_WAIT_SECONDS
        while batch := await _still_wanted(batch):
            try:
                kept = await self._users.delete([uid for request in batch for uid in request.uids])
            except QuotaExceeded as error:
                again_at = self._clock() + wait_seconds
                _refuse([request for request in batch if again_at > request.ends_at], error)
            except Exception as error:  # noqa: BLE001 - it goes to everybody who waits for this batch
                _refuse(batch, error)
                return
            else:
                for request in _waiting(batch):
                    request.kept.set_result(kept & {*request.uids})
                return
            batch = _waiting(batch)
            if batch:
                await self._sleep(wait_seconds)
                await self._pace.turn()
                wait_seconds = min(2 * wait_seconds, MOST_WAIT_SECONDS)


async def _still_wanted(batch: list[_Request]) -> list[_Request]:
    """Return the requests of the batch whose check holds."""
    for request in _waiting(batch):
        try:
            await request.check()
        except Exception as error:  # noqa: BLE001 - it goes to who asked for this deletion
            request.kept.set_exception(error)
    return _waiting(batch)


def _refuse(batch: list[_Request], error: Exception) -> None:
    for request in _waiting(batch):
        request.kept.set_exception(error)


def _waiting(batch: list[_Request]) -> list[_Request]:
    return [request for request in batch if not request.kept.done()]
