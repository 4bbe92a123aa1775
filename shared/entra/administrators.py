"""What an ID token must say before a person counts as an administrator of the tenant that it names.

MSAL checks state, nonce and PKCE and leaves the rest of the token to the application. The token comes straight from
the token endpoint over TLS, which stands in for its signature (OpenID Connect Core 3.1.3.7, point 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import inventory

ADMINISTRATORS = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",  # Global Administrator
        "e8611ab8-c189-46e8-94e1-60213ab1f814",  # Privileged Role Administrator
    }
)
APP_ROLE = "Calliente.Admin"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of personal Microsoft accounts
LEEWAY_SECONDS = 300


def tenant_of(value: str | None) -> str | None:
    """The tenant ID in canonical form; None for words, domains, the nil GUID, and personal accounts."""
    tenant_id = (value or "").lower()
    return tenant_id if inventory.is_tenant_id(tenant_id) and tenant_id != CONSUMERS else None


def fault(
    claims: Mapping[str, Any], tenant_id: str, client_id: str, authority: str, now: float
) -> str | None:
    """The code of what the ID token fails to prove, or None. now: Unix seconds."""
    if claims.get("tid") != tenant_id:
        return "wrong_account"
    if claims.get("aud") != client_id or claims.get("iss") != f"{authority}/{tenant_id}/v2.0":
        return "unexpected"
    if not _is_current(claims, now):
        return "expired"
    return None if is_administrator(claims) else "not_administrator"


def is_administrator(claims: Mapping[str, Any]) -> bool:
    wids, roles = claims.get("wids"), claims.get("roles")
    directory_role = isinstance(wids, list) and any(
        isinstance(wid, str) and wid.lower() in ADMINISTRATORS for wid in wids
    )
    return directory_role or (isinstance(roles, list) and APP_ROLE in roles)


def _is_current(claims: Mapping[str, Any], now: float) -> bool:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        return False
    return begins - LEEWAY_SECONDS <= now < expires + LEEWAY_SECONDS
