"""Cookies as a browser sends them: signed by us, by others, or a long time ago."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from starlette.requests import Request


def signed(payload: Any, key: str, salt: str, at: int | None = None) -> str:
    """The value of a cookie. at: Unix seconds of the signature; now unless given."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() if at is None else at

    strength = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    serializer = URLSafeTimedSerializer(key, salt=salt, signer=Signer, signer_kwargs=strength)
    return str(serializer.dumps(payload))


def request(**headers: str) -> Request:
    """A GET with these headers alone."""
    raw = [
        (name.lower().replace("_", "-").encode(), text.encode()) for name, text in headers.items()
    ]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})
