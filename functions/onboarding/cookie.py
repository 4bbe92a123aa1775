"""The cookies that hold unfinished onboardings: one for each attempt of a browser."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from shared.web.attempts import Attempt, Attempts

from .progress import Progress, dump, parse

LIFETIME_SECONDS = 900


class ProgressCookie:
    """Attempts whose payload is a Progress; None for what an earlier version of this function wrote.

    keys, base_url: see SignedCookie.
    """

    def __init__(self, keys: tuple[str, ...], base_url: str) -> None:
        self._attempts = Attempts("onboarding", keys, base_url, LIFETIME_SECONDS)

    def new(self, state: str, progress: Progress) -> Attempt:
        return self._attempts.new(state, progress)

    def all(self, request: Request) -> list[Attempt]:
        """In the order in which they were begun."""
        return [_parsed(attempt) for attempt in self._attempts.all(request)]

    def get(self, request: Request, attempt_id: str) -> Attempt | None:
        attempt = self._attempts.get(request, attempt_id)
        return _parsed(attempt) if attempt else None

    def find(self, request: Request, state: str, *, appended: bool = False) -> Attempt:
        """Raises Expired, NoCookie, InvalidState."""
        return _parsed(self._attempts.find(request, state, appended=appended))

    def write(self, request: Request, response: Response, attempt: Attempt) -> None:
        self._attempts.write(request, response, replace(attempt, payload=dump(attempt.payload)))


def _parsed(attempt: Attempt) -> Attempt:
    return replace(attempt, payload=parse(attempt.payload))
