"""What pages say, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.web import catalogs
from shared.web.catalogs import Catalog
from shared.web.messages import Message

CATALOGS: Mapping[str, Catalog] = catalogs.load()
LANGUAGES = tuple(CATALOGS)
ROOT = Path(__file__).parents[2]


def said(text: str, language: str = "en") -> str:
    """The English text as a page in that language has it."""
    return CATALOGS[language].gettext(text)


def whole(message: Message, language: str = "en") -> str:
    """All that a failure says."""
    return "\n".join(said(text, language) for text in (message.title, *message.texts))
