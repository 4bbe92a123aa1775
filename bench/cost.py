"""What a month costs, from list prices as inputs (bench/prices.json) and the operations that each call makes."""

from __future__ import annotations

import json

from bench.results import Results
from local.processes import ROOT

PRICES = ROOT / "bench/prices.json"
FLEETS = (1_000, 100_000, 1_000_000)
BEATS_PER_DAY = 4
DAYS = 30
GIB = 2**30


def month(devices: int, price: dict[str, float]) -> dict[str, float]:
    """US dollars of a month, by what is billed. An instance is billed while it is active, busy or not."""
    beats = devices * BEATS_PER_DAY * DAYS
    free_writes = price["firestore_free_writes_per_day"] * DAYS
    cpu_seconds = (
        beats * price["heartbeat_cpu_ms"] / 1000 / price["busy_share_of_an_active_instance"]
    )
    vcpu = max(0.0, cpu_seconds * price["vcpus"] - price["run_free_vcpu_seconds"])
    memory = max(0.0, cpu_seconds * price["memory_gib"] - price["run_free_gib_seconds"])
    logs = max(0.0, beats * price["log_line_bytes"] / GIB - price["logging_free_gib"])
    return {
        "Firestore writes": max(0.0, beats - free_writes)
        / 1e5
        * price["firestore_writes_per_100k"],
        "Firestore storage": devices
        * price["device_document_bytes"]
        / GIB
        * price["firestore_storage_gib_month"],
        "Cloud Run requests": max(0.0, beats - price["run_free_requests"])
        / 1e6
        * price["run_requests_per_million"],
        "Cloud Run time": vcpu * price["run_vcpu_second"] + memory * price["run_gib_second"],
        "Cloud Logging": logs * price["logging_gib"],
    }


def table(price: dict[str, float]) -> str:
    months = {devices: month(devices, price) for devices in FLEETS}
    lines = ["| US dollars a month | " + " | ".join(f"{each:,} devices" for each in FLEETS) + " |"]
    lines.append("|---|" + "---|" * len(FLEETS))
    for name in months[FLEETS[0]]:
        lines.append(f"| {name} | " + " | ".join(f"{months[n][name]:,.2f}" for n in FLEETS) + " |")
    totals = " | ".join(f"**{sum(months[n].values()):,.2f}**" for n in FLEETS)
    return "\n".join([*lines, f"| **in all** | {totals} |"])


def prices() -> dict[str, float]:
    known: dict[str, float] = json.loads(PRICES.read_text())
    return known


def measure(results: Results) -> None:
    price = prices()
    print(table(price))
    for devices in FLEETS:
        results.key(f"cost_month_usd_{devices}", sum(month(devices, price).values()))
