"""Whether the name that was typed is the organization's."""

from __future__ import annotations

import unicodedata

_UNSEEN = ("Cc", "Cf")


def same_name(typed: str, name: str) -> bool:
    """Spaces around and between words aside, what cannot be seen aside, and however a keyboard composes accents."""
    return _compared(typed) == _compared(name)


def _compared(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    seen = (
        letter
        for letter in composed
        if letter.isspace() or unicodedata.category(letter) not in _UNSEEN
    )
    return " ".join("".join(seen).split())
