"""Entra's refusals: AADSTS codes with the OAuth error word and HTTP status that Entra gives them.

Source: Microsoft identity platform, "Microsoft Entra authentication and authorization error codes";
the error words are those seen in public reports of each code. The texts are the stand-in's own:
nobody should depend on them.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

_KNOWN: dict[int, tuple[str, int, str]] = {
    16000: ("interaction_required", 400, "The account does not exist in the tenant."),
    28000: ("invalid_request", 400, "Scopes of more than one resource were asked for."),
    50011: ("invalid_request", 400, "The redirect URI is not registered for the application."),
    50020: ("access_denied", 400, "The account does not exist in the tenant."),
    50034: ("invalid_grant", 400, "The account does not exist in the directory."),
    50055: ("invalid_grant", 400, "The password has expired."),
    50058: ("login_required", 400, "Silent sign-in was asked for, but nobody is signed in."),
    50072: ("invalid_grant", 400, "A second factor has to be registered."),
    50074: ("invalid_grant", 400, "A second factor is required."),
    50076: ("invalid_grant", 400, "A second factor is required."),
    50079: ("invalid_grant", 400, "A second factor has to be registered."),
    50126: ("invalid_grant", 400, "The user name or the password is wrong."),
    50158: ("invalid_grant", 400, "An external challenge was not satisfied."),
    501481: ("invalid_grant", 400, "The code verifier does not match the code challenge."),
    54005: ("invalid_grant", 400, "The authorization code was redeemed before."),
    65001: ("invalid_grant", 400, "Neither the user nor an administrator consented."),
    65004: ("access_denied", 400, "The user declined to consent to the application."),
    70000: ("invalid_grant", 400, "The authorization code is not valid for this request."),
    70003: ("unsupported_grant_type", 400, "The grant type is not supported."),
    70008: ("invalid_grant", 400, "The authorization code has expired."),
    70016: ("authorization_pending", 400, "Nobody has entered the code yet."),
    70019: ("expired_token", 400, "The code has expired."),
    70021: ("invalid_request", 400, "No federated credential matches the assertion."),
    70011: ("invalid_scope", 400, "The scope is not valid."),
    90002: ("invalid_request", 400, "The tenant was not found."),
    90094: ("access_denied", 400, "An administrator has to grant what was asked for."),
    650053: ("invalid_scope", 400, "The resource has no such scope."),
    700016: ("unauthorized_client", 400, "The application was not found in the directory."),
    700023: ("invalid_client", 401, "The audience of the client assertion is wrong."),
    700024: ("invalid_client", 401, "The client assertion is outside its time range."),
    700027: ("invalid_client", 401, "The key that signed the client assertion is not registered."),
    700211: ("invalid_client", 401, "No federated credential has the assertion's issuer."),
    700212: ("invalid_client", 401, "No federated credential has the assertion's audience."),
    700213: ("invalid_client", 401, "No federated credential has the assertion's subject."),
    900144: ("invalid_request", 400, "A required parameter is missing from the request."),
    900561: ("invalid_request", 400, "The endpoint accepts only POST requests."),
    9001023: ("invalid_request", 400, "The grant type is not supported over this endpoint."),
    7000112: ("unauthorized_client", 400, "The application is disabled in the tenant."),
    7000215: ("invalid_client", 401, "The client secret is wrong."),
    7000218: ("invalid_client", 401, "The request has no client secret and no client assertion."),
    7000222: ("invalid_client", 401, "The client's keys or secrets have expired."),
    7002137: ("invalid_client", 401, "No federated credential has the assertion's subject."),
    5000225: ("invalid_grant", 400, "The tenant has been blocked."),
    7000229: ("invalid_client", 401, "The application has no service principal in the tenant."),
}

_SUBERRORS = {
    65001: "consent_required",
    50055: "user_password_expired",
    **dict.fromkeys((50072, 50074, 50076, 50079, 50158), "basic_action"),
}
_WITHOUT_A_PAGE = frozenset({65001})


class Refused(Exception):
    """Entra's no.

    code: the AADSTS number; error: the OAuth word, the usual one of that code unless given.
    claims: what another sign-in has to carry, if anything.
    """

    def __init__(
        self, code: int, error: str | None = None, detail: str = "", claims: str = ""
    ) -> None:
        super().__init__(code)
        usual, self.status, text = _KNOWN.get(code, ("invalid_request", 400, "The request failed."))
        self.code = code
        self.error = error or usual
        self.claims = claims
        self._text = f"{text} {detail}".rstrip()

    def document(self, error_page: str) -> dict[str, Any]:
        """The JSON of a token endpoint. error_page: address that explains codes."""
        trace_id, correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
        timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        document: dict[str, Any] = {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self._text} Trace ID: {trace_id}"
            f" Correlation ID: {correlation_id} Timestamp: {timestamp}",
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
        }
        if self.code not in _WITHOUT_A_PAGE:
            document["error_uri"] = f"{error_page}?code={self.code}"
        if self.code in _SUBERRORS:
            document["suberror"] = _SUBERRORS[self.code]
        if self.claims:
            document["claims"] = self.claims
        return document

    def query(self, error_page: str) -> dict[str, str]:
        """What a redirect carries. error_page: address that explains codes."""
        return {
            "error": "consent_required" if self.code == 65001 else self.error,
            "error_description": self.document("")["error_description"],
            "error_uri": f"{error_page}?code={self.code}",
        }
