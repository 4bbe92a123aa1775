"""Receipts of deletions, without signing in: for whoever holds an ID, which stands in bodies alone, never in a URL.

The public keys and the inventory's declaration stand beside them, so that a receipt can be checked without us.
Sources: RFC 7517 (JWK sets), RFC 8615 (well-known URIs), RFC 9110, 12.5.1 (Accept).
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared import errors, inventory
from shared.google.firestore import Document, Firestore
from shared.receipts import KEYS_PATH, ReceiptUnknown, State, TooManyLookups, path_of
from shared.signing import RECEIPT, NotGenuine, verified
from shared.web.answers import json_answer
from shared.web.app import Routes, body_of, note_outcome
from shared.web.body import load_form, load_json

from .receipt_pages import ReceiptPages

LOOKUPS = 60
WINDOW_SECONDS = 60.0
CACHED_SECONDS = 3600
PATH = "/receipts"
MOST_FIELDS = 2


class Lookups:
    """So many look-ups in any one minute of this instance, whoever asks. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=LOOKUPS)

    def count(self) -> None:
        """Raises TooManyLookups; a refused one does not count."""
        now = self._clock()
        if len(self._times) == LOOKUPS and (wait := self._times[0] + WINDOW_SECONDS - now) > 0:
            raise TooManyLookups(math.ceil(wait))
        self._times.append(now)


@dataclass(frozen=True)
class Lookup:
    """What a look-up answers. state: pending, withdrawn, or deleted. claims: of the receipt, once it is signed."""

    receipt_id: str
    state: str
    purge_at: datetime | None = None
    receipt: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"receiptId": self.receipt_id, "state": self.state}
        if self.purge_at:
            document["purgeAt"] = self.purge_at.isoformat(timespec="seconds")
        return {**document, "receipt": self.receipt} if self.receipt else document


@dataclass(frozen=True)
class Receipts:
    """keys: public JWKs, as published."""

    database: Firestore
    pages: ReceiptPages
    keys: Sequence[Mapping[str, Any]]
    lookups: Lookups = field(default_factory=Lookups)

    async def form(self, request: Request) -> Response:
        """GET /receipts: where an ID is typed."""
        return self.pages.form(request)

    async def look_up(self, request: Request) -> Response:
        """POST /receipts, a form or JSON {receiptId} → {receiptId, state, purgeAt?, receipt?}, or a page of it."""
        receipt_id, as_file = _asked(request)
        self.lookups.count()
        document = await self.database.get(path_of(receipt_id))
        if document is None:
            raise ReceiptUnknown
        lookup = self._looked_up(document)
        note_outcome(request, lookup.state)
        if not as_file and not wants_json(request):
            return self.pages.result(request, lookup)
        response = json_answer(lookup.document)
        if as_file:
            name = f'attachment; filename="calliente-receipt-{receipt_id}.json"'
            response.headers["Content-Disposition"] = name
        return response

    async def public_keys(self, _request: Request) -> Response:
        """GET /.well-known/jwks.json: what receipts and audits are checked with."""
        return _cached(json_answer({"keys": list(self.keys)}))

    async def declaration(self, _request: Request) -> Response:
        """GET /inventory.json: the text whose SHA-256 receipts and audits carry."""
        return _cached(Response(inventory.declaration(), media_type="application/json"))

    def _looked_up(self, document: Document) -> Lookup:
        """Raises Unavailable where the published keys do not prove the receipt."""
        state, receipt = document.fields.get("state"), str(document.fields.get("receipt", ""))
        if state == State.PENDING:
            return Lookup(document.id, State.PENDING, document.fields.get("purgeAt"))
        if state == State.WITHDRAWN:
            return Lookup(document.id, State.WITHDRAWN)
        try:
            claims = verified(RECEIPT, receipt, self.keys)
        except NotGenuine:
            raise errors.Unavailable("receipts", "not_by_a_published_key") from None
        return Lookup(document.id, str(claims["end"]), receipt=receipt, claims=claims)

    @property
    def routes(self) -> Routes:
        return {
            PATH: {"GET": self.form, "POST": self.look_up},
            KEYS_PATH: {"GET": self.public_keys},
            "/inventory.json": {"GET": self.declaration},
        }


def wants_json(request: Request) -> bool:
    """Whether a look-up is a program's: by what it accepts, else by what it sent."""
    if not request.scope["path"].endswith(PATH):
        return False
    accepted = request.headers.get("accept", "").lower()
    if "text/html" in accepted:
        return False
    return "application/json" in accepted or _is_json(request)


def _asked(request: Request) -> tuple[str, bool]:
    """The receipt's ID, and whether the answer is to be a file. Raises Malformed, UnsupportedMediaType."""
    if _is_json(request):
        return load_json(request, body_of(request), inventory.ReceiptBody())["receiptId"], False
    form = load_form(request, body_of(request), MOST_FIELDS)
    receipt_id = form.pop("receiptId", "").strip().lower()
    if not inventory.is_device_id(receipt_id) or form.keys() - {"file"}:
        raise errors.Malformed(("receiptId",))
    return receipt_id, "file" in form


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0]
    return media_type.strip().lower() == "application/json"


def _cached(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
