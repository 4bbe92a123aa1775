"""The checks of tokens: pure, with no I/O but the key look-up that is passed in.

They return small typed values that hold only what the product may use; nothing about the person leaves this module.
Sources: Microsoft identity platform, "Access token claims reference"; Firebase, "Verify ID tokens using a third-party
JWT library"; RFC 8725 (JWT Best Current Practices).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from shared import errors
from shared.identifiers import CONSUMER_TENANT, is_device_id, is_tenant_id
from shared.keys import SigningKey

LEEWAY_SECONDS = 60
MOST_PROOF_AGE_SECONDS = 30 * 24 * 60 * 60  # of `auth_time`; firestore.rules has the same number
MAX_TOKEN_BYTES = 8192
KeyLookup = Callable[[str], Awaitable[SigningKey | None]]
# A signed text; what the claims in it must say is checked here. Issuers may add to a header what means nothing to us.
_JWS = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
_JWS.max_header_length = _JWS.max_signature_length = MAX_TOKEN_BYTES
_HEADER_KEYS_REFUSED = ("crit", "enc", "zip", "b64")


@dataclass(frozen=True)
class EntraRules:
    """The requirements for a phone's access token. authority: without a path, as https://login.microsoftonline.com."""

    authority: str
    audience: str
    scope: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True)
class TenantProof:
    """What a phone's access token proves. token_id: its `uti`, which names the token and nobody; empty without one."""

    tenant_id: str
    token_id: str
    expires_at: float


@dataclass(frozen=True)
class DeviceIdentity:
    tenant_id: str
    device_id: str

    @property
    def uid(self) -> str:
        """The Firebase user ID: never the device ID alone, which two tenants could share."""
        return f"{self.tenant_id}:{self.device_id}"


async def verified_claims(
    token: str, keys: KeyLookup, now: float
) -> tuple[Mapping[str, Any], SigningKey]:
    """Return the claims of an RS256 token with a valid signature and valid times, and the key that signed it.

    now: Unix seconds. Raises Unauthenticated; Unavailable from `keys`.
    """
    parsed = _parsed(token)
    header = parsed.headers()
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str) or not kid:
        raise errors.Unauthenticated("header")
    key = await keys(kid)
    if key is None:
        raise errors.Unauthenticated("unknown_key")
    try:
        good = jws.validate_compact(parsed, key.key, registry=_JWS)
    except (JoseError, ValueError, TypeError):
        good = False
    if not good:
        raise errors.Unauthenticated("signature")
    claims = _claims(parsed)
    _check_times(claims, now)
    return claims, key


async def entra_tenant(token: str, keys: KeyLookup, rules: EntraRules, now: float) -> TenantProof:
    """Return the tenant that a phone's Entra access token proves.

    Raises Unauthenticated where the token proves nothing to us; AppOnlyToken, InsufficientScope or ClientNotAllowed
    where it is genuine and not enough; Unavailable from `keys`.
    """
    claims, key = await verified_claims(token, keys, now)
    tenant_id = claims.get("tid")
    if not is_tenant_id(tenant_id) or tenant_id == CONSUMER_TENANT:
        raise errors.Unauthenticated("tenant")
    issuer = f"{rules.authority}/{tenant_id}/v2.0"
    if claims.get("iss") != issuer:
        raise errors.Unauthenticated("issuer")
    if key.issuer is None or key.issuer.replace("{tenantid}", tenant_id) != issuer:
        raise errors.Unauthenticated("key_issuer")
    if claims.get("aud") != rules.audience:
        raise errors.Unauthenticated("audience")
    if claims.get("ver") != "2.0":
        raise errors.Unauthenticated("version")
    if claims.get("idtyp") == "app":
        raise errors.AppOnlyToken
    scopes = claims.get("scp")
    if not isinstance(scopes, str) or rules.scope not in scopes.split(" "):
        raise errors.InsufficientScope
    if claims.get("azp") not in rules.client_ids:
        raise errors.ClientNotAllowed
    token_id = claims.get("uti")
    return TenantProof(
        tenant_id, token_id if isinstance(token_id, str) else "", _seconds(claims, "exp")
    )


