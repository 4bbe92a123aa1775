"""The stand-in's signing keys: published with a per-key issuer, rotated and retired on request."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class KeyRing:
    """RSA keys by key ID. The newest one signs; retired ones are forgotten."""

    def __init__(self) -> None:
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._unpublished = _new_key()
        self.add()

    @property
    def current(self) -> str:
        """The ID of the key that signs now."""
        return next(reversed(self._keys))

    @property
    def kids(self) -> list[str]:
        return list(self._keys)

    def add(self) -> str:
        kid = secrets.token_urlsafe(20)
        self._keys[kid] = _new_key()
        return kid

    def retire(self, kid: str) -> None:
        """Raises KeyError for an unknown key, ValueError for the last one."""
        if len(self._keys) == 1 and kid in self._keys:
            raise ValueError("the last key cannot be retired")
        del self._keys[kid]

    def published(self, issuer: str) -> dict[str, Any]:
        """The JWKS document, with Entra's `issuer` member on each key."""
        keys = []
        for kid, key in self._keys.items():
            jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            keys.append(
                {
                    "kty": "RSA",
                    "use": "sig",
                    "kid": kid,
                    "x5t": kid,
                    "n": jwk["n"],
                    "e": jwk["e"],
                    "issuer": issuer,
                }
            )
        return {"keys": keys}

    def sign(
        self,
        claims: Mapping[str, Any],
        headers: Mapping[str, Any] | None = None,
        *,
        published: bool = True,
    ) -> str:
        """A compact JWS.

        Headers are taken as they are, an `alg` of none or HS256 (keyed with the public PEM)
        included.

        published=False signs with a key that nobody serves, under the current key's ID.
        """
        header: dict[str, Any] = {"typ": "JWT", "alg": "RS256", "kid": self.current}
        for name, value in (headers or {}).items():
            header[name] = value
        header = {name: value for name, value in header.items() if value is not None}
        body = f"{_encoded(header)}.{_encoded(claims)}"
        key = self._keys.get(str(header.get("kid")), self._keys[self.current])
        signature = _signature(
            body.encode(), str(header.get("alg")), key if published else self._unpublished
        )
        return f"{body}.{_base64(signature)}"

    def read(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token that this ring signed. Raises jwt.PyJWTError."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.get(str(kid))
        if key is None:
            raise jwt.InvalidKeyError("unknown key")
        return jwt.decode(token, key.public_key(), algorithms=["RS256"], audience=audience)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _signature(body: bytes, algorithm: str, key: rsa.RSAPrivateKey) -> bytes:
    if algorithm.lower() == "none":
        return b""
    if algorithm == "HS256":
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hmac.digest(public, body, hashlib.sha256)
    return key.sign(body, padding.PKCS1v15(), hashes.SHA256())


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
