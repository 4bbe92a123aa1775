"""The checks by which an ID token proves an administrator of the tenant that it names.

MSAL checks state, nonce and PKCE and leaves the rest of the token to the application. The token comes straight from
the token endpoint over TLS, which may replace the check of its signature (OpenID Connect Core 3.1.3.7, point 6).
Source of the roles' template IDs, and of which of them may consent: Microsoft Entra, "Microsoft Entra built-in roles".
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from shared.identifiers import CONSUMER_TENANT, is_tenant_id

ADMINISTRATORS = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",  # Global Administrator
        "e8611ab8-c189-46e8-94e1-60213ab1f814",  # Privileged Role Administrator
    }
)
# May grant the consent, and so connect the organization; seeing and deleting takes one of the above.
CONNECTING = ADMINISTRATORS | {
    "158c047a-c907-4556-b7ef-487551a6b5f7",  # Cloud Application Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",  # Application Administrator
}
APP_ROLE = "Calliente.Admin"
LEEWAY_SECONDS = 300


def tenant_of(value: str | None) -> str | None:
    """Return the tenant ID in canonical form; None for words, domains, the nil GUID, and personal accounts."""
    tenant_id = (value or "").lower()
    return tenant_id if is_tenant_id(tenant_id) and tenant_id != CONSUMER_TENANT else None


def fault(
    claims: Mapping[str, Any],
    tenant_id: str,
    client_id: str,
    authority: str,
    now: float,
    roles: Set[str] = ADMINISTRATORS,
) -> str | None:
    """Return the code of what the ID token does not prove, or None. now: Unix seconds. roles: one of these suffices."""
    if claims.get("tid") != tenant_id:
        return "wrong_account"
    if claims.get("aud") != client_id or claims.get("iss") != f"{authority}/{tenant_id}/v2.0":
        return "unexpected"
    if not _is_current(claims, now):
        return "expired"
    return None if is_administrator(claims, roles) else "not_administrator"


def is_administrator(claims: Mapping[str, Any], roles: Set[str] = ADMINISTRATORS) -> bool:
    """Return whether the person has one of these directory roles, or our own app role."""
    wids, app_roles = claims.get("wids"), claims.get("roles")
    directory_role = isinstance(wids, list) and any(
        isinstance(wid, str) and wid.lower() in roles for wid in wids
    )
    return directory_role or (isinstance(app_roles, list) and APP_ROLE in app_roles)


def _is_current(claims: Mapping[str, Any], now: float) -> bool:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        return False
    return begins - LEEWAY_SECONDS <= now < expires + LEEWAY_SECONDS
