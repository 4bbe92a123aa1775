"""A million phones through a year: what reaches each function in its busiest minute, and what comes at once.

Phones do not know of each other, so they are drawn in bulk: as many as are due in a minute are one number, spread over
the minutes of their next beat by the product's own rule, with chance added when minutes are compared. The year:

- rollout: the whole fleet registers within the eight hours of one working day;
- every day new phones come, and as many are lost, fall silent and expire;
- each phone proves its person's access anew within the last three days of 30, as docs/mobile.md asks;
- three outages of an hour, of heartbeat and of registration, one of them while the first proofs are renewed;
- an update of the app, which starts anew on half of all phones within an hour, and waits for what was left of its
  interval;
- a company of 50,000 phones signs out at once.

    python -m bench.fleet_year    exit code 1 where heartbeat reaches three times its mean
"""

from __future__ import annotations

import heapq
import random
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.device_registration.sign_out import MOST_WAIT_SECONDS, RETRY_SECONDS
from functions.heartbeat.cadence import next_in_seconds

PHONES = 1_000_000
INTERVAL = 360  # minutes
DAY = 1440
YEAR = 365
ROLLOUT = range(9 * 60, 17 * 60)  # minutes of the first day
NEW_A_DAY = 2000
EXPIRY_DAYS = 180
RENEWAL_DAYS = (27.0, 29.5)  # clients/typescript/src/waits.ts
WHEN_ASKED_DAYS = (30.0, 30.0)
OUTAGES = tuple(
    range(day * DAY + hour * 60, day * DAY + (hour + 1) * 60)
    for day, hour in ((28, 10), (90, 3), (200, 14))
)
UPDATE, UPDATED = range(150 * DAY + 9 * 60, 150 * DAY + 10 * 60), 0.5
COMPANY = 50_000
SIGN_OUTS_A_SECOND = 10
MOST_PEAK = 3.0
SEED = 7
SOONEST, LATEST = (next_in_seconds(INTERVAL, chance) for chance in (0.0, 1.0))


class Bulk:
    """How many are due in each minute: each share is spread evenly over a range of minutes."""

    def __init__(self, minutes: int) -> None:
        self._slopes = array("d", [0.0]) * (minutes + 1)
        self._end = minutes
        self._now = 0.0

    def spread(self, count: float, first: int, last: int) -> None:
        """Over the minutes from `first` to `last`, these included; what lies beyond the end is left out."""
        if first >= self._end:
            return
        each = count / (last - first + 1)
        self._slopes[first] += each
        self._slopes[min(last + 1, self._end)] -= each

    def take(self, share: float, minute: int) -> float:
        """Take a share of all that is due from this minute on, in the next day; how many that are."""
        running, taken = self._now, 0.0
        for later in range(minute, min(minute + DAY, self._end)):
            running += self._slopes[later]
            taken += share * max(0.0, running)
            self._slopes[later] *= 1 - share
        self._now *= 1 - share
        return taken

    def due(self, minute: int) -> float:
        """Asked of one minute after the other."""
        self._now += self._slopes[minute]
        return max(0.0, self._now)


@dataclass
class Year:
    """days: simulated. renewal_days: between a sign-in and the next proof. Requests in each minute, by function.

    beats_at_start: the app beats whenever it starts, as docs/mobile.md forbids.
    """

    days: int = YEAR
    renewal_days: tuple[float, float] = RENEWAL_DAYS
    outages: Iterable[range] = OUTAGES
    beats_at_start: bool = False
    heartbeat: array[float] = field(init=False)
    registration: array[float] = field(init=False)
    expired: array[float] = field(init=False)

    def __post_init__(self) -> None:
        self.minutes = self.days * DAY
        zeros = array("d", [0.0]) * self.minutes
        self.heartbeat, self.registration, self.expired = zeros[:], zeros[:], zeros[:]
        self._beats, self._proofs, self._new, self._expiring = (
            Bulk(self.minutes) for _ in range(4)
        )
        self._out = {minute for outage in self.outages for minute in outage}

    def run(self) -> None:
        self._new.spread(PHONES, ROLLOUT.start, ROLLOUT.stop - 1)
        for day in range(1, self.days):
            self._new.spread(NEW_A_DAY, day * DAY + ROLLOUT.start, day * DAY + ROLLOUT.stop - 1)
        lost_a_beat = NEW_A_DAY / PHONES * INTERVAL / DAY
        for minute in range(self.minutes):
            is_out = minute in self._out
            started = 0.0
            if self.beats_at_start and minute in UPDATE:
                started = self._beats.take(UPDATED / len(UPDATE), minute)
            beating = self._beats.due(minute) + started
            new = self._new.due(minute)
            self.heartbeat[minute] += beating
            if is_out:  # once more, at a random moment of the interval
                self._beats.spread(beating, minute + 1, minute + INTERVAL)
            else:
                lost = beating * lost_a_beat if minute >= DAY else 0.0
                self._beats.spread(beating - lost, minute + SOONEST, minute + LATEST)
                self._expiring.spread(lost, *(2 * [minute + EXPIRY_DAYS * DAY]))
            self._register(minute, is_out, new, self._proofs.due(minute), lost_a_beat)
            self.expired[minute] = self._expiring.due(minute)

    def _register(
        self, minute: int, is_out: bool, new: float, proofs: float, lost_a_beat: float
    ) -> None:
        """A new phone backs off within the hour; a proof that fails early is tried again with the next beat."""
        self.registration[minute] += new + proofs
        if is_out:
            self._new.spread(new, minute + 1, minute + 60)
            self._proofs.spread(proofs, minute + SOONEST, minute + LATEST)
            return
        earliest, latest = (round(days * DAY) for days in self.renewal_days)
        kept = (1 - lost_a_beat) ** (earliest / INTERVAL)
        next_beat = minute + latest + INTERVAL  # it is done when a beat is due
        self._proofs.spread((new + proofs) * kept, minute + earliest, next_beat)
        self.heartbeat[minute] += new  # a new phone beats at once
        self._beats.spread(new, minute + SOONEST, minute + LATEST)


