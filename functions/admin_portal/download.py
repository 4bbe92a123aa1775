"""What is stored about an organization, as JSON: exactly its documents, a document in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any

from shared.errors import TenantNotOnboarded
from shared.google.firestore import Document, Firestore
from shared.store import Tenant


def documents(database: Firestore, tenant: Tenant) -> Iterator[str]:
    """The pieces of a JSON array. Raises TenantNotOnboarded and Unavailable before the first piece.

    A failure later on breaks the array off, so that a part cannot be taken for the whole. Cost: a read per document.
    """
    own = tenant.read()
    if own is None:
        raise TenantNotOnboarded
    devices = database.walk(tenant.devices_path)
    first = list(islice(devices, 1))
    return _array(chain([own], first, devices))


def _array(found: Iterable[Document]) -> Iterator[str]:
    opening = "[\n"
    for document in found:
        yield opening + _entry(document)
        opening = ",\n"
    yield "\n]\n"


def _entry(document: Document) -> str:
    entry = {"path": document.path, "fields": document.fields}
    return json.dumps(entry, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
