"""What a month costs: docs/cost.py computes it, docs/cost.md shows it; here it joins the other figures."""

from __future__ import annotations

from bench.results import Results
from docs.cost import month
from docs.cost_page import FLEETS


def run(results: Results) -> None:
    for devices in FLEETS:
        total = sum(month(devices).costs().values())
        print(f"{devices:,} devices: ${total:,.2f} a month (docs/cost.md)")
        results.key(f"cost_month_usd_{devices}", total)
