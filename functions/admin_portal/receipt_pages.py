"""The pages of a receipt: the form that asks for its ID, and what a look-up answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from shared.receipts import KEYS_PATH

from .pages import PortalPages

if TYPE_CHECKING:
    from .receipts import Lookup


class ReceiptPages:
    """portal_url: of the addresses that a person is told."""

    def __init__(self, pages: PortalPages, portal_url: str) -> None:
        self._pages = pages
        self._portal_url = portal_url

    def form(self, request: Request) -> Response:
        return self._pages.page(request, "receipts.html", lookup=None)

    def result(self, request: Request, lookup: Lookup) -> Response:
        claims = lookup.claims
        is_due = lookup.purge_at is not None and lookup.purge_at <= datetime.now(UTC)
        return self._pages.page(
            request,
            "receipts.html",
            lookup=lookup,
            is_due=is_due,
            due=lookup.purge_at,
            ended=_moment_of(claims.get("endedAt")),
            backups=_moment_of(claims.get("backupsExpireAt")),
            counts=claims.get("counts") or {},
            keys=f"{self._portal_url}{KEYS_PATH}",
        )


def _moment_of(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
