"""So many calls a second, in the order of asking."""

import asyncio

import pytest

from shared.pace import Pace
from tests.helpers import virtual
from tests.helpers.virtual import in_virtual_time


@in_virtual_time
async def test_the_first_turn_is_now_and_each_next_an_interval_later():
    """Ten a second: a tenth of a second apart, in the order of asking, however many ask at once."""
    pace, turns = Pace(10, virtual.now), []

    async def take(number):
        await pace.turn()
        turns.append((number, round(virtual.now(), 6)))

    await asyncio.gather(*(take(number) for number in range(5)))
    assert turns == [(0, 0.0), (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)]


@in_virtual_time
async def test_rest_is_not_saved_up():
    """After an hour of rest there is one turn at once, not 36,000: a service counts by the second."""
    pace = Pace(10, virtual.now)
    await pace.turn()
    await asyncio.sleep(3600)
    began = virtual.now()
    for _ in range(3):
        await pace.turn()
    assert virtual.now() - began == pytest.approx(0.2)


@in_virtual_time
async def test_how_long_the_next_turn_is_away_can_be_known():
    """Who does not want to wait so long can leave without taking a turn."""
    pace = Pace(2, virtual.now)
    assert pace.wait_seconds == 0
    await pace.turn()
    assert pace.wait_seconds == 0.5
    await asyncio.sleep(0.2)
    assert pace.wait_seconds == pytest.approx(0.3)
