"""docs/cost.md: the one table of costs and the one table of quotas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from docs import cost
from docs.quotas import quota_figures

FLEETS = (1_000, 100_000, 1_000_000, 10_000_000)
TEMPLATE = Path(__file__).with_name("cost.template.md")


def cost_page() -> str:
    """The whole page, as Markdown."""
    months = [cost.month(devices) for devices in FLEETS]
    document = months[0].document
    identity = document["identity_platform"]
    return TEMPLATE.read_text().format(
        looked_up=document["looked_up"],
        place=document["place"],
        costs=_costs(months),
        operations=_operations(months),
        prices=_table(
            ("price", "US dollars", "unit", "source"),
            ((_words(name), _plain(value), *more) for name, value, *more in document["prices"]),
        ),
        free=_table(
            ("free", "amount", "source"),
            ((_words(name), f"{value:,}", source) for name, value, source in document["free"]),
        ),
        assumptions=_table(
            ("assumption", "value", "why"),
            (
                (_words(name), f"{value:,}", why)
                for name, (value, why) in document["assumptions"].items()
            ),
        ),
        identity_source=identity["source"],
        identity_price=identity["per_user_from"][0][1],
        **quota_figures(months[0].given["beats_a_day"]),
    )


def _costs(months: Sequence[cost.Month]) -> str:
    rows = [
        (name, *(f"{month.costs()[name]:,.2f}" for month in months)) for name in months[0].costs()
    ]
    rows.append(("**in all**", *(f"**{sum(month.costs().values()):,.2f}**" for month in months)))
    added = (f"{month.identity_platform():,.2f}" for month in months)
    rows.append(("Identity Platform, on top", *added))
    return _table(("US dollars a month", *_fleets()), rows)


def _operations(months: Sequence[cost.Month]) -> str:
    operations = [month.operations() for month in months]
    rows = [
        (f"reads: {who}", *(f"{day.reads[who]:,.0f}" for day in operations))
        for who in operations[0].reads
    ]
    rows += [
        (f"writes: {who}", *(f"{day.writes[who]:,.0f}" for day in operations))
        for who in operations[0].writes
    ]
    return _table(("a day", *_fleets()), rows)


def _fleets() -> list[str]:
    return [f"{devices:,} devices" for devices in FLEETS]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: float) -> str:
    return f"{value:.7f}".rstrip("0")
