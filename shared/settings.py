"""The environment, read once at start and then frozen.

A function declares what it needs by composing the groups below; `load` reports every missing or bad variable
together, by name and never by value, because a value may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar
from urllib.parse import urlsplit

EMULATOR_VARIABLES = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST")
MINIMUM_PURGE_DELAY_SECONDS = 3900  # a Firebase custom token lives 3,600 s; five minutes of margin
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SettingsError(Exception):
    """Raised by `load`. faults: one sentence per variable, naming it, without its value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("settings: " + "; ".join(faults))
        self.faults = faults


def _text(value: str) -> str:
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an https URL without query, fragment or user")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError("must be an https URL")
    return value.rstrip("/")


def _guid(value: str) -> str:
    if not GUID.fullmatch(value.lower()):
        raise ValueError("must be a GUID")
    return value.lower()


def _guids(value: str) -> tuple[str, ...]:
    return tuple(_guid(part.strip()) for part in value.split(",") if part.strip())


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    if not keys or any(len(key) < 32 for key in keys):
        raise ValueError("must hold keys of 32 characters or more, newest first")
    return keys


def _whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        return int(value)

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError("must be one of " + ", ".join(choices))
        return value

    return parse


def _setting(
    variable: str,
    parse: Callable[[str], Any] = _text,
    default: Any = MISSING,
    secret: bool = False,
) -> Any:
    """secret: kept out of `repr`, and so out of tracebacks and whatever prints the settings."""
    metadata = {"variable": variable, "parse": parse}
    if default is MISSING:
        return field(kw_only=True, metadata=metadata, repr=not secret)
    return field(kw_only=True, metadata=metadata, repr=not secret, default=default)


@dataclass(frozen=True)
class ProjectSettings:
    project: str = _setting("GOOGLE_CLOUD_PROJECT")
    firestore_emulator: str = _setting("FIRESTORE_EMULATOR_HOST", default="")
    auth_emulator: str = _setting("FIREBASE_AUTH_EMULATOR_HOST", default="")


@dataclass(frozen=True)
class AuthoritySettings:
    """What checking a phone's Entra token needs."""

    entra_client_id: str = _setting("ENTRA_CLIENT_ID", _guid)
    entra_authority: str = _setting(
        "ENTRA_AUTHORITY", _url, default="https://login.microsoftonline.com"
    )

    @property
    def entra_keys_url(self) -> str:
        return f"{self.entra_authority}/common/discovery/v2.0/keys"


@dataclass(frozen=True)
class EntraSettings(AuthoritySettings):
    """What calling Entra and Graph in our own name needs."""

    graph_endpoint: str = _setting("GRAPH_ENDPOINT", _url, default="https://graph.microsoft.com")
    entra_credential: str = _setting(
        "ENTRA_CREDENTIAL", _one_of("federated", "certificate", "secret"), default="federated"
    )
    entra_client_certificate: str = _setting("ENTRA_CLIENT_CERTIFICATE", default="", secret=True)
    entra_client_secret: str = _setting("ENTRA_CLIENT_SECRET", default="", secret=True)

    def faults(self) -> list[str]:
        needed = {
            "certificate": ("ENTRA_CLIENT_CERTIFICATE", self.entra_client_certificate),
            "secret": ("ENTRA_CLIENT_SECRET", self.entra_client_secret),
        }
        name, value = needed.get(self.entra_credential, ("", "unneeded"))
        return [] if value else [f"{name} is required by ENTRA_CREDENTIAL"]


@dataclass(frozen=True)
class FirebaseTokenSettings:
    firebase_keys_url: str = _setting(
        "FIREBASE_KEYS_URL",
        _url,
        default="https://www.googleapis.com/service_accounts/v1/jwk/"
        "securetoken@system.gserviceaccount.com",
    )


@dataclass(frozen=True)
class DeviceSettings:
    heartbeat_interval_seconds: int = _setting(
        "HEARTBEAT_INTERVAL_SECONDS", _whole(1, 604_800), default=21_600
    )


