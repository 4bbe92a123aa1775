"""The signed, short-lived cookie that holds an unfinished onboarding, so that no server stores it."""

from __future__ import annotations

from urllib.parse import urlsplit

import flask
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from shared.errors import Malformed

from .progress import Progress, dump, parse

LIFETIME_SECONDS = 900
SALT = "calliente.onboarding.progress"


class Expired(Malformed):
    code = "expired"
    title = "The attempt took longer than 15 minutes."


class ProgressCookie:
    """keys: newest first; the first one signs, all of them are accepted. base_url: where the function is reached.

    The `__Host-` prefix, where it is possible, keeps other hosts of the domain from planting a cookie.
    """

    def __init__(self, keys: tuple[str, ...], base_url: str) -> None:
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self._path = parts.path or "/"
        self.name = "__Host-onboarding" if self._secure and self._path == "/" else "onboarding"
        self._serializer = URLSafeTimedSerializer(list(reversed(keys)), salt=SALT)

    def read(self, request: flask.Request) -> Progress | None:
        """None where there is no cookie of ours. Raises Expired."""
        try:
            payload = self._serializer.loads(
                request.cookies.get(self.name, ""), max_age=LIFETIME_SECONDS
            )
        except SignatureExpired:
            raise Expired from None
        except BadData:
            return None
        return parse(payload)

    def write(self, response: flask.Response, progress: Progress) -> None:
        response.set_cookie(
            self.name,
            str(self._serializer.dumps(dump(progress))),
            max_age=LIFETIME_SECONDS,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
