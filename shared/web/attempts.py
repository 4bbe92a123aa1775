"""What a browser has begun and not ended: a signed cookie for each attempt, so that two tabs are two attempts.

A cookie is named by a digest of the attempt's first state, and by nothing that could be guessed. Their number in one
browser is bounded: whatever begins one more clears the oldest.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Malformed
from shared.web.cookies import Expired, SignedCookie

MOST = 6  # attempts in one browser
ID_CHARACTERS = 16
_ID = re.compile(rf"[0-9a-f]{{{ID_CHARACTERS}}}")


class InvalidState(Malformed):
    code = "invalid_state"
    title = "The answer does not belong to an attempt that was started in this browser."


class NoCookie(InvalidState):
    """The browser has no attempt at all: most often it keeps no cookies."""

    code = "no_cookie"
    title = "The browser sent no cookie of an attempt."


@dataclass(frozen=True)
class Attempt:
    """id: names its cookie. begun: Unix milliseconds. state: what the next answer has to bring. value: the cookie."""

    id: str
    begun: int
    state: str
    payload: Any
    value: str = ""


class Attempts:
    """name: of the cookies, before their IDs. keys, base_url: see SignedCookie. clock: Unix seconds."""

    def __init__(
        self,
        name: str,
        keys: tuple[str, ...],
        base_url: str,
        lifetime_seconds: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._keys, self._base_url = name, keys, base_url
        self._lifetime_seconds = lifetime_seconds
        self._clock = clock
        self._prefix = self._cookie("").name

    def new(self, state: str, payload: Any) -> Attempt:
        """An attempt that begins now. state: unguessable."""
        digest = hashlib.sha256(state.encode()).hexdigest()[:ID_CHARACTERS]
        return Attempt(digest, int(self._clock() * 1000), state, payload)

    def all(self, request: Request) -> list[Attempt]:
        """The attempts of this browser, in the order in which they were begun; expired and forged ones are none."""
        attempts = [self._read(request, attempt_id) for attempt_id in self._ids(request)]
        return sorted(filter(None, attempts), key=lambda attempt: (attempt.begun, attempt.id))

    def find(self, request: Request, state: str, *, appended: bool = False) -> Attempt:
        """The attempt that this state was made for. appended: others may have put words after it.

        Raises Expired, NoCookie, InvalidState.
        """
        for attempt in self.all(request):
            given = state[: len(attempt.state)] if appended else state
            if hmac.compare_digest(attempt.state.encode(), given.encode()):
                return attempt
        raise self._nothing(request)

    def get(self, request: Request, attempt_id: str) -> Attempt | None:
        return next((one for one in self.all(request) if one.id == attempt_id), None)

    def write(self, request: Request, response: Response, attempt: Attempt) -> None:
        """Keep the attempt in the browser, and no more than MOST of them."""
        cookie = self._cookie(attempt.id)
        cookie.write(response, [attempt.begun, attempt.state, attempt.payload])
        kept = [one.id for one in self.all(request) if one.id != attempt.id][1 - MOST :]
        for attempt_id in self._ids(request):
            if attempt_id not in (*kept, attempt.id):
                self._cookie(attempt_id).clear(response)

    def clear(self, response: Response, attempt: Attempt) -> None:
        self._cookie(attempt.id).clear(response)

    def _nothing(self, request: Request) -> Malformed:
        """What to tell where no attempt fits."""
        for attempt_id in self._ids(request):
            try:
                self._cookie(attempt_id).read(request)
            except Expired as expired:
                return expired
        return InvalidState() if self.all(request) else NoCookie()

    def _ids(self, request: Request) -> list[str]:
        names = (name for name in request.cookies if name.startswith(self._prefix))
        return list(filter(_ID.fullmatch, (name.removeprefix(self._prefix) for name in names)))

    def _read(self, request: Request, attempt_id: str) -> Attempt | None:
        cookie = self._cookie(attempt_id)
        try:
            payload = cookie.read(request)
        except Expired:
            return None
        match payload:
            case [int(begun), str(state), value]:
                return Attempt(attempt_id, begun, state, value, cookie.value(request))
        return None

    def _cookie(self, attempt_id: str) -> SignedCookie:
        name = f"{self._name}-{attempt_id}"
        return SignedCookie(name, self._keys, self._base_url, self._lifetime_seconds)


def follow(attempt: Attempt, payload: Any, state: str = "") -> Attempt:
    """The same attempt, one step on. state: of the next answer; that of the last one unless given."""
    return replace(attempt, payload=payload, state=state or attempt.state)
