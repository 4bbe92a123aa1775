"""What is stored about an organization, as JSON: exactly its documents, a page in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from shared.errors import TenantNotOnboarded
from shared.firestore import Document, Firestore
from shared.store import Tenant

PAGE_SIZE = 500


def documents(database: Firestore, tenant: Tenant) -> Iterator[str]:
    """The pieces of a JSON array. Raises TenantNotOnboarded and Unavailable before the first piece.

    A failure later on breaks the array off, so that a part cannot be taken for the whole. Cost: a read per document.
    """
    own = tenant.read()
    if own is None:
        raise TenantNotOnboarded
    pages = database.pages(tenant.devices_path, PAGE_SIZE)
    first = next(pages, [])
    return _array(chain([[own], first], pages))


def _array(pages: Iterator[list[Document]]) -> Iterator[str]:
    opening = "[\n"
    for page in pages:
        if page:
            yield opening + ",\n".join(_entry(document) for document in page)
            opening = ",\n"
    yield "\n]\n"


def _entry(document: Document) -> str:
    entry = {"path": document.path, "fields": document.fields}
    return json.dumps(entry, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
