"""A chart per section, and the results in docs/performance.md."""

from __future__ import annotations

import html
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from bench.results import FOLDER, Results, Spread
from local.emulators import find_firestore
from local.processes import ROOT

PAGE = ROOT / "docs/performance.md"
RESULTS = "results"  # the part of the page that is written here
ROW, LEFT, WIDTH = 30, 330, 460


def chart(title: str, spreads: dict[str, Spread]) -> str:
    """Horizontal bars of medians, each with a whisker from the least to the greatest."""
    top = max(spread.high for spread in spreads.values()) or 1.0
    unit = next(iter(spreads.values())).unit
    height = ROW * len(spreads) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 130} {height}">',
        "<style>text { font: 13px sans-serif; }</style>",
        f"<title>{html.escape(title)}</title>",
        f'<rect width="100%" height="{height}" fill="#fff"/>',
        f'<text x="10" y="22" font-weight="bold">{html.escape(title)} ({html.escape(unit)})</text>',
    ]
    for index, (label, spread) in enumerate(spreads.items()):
        y = 40 + index * ROW
        width, low, high = (WIDTH * each / top for each in (spread.median, spread.low, spread.high))
        middle = y + 9
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{html.escape(label)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="18" fill="#4c78a8"/>',
            f'<path d="M{LEFT + low:.1f} {middle}H{LEFT + high:.1f}" stroke="#222" fill="none"/>',
            f'<text x="{LEFT + max(width, high) + 6:.1f}" y="{y + 13}">{spread.median:,.4g}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def machine() -> str:
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
        model = found[1] if found else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({model or platform.machine()}), {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, "
        f"the {find_firestore().name} Firestore emulator"
    )


def markdown(results: Results) -> str:
    lines = [f"{datetime.now(UTC):%Y-%m-%d}: {machine()}.", ""]
    lines += ["| key | value |", "|---|---|"]
    lines += [f"| {name} | {value:g} |" for name, value in sorted(results.values.items())]
    took = ", ".join(f"{name} {seconds}" for name, seconds in results.took.items())
    lines += ["", f"Seconds of each part: {took}; in all {sum(results.took.values())}."]
    for section, spreads in results.spreads.items():
        lines += ["", f"**{section}**", "", "| what | median | least | greatest | unit |"]
        lines.append("|---|---|---|---|---|")
        lines += [
            f"| {label} | {one.median:,.4g} | {one.low:,.4g} | {one.high:,.4g} | {one.unit} |"
            for label, one in spreads.items()
        ]
    return "\n".join(lines)


def write(results: Results, *, publish: bool) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for section, spreads in results.spreads.items():
        name = re.sub(r"[^a-z0-9]+", "-", section.lower())
        (FOLDER / f"{name}.svg").write_text(chart(section, spreads))
    (FOLDER / "results.md").write_text(markdown(results) + "\n")
    if publish:
        PAGE.write_text(filled(PAGE.read_text(), RESULTS, markdown(results)))


def filled(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of its part `name`. Raises ValueError where the page has no such part."""
    begin, end = f"<!-- {name}: python -m bench --publish -->", f"<!-- end of {name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"the page has no {name}")
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
