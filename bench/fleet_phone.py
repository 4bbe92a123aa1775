"""A phone among thousands on the running stack: the contract of docs/mobile.md, in asyncio, with short intervals."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.addresses import Addresses
from local.firebase_session import API_KEY, GONE

RENEW_EVERY = 3  # beats: an ID token's hour, in a run of two minutes
FIRST_WAIT_SECONDS, MOST_WAIT_SECONDS = 1.0, 8.0  # 10 seconds and an hour, in a run of two minutes
INTERVAL_SECONDS = 20
NO_ANSWER, UNAUTHORIZED = 0, 401


class Refused(Exception):
    """status: HTTP's, or 0 where there was no answer. retry_after: seconds."""

    def __init__(self, status: int, code: str = "", retry_after: float = 0.0) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.retry_after = status, code, retry_after


@dataclass
class FleetPhone:
    """entra_token: makes one for its person. seen: answers of the whole fleet, by what and outcome.

    turns: how many phones of the fleet ask at once.
    """

    addresses: Addresses
    http: httpx.AsyncClient
    tenant_id: str
    entra_token: Callable[[str], str]
    seen: Counter[str]
    turns: asyncio.Semaphore
    device_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    last_beat_at: float = 0.0
    id_token: str = ""
    refresh_token: str = ""
    beats: int = 0

    @property
    def path(self) -> str:
        return f"tenants/{self.tenant_id}/devices/{self.device_id}"

    @property
    def uid(self) -> str:
        return f"{self.tenant_id}:{self.device_id}"

    async def live(self, first_after_seconds: float, stop: asyncio.Event) -> None:
        """Until `stop`, and from then on until the next beat that is taken."""
        await asyncio.sleep(first_after_seconds)
        failures = 0
        while True:
            try:
                await self._step()
            except Refused as refused:
                failures += 1
                self.seen[f"later: {refused}"] += 1
                wait = min(MOST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (failures - 1))
                await asyncio.sleep(max(wait, refused.retry_after) * random.uniform(1, 1.5))  # noqa: S311 - it spreads phones, and guards nothing
                continue
            if stop.is_set():
                return
            failures = 0
            await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311 - the same

    async def _step(self) -> None:
        """Register where needed, and beat; what is lost is begun anew, once. Raises Refused."""
        if not self.refresh_token:
            await self._register()
        try:
            await self._beat()
        except Refused as refused:
            if refused.status == httpx.codes.GONE or refused.code in GONE:
                self.device_id, self.refresh_token = str(uuid.uuid4()), ""
                self.seen["begun anew"] += 1
            elif refused.status == UNAUTHORIZED:
                self.seen[f"proven anew: {refused.code}"] += 1
            else:
                raise
            await self._register()
            await self._beat()

    async def _register(self) -> None:
        url = f"{self.addresses.functions['device_registration']}/v1/devices"
        token = self.entra_token(self.tenant_id)
        answer = await self._ask("registered", url, token, json={"deviceId": self.device_id})
        path = "identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
        body = {"token": answer["customToken"], "returnSecureToken": True}
        signed_in = await self._ask(
            "signed in", f"http://{self.addresses.auth}/{path}?key={API_KEY}", json=body
        )
        self.id_token, self.refresh_token = signed_in["idToken"], signed_in["refreshToken"]

    async def _beat(self) -> None:
        if self.beats % RENEW_EVERY == RENEW_EVERY - 1:
            form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
            url = f"http://{self.addresses.auth}/securetoken.googleapis.com/v1/token?key={API_KEY}"
            self.id_token = (await self._ask("renewed", url, data=form))["id_token"]
        url = f"{self.addresses.functions['heartbeat']}/v1/heartbeats"
        await self._ask("beat", url, self.id_token, json={"outcome": "succeeded"})
        self.beats += 1
        self.last_beat_at = time.monotonic()

    async def _ask(self, what: str, url: str, token: str = "", **content: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self.turns:
                answer = await self.http.post(url, headers=headers, **content)
        except httpx.HTTPError:
            raise Refused(NO_ANSWER, what) from None
        body = answer.json() if answer.content else {}
        if answer.is_success:
            self.seen[what] += 1
            return body
        said = body.get("error")  # Firebase's
        code = said["message"].partition(" ")[0] if said else body.get("code", "")
        raise Refused(answer.status_code, code, float(answer.headers.get("Retry-After", 0)))
