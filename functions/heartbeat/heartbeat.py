"""Heartbeat's handler."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from shared import logs
from shared.google.app_check import AppCheck, app_check
from shared.google.firestore import Firestore
from shared.google.id_tokens import DeviceTokens
from shared.inventory import INVENTORY_MISMATCH, HeartbeatBody
from shared.settings import HeartbeatSettings
from shared.store import TenantStore
from shared.web.answers import json_answer
from shared.web.app import Application, Routes, body_of
from shared.web.app_versions import require_current
from shared.web.body import bearer, load_json
from shared.web.version import version

from .cadence import next_in_seconds
from .limit import Limiter

BODY = HeartbeatBody()


@dataclass(frozen=True)
class Heartbeat:
    """clock: now, aware. chance: uniform in [0, 1)."""

    settings: HeartbeatSettings
    tokens: DeviceTokens
    database: Firestore
    limiter: Limiter
    app_check: AppCheck
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random

    async def beat(self, request: Request) -> Response:
        """POST /v1/heartbeats {outcome} → 200 {nextHeartbeatInSeconds}."""
        require_current(request, self.settings.minimum_app_version)
        await self.app_check.require(request)
        device = await self.tokens.verify(bearer(request))
        outcome = load_json(request, body_of(request), BODY)["outcome"]
        self.limiter.count(device.uid)
        store = TenantStore(self.database, device.tenant_id)
        await store.heartbeat(device.device_id, outcome, self.clock())
        if outcome == INVENTORY_MISMATCH:
            logs.event("inventory_mismatch", "CRITICAL")
        seconds = next_in_seconds(self.settings.heartbeat_interval_seconds, self.chance())
        return json_answer({"nextHeartbeatInSeconds": seconds})

    @property
    def routes(self) -> Routes:
        return {"/v1/heartbeats": {"POST": self.beat}, "/version": {"GET": version}}


def build(settings: HeartbeatSettings) -> Application:
    """The function, on Firestore and Google's keys."""
    heartbeat = Heartbeat(
        settings,
        DeviceTokens(settings.project, settings.firebase_keys_url, settings.auth_emulator),
        Firestore(settings.project, settings.firestore_emulator),
        Limiter(),
        app_check(settings),
    )
    return Application("heartbeat", settings.project, heartbeat.routes)
