"""A phone's session at Firebase, through Firebase's own REST interfaces, as its SDK keeps one.

Sources: Firebase Auth REST API, "Exchange custom token for an ID and refresh token" and "Exchange a refresh token for
an ID token", with their common error codes; Firebase, "Firebase Authentication limits".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

API_KEY = "local"  # the emulator takes any
TIMEOUT_SECONDS = 30
RENEW_BEFORE_SECONDS = 300
# Whoever hears one of these has no user any more, or one that is signed out for good.
GONE = {"USER_NOT_FOUND", "USER_DISABLED", "TOKEN_EXPIRED", "INVALID_REFRESH_TOKEN"}
LATER = {"TOO_MANY_ATTEMPTS_TRY_LATER", "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"}


class PhoneError(Exception):
    """A service refused the phone for good; the text names the service and the code."""


class FirebaseUserGone(PhoneError):
    """The session has ended, and cannot be renewed."""


class FirebaseAway(PhoneError):
    """Firebase does not answer now; the session stays."""


class FirebaseSession:
    """auth: host:port. http: keeps connections. clock: Unix seconds."""

    def __init__(self, auth: str, http: requests.Session, clock: Callable[[], float]) -> None:
        self._auth = auth
        self._http = http
        self._clock = clock
        self.refresh_token = ""
        self._id_token = ""
        self._renew_at = 0.0

    def exchange(self, custom_token: str) -> None:
        """Sign in with a custom token. Raises PhoneError."""
        path = "identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
        answer = self._ask(path, json={"token": custom_token, "returnSecureToken": True})
        self._keep(answer, "idToken", "refreshToken", "expiresIn")

    def renew(self) -> None:
        """A new ID token for the refresh token. Raises FirebaseUserGone, FirebaseAway, PhoneError."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        answer = self._ask("securetoken.googleapis.com/v1/token", data=form)
        self._keep(answer, "id_token", "refresh_token", "expires_in")

    def id_token(self) -> str:
        """An ID token that is good for some minutes yet; empty when signed out. Raises as `renew`."""
        if self.refresh_token and self._clock() >= self._renew_at:
            self.renew()
        return self._id_token

    def renew_at_next_use(self) -> None:
        """Treat the ID token as expired."""
        self._renew_at = 0.0

    def forget(self) -> None:
        self.refresh_token = self._id_token = ""

    def _ask(self, path: str, **content: Any) -> requests.Response:
        url = f"http://{self._auth}/{path}"
        try:
            return self._http.post(url, params={"key": API_KEY}, timeout=TIMEOUT_SECONDS, **content)
        except requests.RequestException as error:
            raise FirebaseAway(f"Firebase: {type(error).__name__}") from None

    def _keep(
        self, answer: requests.Response, id_token: str, refresh_token: str, seconds: str
    ) -> None:
        if answer.status_code != requests.codes.ok:
            raise refusal(answer)
        body = answer.json()
        self._id_token, self.refresh_token = str(body[id_token]), str(body[refresh_token])
        self._renew_at = self._clock() + int(body[seconds]) - RENEW_BEFORE_SECONDS


def refusal(answer: requests.Response) -> PhoneError:
    """Return the error for a refusal by Firebase, whose message begins with a code."""
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = str(answer.status_code)
    code = message.partition(" ")[0]
    if code in GONE:
        return FirebaseUserGone(f"Firebase: {code}")
    if code in LATER or answer.status_code in (429, 500, 502, 503, 504):
        return FirebaseAway(f"Firebase: {code}")
    return PhoneError(f"Firebase: {code}")
