"""Registration's handlers: Entra access token in, anonymous identity out; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from shared import tokens
from shared.google.custom_tokens import CustomTokens
from shared.google.firestore import Firestore
from shared.google.id_tokens import DeviceTokens
from shared.google.users import Users
from shared.inventory import RegistrationBody
from shared.keys import KeyCache, published
from shared.pace import Pace
from shared.settings import RegistrationSettings
from shared.store import TenantStore
from shared.web.answers import json_answer
from shared.web.app import Application, Routes, body_of
from shared.web.body import bearer, load_json

from .sign_out import SignOut

BODY = RegistrationBody()


@dataclass(frozen=True)
class Registration:
    """entra_keys: of Entra's access tokens. clock: now, aware."""

    settings: RegistrationSettings
    entra_keys: KeyCache
    device_tokens: DeviceTokens
    custom_tokens: CustomTokens
    sign_out: SignOut
    database: Firestore
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def register(self, request: Request) -> Response:
        """POST /v1/devices {deviceId} → 201 new or 200 known: identity, cadence, and the organization's name.

        The token is made before the document, so that nothing is half done when it can't be made.
        """
        now = self.clock()
        tenant_id = await tokens.entra_tenant(
            bearer(request), self.entra_keys.get, self._rules, now.timestamp()
        )
        device_id = load_json(request, body_of(request), BODY)["deviceId"]
        custom_token = await self.custom_tokens.make(tokens.DeviceIdentity(tenant_id, device_id))
        store = TenantStore(self.database, tenant_id)
        registered = await store.register(device_id, self.settings.max_devices_per_tenant, now)
        answer = {
            "deviceId": device_id,
            "customToken": custom_token,
            "heartbeatIntervalSeconds": self.settings.heartbeat_interval_seconds,
            "organizationName": registered.name,
        }
        return json_answer(answer, 201 if registered.is_new else 200)

    async def leave(self, request: Request) -> Response:
        """DELETE /v1/devices/self → 204."""
        device = await self.device_tokens.verify(bearer(request))
        await self.sign_out.sign_out(device, TenantStore(self.database, device.tenant_id))
        return Response(status_code=204)

    @property
    def routes(self) -> Routes:
        return {
            "/v1/devices": {"POST": self.register},
            "/v1/devices/self": {"DELETE": self.leave},
        }

    @property
    def _rules(self) -> tokens.EntraRules:
        return tokens.EntraRules(
            authority=self.settings.entra_authority,
            audience=self.settings.entra_client_id,
            scope=self.settings.entra_device_scope,
            client_ids=self.settings.mobile_client_ids,
        )


def build(settings: RegistrationSettings) -> Application:
    """The function, on Firestore, Firebase, and the keys of Entra and Google."""
    registration = Registration(
        settings,
        KeyCache(
            published(
                "entra",
                settings.entra_keys_url,
                settings.entra_own_keys_url,
                settings.entra_issuer,
            )
        ),
        DeviceTokens(settings.project, settings.firebase_keys_url, settings.auth_emulator),
        CustomTokens(settings.auth_emulator),
        SignOut(Users(settings.project), Pace(settings.user_deletions_per_second)),
        Firestore(settings.project, settings.firestore_emulator),
    )
    return Application("device_registration", settings.project, registration.routes)
