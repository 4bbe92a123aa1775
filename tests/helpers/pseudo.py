"""Two languages that nobody speaks, made from the source texts: what a page says outside the catalogs stands out.

In `en-xa` words are longer and have accents; `ar-xb` reads from right to left. Each text, and each time of day, stands
between OPENING and CLOSING. Source: Android Developers, "Test your app with pseudolocales" (en-XA, ar-XB).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from html.parser import HTMLParser

from babel import Locale
from babel.support import NullTranslations

from shared.web.catalogs import Catalog

OPENING, CLOSING = "⟦", "⟧"
NO_WORDS = re.compile(r"(%\(\w+\)s|<[^>]*>|&#?\w+;|\s+)")  # placeholders, markup, spaces
READ_ALOUD = {"alt", "aria-description", "aria-label", "label", "placeholder", "title"}
UNSAID = {"bdi", "code", "style"}  # names, identifiers, and what nobody reads


def accented(word: str) -> str:
    """With an accent on each letter, and each vowel twice."""
    longer = re.sub("([aeiou])", r"\1\1", word)
    marked = (letter + "\u0301" if letter.isalpha() else letter for letter in longer)
    return unicodedata.normalize("NFC", "".join(marked))


def from_the_right(word: str) -> str:
    """As if its letters were Arabic: the override of Unicode's bidirectional algorithm."""
    return f"\u200f\u202e{word}\u202c\u200f" if word else ""


class Disguised(NullTranslations):
    """Every text, each of its words changed; what is put into it, and its markup, stays."""

    def __init__(self, change: Callable[[str], str]) -> None:
        super().__init__()
        self._change = change

    def gettext(self, message: str) -> str:
        words = NO_WORDS.split(message)
        words[::2] = map(self._change, words[::2])
        return f"{OPENING}{''.join(words)}{CLOSING}"

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return self.gettext(super().ngettext(singular, plural, num))


class PseudoCatalog(Catalog):
    """Times come from the catalogs too."""

    def moment(self, when: datetime) -> str:
        return f"{OPENING}{super().moment(when)}{CLOSING}"


PSEUDO: Mapping[str, Catalog] = {
    "en-xa": PseudoCatalog("en-xa", Locale.parse("en_GB"), Disguised(accented)),
    "ar-xb": PseudoCatalog("ar-xb", Locale.parse("ar"), Disguised(from_the_right)),
}


def unmarked(text: str) -> list[str]:
    """The words of a text that no catalog has given."""
    depth, outside = 0, []
    for letter in text:
        depth += (letter == OPENING) - (letter == CLOSING)
        outside.append(" " if depth else letter)
    return re.findall(r"[^\W\d_]+", "".join(outside))


class Reader(HTMLParser):
    """What a person reads or hears of a page. visible: its texts, one after the other; heard: of attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._unsaid = 0
        self.visible: list[str] = []
        self.heard: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unsaid += tag in UNSAID
        named = dict(attrs)
        heard = set(READ_ALOUD)
        if tag == "meta" and named.get("name") == "description":
            heard.add("content")
        if tag == "input" and named.get("type") in ("button", "reset", "submit"):
            heard.add("value")
        self.heard.extend(value for name, value in attrs if name in heard and value)

    def handle_endtag(self, tag: str) -> None:
        self._unsaid -= tag in UNSAID

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.visible.append(data)


def words_outside(html: str) -> set[str]:
    """The words of a page, visible or read aloud, that come from no catalog."""
    page = Reader(html)
    found = [unmarked("\n".join(page.visible)), *map(unmarked, page.heard)]
    return {word for words in found for word in words}
