"""The simulated year: what it counts adds up, and the contract with the phones keeps a fleet from coming at once."""

import random

import pytest

from bench import fleet_year
from bench.fleet_year import DAY, INTERVAL, PHONES, Bulk, Year, measure, signing_out


def test_what_is_spread_is_due_in_its_minutes_and_no_others():
    """All of it, evenly; what lies beyond the end is left out."""
    bulk = Bulk(10)
    bulk.spread(6, 2, 4)
    bulk.spread(4, 9, 12)
    assert [bulk.due(minute) for minute in range(10)] == pytest.approx(
        [0, 0, 2, 2, 2, 0, 0, 0, 0, 1]
    )


def test_what_is_taken_is_gone():
    """A share of everything that is due later."""
    bulk = Bulk(10)
    bulk.spread(10, 0, 4)
    assert bulk.due(0) == pytest.approx(2)
    assert bulk.take(0.5, 1) == pytest.approx(4)
    assert [bulk.due(minute) for minute in range(1, 6)] == pytest.approx([1, 1, 1, 1, 0])


def test_no_phone_is_lost_in_an_outage():
    """Every phone beats about once an interval, whatever fails meanwhile."""
    year = Year(31)
    year.run()
    last = sum(year.heartbeat[-INTERVAL:])
    assert last == pytest.approx(PHONES, rel=0.05)


def test_heartbeat_stays_below_three_times_its_mean_and_proofs_are_spread():
    """Over the first 40 days, which hold the rollout, an outage and the first proofs of the whole fleet."""
    heartbeat, proofs, asked, _expired = measure(40)
    assert heartbeat.ratio < fleet_year.MOST_PEAK
    assert proofs.peak < 0.3 * asked.peak
    assert proofs.peak < PHONES / DAY


def test_a_company_that_signs_out_leaves_within_hours():
    """As many go as Firebase allows; nobody is lost, and what comes at once is over in a minute."""
    by_minute, hours = signing_out(5000, random.Random(1))
    assert sum(by_minute) >= 5000
    assert hours < 2
    assert max(by_minute[1:]) < by_minute[0]
