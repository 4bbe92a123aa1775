"""A simulated phone: what the mobile app does with the backend, with real MSAL and Firebase's own REST interfaces.

It signs its user in at Entra, registers under a random ID that it made up, exchanges the custom token for Firebase ID
tokens, renews them, beats, compares what is stored about it with what is published, and signs out. What the backend and
Firebase answer it obeys, as docs/mobile.md says: a new ID where it is gone, a fresh access token where its sign-in is
too old; 429 and 503 mean to come back later.
Sources: Firestore REST API; `local/firebase_session.py` names those of Firebase Auth.

    python -m local.phone     signs one in on the running stack; prints the variables of the calls in README.md
"""

from __future__ import annotations

import shlex
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msal
import requests

from local.addresses import Addresses
from local.entra import AppRegistration, EntraSession
from local.entra.directory import demo_tenants
from local.firebase_session import FirebaseSession, FirebaseUserGone
from local.firebase_session import PhoneError as PhoneError
from local.processes import LocalStackError

TIMEOUT_SECONDS = 30
RENEW_BEFORE_SECONDS = 300
AUDIT_SECONDS = 24 * 3600
INVENTORY_MISMATCH = "inventory_mismatch"
REGISTERED = (200, 201)


class SignInNeeded(PhoneError):
    """Entra gives no access token unless the person signs in."""


@dataclass(frozen=True)
class Answer:
    """status: HTTP. body: decoded JSON, or an empty dict. headers: as they came."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The stable code of a problem, or ''."""
        return str(self.body.get("code", ""))

    @classmethod
    def of(cls, response: requests.Response) -> Answer:
        kind = response.headers.get("Content-Type", "")
        body = response.json() if "json" in kind and response.content else {}
        return cls(response.status_code, body if isinstance(body, dict) else {}, response.headers)


