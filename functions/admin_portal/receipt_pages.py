"""The pages of a receipt: the form that asks for its ID, and what there is to tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from shared.receipts import KEYS_PATH
from shared.web.moments import moment
from shared.web.pages import language_of

from . import words
from .pages import PortalPages, number

if TYPE_CHECKING:
    from .receipts import Told


class ReceiptPages:
    """portal_url: of the addresses that a person is told."""

    def __init__(self, pages: PortalPages, portal_url: str) -> None:
        self._pages = pages
        self._portal_url = portal_url

    def form(self, request: Request) -> Response:
        return self._pages.page(request, "receipts.html", words.RECEIPTS, told=None)

    def told(self, request: Request, told: Told) -> Response:
        language = language_of(request)
        said, counts = told.said, told.said.get("counts") or {}
        is_due = told.purge_at is not None and told.purge_at <= datetime.now(UTC)
        return self._pages.page(
            request,
            "receipts.html",
            words.RECEIPTS,
            told=told,
            is_due=is_due,
            due=moment(told.purge_at, language) if told.purge_at else None,
            ended=_moment_of(said.get("endedAt"), language),
            backups=_moment_of(said.get("backupsExpireAt"), language),
            counts={name: number(count, language) for name, count in counts.items()},
            keys=f"{self._portal_url}{KEYS_PATH}",
        )


def _moment_of(text: Any, language: str) -> str:
    return moment(datetime.fromisoformat(text), language) if isinstance(text, str) else ""
