"""A phone that beats in a loop costs no writes: so many beats in any one minute, and no more.

Counted in the memory of this instance alone, because a stored count would be one more thing stored about a device.
Memory is bounded: where too many devices beat, those that have been silent the longest are forgotten.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from shared.errors import TooMany

BEATS = 30
WINDOW_SECONDS = 60.0
MAX_DEVICES = 10_000  # about 15 MB


class Limiter:
    """A window that slides with each beat. clock: monotonic seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        beats: int = BEATS,
        max_devices: int = MAX_DEVICES,
    ) -> None:
        self._clock = clock
        self._beats = beats
        self._max_devices = max_devices
        self._counted: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, uid: str) -> None:
        """Count a beat, or raise TooMany: a refused one does not count, so that waiting as told is enough."""
        now = self._clock()
        times = self._counted.setdefault(uid, deque(maxlen=self._beats))
        self._counted.move_to_end(uid)
        if len(self._counted) > self._max_devices:
            self._counted.popitem(last=False)
        if len(times) == self._beats:
            wait_seconds = times[0] + WINDOW_SECONDS - now
            if wait_seconds > 0:
                raise TooMany(math.ceil(wait_seconds))
        times.append(now)

    def __len__(self) -> int:
        return len(self._counted)
