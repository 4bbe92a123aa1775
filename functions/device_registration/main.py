"""device_registration: an organization's phone gets an anonymous identity, and can give it back."""

from __future__ import annotations

import time
from functools import cache

import flask
import functions_framework

from shared import tokens
from shared.google.custom_tokens import CustomTokens
from shared.google.firestore import Firestore
from shared.google.identity import Accounts, DeviceTokens
from shared.inventory import RegistrationBody
from shared.keys import KeyCache, PublishedKeys
from shared.settings import RegistrationSettings, load
from shared.store import Tenant
from shared.web import http as web

from .sign_out import sign_out

SETTINGS = load(RegistrationSettings)
BODY = RegistrationBody()
RULES = tokens.EntraRules(
    authority=SETTINGS.entra_authority,
    audience=SETTINGS.entra_client_id,
    scope=SETTINGS.entra_device_scope,
    client_ids=SETTINGS.mobile_client_ids,
)


@cache
def database() -> Firestore:
    return Firestore(SETTINGS.project, SETTINGS.firestore_emulator)


@cache
def entra_keys() -> KeyCache:
    return KeyCache(PublishedKeys(SETTINGS.entra_keys_url, "entra"), time.monotonic)


@cache
def device_tokens() -> DeviceTokens:
    return DeviceTokens(SETTINGS.project, SETTINGS.firebase_keys_url, SETTINGS.auth_emulator)


@cache
def custom_tokens() -> CustomTokens:
    return CustomTokens(SETTINGS.auth_emulator)


@cache
def accounts() -> Accounts:
    return Accounts(SETTINGS.project)


def register(request: flask.Request) -> flask.Response:
    """POST /v1/devices {deviceId} → 201 new or 200 known, {deviceId, customToken, heartbeatIntervalSeconds}.

    The token is made before the document, so that nothing is half done when it can't be made.
    """
    tenant_id = tokens.entra_tenant(web.bearer(request), entra_keys().get, RULES, time.time())
    device_id = web.load_body(request, BODY)["deviceId"]
    custom_token = custom_tokens().make(tokens.DeviceIdentity(tenant_id, device_id))
    new = Tenant(database(), tenant_id).register(device_id, SETTINGS.max_devices_per_tenant)
    answer = {
        "deviceId": device_id,
        "customToken": custom_token,
        "heartbeatIntervalSeconds": SETTINGS.heartbeat_interval_seconds,
    }
    return web.answer(answer, 201 if new else 200)


def leave(request: flask.Request) -> flask.Response:
    """DELETE /v1/devices/self → 204."""
    device = device_tokens().verify(web.bearer(request))
    sign_out(device, accounts(), Tenant(database(), device.tenant_id))
    return flask.Response(status=204)


ROUTES: web.Routes = {"/v1/devices": {"POST": register}, "/v1/devices/self": {"DELETE": leave}}
web.prepare("device_registration", SETTINGS.project)


@functions_framework.http
def device_registration(request: flask.Request) -> flask.Response:
    return web.dispatch(request, ROUTES)
