"""Firebase custom tokens: what a phone exchanges, within an hour, for ID tokens of its device.

Signed by Google in the name of the function's service account (IAM's signBlob): no private key is ever here. With the
Auth emulator they carry no signature, as its own. firebase_admin makes the same token, but asks IAM without a deadline
of ours, and importing it takes as long as everything else of a registration.
Sources: Firebase, "Create custom tokens using a third-party JWT library"; google-auth reference, "google.auth.iam".
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from shared.errors import Unavailable
from shared.google import service_account
from shared.threads import Threads
from shared.tokens import DeviceIdentity

LIFETIME_SECONDS = 3600
SIGNING_SECONDS = 10.0
WAIT_SECONDS = 2.0  # for a thread, where a whole company registers at once
AUDIENCE = (
    "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
)
EMULATED_SIGNER = "firebase-auth-emulator@example.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class CustomTokens:
    """clock: Unix seconds. google: gives google.auth's credentials and their request, when they are first needed.

    google.auth blocks, so signing has a thread and a deadline.
    """

    def __init__(
        self,
        emulator: str = "",
        clock: Callable[[], float] = time.time,
        google: Callable[[], tuple[Any, Callable[..., Any]]] | None = None,
        threads: Threads | None = None,
    ) -> None:
        self._emulator = emulator
        self._clock = clock
        self._google = google or (lambda: service_account.credentials(_SCOPE, "firebase"))
        self._threads = threads or Threads(wait_seconds=WAIT_SECONDS)
        self._making = threading.Lock()
        self._signer: tuple[str, Any] | None = None

    async def make(self, identity: DeviceIdentity) -> str:
        """Raises Unavailable where Google does not sign."""
        if self._emulator:
            return _unsigned(self._payload(identity, EMULATED_SIGNER))
        return await self._threads.run(
            lambda: self._signed(identity), seconds=SIGNING_SECONDS, dependency="firebase"
        )

    def _signed(self, identity: DeviceIdentity) -> str:
        import google.auth.exceptions
        import google.auth.jwt

        encode: Any = google.auth.jwt.encode
        try:
            with self._making:
                if self._signer is None:
                    self._signer = self._new_signer()
            email, signer = self._signer
            return str(encode(signer, self._payload(identity, email)).decode("ascii"))
        except (google.auth.exceptions.GoogleAuthError, ValueError, KeyError):
            raise Unavailable("firebase", "signer") from None

    def _new_signer(self) -> tuple[str, Any]:
        """The service account's address and google.auth's signer: a key of its own, or IAM."""
        import google.auth.credentials
        import google.auth.iam

        credentials, request = self._google()
        if isinstance(credentials, google.auth.credentials.Signing):
            return credentials.signer_email, credentials.signer
        credentials.refresh(request)  # the metadata server tells the address with the token
        email = getattr(credentials, "service_account_email", None)
        if not email:
            raise Unavailable("firebase", "signer")
        signer_of: Any = google.auth.iam.Signer
        return email, signer_of(request, credentials, email)

    def _payload(self, identity: DeviceIdentity, email: str) -> dict[str, Any]:
        now = int(self._clock())
        return {
            "iss": email,
            "sub": email,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "uid": identity.uid,
            "claims": {"tenantId": identity.tenant_id, "deviceId": identity.device_id},
        }


def _unsigned(payload: dict[str, Any]) -> str:
    header = {"alg": "none", "typ": "JWT"}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (header, payload)]
    return ".".join(part.decode().rstrip("=") for part in (*parts, b""))
