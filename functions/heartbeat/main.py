"""heartbeat: a registered phone says that it lives, and how its last sync ended. One write, no read."""

from __future__ import annotations

import random
import time
from functools import cache

import flask
import functions_framework

from shared.google.firestore import Firestore
from shared.google.identity import DeviceTokens
from shared.inventory import HeartbeatBody
from shared.settings import HeartbeatSettings, load
from shared.store import Tenant
from shared.web import http as web

from .cadence import next_in_seconds
from .limit import Limiter

SETTINGS = load(HeartbeatSettings)
BODY = HeartbeatBody()
LIMITER = Limiter(time.monotonic)


@cache
def database() -> Firestore:
    return Firestore(SETTINGS.project, SETTINGS.firestore_emulator)


@cache
def device_tokens() -> DeviceTokens:
    return DeviceTokens(SETTINGS.project, SETTINGS.firebase_keys_url, SETTINGS.auth_emulator)


def beat(request: flask.Request) -> flask.Response:
    """POST /v1/heartbeats {outcome} → 200 {nextHeartbeatInSeconds}."""
    device = device_tokens().verify(web.bearer(request))
    body = web.load_body(request, BODY)
    LIMITER.count(device.uid)
    Tenant(database(), device.tenant_id).heartbeat(device.device_id, body["outcome"])
    seconds = next_in_seconds(SETTINGS.heartbeat_interval_seconds, random.random())  # noqa: S311 - spreads load, guards nothing
    return web.answer({"nextHeartbeatInSeconds": seconds})


ROUTES: web.Routes = {"/v1/heartbeats": {"POST": beat}}
web.prepare("heartbeat", SETTINGS.project)


@functions_framework.http
def heartbeat(request: flask.Request) -> flask.Response:
    return web.dispatch(request, ROUTES)
