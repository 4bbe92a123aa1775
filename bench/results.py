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
    """values: the flat object. spreads: section → label → what was measured, for tables and charts."""

    values: dict[str, Any] = field(default_factory=dict)
    spreads: dict[str, dict[str, Spread]] = field(default_factory=dict)

    def measured(self, section: str, label: str, values: Sequence[float], unit: str) -> Spread:
        spread = Spread.of(values, unit)
        self.spreads.setdefault(section, {})[label] = spread
        print(f"  {label:46} {spread}", flush=True)
        return spread

    def key(self, name: str, value: float, target: str = "") -> None:
        self.values[name] = round(value, 4)
        print(f"  → {name} = {value:.4g}{'   to reach: ' + target if target else ''}", flush=True)

    def save(self) -> None:
        """Write both files, and keep in them what an earlier run of other sections found."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        if RESULTS.exists():
            self.values = {**json.loads(RESULTS.read_text()), **self.values}
        if SPREADS.exists():
            earlier = json.loads(SPREADS.read_text())
            for section, spreads in earlier.items():
                if section not in self.spreads:
                    self.spreads[section] = {label: Spread(**one) for label, one in spreads.items()}
        RESULTS.write_text(json.dumps(self.values, indent=1, sort_keys=True) + "\n")
        SPREADS.write_text(json.dumps(self.spreads, indent=1, default=asdict) + "\n")
