"""Firebase App Check: whether Google vouches that a call comes from the app itself.

It proves an app, never a person or a device of ours, and nothing of it is stored. What follows from it is a setting:
`off`, `monitor` (noted in the log alone) or `enforce`.
Source: Firebase, "Verify App Check tokens from a custom backend".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from shared import tokens
from shared.errors import AppNotAttested, Unauthenticated, Unavailable
from shared.keys import KeyCache, published
from shared.settings import AppCheckSettings
from shared.web.app import note

HEADER = "X-Firebase-AppCheck"
ISSUER = "https://firebaseappcheck.googleapis.com/"
OFF, ENFORCE = "off", "enforce"


@dataclass(frozen=True)
class AppCheck:
    """mode: off, monitor or enforce. project_number: of the Firebase project. clock: Unix seconds."""

    mode: str
    project_number: str
    keys: KeyCache
    clock: Callable[[], float] = time.time

    async def require(self, request: Request) -> None:
        """Raises AppNotAttested and Unavailable where it is enforced."""
        if self.mode == OFF:
            return
        try:
            outcome = await self._outcome(request)
        except Unavailable:
            note(request, "app_check", "away")
            if self.mode == ENFORCE:
                raise
            return
        note(request, "app_check", outcome)
        if self.mode == ENFORCE and outcome != "valid":
            raise AppNotAttested

    async def _outcome(self, request: Request) -> str:
        token = request.headers.get(HEADER)
        if not token:
            return "missing"
        try:
            claims, _key = await tokens.verified_claims(token, self.keys.get, self.clock())
        except Unauthenticated:
            return "invalid"
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        is_ours = claims.get("iss") == f"{ISSUER}{self.project_number}"
        is_ours = is_ours and f"projects/{self.project_number}" in audiences
        return "valid" if is_ours and isinstance(claims.get("sub"), str) else "invalid"


def app_check(settings: AppCheckSettings) -> AppCheck:
    """By the settings, on Google's published keys."""
    keys = KeyCache(published("firebase", settings.app_check_keys_url))
    return AppCheck(settings.app_check, settings.app_check_project_number, keys)
