"""How often one device may beat: counted in this instance's memory, stored nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.errors import TooMany

BEATS = 30
WINDOW_SECONDS = 60.0
MAX_DEVICES = 100_000


class Limiter:
    """Fixed windows of a minute per device. clock: monotonic seconds. Memory is bounded by MAX_DEVICES entries."""

    def __init__(self, clock: Callable[[], float], max_devices: int = MAX_DEVICES) -> None:
        self._clock = clock
        self._max_devices = max_devices
        self._windows: dict[str, tuple[float, int]] = {}  # oldest window first
        self._lock = threading.Lock()

    def count(self, uid: str) -> None:
        """Count one beat. Raises TooMany, with the seconds until the window ends, from the 31st on."""
        now = self._clock()
        with self._lock:
            began, beats = self._windows.get(uid, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, beats = now, 0
            if beats >= BEATS:
                raise TooMany(max(1, int(began + WINDOW_SECONDS - now + 0.999)))
            if beats == 0:
                self._windows.pop(uid, None)
                self._forget(now)
            self._windows[uid] = (began, beats + 1)

    def _forget(self, now: float) -> None:
        while self._windows:
            oldest = next(iter(self._windows))
            expired = now - self._windows[oldest][0] >= WINDOW_SECONDS
            if not expired and len(self._windows) < self._max_devices:
                return
            del self._windows[oldest]
