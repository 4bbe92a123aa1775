"""Text that stands in code and is translated when it is shown: markers that `make translations` looks for.

Source: GNU gettext manual, "Special cases of translatable strings" (gettext_noop, by convention N_).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A failure in words: what happened, and what to do. All of it is English, marked by N_."""

    title: str
    texts: tuple[str, ...]


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """The text as it is."""
    return text


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802
    """Both forms as they are, for ngettext."""
    return singular, plural