@dataclass(frozen=True)
class RegistrationSettings(
    ProjectSettings, AuthoritySettings, FirebaseTokenSettings, DeviceSettings
):
    entra_device_scope: str = _setting("ENTRA_DEVICE_SCOPE", default="Devices.Register")
    entra_mobile_client_ids: tuple[str, ...] = _setting(
        "ENTRA_MOBILE_CLIENT_IDS", _guids, default=()
    )
    max_devices_per_tenant: int = _setting(
        "MAX_DEVICES_PER_TENANT", _whole(1, 10_000_000), default=50_000
    )

    @property
    def mobile_client_ids(self) -> tuple[str, ...]:
        return self.entra_mobile_client_ids or (self.entra_client_id,)


@dataclass(frozen=True)
class HeartbeatSettings(ProjectSettings, FirebaseTokenSettings, DeviceSettings):
    pass


@dataclass(frozen=True)
class ConsentSettings:
    consent_grace_days: int = _setting("CONSENT_GRACE_DAYS", _whole(0, 3650), default=30)


@dataclass(frozen=True)
class OnboardingSettings(ProjectSettings, EntraSettings, ConsentSettings):
    """portal_url: where its last page leads, if anywhere."""

    onboarding_url: str = _setting("ONBOARDING_URL", _url)
    portal_url: str = _setting("PORTAL_URL", _url, default="")
    session_keys: tuple[str, ...] = _setting("SESSION_KEYS", _keys, secret=True)


@dataclass(frozen=True)
class ClosingSettings:
    purge_delay_seconds: int = _setting(
        "PURGE_DELAY_SECONDS", _whole(0, 31_536_000), default=MINIMUM_PURGE_DELAY_SECONDS
    )


@dataclass(frozen=True)
class PortalSettings(ProjectSettings, EntraSettings, ClosingSettings):
    """onboarding_url: where an organization that is not connected is sent, if anywhere."""

    portal_url: str = _setting("PORTAL_URL", _url)
    onboarding_url: str = _setting("ONBOARDING_URL", _url, default="")
    session_keys: tuple[str, ...] = _setting("SESSION_KEYS", _keys, secret=True)


@dataclass(frozen=True)
class PurgeSettings(ProjectSettings, EntraSettings, ClosingSettings, ConsentSettings):
    purge_budget_seconds: int = _setting("PURGE_BUDGET_SECONDS", _whole(1, 3600), default=480)


@dataclass(frozen=True)
class SupportSettings(ProjectSettings, ClosingSettings):
    """What the operators' command line needs."""


S = TypeVar("S")


def load(group: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """Read `group` (a dataclass of settings) from the environment.

    Raises SettingsError with every fault at once. An empty variable counts as absent.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    for declared in fields(group):  # type: ignore[arg-type]  # S is always one of the dataclasses above
        _read(declared, environ, values, faults)
    emulators = [name for name in EMULATOR_VARIABLES if environ.get(name)]
    if emulators and environ.get("K_SERVICE"):
        faults.append(f"{', '.join(emulators)} must not be set where K_SERVICE is")
    delay = values.get("purge_delay_seconds", MINIMUM_PURGE_DELAY_SECONDS)
    if delay < MINIMUM_PURGE_DELAY_SECONDS and len(emulators) < len(EMULATOR_VARIABLES):
        faults.append(f"PURGE_DELAY_SECONDS must be at least {MINIMUM_PURGE_DELAY_SECONDS}")
    if not faults:
        settings = group(**values)
        faults = settings.faults() if isinstance(settings, EntraSettings) else []
        if not faults:
            return settings
    raise SettingsError(faults)


def _read(
    declared: Field[Any], environ: Mapping[str, str], values: dict[str, Any], faults: list[str]
) -> None:
    variable = declared.metadata["variable"]
    raw = environ.get(variable, "").strip()
    if not raw:
        if declared.default is MISSING:
            faults.append(f"{variable} is required")
        return
    try:
        values[declared.name] = declared.metadata["parse"](raw)
    except ValueError as fault:
        faults.append(f"{variable} {fault}")
