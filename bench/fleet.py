"""A million phones over two days: does their jitter keep the peak of requests near the mean?

Simulated with the product's own rule for the next beat. Phones do not know of each other, so each is followed alone
through its beats, which are counted by minute. In an outage of one hour no beat gets an answer; what a phone does then
is the rule under test:

- spread: it beats again at a random moment within its interval (docs/mobile.md asks this of an app);
- backoff: it retries after 5, 10, 20 … seconds up to an hour, each with a random part of up to half of it.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable

from bench.results import Results
from functions.heartbeat.cadence import next_in_seconds

PHONES = 1_000_000
INTERVAL_SECONDS = 21_600
HOUR = 3_600
MINUTE = 60
DAYS = 2
OUTAGE = range(24 * HOUR, 25 * HOUR)
SEED = 5

Retry = Callable[[int, float], int]  # how many tries have failed, chance → seconds


def spread(_failed: int, chance: float) -> int:
    return max(5, round(INTERVAL_SECONDS * chance))


def backoff(failed: int, chance: float) -> int:
    return round(min(HOUR, 5 << (failed - 1)) * (1 + chance / 2))


def by_minute(
    phones: int, start_within_seconds: int, days: int, outage: range, retry: Retry = spread
) -> array[int]:
    """Requests in each minute. start_within_seconds: over how long the phones' first beats are spread."""
    chance = random.Random(SEED).random  # noqa: S311 - a simulation that can be repeated
    end = days * 24 * HOUR
    counts = array("l", [0] * (end // MINUTE))
    for _ in range(phones):
        at, failed = int(chance() * start_within_seconds), 0
        while at < end:
            counts[at // MINUTE] += 1
            if at in outage:
                failed += 1
                at += retry(failed, chance())
            else:
                failed = 0
                at += next_in_seconds(INTERVAL_SECONDS, chance())
    return counts


def peak(counts: array[int], mean: float, minutes: range) -> float:
    return max(counts[minute] for minute in minutes) / mean


def measure(results: Results) -> None:
    mean = PHONES / INTERVAL_SECONDS * MINUTE
    none = range(0)
    after = range(OUTAGE.stop // MINUTE, DAYS * 24 * 60)
    day = range(24 * 60)
    steady = by_minute(PHONES, INTERVAL_SECONDS, 1, none)
    results.key("fleet_mean_requests_per_second", mean / MINUTE)
    results.key("fleet_peak_vs_mean", peak(steady, mean, day), "< 2")
    outage = by_minute(PHONES, INTERVAL_SECONDS, DAYS, OUTAGE)
    results.key("fleet_peak_vs_mean_after_outage", peak(outage, mean, after), "< 2")
    retried = by_minute(PHONES, INTERVAL_SECONDS, DAYS, OUTAGE, backoff)
    results.key("fleet_peak_vs_mean_after_outage_backoff", peak(retried, mean, after))
    for label, counts in (("no outage", steady), ("spread", outage), ("backoff", retried)):
        rates = [counts[minute] / MINUTE for minute in (day if label == "no outage" else after)]
        results.measured(
            "fleet of 1,000,000: by minute, after the outage", label, rates, "requests/s"
        )
    _rollout(results)


def _rollout(results: Results) -> None:
    """The worst start: all phones of a fleet connect within one hour. How long do their waves last?"""
    phones, days = PHONES // 10, 14
    counts = by_minute(phones, HOUR, days, range(0))
    mean = phones / INTERVAL_SECONDS * MINUTE
    high = [minute for minute, count in enumerate(counts) if count >= 2 * mean]
    results.key("fleet_days_until_peak_below_2_after_rollout_in_an_hour", high[-1] / (24 * 60))
