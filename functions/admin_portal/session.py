"""Who is signed in: a cookie that names a tenant and nothing of a person. No server stores a session.

It follows that signing out ends a session in its browser only; 30 minutes end it everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from shared import errors, inventory
from shared.store import Stored
from shared.web.cookies import Expired, SignedCookie
from shared.web.forms import FormTokens

LIFETIME_SECONDS = 1800


class SignedOut(errors.Forbidden):
    """There is no session, or not any more."""

    code = "signed_out"
    title = "Nobody is signed in, or the session has ended."


@dataclass(frozen=True)
class Session:
    """created: of the tenant's document, Unix seconds. value: the cookie itself, to which forms are bound."""

    tenant: str
    created: float
    value: str

    def is_of(self, stored: Stored) -> bool:
        """Whether the session was made for this very document, and not for one before it."""
        return self.created == _seconds(stored)


class Sessions:
    """keys: newest first. base_url: where the function is reached. clock: Unix seconds."""

    def __init__(
        self, keys: tuple[str, ...], base_url: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.cookie = SignedCookie("portal", keys, base_url, LIFETIME_SECONDS)
        self._tokens = FormTokens("portal", keys)
        self._clock = clock

    def current(self, request: Request) -> Session | None:
        """None where nobody is signed in. Raises SignedOut where somebody was."""
        try:
            payload = self.cookie.read(request)
        except Expired:
            raise SignedOut from None
        match payload:
            case {"tenant": str(tenant), "created": float(created), "issuedAt": float()} if (
                inventory.is_tenant_id(tenant)
            ):
                return Session(tenant, created, self.cookie.value(request))
        return None

    def required(self, request: Request) -> Session:
        """Raises SignedOut."""
        session = self.current(request)
        if session is None:
            raise SignedOut
        return session

    def begin(self, response: Response, stored: Stored) -> None:
        """A new session, whatever the browser had before. Microseconds tell two sessions of a second apart."""
        session = {"tenant": stored.id, "created": _seconds(stored)}
        self.cookie.write(response, {**session, "issuedAt": float(self._clock())})

    def form_token(self, session: Session, purpose: str) -> str:
        """What a form for `purpose` in this session carries. A page of another site cannot know it."""
        return self._tokens.make(session.value, purpose)

    def is_form_token(self, session: Session, purpose: str, token: str) -> bool:
        return self._tokens.fits(session.value, purpose, token)


def _seconds(stored: Stored) -> float:
    return stored.created.timestamp() if stored.created else 0.0
