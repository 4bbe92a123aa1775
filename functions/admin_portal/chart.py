"""The figures as the portal shows them: in words, and as columns whose every measure stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.web.catalogs import Catalog
from shared.web.messages import N_

from .figures import FRESHNESS, Figures

LABELS: Mapping[str, tuple[str, str]] = {  # under a column, and in the table
    "day": (N_("24 hours"), N_("Less than 24 hours ago")),
    "week": (N_("7 days"), N_("24 hours to 7 days ago")),
    "month": (N_("30 days"), N_("7 to 30 days ago")),
    "longer": (N_("longer"), N_("More than 30 days ago")),
    "never": (N_("never"), N_("Never")),
}
STEP, BAR_WIDTH, BAR_HEIGHT = 60, 40, 100.0  # of a column with its gap, and of the longest bar
LEAST_HEIGHT = 2.0  # of a bar that stands for anything
ABOVE, BELOW = 18.0, 22.0  # for the number over a bar, and for its name under the line
RAISED, LOWERED = 5.0, 17.0  # the number's distance from its bar, the name's from the line


@dataclass(frozen=True)
class Bar:
    """A column of the chart and a row of its table. Measures are of the SVG, whose zero is at the top left."""

    short: str
    label: str
    count: str
    share: str
    x: int
    height: float
    width: int = BAR_WIDTH

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def y(self) -> float:
        return ABOVE + BAR_HEIGHT - self.height

    @property
    def count_y(self) -> float:
        return self.y - RAISED


@dataclass(frozen=True)
class Chart:
    """All numbers of the card, written as the reader writes them. expiring: empty where it is none."""

    devices: str
    is_empty: bool
    failing: str
    failing_share: str
    expiring: str
    bars: tuple[Bar, ...]
    width: int = STEP * len(FRESHNESS)
    height: float = ABOVE + BAR_HEIGHT + BELOW
    ground: float = ABOVE + BAR_HEIGHT
    names_y: float = ABOVE + BAR_HEIGHT + LOWERED

    @classmethod
    def of(cls, figures: Figures, catalog: Catalog) -> Chart:
        return cls(
            catalog.number(figures.devices),
            figures.devices == 0,
            catalog.number(figures.failing),
            catalog.share(figures.failing, figures.devices),
            catalog.number(figures.expiring) if figures.expiring else "",
            tuple(_bars(figures, catalog)),
        )


def _bars(figures: Figures, catalog: Catalog) -> list[Bar]:
    """The highest column fills the chart; a column that stands for anything can be seen."""
    most = max(figures.freshness.values()) or 1
    bars = []
    for place, name in enumerate(FRESHNESS):
        count = figures.freshness[name]
        height = max(LEAST_HEIGHT, round(BAR_HEIGHT * count / most, 1)) if count else 0.0
        short, label = map(catalog.gettext, LABELS[name])
        x = place * STEP + (STEP - BAR_WIDTH) // 2
        share = catalog.share(count, figures.devices)
        bars.append(Bar(short, label, catalog.number(count), share, x, height))
    return bars
