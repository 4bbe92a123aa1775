"""The pages of a receipt: the form that asks for its ID, and what there is to tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from shared.receipts import KEYS_PATH

from .pages import PortalPages

if TYPE_CHECKING:
    from .receipts import Told


class ReceiptPages:
    """portal_url: of the addresses that a person is told."""

    def __init__(self, pages: PortalPages, portal_url: str) -> None:
        self._pages = pages
        self._portal_url = portal_url

    def form(self, request: Request) -> Response:
        return self._pages.page(request, "receipts.html", told=None)

    def told(self, request: Request, told: Told) -> Response:
        said = told.said
        is_due = told.purge_at is not None and told.purge_at <= datetime.now(UTC)
        return self._pages.page(
            request,
            "receipts.html",
            told=told,
            is_due=is_due,
            due=told.purge_at,
            ended=_moment_of(said.get("endedAt")),
            backups=_moment_of(said.get("backupsExpireAt")),
            counts=said.get("counts") or {},
            keys=f"{self._portal_url}{KEYS_PATH}",
        )


def _moment_of(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
