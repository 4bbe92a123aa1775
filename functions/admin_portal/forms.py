"""Forms in: from our own pages only, in the session that they were made for."""

from __future__ import annotations

from starlette.requests import Request

from shared.web.app import body_of
from shared.web.body import load_form
from shared.web.forms import TOKEN, ForeignForm, require_own_origin

from .session import Session, Sessions

MOST_FIELDS = 4


class Forms:
    """base_url: the only origin that forms may come from."""

    def __init__(self, sessions: Sessions, base_url: str) -> None:
        self._sessions = sessions
        self._base_url = base_url

    def read(self, request: Request, purpose: str) -> tuple[Session, dict[str, str]]:
        """The session and the form's fields. Raises SignedOut, ForeignForm, UnsupportedMediaType, Malformed."""
        require_own_origin(request, self._base_url)
        session = self._sessions.required(request)
        form = load_form(request, body_of(request), MOST_FIELDS)
        if not self._sessions.is_form_token(session, purpose, form.pop(TOKEN, "")):
            raise ForeignForm
        return session, form
