"""What pages say in each language: gettext catalogs, and dates, numbers and shares as CLDR writes them.

The source text is English and stands in templates and code, in `gettext` or `_`. The catalogs beside this module are
made by `make translations`. Nothing that a phone calls imports this.
Sources: GNU gettext manual; Unicode CLDR (through Babel).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime, get_date_format, get_datetime_format, get_time_format
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations

from shared.web.typesetting import NARROW, typeset

LOCALES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "fr", "de", "es")
REGIONS = {"en": "en_GB"}  # whose dates and numbers, where it is not the language's first region


@dataclass(frozen=True)
class Catalog:
    """One language. name: as browsers and `<html lang>` write it."""

    name: str
    locale: Locale
    translations: NullTranslations

    @property
    def direction(self) -> str:
        """Of writing: ltr or rtl."""
        return self.locale.text_direction

    def gettext(self, text: str) -> str:
        """The text in this language; itself where there is no translation."""
        return typeset(self.translations.gettext(text), self.locale)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return typeset(self.translations.ngettext(singular, plural, count), self.locale)

    def moment(self, when: datetime) -> str:
        """To the minute, in UTC: the server does not know where the reader is."""
        utc = when.astimezone(UTC)
        date = get_date_format("long", self.locale).pattern
        time = get_time_format("short", self.locale).pattern
        pattern = str(get_datetime_format("long", self.locale))
        pattern = pattern.replace("{1}", date).replace("{0}", time)
        return f"{format_datetime(utc, pattern, tzinfo=UTC, locale=self.locale)} UTC"

    def number(self, count: int) -> str:
        return format_decimal(count, locale=self.locale)

    def share(self, part: int, whole: int) -> str:
        """In whole per cent; what is there is never shown as none, and what is missing never as all."""
        if not part or not whole:
            return format_percent(0, locale=self.locale)
        percent = 100 * part / whole
        if percent < 1:
            one = format_percent(0.01, locale=self.locale)
            return f"<{NARROW if len(one) > len('1%') else ''}{one}"
        whole_percent = 100 if part == whole else min(99, round(percent))
        return format_percent(whole_percent / 100, locale=self.locale)


def load(folder: Path = LOCALES) -> dict[str, Catalog]:
    """The catalogs by language; the source language needs none."""
    return {
        language: Catalog(
            language,
            Locale.parse(REGIONS.get(language, language)),
            Translations.load(folder, [language]),
        )
        for language in LANGUAGES
    }
