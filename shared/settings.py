"""The settings of each function: groups of environment variables, and the rules for variables that belong together.

The table of README.md describes every variable; the deployment reads the same declarations.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from shared import development_keys
from shared.entra import clouds
from shared.environment import SettingsError as SettingsError
from shared.environment import load as load
from shared.environment import setting
from shared.parsers import (
    app_version,
    base_url,
    digits,
    guid,
    guids,
    host_and_port,
    keys,
    name,
    one_of,
    origin,
    private_key,
    public_keys,
    url,
    visible,
    whole,
)

MINIMUM_PURGE_DELAY_SECONDS = 3900  # a Firebase custom token lives 3,600 s; five minutes of margin
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]*")  # Google: lower case; older ones are domain.com:name


@dataclass(frozen=True)
class EmulatorSettings:
    """service: set by Cloud Run, where no emulator is accepted."""

    firestore_emulator: str = setting(
        "FIRESTORE_EMULATOR_HOST", host_and_port, default="", exact=True
    )
    auth_emulator: str = setting(
        "FIREBASE_AUTH_EMULATOR_HOST", host_and_port, default="", exact=True
    )
    service: str = setting("K_SERVICE", default="")

    @property
    def emulated(self) -> bool:
        """Whether both emulators are in use, and nothing stored or issued is real."""
        return bool(self.firestore_emulator and self.auth_emulator)

    def faults(self) -> list[str]:
        emulators = {
            "FIRESTORE_EMULATOR_HOST": self.firestore_emulator,
            "FIREBASE_AUTH_EMULATOR_HOST": self.auth_emulator,
        }
        names = ", ".join(variable for variable, value in emulators.items() if value)
        return [f"{names} must not be set where K_SERVICE is"] if names and self.service else []


def _required_without_emulators(group: EmulatorSettings, variable: str, given: object) -> list[str]:
    return [] if given or group.emulated else [f"{variable} is required"]


@dataclass(frozen=True)
class ProjectSettings(EmulatorSettings):
    project: str = setting("GOOGLE_CLOUD_PROJECT", name)

    def faults(self) -> list[str]:
        if self.emulated or _PROJECT.fullmatch(self.project):
            return []
        return ["GOOGLE_CLOUD_PROJECT must be the ID of a project, which has no capital letters"]


@dataclass(frozen=True)
class AuthoritySettings:
    """The settings for checking a phone's Entra token."""

    entra_client_id: str = setting("ENTRA_CLIENT_ID", guid)
    entra_cloud: str = setting("ENTRA_CLOUD", one_of(*clouds.CLOUDS), default="public")
    entra_authority: str = setting("ENTRA_AUTHORITY", origin, default="")

    def __post_init__(self) -> None:
        """Complete addresses that are not set with those of the cloud."""
        _complete(self, "entra_authority", self.cloud.authority)

    @property
    def cloud(self) -> clouds.Cloud:
        return clouds.of(self.entra_cloud, self.entra_authority)

    @property
    def entra_keys_url(self) -> str:
        return f"{self.entra_authority}/common/discovery/v2.0/keys"

    @property
    def entra_own_keys_url(self) -> str:
        """The key set of this application, which is published only under its client ID."""
        return f"{self.entra_keys_url}?appid={self.entra_client_id}"

    @property
    def entra_issuer(self) -> str:
        """The issuer of a tenant's tokens; `{tenantid}` stands for the tenant."""
        return f"{self.entra_authority}/{{tenantid}}/v2.0"


