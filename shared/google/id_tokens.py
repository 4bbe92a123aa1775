"""Firebase ID tokens, which tell which device a caller is.

They are checked with joserfc against Google's published keys, as the Firebase documentation describes it for
third-party libraries: firebase_admin parses its certificates anew on every call.
Source: Firebase, "Verify ID tokens using a third-party JWT library".
"""

from __future__ import annotations

import time
from collections.abc import Callable

from shared import tokens
from shared.keys import KeyCache, published
from shared.tokens import MOST_PROOF_AGE_SECONDS, DeviceIdentity


class DeviceTokens:
    """Checks Firebase ID tokens. With an Auth emulator, which signs nothing, it takes unsigned tokens alone.

    clock: Unix seconds. keys: of the issuer; those at `keys_url` unless given.
    """

    def __init__(
        self,
        project: str,
        keys_url: str,
        emulator: str = "",
        clock: Callable[[], float] = time.time,
        keys: KeyCache | None = None,
    ) -> None:
        self._project = project
        self._emulated = bool(emulator)
        self._clock = clock
        self._keys = keys or KeyCache(published("firebase", keys_url))

    async def verify(
        self, token: str, most_age_seconds: float | None = MOST_PROOF_AGE_SECONDS
    ) -> DeviceIdentity:
        """most_age_seconds: of the sign-in, if it matters. Raises Unauthenticated, Reauthenticate, Unavailable."""
        now = self._clock()
        if self._emulated:
            return tokens.unsigned_firebase_device(token, self._project, now, most_age_seconds)
        return await tokens.firebase_device(
            token, self._keys.get, self._project, now, most_age_seconds
        )
