"""When a phone should beat next: the cadence, spread so that phones which started together drift apart."""

from __future__ import annotations

JITTER = 0.1


def next_in_seconds(interval_seconds: int, chance: float) -> int:
    """chance: uniform in [0, 1). The answer lies within 10 % of the interval, and is never less than a second."""
    return max(1, round(interval_seconds * (1 - JITTER + 2 * JITTER * chance)))
