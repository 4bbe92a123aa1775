"""Spaces at which no line may break, and how wide they are, as each language sets them.

Sources: Imprimerie nationale, "Lexique des règles typographiques"; DIN 5008 (German abbreviations); Real Academia
Española, "Ortografía" (no space before a mark); Unicode CLDR (names of units, through Babel).
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.units import format_unit

NARROW, WIDE = "\u202f", "\u00a0"
_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
_COUNTS = (0, 1, 2, 3, 5, 11, 100)  # one at least for each form of a plural that CLDR knows
_OF_ONE_LANGUAGE = {
    "fr": (
        (re.compile(r" (?=[;!?»])|(?<=«) "), NARROW),
        (re.compile(r" (?=:)"), WIDE),
    ),
    "de": ((re.compile(r"(?<=\b[a-zA-Z]\.) (?=[a-zA-Z]\.)"), NARROW),),  # z. B.
}


def typeset(text: str, locale: Locale) -> str:
    """The same text, with spaces that keep together what belongs together."""
    for pattern, space in _rules(locale):
        text = pattern.sub(space, text)
    return text


@cache  # pages are made on the event loop
def _rules(locale: Locale) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Between a number and its unit, in any case that adds two letters at most, and in the name of the product."""
    forms = (_spelt(count, unit, locale) for unit in _UNITS for count in _COUNTS)
    words = sorted({word for form in forms for word in re.findall(r"[^\W\d]+", form)})
    unit = re.compile(rf"(?:(?<=\d)|(?<=\)s)) (?=(?:{'|'.join(words)})\w{{0,2}}\b|\(%)")
    product = re.compile(r"(?<=Microsoft) (?=365)")
    return ((unit, WIDE), (product, WIDE), *_OF_ONE_LANGUAGE.get(locale.language, ()))


def _spelt(count: int, unit: str, locale: Locale) -> str:
    """A time in words. Babel answers with the unit's key where CLDR's long form is the same as its short one."""
    key = f"duration-{unit}"
    long = format_unit(count, key, locale=locale)
    return format_unit(count, key, "short", locale=locale) if key in long else long
