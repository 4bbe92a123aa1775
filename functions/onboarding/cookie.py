"""The cookie that holds an unfinished onboarding."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from shared.web.cookies import SignedCookie

from .progress import Progress, dump, parse

LIFETIME_SECONDS = 900


class ProgressCookie:
    """keys, base_url: see SignedCookie."""

    def __init__(self, keys: tuple[str, ...], base_url: str) -> None:
        self._cookie = SignedCookie("onboarding", keys, base_url, LIFETIME_SECONDS)
        self.name = self._cookie.name

    def read(self, request: Request) -> Progress | None:
        """None where there is no cookie of ours. Raises Expired."""
        return parse(self._cookie.read(request))

    def write(self, response: Response, progress: Progress) -> None:
        self._cookie.write(response, dump(progress))
