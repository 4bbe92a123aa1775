"""An organization's name: fit to be stored and shown, and typed again to confirm a deletion.

What reorders or hides text goes; what spells it stays: joiners between letters of Persian or Sinhala, and in emoji.
Sources: Unicode Standard, Annex 9 (bidirectional formatting), Annex 44 (general categories), chapter 23 (joiners,
variation selectors), DerivedCoreProperties (Default_Ignorable_Code_Point).
"""

from __future__ import annotations

import unicodedata

from shared import inventory

JOINERS = "\u200c\u200d"
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # Hangul fillers and blank Braille: letters and symbols without a shape
IGNORED = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x034F, *range(0x180B, 0x1810))
_VARIATIONS = frozenset(map(chr, IGNORED))
_UNSEEN = ("Cf", "Cs", "Co", "Cn")
_MARKS = ("Mn", "Mc", "Me")


def clean_name(name: str, tenant_id: str) -> str:
    """Return the name without characters that hide or reorder text; the tenant ID if nothing visible is left."""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFC", name):
        if letter.isspace() or unicodedata.category(letter) == "Cc":
            kept.append(" ")
        elif letter in JOINERS or letter in _VARIATIONS or _is_mark(letter):
            if kept and kept[-1] not in (" ", *JOINERS):  # it belongs to what stands before it
                kept.append(letter)
        elif unicodedata.category(letter) not in _UNSEEN and letter not in BLANKS:
            kept.append(letter)
    cleaned = _cut(" ".join("".join(kept).split()), inventory.NAME_LENGTH)
    return cleaned if any(map(_is_seen, cleaned)) else tenant_id


def same_name(typed: str, name: str) -> bool:
    """Return whether a person has typed the name; invisible characters, and how accents are composed, do not matter."""
    return _compared(typed) == _compared(name)


def _cut(text: str, length: int) -> str:
    """Cut a text to at most `length` code points, without separating a letter from its marks."""
    end = length
    while end < len(text) and end > 0 and (text[end] in JOINERS or not _is_seen(text[end])):
        end -= 1
    return text[:end].rstrip(f" {JOINERS}")


def _compared(text: str) -> str:
    seen = (letter for letter in unicodedata.normalize("NFC", text) if not _is_hidden(letter))
    return " ".join("".join(seen).split())


def _is_hidden(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category in _UNSEEN or letter in BLANKS or letter in _VARIATIONS


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in _MARKS


def _is_seen(letter: str) -> bool:
    return not (letter.isspace() or _is_hidden(letter) or _is_mark(letter))
