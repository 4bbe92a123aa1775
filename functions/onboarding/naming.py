"""The organization's name, in a form that is fit to be stored and shown."""

from __future__ import annotations

import unicodedata

from shared import inventory

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # control, bidi, zero-width, lone halves


def clean_name(name: str, tenant_id: str) -> str:
    """The organization's name without what cannot be seen or would reorder text; the tenant ID if nothing is left."""
    visible = (" " if _blank(letter) else letter for letter in name if _kept(letter))
    cleaned = " ".join("".join(visible).split())[: inventory.NAME_LENGTH].rstrip()
    return cleaned or tenant_id


def _blank(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) == "Cc"


def _kept(letter: str) -> bool:
    return _blank(letter) or unicodedata.category(letter) not in UNSEEN
