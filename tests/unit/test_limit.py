"""The limit of beats: a window that slides, bounded in memory."""

import pytest

from functions.heartbeat.limit import Limiter
from shared.errors import TooMany


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def test_the_window_slides(clock):
    """A place is free again a window after the beat that took it, not at the turn of a minute."""
    limit = Limiter(clock, beats=2)
    limit.count("a")
    clock.seconds = 50
    limit.count("a")
    clock.seconds = 59.5
    with pytest.raises(TooMany) as refused:
        limit.count("a")
    assert refused.value.retry_after_seconds == 1
    clock.seconds = 60
    limit.count("a")
    with pytest.raises(TooMany) as refused:
        limit.count("a")
    assert refused.value.retry_after_seconds == 50


def test_waiting_as_told_is_enough(clock):
    """Refused beats do not push the end of the wait away."""
    limit = Limiter(clock, beats=1)
    limit.count("a")
    for clock.seconds in range(1, 60):
        with pytest.raises(TooMany):
            limit.count("a")
    clock.seconds = 60
    limit.count("a")


def test_devices_do_not_count_for_each_other(clock):
    """One device at its limit leaves another's beats alone."""
    limit = Limiter(clock, beats=1)
    limit.count("a")
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("a")


def test_memory_is_bounded(clock):
    """Beyond its capacity, the limit forgets the device that was silent the longest."""
    limit = Limiter(clock, beats=1, max_devices=2)
    limit.count("a")
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("a")
    limit.count("c")
    assert len(limit) == 2
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("c")