def drawn(expected: array[float], chance: random.Random) -> array[float]:
    """What really comes in each minute, where so many are expected: with the spread of a Poisson count."""
    return array("d", [max(0.0, chance.gauss(mean, mean**0.5)) for mean in expected])


def signing_out(phones: int, chance: random.Random) -> tuple[list[int], float]:
    """Requests in each minute after all of them sign out in one second, and hours until the last has gone."""
    by_minute: list[int] = []
    tries = [(chance.random(), 1) for _ in range(phones)]
    heapq.heapify(tries)
    free_at = 0.0
    while tries:
        at, number = heapq.heappop(tries)
        while len(by_minute) <= at // 60:
            by_minute.append(0)
        by_minute[int(at // 60)] += 1
        if free_at - at <= MOST_WAIT_SECONDS:
            free_at = max(free_at, at) + 1 / SIGN_OUTS_A_SECOND
            continue
        told = chance.uniform(*RETRY_SECONDS)
        wait = max(told, min(3600, 10 * 2 ** (number - 1))) * (1 + chance.random() / 2)
        heapq.heappush(tries, (at + wait, number + 1))
    return by_minute, len(by_minute) / 60


@dataclass(frozen=True)
class Load:
    """Requests a minute of one function."""

    function: str
    mean: float
    peak: float
    peak_at: int

    @property
    def ratio(self) -> float:
        return self.peak / self.mean

    def __str__(self) -> str:
        day, minute = divmod(self.peak_at, DAY)
        when = f"day {day + 1}, {minute // 60:02}:{minute % 60:02}"
        return (
            f"{self.function:42} {self.mean:10,.1f} {self.peak:10,.0f} {self.ratio:8.2f}   {when}"
        )


def load(function: str, counts: array[float], first: int, last: int) -> Load:
    """Of the minutes from `first` to before `last`."""
    peak_at = max(range(first, last), key=counts.__getitem__)
    return Load(function, sum(counts[first:last]) / (last - first), counts[peak_at], peak_at)


def measure(days: int = YEAR) -> list[Load]:
    """heartbeat; renewed proofs, spread as they are, and as they would come when asked; devices that expire."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation that can be repeated
    year, asked = Year(days), Year(min(days, 40), WHEN_ASKED_DAYS, ())
    for variant in (year, asked):
        variant.run()
    registration, all_asked = (drawn(variant.registration, chance) for variant in (year, asked))
    return [
        load("heartbeat", drawn(year.heartbeat, chance), 0, year.minutes),
        load("device_registration, after the rollout", registration, DAY, year.minutes),
        load("  if proofs were renewed when asked", all_asked, DAY, asked.minutes),
        load("tenant_purge: devices that expire", drawn(year.expired, chance), 0, year.minutes),
    ]


def on_update_day() -> list[float]:
    """Beats in the busiest minute of the day of an update: as apps are asked to, and if they beat at their start."""
    peaks = []
    for beats_at_start in (False, True):
        year = Year(152, outages=(), beats_at_start=beats_at_start)
        year.run()
        peaks.append(max(year.heartbeat[150 * DAY :]))
    return peaks


def main() -> int:
    """Prints; returns 1 where heartbeat reaches three times its mean."""
    loads = measure()
    chance = random.Random(SEED)  # noqa: S311 - a simulation that can be repeated
    signed_out, hours = signing_out(COMPANY, chance)
    what = f"of {PHONES:,} phones, a minute"
    head = f"{what:42} {'mean':>10} {'peak':>10} {'x mean':>8}   busiest minute"
    print(head, *loads, sep="\n")
    print("\nWhat comes at once, by its nature:")
    print(f"  the rollout, in eight hours: {PHONES / len(ROLLOUT):,.0f} registrations a minute")
    first, most = signed_out[0], max(signed_out[1:])
    as_asked, at_start = on_update_day()
    print(
        f"  an update on half of all phones within an hour: {as_asked:,.0f} beats in the busiest minute;"
    )
    print(
        f"    {at_start:,.0f} if the app beat whenever it starts, instead of waiting for what is left"
    )
    print(f"  {COMPANY:,} sign-outs in one second: {first:,} requests in their first minute,")
    print(
        f"    {most:,} in the busiest one after it; the last phone has left after {hours:.1f} hours"
    )
    is_flat = loads[0].ratio < MOST_PEAK
    print(f"\nheartbeat stays below {MOST_PEAK:g} times its mean: {'yes' if is_flat else 'NO'}")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
