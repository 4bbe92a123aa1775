"""Microsoft Entra ID and Graph: the only module that imports msal and requests.

Every call has a deadline. A failed MSAL call returns a dict with `error`; here it becomes one exception,
EntraRefused, which carries AADSTS codes and Entra's own error word, never a description (it can name a person).
Sources: Microsoft identity platform, "Admin consent", "OAuth 2.0 authorization code flow", "Client credentials flow",
"Workload identity federation"; Microsoft Graph, "List organizations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from shared.errors import Unavailable
from shared.settings import EntraSettings

CONNECT_SECONDS = 2.0
READ_SECONDS = 4.0
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
SIGN_IN_SCOPES = ["User.Read"]
ASSERTION_AUDIENCE = "api://AzureADTokenExchange"
_AADSTS = re.compile(r"AADSTS([0-9]{4,9})")
_CODE = re.compile(r"[0-9]{4,9}")
_ERROR_WORD = re.compile(r"[a-z_]{1,40}")


class EntraRefused(Exception):
    """Entra answered, and said no. error: its OAuth error word. codes: AADSTS numbers, the first one decides."""

    def __init__(self, error: str, codes: tuple[int, ...] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.codes = codes

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> EntraRefused:
        """From an error answer: a token endpoint's JSON, or the query of a redirect."""
        word = str(answer.get("error", ""))
        listed = answer.get("error_codes")
        if not isinstance(listed, list) or not listed:
            listed = _AADSTS.findall(str(answer.get("error_description", "")))
        codes = tuple(int(code) for code in map(str, listed) if _CODE.fullmatch(code))
        return cls(word if _ERROR_WORD.fullmatch(word) else "unknown", codes)


class _Session(requests.Session):
    """requests with a deadline on every call, no redirect followed, and Unavailable for what became no answer."""

    def __init__(self, dependency: str) -> None:
        super().__init__()
        self._dependency = dependency

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        kwargs["allow_redirects"] = False  # `get` asks for them unless told otherwise
        try:
            response = super().request(*args, **kwargs)
        except requests.RequestException as error:
            raise Unavailable(self._dependency, type(error).__name__) from None
        if response.status_code >= 500 or response.status_code == 429:
            raise Unavailable(self._dependency, f"http_{response.status_code}")
        return response


class Entra:
    """Calls in our application's own name. Raises EntraRefused and Unavailable."""

    def __init__(self, settings: EntraSettings, assertion: Callable[[], str] | None = None) -> None:
        """assertion: makes the federated client assertion; Google's metadata server unless given."""
        self._settings = settings
        self._assertion = assertion or google_assertion
        self._session = _Session("entra")
        self._graph = _Session("graph")

    def admin_consent_url(self, state: str, redirect_uri: str) -> str:
        """Where an administrator of any organization consents for all of it."""
        query = {
            "client_id": self._settings.entra_client_id,
            "scope": GRAPH_SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        base = f"{self._settings.entra_authority}/organizations/v2.0/adminconsent"
        return f"{base}?{urlencode(query)}"

    def begin_sign_in(
        self, tenant_id: str, redirect_uri: str, prompt: str | None = None
    ) -> dict[str, Any]:
        """MSAL's flow (state, nonce, code verifier, auth_uri) on the tenant's own endpoint.

        tenant_id: `organizations` where only the sign-in will tell which one. prompt: OpenID Connect's, if any.
        """
        flow = self._call(
            lambda: self._application(tenant_id).initiate_auth_code_flow(
                SIGN_IN_SCOPES, redirect_uri=redirect_uri, response_mode="query", prompt=prompt
            )
        )
        return dict(flow)

    def finish_sign_in(
        self, tenant_id: str, flow: dict[str, Any], answer: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], str]:
        """The ID token's claims, checked by MSAL (state, nonce, PKCE, audience), and a Graph access token."""
        result = self._call(
            lambda: self._application(tenant_id).acquire_token_by_auth_code_flow(flow, dict(answer))
        )
        claims, token = result.get("id_token_claims"), result.get("access_token")
        if not isinstance(claims, dict) or not isinstance(token, str):
            raise EntraRefused("incomplete_answer")
        return claims, token

    def organization_name(self, access_token: str, tenant_id: str) -> str:
        """The organization's display name, from Graph, for the tenant that was proven."""
        response = self._graph.get(
            f"{self._settings.graph_endpoint}/v1.0/organization",
            params={"$select": "id,displayName"},
            headers={"Authorization": f"Bearer {access_token}"},
        )
        if response.status_code != 200:
            raise EntraRefused("graph_refused")
        for organization in _json(response, "graph", "value"):
            name = organization.get("displayName")
            if str(organization.get("id")).lower() == tenant_id and isinstance(name, str):
                return name
        raise EntraRefused("graph_no_organization")

    def probe_consent(self, tenant_id: str) -> None:
        """Returns if our service principal stands in the tenant: a fresh client-credentials token, thrown away."""
        application = self._application(tenant_id)  # its cache is empty: MSAL would answer from it
        self._call(lambda: application.acquire_token_for_client([GRAPH_SCOPE]))

    def _application(self, tenant_id: str) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            self._settings.entra_client_id,
            authority=f"{self._settings.entra_authority}/{tenant_id}",
            client_credential=self._credential(),
            http_client=self._session,
            instance_discovery=False,
            exclude_scopes=["offline_access"],
        )

    def _credential(self) -> Any:
        if self._settings.entra_credential == "secret":
            return self._settings.entra_client_secret
        if self._settings.entra_credential == "certificate":
            return certificate_credential(self._settings.entra_client_certificate)
        return {"client_assertion": self._assertion}

    def _call(self, call: Callable[[], Any]) -> Any:
        try:
            result = call()
        except (ValueError, RuntimeError, KeyError):
            raise EntraRefused("protocol") from None  # MSAL's word for an answer that does not fit
        if not isinstance(result, dict) or "error" in result:
            raise EntraRefused.parse(result or {})
        return result


def certificate_credential(pem: str) -> dict[str, str]:
    """MSAL's form of a PEM that holds a private key and its certificate. Raises ValueError without naming content."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError(
            "ENTRA_CLIENT_CERTIFICATE needs a PEM with a key and a certificate"
        ) from None
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return {
        "private_key": private,
        "public_certificate": public,
        "thumbprint": certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - the protocol's key name, not a proof
    }


def google_assertion() -> str:
    """A Google-signed ID token of this function's service account, which Entra trusts in place of a secret."""
    import google.auth.exceptions
    import google.auth.transport.requests
    import google.oauth2.id_token

    try:
        request = google.auth.transport.requests.Request(session=_Session("google"))
        fetch: Any = google.oauth2.id_token.fetch_id_token
        return str(fetch(request, ASSERTION_AUDIENCE))
    except google.auth.exceptions.GoogleAuthError:
        raise Unavailable("google", "client_assertion") from None


def _json(response: requests.Response, dependency: str, member: str) -> list[Mapping[str, Any]]:
    try:
        items = response.json()[member]
    except (ValueError, KeyError, TypeError):
        raise Unavailable(dependency, "unexpected_answer") from None
    if response.status_code != 200 or not isinstance(items, list):
        raise Unavailable(dependency, "unexpected_answer")
    return [item for item in items if isinstance(item, dict)]
