"""A phone, as the app is: the backend's API, Firebase's and Firestore's REST interfaces.

Sources: Firebase Auth REST API; Firestore REST reference.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import requests

from support.prove.http import Answer, call
from support.prove.person import Person
from support.prove.settings import IDENTITY, TOKENS, ProveSettings

LOCAL_KEY = "local"  # the emulator takes any


class Phone:
    """tell: shows a person what to do."""

    def __init__(
        self, settings: ProveSettings, tenant_id: str, tell: Callable[[str], object]
    ) -> None:
        self._settings = settings
        self._person = Person(settings, tenant_id, tell)
        self.tenant_id = tenant_id
        self.device_id = str(uuid.uuid4())
        self.entra_token = ""
        self.id_token = ""
        self._refresh_token = ""

    def sign_in(self) -> str:
        """Wait for a person, if MSAL knows none yet; returns the granted scope. Raises Failed, Unavailable."""
        self.entra_token, scope = self._person.token()
        return scope

    @property
    def on_emulators(self) -> bool:
        """Where anybody begins any transaction (decision 0020)."""
        return self._settings.emulated

    @property
    def signing_key_id(self) -> str:
        return str(_segment(self.entra_token, 0).get("kid", ""))

    @property
    def claims(self) -> Mapping[str, Any]:
        """Of the ID token."""
        return _segment(self.id_token, 1)

    def register(self) -> Answer:
        url = f"{self._settings.registration_url}/v1/devices"
        body = {"deviceId": self.device_id}
        return call("POST", url, token=self.entra_token, headers=self._attested, json=body)

    def exchange(self, custom_token: str) -> Answer:
        """Sign in to Firebase."""
        url = f"{self._settings.firebase_url(IDENTITY)}/v1/accounts:signInWithCustomToken"
        answer = self._firebase(url, json={"token": custom_token, "returnSecureToken": True})
        if answer.status == requests.codes.ok:
            self.id_token = str(answer.body["idToken"])
            self._refresh_token = str(answer.body["refreshToken"])
        return answer

    def renew(self) -> Answer:
        """A new ID token for the refresh token."""
        url = f"{self._settings.firebase_url(TOKENS)}/v1/token"
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        answer = self._firebase(url, data=form)
        if answer.status == requests.codes.ok:
            self.id_token = str(answer.body["id_token"])
        return answer

    def beat(self) -> Answer:
        url = f"{self._settings.heartbeat_url}/v1/heartbeats"
        body = {"outcome": "succeeded"}
        return call("POST", url, token=self.id_token, headers=self._attested, json=body)

    def sign_out(self) -> Answer:
        url = f"{self._settings.registration_url}/v1/devices/self"
        return call("DELETE", url, token=self.id_token, headers=self._attested)

    def firestore(self, method: str, path: str, **body: Any) -> Answer:
        """path: below the database's documents, such as `/tenants/…` or `:runQuery`."""
        url = f"{self._settings.documents_url}{path}"
        return call(method, url, token=self.id_token, headers=self._settings.app_headers, **body)

    @property
    def documents_name(self) -> str:
        """The resource name of the database's documents."""
        return self._settings.documents_url.partition("/v1/")[2]

    @property
    def path(self) -> str:
        """Of its own document, below the database's."""
        return f"/tenants/{self.tenant_id}/devices/{self.device_id}"

    @property
    def _attested(self) -> dict[str, str]:
        headers = self._settings.app_headers
        return {name: headers[name] for name in ("X-Firebase-AppCheck",) if name in headers}

    def _firebase(self, url: str, **body: Any) -> Answer:
        key = {"key": self._settings.api_key or LOCAL_KEY}
        return call("POST", url, headers=self._settings.app_headers, params=key, **body)


def _segment(token: str, number: int) -> Mapping[str, Any]:
    part = token.split(".")[number]
    claims: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
