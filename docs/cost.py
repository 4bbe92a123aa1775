"""The cost of a month, from list prices (docs/prices.json) and the operations of each part.

A free allotment per day is deducted each day, one per month from the month. Google grants some to a billing account,
not to a project, so another project may have used them up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.json")
DAYS = 30
DAY_SECONDS = 86_400
RUNS_A_DAY = 96  # every 15 minutes
GIB = 2**30
COUNTED = 1000  # index entries that a count reads for the price of one document


@dataclass(frozen=True)
class Operations:
    """Firestore's reads and writes in a day: {who makes them: number}."""

    reads: Mapping[str, float]
    writes: Mapping[str, float]


@dataclass(frozen=True)
class Month:
    """A month of a fleet. document: the content of prices.json. devices: their number."""

    document: Mapping[str, Any]
    devices: int

    @cached_property
    def price(self) -> dict[str, float]:
        return {name: value for name, value, *_ in self.document["prices"]}

    @cached_property
    def free(self) -> dict[str, float]:
        return {name: value for name, value, _ in self.document["free"]}

    @cached_property
    def given(self) -> dict[str, float]:
        return {name: value for name, (value, _) in self.document["assumptions"].items()}

    @property
    def tenants(self) -> int:
        return max(1, round(self.devices / self.given["devices_of_an_organization"]))

    @property
    def beats(self) -> float:
        """Heartbeats in a day."""
        return self.devices * self.given["beats_a_day"]

    @property
    def renewals(self) -> float:
        """Registrations in a day."""
        return self.devices * self.given["registrations_a_month"] / DAYS

    @property
    def pages_of_users(self) -> float:
        """Pages of 1,000 that hold all Auth users."""
        return math.ceil(self.devices / 1000)

    def operations(self) -> Operations:
        """Return Firestore's operations in a day. A count of nothing, and a query without a result, are one read."""
        reads = self.devices * self.given["own_reads_a_day"]
        four_counts = 2 * max(1, self.tenants / COUNTED) + 2
        return Operations(
            reads={
                "phones read their own document, and the rules the organization's": 2 * reads,
                "registrations, 2 each": 2 * self.renewals,
                "checks of the consent, once a day": self.tenants,
                "the run's queries: due, signing out, checks, silent, receipts": 6 * RUNS_A_DAY,
                "the run's four counts of organizations": four_counts * RUNS_A_DAY,
                "the two counts of the expiry, while a device is silent": self._expiry_counts,
                "the position of the sweep through all Auth users": self.pages_of_users,
            },
            writes={
                "heartbeats, 1 each": self.beats,
                "checks of the consent, noted": self.tenants,
                "the position of the sweep through all Auth users": self.pages_of_users,
            },
        )

    @property
    def _expiry_counts(self) -> float:
        """The most reads: a device is silent at every run, and all others beat each day."""
        return 2 * max(1, self.devices / COUNTED) * RUNS_A_DAY

    def instance_seconds(self) -> dict[str, float]:
        """Return the billed instance seconds of a month. Beats come at random: an instance serves several or none."""
        a_second = (self.beats + self.renewals) / DAY_SECONDS
        alone = 1 - math.exp(-a_second * self.given["least_billed_ms"] / 1000)
        busy = a_second * self.given["heartbeat_cpu_ms"] / 1000 / self.given["target_utilization"]
        looking = self.devices / self.given["users_a_second_listed"]
        runs = RUNS_A_DAY * self.given["run_seconds"]
        return {
            "phones": max(alone, busy) * DAYS * DAY_SECONDS,
            "scheduled run": (runs + looking) * DAYS,
        }

    def costs(self) -> dict[str, float]:
        """Return the US dollars of a month, by what is billed."""
        price, free = self.price, self.free
        operations = self.operations()
        requests = (self.beats + self.renewals) * DAYS
        seconds = sum(self.instance_seconds().values())
        memory = seconds * self.given["memory_gib"]
        stored = self.devices * self.given["device_bytes"] / GIB
        return {
            "Firestore writes": _beyond(
                sum(operations.writes.values()), free["firestore_writes_a_day"]
            )
            * DAYS
            / 1e5
            * price["firestore_writes"],
            "Firestore reads": _beyond(
                sum(operations.reads.values()), free["firestore_reads_a_day"]
            )
            * DAYS
            / 1e5
            * price["firestore_reads"],
            "Firestore storage": _beyond(stored, free["firestore_storage_gib"])
            * price["firestore_storage"],
            "Cloud Run requests": _beyond(requests, free["run_requests"])
            / 1e6
            * price["run_requests"],
            "Cloud Run time": _beyond(seconds, free["run_vcpu_seconds"]) * price["run_vcpu"]
            + _beyond(memory, free["run_gib_seconds"]) * price["run_memory"],
            "Network": requests * self.given["answer_bytes"] / GIB * price["network"],
            "Cloud Logging": _beyond(
                requests * self.given["log_line_bytes"] / GIB, free["logging_gib"]
            )
            * price["logging"],
            "Cloud Scheduler": price["scheduler_job"],
        }

    def identity_platform(self) -> float:
        """Return the US dollars that an upgrade of Firebase Authentication would add to a month."""
        steps = self.document["identity_platform"]["per_user_from"]
        ends = [start for start, _ in steps[1:]] + [math.inf]
        return float(
            sum(
                max(0, min(self.devices, end) - start) * rate
                for (start, rate), end in zip(steps, ends, strict=True)
            )
        )


def month(devices: int) -> Month:
    return Month(json.loads(PRICES.read_text()), devices)


def _beyond(used: float, free: float) -> float:
    return max(0.0, used - free)
