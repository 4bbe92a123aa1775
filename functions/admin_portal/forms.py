"""Forms in: from our own pages only, in the session that they were made for.

Two checks stand beside each other: where the browser says that the request comes from, and a token in the form.
Sources: Fetch Metadata Request Headers; OWASP, "Cross-Site Request Forgery Prevention" (HMAC-based token).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from shared import errors
from shared.web.app import body_of
from shared.web.body import load_form

from .session import Session, Sessions

MOST_FIELDS = 4
TOKEN = "token"  # noqa: S105 - the field's name


class ForeignForm(errors.Forbidden):
    code = "foreign_form"
    title = "The form does not come from this site, or belongs to an earlier session."


class Forms:
    """base_url: the only origin that forms may come from."""

    def __init__(self, sessions: Sessions, base_url: str) -> None:
        self._sessions = sessions
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()

    def read(self, request: Request, purpose: str) -> tuple[Session, dict[str, str]]:
        """The session and the form's fields. Raises SignedOut, ForeignForm, UnsupportedMediaType, Malformed."""
        self._check_origin(request)
        session = self._sessions.required(request)
        form = load_form(request, body_of(request), MOST_FIELDS)
        if not self._sessions.is_form_token(session, purpose, form.pop(TOKEN, "")):
            raise ForeignForm
        return session, form

    def _check_origin(self, request: Request) -> None:
        """The browser's own word decides where it gives one; a browser without referrers sends `Origin: null`."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None:
            is_ours = site == "same-origin" and origin in (None, "null", self._origin)
        else:
            is_ours = origin == self._origin
        if not is_ours:
            raise ForeignForm
