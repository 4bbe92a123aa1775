"""Signed statements that anybody can check: compact JWS with Ed25519; each purpose has its type and its keys.

A receipt and an audit differ in `typ` and in the beginning of their key's ID, so neither passes for the other.
Sources: RFC 7515 (JWS), RFC 8037 (Ed25519 in JOSE), RFC 7517 (JWK), RFC 8725, 3.11 (explicit typing).
"""

from __future__ import annotations

import base64
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

ALGORITHM = "EdDSA"
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM])
_KEY_ID = re.compile(r"(receipt|audit)-[A-Za-z0-9._-]{1,64}")


class NotGenuine(Exception):
    """None of the keys has signed the statement as this type."""


@dataclass(frozen=True)
class Purpose:
    """A purpose of keys. typ: of its statements, in their header."""

    name: str
    typ: str


RECEIPT = Purpose("receipt", "calliente-receipt+jws")
AUDIT = Purpose("audit", "calliente-audit+jws")
PURPOSES = {purpose.name: purpose for purpose in (RECEIPT, AUDIT)}


@dataclass(frozen=True)
class Signer:
    """A private key and its purpose."""

    purpose: Purpose
    kid: str
    key: OKPKey

    def sign(self, statement: Mapping[str, Any]) -> str:
        """Return the statement as a compact JWS."""
        header = {"alg": ALGORITHM, "typ": self.purpose.typ, "kid": self.kid}
        text = json.dumps(statement, sort_keys=True, ensure_ascii=False).encode()
        with _named_algorithm():
            return jws.serialize_compact(header, text, self.key, registry=_REGISTRY)

    @property
    def public(self) -> dict[str, str]:
        """Return the public key as a JWK."""
        return {**_text_members(self.key), "kid": self.kid, "use": "sig"}


def signer(purpose: Purpose, text: str) -> Signer:
    """Return the signer of a private JWK. Raises ValueError, which never shows the text."""
    jwk = _parsed(text)
    if not isinstance(jwk, dict) or "d" not in jwk:
        raise ValueError("must be a private JWK (kty OKP, crv Ed25519) with a kid")
    kid, key = _kid(jwk), _key(jwk)
    if not _is_for(purpose, kid):
        raise ValueError(f"must have a kid that begins with {purpose.name}-")
    if jwk.get("x") not in (None, _text_members(key)["x"]):
        raise ValueError("must be a JWK whose d and x belong together")
    return Signer(purpose, kid, key)


def public_keys(text: str) -> tuple[Mapping[str, Any], ...]:
    """Return the public JWKs of a JWK set, of both purposes. Raises ValueError, also if one of them is private."""
    document = _parsed(text)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not keys or not all(map(_is_public, keys)):
        raise ValueError("must be a JWK set of public keys (kty OKP, crv Ed25519), each with a kid")
    members_by_kid = {_kid(jwk): _text_members(_key(jwk)) for jwk in keys}
    if len(members_by_kid) < len(keys):
        raise ValueError("must be a JWK set in which each kid stands once")
    return tuple({**members, "kid": kid, "use": "sig"} for kid, members in members_by_kid.items())


def verified(purpose: Purpose, token: str, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the claims of a statement signed by one of `keys` (public JWKs) of this purpose. Raises NotGenuine."""
    try:
        with _named_algorithm():
            parsed = jws.extract_compact(token.strip().encode(), registry=_REGISTRY)
            header = parsed.headers()
            ours = [key for key in keys if _is_for(purpose, key["kid"])]
            jwk = next((key for key in ours if key["kid"] == header.get("kid")), None)
            if jwk is None or header.get("typ") != purpose.typ or header.get("alg") != ALGORITHM:
                raise NotGenuine
            if not jws.validate_compact(parsed, _key(jwk), registry=_REGISTRY):
                raise NotGenuine
        statement = json.loads(parsed.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise NotGenuine from None
    if not isinstance(statement, dict):
        raise NotGenuine
    return statement


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _key(jwk: Mapping[str, Any]) -> OKPKey:
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        raise ValueError("must be a key of kty OKP and crv Ed25519")
    try:
        return OKPKey.import_key(
            {name: jwk[name] for name in ("kty", "crv", "x", "d") if name in jwk}
        )
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("must be a whole JWK") from None


def _kid(jwk: Mapping[str, Any]) -> str:
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
        raise ValueError("must have a kid that begins with receipt- or audit-")
    return kid


def _is_for(purpose: Purpose, kid: str) -> bool:
    return kid.startswith(f"{purpose.name}-")


def _is_public(jwk: object) -> bool:
    return isinstance(jwk, dict) and "d" not in jwk


def _text_members(key: OKPKey) -> dict[str, str]:
    """Return the public JWK, made from the key itself and not from the other members of the JWK."""
    raw: bytes = key.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
    }


class _named_algorithm(warnings.catch_warnings):  # noqa: N801 - a context manager
    """RFC 9864 renames EdDSA to Ed25519; libraries that customers have know the older name."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore", SecurityWarning)
