"""Forms that only our own pages can send: two checks that stand beside each other.

Where the browser says that the request comes from, and a token in the form that no other site can know.
Sources: Fetch Metadata Request Headers; OWASP, "Cross-Site Request Forgery Prevention" (HMAC-based token).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from itsdangerous import Signer
from starlette.requests import Request

from shared import errors
from shared.web.cookies import HMAC_SHA256

TOKEN = "token"  # noqa: S105 - the field's name
# HMAC-SHA-256 in base64url; itsdangerous would skip other letters
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


class ForeignForm(errors.Forbidden):
    code = "foreign_form"
    title = "The form does not come from this site, or belongs to an earlier session."


class FormTokens:
    """function: whose forms. keys: newest first."""

    def __init__(self, function: str, keys: tuple[str, ...]) -> None:
        self._function = function
        self._keys = list(reversed(keys))

    def make(self, value: str, purpose: str) -> str:
        """What a form for `purpose` carries. value: the cookie that it is bound to."""
        return self._signer(purpose).get_signature(value).decode()

    def fits(self, value: str, purpose: str, token: str) -> bool:
        if not _SHAPE.fullmatch(token):
            return False
        return self._signer(purpose).verify_signature(value, token)

    def _signer(self, purpose: str) -> Signer:
        salt = f"calliente.{self._function}.form.{purpose}"
        return Signer(self._keys, salt=salt, **HMAC_SHA256)


def require_own_origin(request: Request, base_url: str) -> None:
    """The browser's own word decides where it gives one; a browser without referrers sends `Origin: null`.

    base_url: the only one whose forms are taken. Raises ForeignForm.
    """
    parts = urlsplit(base_url)
    ours = f"{parts.scheme}://{parts.netloc}".lower()
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_same = site == "same-origin" and origin in (None, "null", ours)
    if not (is_same if site is not None else origin == ours):
        raise ForeignForm
