"""What did not answer by its deadline is away."""

import asyncio

import pytest

from shared.deadline import deadline
from shared.errors import Unavailable
from tests.helpers import virtual
from tests.helpers.virtual import in_virtual_time


@in_virtual_time
async def test_what_hangs_is_ended():
    """After its seconds, to the moment, as an outage of what was asked."""
    with pytest.raises(Unavailable) as caught:
        async with deadline(4, "firestore"):
            await asyncio.sleep(3600)
    assert (caught.value.dependency, caught.value.reason) == ("firestore", "deadline")
    assert virtual.now() == 4


@in_virtual_time
async def test_what_answers_in_time_is_left_alone():
    """Its answer, and its errors, come through as they are."""
    async with deadline(4, "firestore"):
        await asyncio.sleep(3)
    with pytest.raises(ZeroDivisionError):
        async with deadline(4, "firestore"):
            raise ZeroDivisionError


@in_virtual_time
async def test_who_is_cancelled_is_not_told_of_an_outage():
    """A caller that has gone is a cancellation, not a deadline."""

    async def call():
        async with deadline(4, "firestore"):
            await asyncio.sleep(3600)

    task = asyncio.ensure_future(call())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
