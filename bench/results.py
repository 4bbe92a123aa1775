"""What a run found: one flat object of numbers, and the spread behind each of them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from local.processes import ROOT

FOLDER = ROOT / "build/bench"
RESULTS = FOLDER / "results.json"
SPREADS = FOLDER / "spreads.json"


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float
    unit: str

    @classmethod
    def of(cls, values: Sequence[float], unit: str) -> Spread:
        return cls(statistics.median(values), min(values), max(values), unit)

    def __str__(self) -> str:
        return f"{self.median:,.4g} {self.unit} ({self.low:,.4g} to {self.high:,.4g})"


@dataclass
class Results:
    """values: the flat object. spreads: section → label → what was measured, for tables and charts.

    took: seconds of each part of the run.
    """

    values: dict[str, Any] = field(default_factory=dict)
    spreads: dict[str, dict[str, Spread]] = field(default_factory=dict)
    took: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_earlier_runs(cls) -> Results:
        """What is in the files: for a run of some sections alone. A whole run begins without."""
        if not (RESULTS.exists() and SPREADS.exists()):
            return cls()
        known = json.loads(SPREADS.read_text())
        spreads = {
            section: {label: Spread(**spread) for label, spread in labels.items()}
            for section, labels in known["spreads"].items()
        }
        return cls(json.loads(RESULTS.read_text()), spreads, known["took"])

    def measured(self, section: str, label: str, values: Sequence[float], unit: str) -> Spread:
        spread = Spread.of(values, unit)
        self.spreads.setdefault(section, {})[label] = spread
        print(f"  {label:46} {spread}", flush=True)
        return spread

    def key(self, name: str, value: float, target: str = "") -> None:
        self.values[name] = round(value, 4)
        print(f"  → {name} = {value:.4g}{'   to reach: ' + target if target else ''}", flush=True)

    def save(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(self.values, indent=1, sort_keys=True) + "\n")
        known = {"took": self.took, "spreads": self.spreads}
        SPREADS.write_text(json.dumps(known, indent=1, default=asdict) + "\n")
