"""What is stored about an organization, as JSON: all of its documents, a few of them in memory at a time."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import GeoPoint

from shared.errors import TenantNotOnboarded
from shared.google.firestore import Document, Firestore
from shared.store import TenantStore

PIECE_LETTERS = 32_000  # of one chunk; a chunk for each document would cost more than its text


async def documents(database: Firestore, store: TenantStore) -> AsyncIterator[str]:
    """The pieces of a JSON array. Raises TenantNotOnboarded and Unavailable before the first piece.

    A failure later on breaks the array off, so that a part cannot be taken for the whole. Cost: a read per document.
    """
    first = await database.get(store.path)
    if first is None:
        raise TenantNotOnboarded
    return _array(first, database.stream(store.path, below=True))


async def _array(first: Document, others: AsyncIterator[Document]) -> AsyncIterator[str]:
    piece = "[\n" + _entry(first)
    async for document in others:
        piece += ",\n" + _entry(document)
        if len(piece) > PIECE_LETTERS:
            yield piece
            piece = ""
    yield piece + "\n]\n"


def _entry(document: Document) -> str:
    entry = {"path": document.path, "fields": _plain(document.fields)}
    return json.dumps(entry, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """Any value of Firestore in JSON's own kinds; what JSON has none for becomes a text."""
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case GeoPoint():
            return {"latitude": value.latitude, "longitude": value.longitude}
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
    return getattr(value, "path", None) or str(value)  # a reference is the path of its document
