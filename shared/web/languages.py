"""Which language a page is in, by what the browser asks for.

Source: RFC 4647, 3.4 (lookup: ranges in the order of their weights, each shortened from its end); RFC 9110, 12.5.4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_MOST_RANGES = 50


def lookup(header: str, languages: Sequence[str]) -> str:
    """One of `languages` (lower case); the first for whoever asks for none of them."""
    ranges: list[tuple[float, str]] = []
    for part in header.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(part)
        if match:
            ranges.append((float(match[2] or 1), match[1].lower()))
    refused = {name for weight, name in ranges if not weight}
    allowed = [language for language in languages if language not in refused]
    for _weight, name in sorted((each for each in ranges if each[0]), key=lambda each: -each[0]):
        if name == "*" and allowed:
            return allowed[0]
        while name:
            if name in allowed:
                return name
            name = name.rpartition("-")[0]
    return languages[0]
