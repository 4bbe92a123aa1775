"""Signed, short-lived cookies: what a browser carries from one request to the next, so that no server stores it.

Source: RFC 6265bis (cookie prefixes, SameSite).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Malformed

# itsdangerous would take SHA-1.
HMAC_SHA256: Mapping[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class Expired(Malformed):
    code = "expired"
    title = "The attempt took too long."


class SignedCookie:
    """One cookie of one function, which no script can read.

    keys: newest first; the first one signs, all of them are accepted. base_url: where the function is reached.
    SameSite is Lax: a Strict cookie would not travel with the redirects that come back from Microsoft. The `__Host-`
    prefix, where it is possible, keeps other hosts of the domain from planting a cookie.
    """

    def __init__(
        self, name: str, keys: tuple[str, ...], base_url: str, lifetime_seconds: int
    ) -> None:
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self._path = parts.path or "/"
        self._lifetime_seconds = lifetime_seconds
        self.name = f"__Host-{name}" if self._secure and self._path == "/" else name
        self._serializer = URLSafeTimedSerializer(
            list(reversed(keys)), salt=f"calliente.{name}", signer_kwargs=dict(HMAC_SHA256)
        )

    def read(self, request: Request) -> Any:
        """What `write` was given; None where there is no cookie of ours. Raises Expired."""
        try:
            return self._serializer.loads(self.value(request), max_age=self._lifetime_seconds)
        except SignatureExpired:
            raise Expired from None
        except BadData:
            return None

    def value(self, request: Request) -> str:
        """The cookie as it came, unchecked."""
        return request.cookies.get(self.name, "")

    def write(self, response: Response, payload: Any) -> None:
        value = str(self._serializer.dumps(payload))
        self._set(response, value, self._lifetime_seconds)

    def clear(self, response: Response) -> None:
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=seconds,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
