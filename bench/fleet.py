"""A million phones over two days: does their jitter keep the peak of requests near the mean?

Simulated with the product's own rule for the next beat. Phones do not know of each other, so each is followed alone
through its beats, which are counted by minute. In an outage of one hour no beat gets an answer; a phone then beats
again at a random moment within its interval, as docs/mobile.md asks of an app (docs/decisions/0031).
"""

from __future__ import annotations

import random
from array import array

from bench.results import Results
from functions.heartbeat.cadence import next_in_seconds

PHONES = 1_000_000
INTERVAL_SECONDS = 21_600
HOUR = 3_600
MINUTE = 60
DAYS = 2
OUTAGE = range(24 * HOUR, 25 * HOUR)
SEED = 5


def retry(chance: float) -> int:
    """Seconds from a beat without an answer to the next try."""
    return max(5, round(INTERVAL_SECONDS * chance))


def by_minute(phones: int, days: int, outage: range) -> array[int]:
    """Requests in each minute; the phones' first beats are spread over an interval."""
    chance = random.Random(SEED).random  # noqa: S311 - a simulation that can be repeated
    end = days * 24 * HOUR
    counts = array("l", [0] * (end // MINUTE))
    for _ in range(phones):
        at = int(chance() * INTERVAL_SECONDS)
        while at < end:
            counts[at // MINUTE] += 1
            seconds = (
                retry(chance()) if at in outage else next_in_seconds(INTERVAL_SECONDS, chance())
            )
            at += seconds
    return counts


def peak(counts: array[int], mean: float, minutes: range) -> float:
    return max(counts[minute] for minute in minutes) / mean


def measure(results: Results) -> None:
    mean = PHONES / INTERVAL_SECONDS * MINUTE
    after = range(OUTAGE.stop // MINUTE, DAYS * 24 * 60)
    day = range(24 * 60)
    steady = by_minute(PHONES, 1, range(0))
    results.key("fleet_mean_requests_per_second", mean / MINUTE)
    results.key("fleet_peak_vs_mean", peak(steady, mean, day), "< 2")
    outage = by_minute(PHONES, DAYS, OUTAGE)
    results.key("fleet_peak_vs_mean_after_outage", peak(outage, mean, after), "< 2")
    for label, counts, minutes in (
        ("no outage", steady, day),
        ("after an outage of one hour", outage, after),
    ):
        rates = [counts[minute] / MINUTE for minute in minutes]
        results.measured("fleet of 1,000,000, by minute", label, rates, "requests/s")
