"""Threads for what only blocks: so many and no more, each with a deadline."""

from __future__ import annotations

import asyncio
import threading

import pytest

from shared.errors import Unavailable
from shared.threads import Threads


@pytest.fixture
def hang():
    """A call that hangs until the test is over."""
    over = threading.Event()
    yield lambda: over.wait(30)
    over.set()


def run(threads, call, seconds=10.0):
    return threads.run(call, seconds=seconds, dependency="entra")


async def refused(threads, seconds=10.0):
    with pytest.raises(Unavailable) as caught:
        await run(threads, int, seconds)
    return caught.value.reason


async def test_what_a_call_returns_or_raises_comes_back():
    """The result, or the very error."""
    threads = Threads()
    assert await run(threads, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await run(threads, lambda: 1 // 0)


async def test_a_full_pool_refuses_at_once(hang):
    """Beyond its threads nothing waits in a queue: 503, which names who is slow."""
    threads = Threads(2)
    busy = [asyncio.ensure_future(run(threads, hang)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as caught:
        await run(threads, int)
    assert (caught.value.dependency, caught.value.reason) == ("entra", "threads_busy")
    assert caught.value.status == 503
    for one in busy:
        one.cancel()


async def test_a_call_that_hangs_is_given_up(hang):
    """After its seconds the caller is told that the service is away."""
    with pytest.raises(Unavailable) as caught:
        await run(Threads(), hang, seconds=0.05)
    assert (caught.value.dependency, caught.value.reason) == ("entra", "deadline")


async def test_a_call_that_hangs_keeps_its_place():
    """A thread cannot be stopped: its place is taken until its call ends, and free from then on."""
    threads, over = Threads(1), threading.Event()
    with pytest.raises(Unavailable):
        await run(threads, lambda: over.wait(30), seconds=0.05)
    assert await refused(threads) == "threads_busy"
    over.set()
    async with asyncio.timeout(10):
        while True:
            try:
                assert await run(threads, lambda: 7) == 7
                return
            except Unavailable:
                await asyncio.sleep(0)


async def test_a_caller_that_leaves_keeps_the_place_too(hang):
    """Who is cancelled leaves the thread at work, and it counts."""
    threads = Threads(1)
    caller = asyncio.ensure_future(run(threads, hang))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await refused(threads) == "threads_busy"


async def test_the_error_of_a_call_that_was_given_up_disturbs_nobody():
    """What it raises later is looked at, so that no library speaks of it on stderr."""
    threads, over = Threads(1), threading.Event()
    unhandled = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: unhandled.append(context)
    )

    def fail():
        over.wait(30)
        raise ValueError("canary")

    with pytest.raises(Unavailable):
        await run(threads, fail, seconds=0.05)
    over.set()
    async with asyncio.timeout(10):
        while await refused_or_free(threads):
            await asyncio.sleep(0)
    assert unhandled == []


async def refused_or_free(threads):
    try:
        await run(threads, int)
    except Unavailable:
        return True
    return False
