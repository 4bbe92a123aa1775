"""Each function, made from fakes: settings as an environment says them, applications as their `build` wires them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from functions.admin_portal import portal as portals
from functions.admin_portal import sign_in
from functions.admin_portal.forms import Forms
from functions.admin_portal.pages import PortalPages
from functions.admin_portal.session import Sessions
from functions.device_registration.floods import Floods
from functions.device_registration.registration import Registration
from functions.device_registration.sign_out import SignOut
from functions.heartbeat.heartbeat import Heartbeat
from functions.heartbeat.limit import Limiter
from functions.onboarding import onboarding as onboardings
from functions.onboarding.cookie import ProgressCookie
from functions.onboarding.pages import OnboardingPages
from functions.tenant_purge.pace import PacedUsers
from functions.tenant_purge.purge import ScheduledPurge
from shared import development_keys
from shared.environment import load
from shared.google.app_check import OFF, AppCheck
from shared.pace import Pace
from shared.settings import (
    HeartbeatSettings,
    OnboardingSettings,
    PortalSettings,
    PurgeSettings,
    RegistrationSettings,
)
from shared.signing import RECEIPT, signer
from shared.web.app import Application
from shared.web.attempts import Attempts
from tests.helpers.fakes import (
    NOW,
    FakeCustomTokens,
    FakeEntra,
    FakeFirestore,
    FakeTokens,
    FakeUsers,
)

ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT": "unit-tests",
    "ENTRA_CLIENT_ID": "ca111e47-e000-4000-8000-0000000000a1",
    "ENTRA_CREDENTIAL": "secret",
    "ENTRA_CLIENT_SECRET": "of-no-use",
    "ENTRA_AUTHORITY": "https://login.example",
    "GRAPH_ENDPOINT": "https://graph.example",
    "ONBOARDING_URL": "https://onboarding.example",
    "PORTAL_URL": "https://portal.example",
    "SESSION_KEYS": "unit-tests-sign-with-this-key-and-nothing-else",
    "RECEIPT_SIGNING_KEY": development_keys.SIGNING["receipt"],
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
    "RECEIPT_FINGERPRINT_KEY": development_keys.FINGERPRINT,
    "AUDIT_SIGNING_KEY": development_keys.SIGNING["audit"],
}
NOT_ATTESTED: Any = AppCheck(OFF, "", None)  # type: ignore[arg-type]  # no keys are needed then
S = TypeVar("S")


def settings(group: type[S], **changes: str) -> S:
    """The settings of a function, with some variables changed."""
    return load(group, {**ENVIRONMENT, **changes})


def now() -> datetime:
    return NOW


def heartbeat(database: Any, **parts: Any) -> Application:
    """parts: attributes of Heartbeat, where the test brings its own."""
    function = Heartbeat(
        **{
            "settings": settings(HeartbeatSettings),
            "tokens": FakeTokens(),
            "database": database,
            "limiter": Limiter(),
            "app_check": NOT_ATTESTED,
            "clock": now,
            "chance": lambda: 0.5,
            **parts,
        }
    )
    return Application("heartbeat", function.settings.project, function.routes)


def registration(database: Any, **parts: Any) -> Application:
    """parts: attributes of Registration, where the test brings its own."""
    configured = parts.pop("settings", settings(RegistrationSettings))
    nobody: Any = FakeUsers()
    function = Registration(
        **{
            "settings": configured,
            "entra_keys": None,
            "device_tokens": FakeTokens(),
            "custom_tokens": FakeCustomTokens(),
            "sign_out": SignOut(nobody, Pace(1000)),
            "floods": Floods(
                configured.max_new_devices_per_minute, configured.max_devices_per_token
            ),
            "app_check": NOT_ATTESTED,
            "database": database,
            "clock": now,
            **parts,
        }
    )
    return Application("device_registration", function.settings.project, function.routes)


def onboarding(database: Any = None, **parts: Any) -> Application:
    """parts: attributes of Onboarding, where the test brings its own."""
    configured = parts.pop("settings", settings(OnboardingSettings))
    function = onboardings.Onboarding(
        **{
            "settings": configured,
            "entra": FakeEntra(),
            "database": database or FakeFirestore(),
            "cookie": ProgressCookie(configured.session_keys, configured.onboarding_url),
            "pages": OnboardingPages(configured),
            "clock": now,
            **parts,
        }
    )
    return onboardings.application(function)


def portal(database: Any, **parts: Any) -> portals.Portal:
    """parts: attributes of Portal, where the test brings its own."""
    configured = parts.pop("settings", settings(PortalSettings))
    sessions = Sessions(configured.session_keys, configured.portal_url)
    return portals.Portal(
        **{
            "settings": configured,
            "entra": FakeEntra(),
            "database": database,
            "sessions": sessions,
            "flows": Attempts(
                "portal-sign-in",
                configured.session_keys,
                configured.portal_url,
                sign_in.LIFETIME_SECONDS,
            ),
            "forms": Forms(sessions, configured.portal_url),
            "pages": PortalPages(configured),
            "clock": now,
            **parts,
        }
    )


def purge(
    database: Any, users: Any, entra: Any, clock: Any, now: Any, **changes: str
) -> ScheduledPurge:
    """clock: monotonic seconds. changes: variables of the environment."""
    configured = settings(PurgeSettings, **changes)
    paced = PacedUsers(users, configured.user_batches_per_second, clock)
    return ScheduledPurge(
        configured,
        database,
        users,
        paced,
        entra,
        signer(RECEIPT, configured.receipt_signing_key),
        now,
        clock,
    )