@dataclass(frozen=True)
class EntraSettings(AuthoritySettings):
    """The settings for calling Entra and Graph as our application."""

    graph_endpoint: str = setting("GRAPH_ENDPOINT", origin, default="")
    entra_credential: str = setting(
        "ENTRA_CREDENTIAL", one_of("federated", "certificate", "secret"), default="federated"
    )
    entra_client_certificate: str = setting("ENTRA_CLIENT_CERTIFICATE", default="", secret=True)
    entra_client_secret: str = setting("ENTRA_CLIENT_SECRET", visible, default="", secret=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _complete(self, "graph_endpoint", self.cloud.graph_endpoint)

    @property
    def graph_scope(self) -> str:
        return self.cloud.graph_scope(self.graph_endpoint)

    @property
    def federation_audience(self) -> str:
        return self.cloud.federation_audience

    def faults(self) -> list[str]:
        needed = {
            "certificate": ("ENTRA_CLIENT_CERTIFICATE", self.entra_client_certificate),
            "secret": ("ENTRA_CLIENT_SECRET", self.entra_client_secret),
        }
        name, value = needed.get(self.entra_credential, ("", "unneeded"))
        if not value:
            return [f"{name} is required by ENTRA_CREDENTIAL"]
        return _certificate_faults(value) if self.entra_credential == "certificate" else []


def _complete(settings: object, name: str, value: str) -> None:
    """Set an empty field of frozen settings, while they are made."""
    if not getattr(settings, name):
        object.__setattr__(settings, name, value)


def _certificate_faults(pem: str) -> list[str]:
    from shared.entra import certificate  # only who has one waits for what reads it

    try:
        certificate.read(pem)
    except ValueError as fault:
        return [f"ENTRA_CLIENT_CERTIFICATE {fault}"]
    return []


@dataclass(frozen=True)
class FirebaseTokenSettings:
    firebase_keys_url: str = setting(
        "FIREBASE_KEYS_URL",
        url,
        default="https://www.googleapis.com/service_accounts/v1/jwk/"
        "securetoken@system.gserviceaccount.com",
    )


@dataclass(frozen=True)
class AppCheckSettings:
    """Whether calls must come with a token of Firebase App Check."""

    app_check: str = setting("APP_CHECK", one_of("off", "monitor", "enforce"), default="off")
    app_check_project_number: str = setting("APP_CHECK_PROJECT_NUMBER", digits, default="")
    app_check_keys_url: str = setting(
        "APP_CHECK_KEYS_URL", url, default="https://firebaseappcheck.googleapis.com/v1/jwks"
    )

    def faults(self) -> list[str]:
        if self.app_check == "off" or self.app_check_project_number:
            return []
        return ["APP_CHECK_PROJECT_NUMBER is required by APP_CHECK"]


@dataclass(frozen=True)
class DeviceSettings(AppCheckSettings):
    """minimum_app_version: older apps are refused; empty: none."""

    minimum_app_version: str = setting("MINIMUM_APP_VERSION", app_version, default="")
    heartbeat_interval_seconds: int = setting(
        "HEARTBEAT_INTERVAL_SECONDS", whole(1, 604_800), default=21_600
    )


@dataclass(frozen=True)
class RegistrationSettings(
    ProjectSettings, AuthoritySettings, FirebaseTokenSettings, DeviceSettings
):
    entra_device_scope: str = setting("ENTRA_DEVICE_SCOPE", name, default="Devices.Register")
    entra_mobile_client_ids: tuple[str, ...] = setting("ENTRA_MOBILE_CLIENT_IDS", guids, default=())
    max_devices_per_tenant: int = setting(
        "MAX_DEVICES_PER_TENANT", whole(1, 10_000_000), default=50_000
    )
    max_new_devices_per_minute: int = setting(
        "MAX_NEW_DEVICES_PER_MINUTE", whole(1, 1_000_000), default=1000
    )
    max_devices_per_token: int = setting("MAX_DEVICES_PER_TOKEN", whole(1, 1_000_000), default=5)
    user_deletions_per_second: int = setting(
        "USER_DELETIONS_PER_SECOND", whole(1, 1000), default=10
    )

    @property
    def mobile_client_ids(self) -> tuple[str, ...]:
        return self.entra_mobile_client_ids or (self.entra_client_id,)


@dataclass(frozen=True)
class HeartbeatSettings(ProjectSettings, FirebaseTokenSettings, DeviceSettings):
    pass


@dataclass(frozen=True)
class ConsentSettings:
    consent_grace_days: int = setting("CONSENT_GRACE_DAYS", whole(0, 3650), default=30)


@dataclass(frozen=True)
class ExpirySettings:
    """device_expiry_days: of silence, after which a device is removed; 0: never."""

    device_expiry_days: int = setting("DEVICE_EXPIRY_DAYS", whole(0, 3650), default=180)


@dataclass(frozen=True)
class BackupSettings:
    """backup_days: how long a backup of the database is kept, and so how long one can hold what was deleted."""

    backup_days: int = setting("BACKUP_DAYS", whole(0, 98), default=7)


@dataclass(frozen=True)
class SessionSettings:
    """The keys that sign cookies and forms. Each function derives keys of its own, from whichever variable.

    With a variable for each function, an attacker who controls one of them cannot forge what the other accepts.
    """

    shared_session_keys: tuple[str, ...] = setting("SESSION_KEYS", keys, default=(), secret=True)


@dataclass(frozen=True)
class OnboardingSessionSettings(SessionSettings):
    onboarding_session_keys: tuple[str, ...] = setting(
        "ONBOARDING_SESSION_KEYS", keys, default=(), secret=True
    )

    @property
    def session_keys(self) -> tuple[str, ...]:
        return _derived("onboarding", self.onboarding_session_keys or self.shared_session_keys)

    def faults(self) -> list[str]:
        return [] if self.session_keys else ["ONBOARDING_SESSION_KEYS is required"]


@dataclass(frozen=True)
class PortalSessionSettings(SessionSettings):
    portal_session_keys: tuple[str, ...] = setting(
        "PORTAL_SESSION_KEYS", keys, default=(), secret=True
    )

    @property
    def session_keys(self) -> tuple[str, ...]:
        return _derived("admin_portal", self.portal_session_keys or self.shared_session_keys)

    def faults(self) -> list[str]:
        return [] if self.session_keys else ["PORTAL_SESSION_KEYS is required"]


def _derived(function: str, secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of one function, newest first: 64 hexadecimal digits each. They do not reveal the setting."""
    purpose = f"calliente.session.{function}".encode()
    return tuple(hmac.digest(key.encode(), purpose, hashlib.sha256).hex() for key in secrets)


@dataclass(frozen=True)
class OnboardingSettings(
    ProjectSettings,
    EntraSettings,
    ConsentSettings,
    ExpirySettings,
    BackupSettings,
    OnboardingSessionSettings,
):
    """portal_url: where its last page leads, if anywhere."""

    onboarding_url: str = setting("ONBOARDING_URL", base_url)
    portal_url: str = setting("PORTAL_URL", base_url, default="")


@dataclass(frozen=True)
class ClosingSettings(EmulatorSettings):
    purge_delay_seconds: int = setting(
        "PURGE_DELAY_SECONDS", whole(0, 31_536_000), default=MINIMUM_PURGE_DELAY_SECONDS
    )

    def faults(self) -> list[str]:
        if self.emulated or self.purge_delay_seconds >= MINIMUM_PURGE_DELAY_SECONDS:
            return []
        return [f"PURGE_DELAY_SECONDS must be at least {MINIMUM_PURGE_DELAY_SECONDS}"]


@dataclass(frozen=True)
class StatementSettings(EmulatorSettings):
    """audit_signing_key: a private JWK that only the portal has. receipt_public_keys: a JWK set, with old keys."""

    given_audit_key: str = setting(
        "AUDIT_SIGNING_KEY", private_key("audit"), default="", secret=True
    )
    given_public_keys: str = setting("RECEIPT_PUBLIC_KEYS", public_keys, default="")

    @property
    def audit_signing_key(self) -> str:
        return self.given_audit_key or development_keys.SIGNING["audit"]

    @property
    def receipt_public_keys(self) -> str:
        return self.given_public_keys or development_keys.PUBLIC

    def faults(self) -> list[str]:
        given = {
            "AUDIT_SIGNING_KEY": self.given_audit_key,
            "RECEIPT_PUBLIC_KEYS": self.given_public_keys,
        }
        return [
            fault
            for variable, value in given.items()
            for fault in _required_without_emulators(self, variable, value)
        ]


@dataclass(frozen=True)
class PortalSettings(
    ProjectSettings,
    EntraSettings,
    ClosingSettings,
    ExpirySettings,
    PortalSessionSettings,
    StatementSettings,
):
    """onboarding_url: where an organization that is not connected is sent, if anywhere."""

    portal_url: str = setting("PORTAL_URL", base_url)
    onboarding_url: str = setting("ONBOARDING_URL", base_url, default="")


@dataclass(frozen=True)
class FingerprintSettings(EmulatorSettings):
    """The fingerprint keys, newest first, by which a purged tenant is found in a restore: see `shared/receipts.py`."""

    given_fingerprint_keys: tuple[str, ...] = setting(
        "RECEIPT_FINGERPRINT_KEY", keys, default=(), secret=True
    )

    @property
    def receipt_fingerprint_keys(self) -> tuple[str, ...]:
        return self.given_fingerprint_keys or (development_keys.FINGERPRINT,)

    def faults(self) -> list[str]:
        return _required_without_emulators(
            self, "RECEIPT_FINGERPRINT_KEY", bool(self.given_fingerprint_keys)
        )


@dataclass(frozen=True)
class ReceiptSettings(FingerprintSettings):
    """receipt_signing_key: a private JWK that only the scheduled run has."""

    given_signing_key: str = setting(
        "RECEIPT_SIGNING_KEY", private_key("receipt"), default="", secret=True
    )

    @property
    def receipt_signing_key(self) -> str:
        return self.given_signing_key or development_keys.SIGNING["receipt"]

    def faults(self) -> list[str]:
        return _required_without_emulators(self, "RECEIPT_SIGNING_KEY", self.given_signing_key)


@dataclass(frozen=True)
class PurgeSettings(
    ProjectSettings,
    EntraSettings,
    ClosingSettings,
    ConsentSettings,
    BackupSettings,
    ReceiptSettings,
    ExpirySettings,
):
    purge_budget_seconds: int = setting("PURGE_BUDGET_SECONDS", whole(1, 3600), default=480)
    user_batches_per_second: int = setting(
        "USER_BATCH_DELETIONS_PER_SECOND", whole(1, 1000), default=1
    )


@dataclass(frozen=True)
class SupportSettings(ProjectSettings, ClosingSettings, ExpirySettings):
    """What the operators' command line needs."""

    portal_url: str = setting("PORTAL_URL", base_url, default="")


@dataclass(frozen=True)
class RestoreSettings(ProjectSettings, FingerprintSettings):
    """What telling the purged from the others in a restored database needs."""
