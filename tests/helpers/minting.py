"""Tokens as an attacker would write them: any header, any claims, any key, without a library's good manners."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key per name and size, made once per run."""
    return _made(name, bits)


@cache
def _made(_name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(name: str, bits: int = 2048, **members: Any) -> dict[str, Any]:
    """The public half, as an issuer publishes it; None removes a member."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(name, bits).public_key(), as_dict=True)
    key = {"kty": "RSA", "use": "sig", "kid": name, "n": public["n"], "e": public["e"], **members}
    return {member: value for member, value in key.items() if value is not None}


def pem(name: str) -> bytes:
    return (
        rsa_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def part(content: Any) -> str:
    """One part of a compact token."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def token(claims: Any, header: dict[str, Any] | None = None, key: str = "good") -> str:
    """RS256 with `key`, whatever the header says; `header` replaces members, None removes them."""
    head = {"typ": "JWT", "alg": "RS256", "kid": "good", **(header or {})}
    signed = f"{part({n: v for n, v in head.items() if v is not None})}.{part(claims)}"
    signature = rsa_key(key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{part(signature)}"


def unsigned(claims: Any, alg: str = "none", kid: str = "good") -> str:
    return f"{part({'alg': alg, 'kid': kid})}.{part(claims)}."


def keyed_with_public_key(claims: Any, secret: bytes, kid: str = "good") -> str:
    """The classic confusion: HS256, keyed with what everybody knows."""
    signed = f"{part({'alg': 'HS256', 'kid': kid})}.{part(claims)}"
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