class Phone:
    """A context manager. username, password: of the person who uses it. clock: Unix seconds."""

    def __init__(
        self,
        stack: Addresses,
        client_id: str,
        tenant_id: str,
        username: str,
        password: str,
        *,
        scope: str = "Devices.Register",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stack = stack
        self._credentials = (username, password)
        self._scope = f"api://{client_id}/{scope}"
        self._clock = clock
        self.tenant_id = tenant_id
        self.device_id = str(uuid.uuid4())
        self.organization_name = ""
        self._entra_token = ""
        self._entra_renew_at = 0.0
        self._answered: frozenset[str] = frozenset()  # the members of the registration's answer
        self._audit_at = 0.0
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers.pop("User-Agent", None)
        self.firebase = FirebaseSession(stack.auth, self._http, clock)
        self._entra_http = EntraSession(stack.entra)
        self._entra_http.trust_env = False  # REQUESTS_CA_BUNDLE would override `verify`
        self._entra_http.verify = stack.ca
        self._msal = msal.PublicClientApplication(
            client_id,
            authority=f"{stack.entra}/{tenant_id}",
            http_client=self._entra_http,
            instance_discovery=False,
            exclude_scopes=["offline_access"],
        )

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._entra_http.close()

    @property
    def path(self) -> str:
        """Of its document."""
        return f"tenants/{self.tenant_id}/devices/{self.device_id}"

    # The backend

    def entra_token(self) -> str:
        """Return an access token for our API: the cached one while it is valid, or a new one from Entra.

        Raises SignInNeeded where Entra refuses, PhoneError where it is away.
        """
        if self._clock() < self._entra_renew_at:
            return self._entra_token
        try:
            with warnings.catch_warnings():  # MSAL calls this flow deprecated: people have browsers
                warnings.simplefilter("ignore", DeprecationWarning)
                result = self._msal.acquire_token_by_username_password(
                    *self._credentials, [self._scope]
                )
        except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
            raise PhoneError(f"Entra: {type(error).__name__}") from None
        if "access_token" not in result:
            raise SignInNeeded(f"Entra: {result.get('error_codes') or result.get('error')}")
        self._entra_token = str(result["access_token"])
        self._entra_renew_at = self._clock() + int(result["expires_in"]) - RENEW_BEFORE_SECONDS
        return self._entra_token

    def ask_to_register(self) -> Answer:
        """Send one registration request, and do not use its answer."""
        url = f"{self._stack.functions['device_registration']}/v1/devices"
        return self._send("POST", url, self.entra_token(), {"deviceId": self.device_id})

    def register(self) -> Answer:
        """Register, and sign in to Firebase if the answer has a custom token. Raises PhoneError."""
        answer = self.ask_to_register()
        if answer.code == "unauthenticated":
            self._entra_renew_at = 0.0
            answer = self.ask_to_register()
        if answer.status in REGISTERED:
            self.organization_name = str(answer.body.get("organizationName", ""))
            self._answered = frozenset(answer.body)
            self.firebase.exchange(str(answer.body["customToken"]))
        return answer

    def register_anew(self) -> Answer:
        """Register under a new device ID. Raises PhoneError."""
        self.device_id = str(uuid.uuid4())
        self.firebase.forget()
        return self.register()

    def beat(self, outcome: str = "succeeded") -> Answer:
        """Send one heartbeat request. Raises PhoneError if Firebase renews no token."""
        url = f"{self._stack.functions['heartbeat']}/v1/heartbeats"
        return self._send("POST", url, self.id_token(), {"outcome": outcome})

    def sync(self, outcome: str = "succeeded") -> Answer:
        """Beat as the app does, audit once a day, and register again once if the device or its proof is gone.

        Raises SignInNeeded, PhoneError.
        """
        answer = self._recover(self._beat_or_gone(outcome), outcome)
        if answer.status == requests.codes.ok and self._clock() >= self._audit_at:
            self._audit_at = self._clock() + AUDIT_SECONDS
            if self.unpublished():
                answer = self.beat(INVENTORY_MISMATCH)
        return answer

    def _beat_or_gone(self, outcome: str) -> Answer | None:
        """Beat; return None if Firebase no longer knows this phone."""
        try:
            answer = self.beat(outcome)
            if answer.code == "unauthenticated":
                self.firebase.renew()
                answer = self.beat(outcome)
        except FirebaseUserGone:
            return None
        return answer

    def _recover(self, answer: Answer | None, outcome: str) -> Answer:
        if answer is None or answer.status == requests.codes.gone:
            registered = self.register_anew()
        elif answer.status == requests.codes.unauthorized:  # `reauthenticate`, for one
            registered = self.register()
        else:
            return answer
        return self.beat(outcome) if registered.status in REGISTERED else registered

    def unpublished(self) -> list[str]:
        """Return the names of fields that are stored about this phone, or answered to it, and not published.

        Empty also if the inventory or the document cannot be read now. Raises PhoneError.
        """
        published = self._send(
            "GET", f"{self._stack.functions['device_registration']}/v1/inventory", ""
        )
        device = self.read_device()
        if requests.codes.ok != published.status or requests.codes.ok != device.status:
            return []
        stored = {*device.body.get("fields", {})} - {*published.body["device"]}
        return sorted({*stored, *(self._answered - {*published.body["registration"]})})

    def sign_out(self) -> Answer:
        """Sign out."""
        url = f"{self._stack.functions['device_registration']}/v1/devices/self"
        answer = self._send("DELETE", url, self.id_token())
        if answer.status == requests.codes.no_content:
            self.firebase.forget()
        return answer

    # Firebase

    def id_token(self) -> str:
        """Return an ID token that is valid for some more minutes. Raises PhoneError."""
        return self.firebase.id_token()

    def read_tenant(self, tenant_id: str = "") -> Answer:
        """Read a tenant's document, as no app does: the security rules refuse every tenant's, also the phone's own."""
        return self._read(f"tenants/{tenant_id or self.tenant_id}")

    def read_device(self, tenant_id: str = "", device_id: str = "") -> Answer:
        """Read a device's document under the security rules; the phone's own unless another is named."""
        tenant, device = tenant_id or self.tenant_id, device_id or self.device_id
        return self._read(f"tenants/{tenant}/devices/{device}")

    def _read(self, path: str) -> Answer:
        database = f"projects/{self._stack.project}/databases/(default)/documents"
        return self._send(
            "GET", f"http://{self._stack.firestore}/v1/{database}/{path}", self.id_token()
        )

    def _send(self, method: str, url: str, token: str, body: Any = None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Answer.of(
            self._http.request(method, url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        )


def main() -> int:
    """Return 0, or 1 if no stack is running or no organization is connected."""
    try:
        stack = Addresses.read()
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 1
    client = AppRegistration().client_id
    for tenant in demo_tenants():
        user = tenant.phone_users[0]
        with Phone(stack, client, tenant.tenant_id, user.username, user.password or "") as phone:
            try:
                registered = phone.register().status in (200, 201)
            except PhoneError:
                continue
            if registered:
                _print_variables(stack, phone)
                return 0
    where = stack.functions["onboarding"]
    print(f"No organization is connected yet: do it at {where}, in a browser.", file=sys.stderr)
    return 1


def _print_variables(stack: Addresses, phone: Phone) -> None:
    for name, value in {
        "DEVICE_REGISTRATION": stack.functions["device_registration"],
        "HEARTBEAT": stack.functions["heartbeat"],
        "ENTRA_TOKEN": phone.entra_token(),
        "FIREBASE_ID_TOKEN": phone.id_token(),
    }.items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(main())
