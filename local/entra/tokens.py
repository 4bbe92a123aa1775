"""The tokens that the stand-in issues, in the shapes of Entra's v2 endpoint."""

from __future__ import annotations

import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from local.entra.failures import Refused
from local.entra.state import SignIn, State

GRAPH = "00000003-0000-0000-c000-000000000000"
GRAPH_SCOPES = ("User.Read",)
LIFETIME_SECONDS = 3600
_OPENID = frozenset({"openid", "profile", "email", "offline_access"})


class TokenMaker:
    """url: of the stand-in, and so of its issuers."""

    def __init__(self, state: State, url: str) -> None:
        self._state = state
        self._url = url

    def issuer(self, tenant_id: str) -> str:
        return f"{self._url}/{tenant_id}/v2.0"

    def response(
        self, who: SignIn, client_id: str, scope: str, azpacr: str, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the token response for a person. Raises Refused for scopes that do not exist."""
        granted, is_ours = self.granted(scope)
        if is_ours:
            access = self._sign(self.device_claims(who, client_id, azpacr, granted))
        else:
            access = self._sign(self._graph_claims(who, client_id, azpacr, granted))
        response: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(
                f"api://{self._state.app.client_id}/{name}" if is_ours else name for name in granted
            ),
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": access,
            "client_info": _client_info(who),
        }
        asked = scope.split()
        if "openid" in asked:
            response["id_token"] = self._sign(self.id_claims(who, client_id, nonce))
        if "offline_access" in asked:
            response["refresh_token"] = f"local-{uuid.uuid4()}"
        return response

    def app_response(self, tenant_id: str, client_id: str, azpacr: str) -> dict[str, Any]:
        """Return the token response for the application itself: a Graph token that permits nothing."""
        oid = str(uuid.uuid5(uuid.UUID(tenant_id), client_id))
        claims = {
            **self._times(),
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "appid": client_id,
            "appidacr": azpacr,
            "idtyp": "app",
            "oid": oid,
            "sub": oid,
            "tid": tenant_id,
            "ver": "1.0",
        }
        return {
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": self._sign(claims),
        }

    def granted(self, scope: str) -> tuple[list[str], bool]:
        """The scopes of the one resource that was asked for, and whether it is our own API.

        Raises Refused.
        """
        app = self._state.app
        ours: list[str] = []
        graph: list[str] = []
        for item in scope.split():
            resource, _, name = item.rpartition("/")
            if item in _OPENID:
                continue
            if resource in (f"api://{app.client_id}", app.client_id):
                ours.append(app.device_scope if name == ".default" else name)
            elif resource in ("", "https://graph.microsoft.com"):
                graph.append("User.Read" if name == ".default" else name)
            else:
                raise Refused(70011)
        if ours and graph:
            raise Refused(28000)
        if not set(ours) <= {app.device_scope} or not set(graph) <= set(GRAPH_SCOPES):
            raise Refused(650053)
        return (ours, True) if ours else (graph or ["User.Read"], False)

    def id_claims(self, who: SignIn, client_id: str, nonce: str | None = None) -> dict[str, Any]:
        claims = {
            **self._personal(who, client_id),
            "aud": client_id,
            "preferred_username": who.account.username,
            "wids": list(who.account.wids),
            **({"nonce": nonce} if nonce else {}),
            **({"roles": list(who.account.roles)} if who.account.roles else {}),
        }
        return merged(claims, self._state.id_token_overrides)

    def device_claims(
        self, who: SignIn, client_id: str, azpacr: str = "0", scopes: list[str] | None = None
    ) -> dict[str, Any]:
        """What a phone's access token for our API says."""
        return {
            **self._personal(who, client_id),
            "aud": self._state.app.client_id,
            "azp": client_id,
            "azpacr": azpacr,
            "preferred_username": who.account.username,
            "scp": " ".join(scopes or [self._state.app.device_scope]),
            "aio": uuid.uuid4().hex,
        }

    def mint(
        self,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        *,
        tenant_id: str | None = None,
        username: str | None = None,
        published: bool = True,
    ) -> str:
        """A phone's token with these claims and headers instead of its own; None removes one.

        Signed with the current key, or (published=False) with one that nobody serves. Raises
        Refused for an unknown tenant or user.
        """
        tenant = self._state.tenant(tenant_id or self._state.tenants[0].tenant_id)
        account = tenant.account(username) if username else tenant.accounts[-1]
        if account is None:
            raise Refused(50034)
        base = self.device_claims(SignIn(tenant, account), self._state.app.public_client_ids[0])
        return self._state.keys.sign(merged(base, claims or {}), headers, published=published)

    def _sign(self, claims: Mapping[str, Any]) -> str:
        return self._state.keys.sign(claims)

    def _personal(self, who: SignIn, client_id: str) -> dict[str, Any]:
        return {
            **self._times(),
            "iss": self.issuer(who.tenant.tenant_id),
            "name": who.account.name,
            "oid": who.account.oid,
            "rh": f"0.{uuid.uuid4().hex}.",
            "sub": _pairwise(who, client_id),
            "tid": who.tenant.tenant_id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "2.0",
        }

    def _graph_claims(
        self, who: SignIn, client_id: str, azpacr: str, scopes: list[str]
    ) -> dict[str, Any]:
        return {
            **self._personal(who, client_id),
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{who.tenant.tenant_id}/",
            "appid": client_id,
            "appidacr": azpacr,
            "idtyp": "user",
            "scp": " ".join(scopes),
            "ver": "1.0",
        }

    @staticmethod
    def _times() -> dict[str, int]:
        now = int(time.time())
        return {"iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS}


def merged(claims: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """claims under overrides, without those that are overridden by None."""
    return {name: v for name, v in {**claims, **overrides}.items() if v is not None}


def _pairwise(who: SignIn, client_id: str) -> str:
    return uuid.uuid5(uuid.UUID(who.account.oid), client_id).hex


def _client_info(who: SignIn) -> str:
    document = json.dumps({"uid": who.account.oid, "utid": who.tenant.tenant_id})
    return urlsafe_b64encode(document.encode()).decode().rstrip("=")
