"""Forms in: from our own pages only, in the session that they were made for.

Two checks stand beside each other: where the browser says that the request comes from, and a token in the form.
Sources: Fetch Metadata Request Headers; OWASP, "Cross-Site Request Forgery Prevention" (HMAC-based token).
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import flask

from shared import errors

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

    def read(self, request: flask.Request, purpose: str) -> tuple[Session, dict[str, str]]:
        """The session and the form's fields. Raises SignedOut, ForeignForm, UnsupportedMediaType, Malformed."""
        self._check_origin(request)
        session = self._sessions.required(request)
        form = _fields(request)
        if not self._sessions.is_form_token(session, purpose, form.pop(TOKEN, "")):
            raise ForeignForm
        return session, form

    def _check_origin(self, request: flask.Request) -> None:
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is None and origin is None:
            raise ForeignForm
        if site not in (None, "same-origin") or origin not in (None, self._origin):
            raise ForeignForm


def _fields(request: flask.Request) -> dict[str, str]:
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    if not is_form or "Content-Encoding" in request.headers:
        raise errors.UnsupportedMediaType
    try:
        pairs = parse_qsl(
            request.get_data().decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise errors.Malformed from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise errors.Malformed
    return fields
