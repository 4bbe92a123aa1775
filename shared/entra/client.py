"""Microsoft Entra ID and Graph: the only module that imports msal.

Every call has a deadline. What Entra or Graph refuses becomes one exception, EntraRefused. All of it blocks, and can be
called in several threads at once: an application of MSAL is made for each call, and shares only the memory of
Entra's endpoints. Sources: Microsoft identity platform, "Admin consent", "OAuth 2.0 authorization code flow", "Client
credentials flow", "Claims challenges, claims requests, and client capabilities"; Microsoft Entra Workload ID,
"Workload identity federation"; Microsoft Graph, "List organizations".
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import msal
import requests

from shared.errors import Unavailable
from shared.settings import EntraSettings

from . import certificate
from .discovery import RememberingClient
from .http import Session
from .refused import EntraRefused, claims_of

__all__ = ["Entra", "EntraRefused", "google_assertion"]
SIGN_IN_SCOPES = ["User.Read"]
_CHALLENGE = re.compile(r'\bclaims="([A-Za-z0-9+/_=-]{1,3000})"')


class Entra:
    """Calls as our application. Every method raises EntraRefused and Unavailable."""

    def __init__(self, settings: EntraSettings, assertion: Callable[[], str] | None = None) -> None:
        """assertion: makes the federated client assertion; Google's metadata server unless given."""
        self._settings = settings
        self._credential = _credential(
            settings, assertion or partial(google_assertion, settings.federation_audience)
        )
        self._client = RememberingClient(Session("entra"))
        self._graph = Session("graph")

    def admin_consent_url(
        self, state: str, redirect_uri: str, tenant: str = "organizations"
    ) -> str:
        """Return the URL of admin consent, for the organization of this ID or domain, or for any."""
        query = {
            "client_id": self._settings.entra_client_id,
            "scope": self._settings.graph_scope,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{self._authority(tenant)}/v2.0/adminconsent?{urlencode(query)}"

    def begin_sign_in(
        self, tenant_id: str, redirect_uri: str, prompt: str | None = None, claims: str = ""
    ) -> dict[str, Any]:
        """MSAL's flow (state, nonce, code verifier, auth_uri) on the tenant's own endpoint.

        tenant_id: `organizations` where only the sign-in will tell which one. prompt: OpenID Connect's, if any;
        `select_account` asks which account. claims: of the refusal that this sign-in answers; the flow then has them
        as `claims_challenge`, and finishing needs them too.
        """
        flow = _call(
            lambda: self._application(tenant_id).initiate_auth_code_flow(
                SIGN_IN_SCOPES,
                redirect_uri=redirect_uri,
                response_mode="query",
                prompt=prompt,
                claims_challenge=claims or None,
            )
        )
        return dict(flow)

    def finish_sign_in(
        self, tenant_id: str, flow: dict[str, Any], answer: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], str]:
        """Return the ID token's claims, checked by MSAL (state, nonce, PKCE, audience), and a Graph access token."""
        result = _call(
            lambda: self._application(tenant_id).acquire_token_by_auth_code_flow(
                dict(flow), dict(answer)
            )
        )
        claims, token = result.get("id_token_claims"), result.get("access_token")
        if not isinstance(claims, dict) or not isinstance(token, str):
            raise EntraRefused("incomplete_answer")
        return claims, token

    def organization_name(self, access_token: str, tenant_id: str) -> str:
        """Return the display name of the proven tenant's organization, from Graph."""
        response = self._graph.get(
            f"{self._settings.graph_endpoint}/v1.0/organization",
            params={"$select": "id,displayName"},
            headers={"Authorization": f"Bearer {access_token}"},
        )
        if response.status_code != 200:
            raise EntraRefused("graph_refused", claims=_challenge(response))
        for organization in _json(response, "graph", "value"):
            name = organization.get("displayName")
            if str(organization.get("id")).lower() == tenant_id and isinstance(name, str):
                return name
        raise EntraRefused("graph_no_organization")

    def probe_consent(self, tenant_id: str) -> None:
        """Return if our service principal exists in the tenant: get a new client-credentials token, and drop it."""
        application = self._application(tenant_id)  # its cache is empty: MSAL would answer from it
        _call(lambda: application.acquire_token_for_client([self._settings.graph_scope]))

    def _authority(self, tenant: str) -> str:
        """Return one segment of a path, whatever a person has typed."""
        return f"{self._settings.entra_authority}/{quote(tenant, safe='')}"

    def _application(self, tenant_id: str) -> msal.ConfidentialClientApplication:
        return _call_msal(
            lambda: msal.ConfidentialClientApplication(
                self._settings.entra_client_id,
                authority=self._authority(tenant_id),
                client_credential=self._credential,
                http_client=self._client,
                instance_discovery=False,
                exclude_scopes=["offline_access"],
            )
        )


def google_assertion(audience: str) -> str:
    """Return a Google-signed ID token of this function's service account, which replaces a secret at Entra."""
    import google.auth.exceptions
    import google.auth.transport.requests
    import google.oauth2.id_token

    fetch: Any = google.oauth2.id_token.fetch_id_token
    try:
        with Session("google") as session:
            return str(fetch(google.auth.transport.requests.Request(session=session), audience))
    except google.auth.exceptions.GoogleAuthError:
        raise Unavailable("google", "client_assertion") from None


def _credential(settings: EntraSettings, assertion: Callable[[], str]) -> Any:
    if settings.entra_credential == "secret":
        return settings.entra_client_secret
    if settings.entra_credential == "certificate":
        return certificate.read(settings.entra_client_certificate).credential
    return {"client_assertion": assertion}


def _call(call: Callable[[], Any]) -> Mapping[str, Any]:
    result = _call_msal(call)
    if not isinstance(result, dict) or "error" in result:
        raise EntraRefused.parse(result or {}, direct=True)
    return result


def _call_msal(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (ValueError, RuntimeError, KeyError):
        raise EntraRefused("protocol") from None  # MSAL's word for an answer that does not fit


def _challenge(response: requests.Response) -> str:
    """Return the claims that Graph requires in a token, from the header of its refusal; '' if it names none."""
    match = _CHALLENGE.search(response.headers.get("WWW-Authenticate", ""))
    if not match:
        return ""
    try:
        encoded = match[1].replace("+", "-").replace("/", "_").rstrip("=")
        return claims_of(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _json(response: requests.Response, dependency: str, member: str) -> list[Mapping[str, Any]]:
    try:
        items = response.json()[member]
    except (ValueError, KeyError, TypeError):
        raise Unavailable(dependency, "unexpected_answer") from None
    if not isinstance(items, list):
        raise Unavailable(dependency, "unexpected_answer")
    return [item for item in items if isinstance(item, dict)]
