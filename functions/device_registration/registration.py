"""Registration's handlers: Entra access token in, anonymous identity out; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from shared import tokens
from shared.google.app_check import AppCheck, app_check
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
from shared.web.app_versions import require_current
from shared.web.body import bearer, load_json
from shared.web.version import version

from .floods import Floods
from .published import published_inventory
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
    floods: Floods
    app_check: AppCheck
    database: Firestore
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def register(self, request: Request) -> Response:
        """POST /v1/devices {deviceId} → 201 new or 200 known: identity, cadence, and the organization's name.

        The token is made before the document, so that nothing is half done when it can't be made.
        """
        require_current(request, self.settings.minimum_app_version)
        await self.app_check.require(request)
        now = self.clock()
        proof = await tokens.entra_tenant(
            bearer(request), self.entra_keys.get, self._rules, now.timestamp()
        )
        device_id = load_json(request, body_of(request), BODY)["deviceId"]
        identity = tokens.DeviceIdentity(proof.tenant_id, device_id)
        custom_token = await self.custom_tokens.make(identity)
        store, limit = (
            TenantStore(self.database, proof.tenant_id),
            self.settings.max_devices_per_tenant,
        )
        admit = self.floods.entry(proof, now.timestamp())
        registered = await store.register(device_id, limit, now, admit)
        answer = {
            "deviceId": device_id,
            "customToken": custom_token,
            "heartbeatIntervalSeconds": self.settings.heartbeat_interval_seconds,
            "organizationName": registered.name,
        }
        return json_answer(answer, 201 if registered.is_new else 200)

    async def leave(self, request: Request) -> Response:
        """DELETE /v1/devices/self → 204."""
        device = await self.device_tokens.verify(bearer(request), most_age_seconds=None)
        await self.sign_out.sign_out(device, TenantStore(self.database, device.tenant_id))
        return Response(status_code=204)

    @property
    def routes(self) -> Routes:
        return {
            "/v1/devices": {"POST": self.register},
            "/v1/devices/self": {"DELETE": self.leave},
            "/v1/inventory": {"GET": published_inventory},
            "/version": {"GET": version},
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
        Floods(settings.max_new_devices_per_minute, settings.max_devices_per_token),
        app_check(settings),
        Firestore(settings.project, settings.firestore_emulator),
    )
    return Application("device_registration", settings.project, registration.routes)