async def firebase_device(
    token: str, keys: KeyLookup, project: str, now: float, most_age_seconds: float | None
) -> DeviceIdentity:
    """Return the device that a Firebase ID token proves, if its sign-in is recent enough.

    Raises Unauthenticated, Reauthenticate; Unavailable from `keys`.
    """
    claims, _key = await verified_claims(token, keys, now)
    return device_of(claims, project, now, most_age_seconds)


def unsigned_firebase_device(
    token: str, project: str, now: float, most_age_seconds: float | None
) -> DeviceIdentity:
    """Return the device in an unsigned ID token of the Auth emulator. Raises Unauthenticated."""
    parsed = _parsed(token)
    if parsed.headers().get("alg") != "none":
        raise errors.Unauthenticated("header")
    claims = _claims(parsed)
    _check_times(claims, now)
    return device_of(claims, project, now, most_age_seconds)


def device_of(
    claims: Mapping[str, Any], project: str, now: float, most_age_seconds: float | None
) -> DeviceIdentity:
    """Return the device in the claims of a Firebase ID token whose signature has been checked.

    Raises Unauthenticated, and Reauthenticate where everything else is good.
    """
    if claims.get("aud") != project:
        raise errors.Unauthenticated("audience")
    if claims.get("iss") != f"https://securetoken.google.com/{project}":
        raise errors.Unauthenticated("issuer")
    if _seconds(claims, "auth_time") > now + LEEWAY_SECONDS:
        raise errors.Unauthenticated("auth_time")
    firebase = claims.get("firebase")
    if not isinstance(firebase, dict) or firebase.get("sign_in_provider") != "custom":
        raise errors.Unauthenticated("provider")
    if "tenant" in firebase:  # a user of one of Identity Platform's tenants; ours are of none
        raise errors.Unauthenticated("firebase_tenant")
    tenant_id, device_id = claims.get("tenantId"), claims.get("deviceId")
    if not is_tenant_id(tenant_id) or not is_device_id(device_id):
        raise errors.Unauthenticated("identity")
    identity = DeviceIdentity(tenant_id, device_id)
    if claims.get("sub") != identity.uid:
        raise errors.Unauthenticated("subject")
    if most_age_seconds is not None and now - claims["auth_time"] > most_age_seconds:
        raise errors.Reauthenticate
    return identity


def _parsed(token: str) -> jws.CompactSignature:
    """Return the three decoded parts of a token, none of which is verified yet."""
    if len(token) > MAX_TOKEN_BYTES:
        raise errors.Unauthenticated("too_long")
    try:
        parsed = jws.extract_compact(token.encode(), registry=_JWS)
    except (JoseError, ValueError, RecursionError, TypeError, AttributeError):
        raise errors.Unauthenticated("signature") from None
    header: object = parsed.headers()
    if not isinstance(header, dict):  # joserfc lets a text pass
        raise errors.Unauthenticated("header")
    if any(name in header for name in _HEADER_KEYS_REFUSED):
        raise errors.Unauthenticated("header")
    return parsed


def _claims(parsed: jws.CompactSignature) -> dict[str, Any]:
    try:
        claims = json.loads(parsed.payload)
    except (ValueError, RecursionError):
        raise errors.Unauthenticated("signature") from None
    if not isinstance(claims, dict):
        raise errors.Unauthenticated("signature")
    return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if _seconds(claims, "exp") <= now - LEEWAY_SECONDS:
        raise errors.Unauthenticated("expired")
    if _seconds(claims, "iat") > now + LEEWAY_SECONDS:
        raise errors.Unauthenticated("issued_later")
    if "nbf" in claims and _seconds(claims, "nbf") > now + LEEWAY_SECONDS:
        raise errors.Unauthenticated("not_yet_valid")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**40:
        raise errors.Unauthenticated("times")
    return value
