"""The settings of a stack: `calliente:settings` of deploy/Pulumi.<stack>.yaml, checked before anything is made.

They include settings of functions, under the names of README.md; the code that checks them at a function's start checks
them here. Sources: Firestore, "Backups" (14 weeks at most); Cloud Run, "Mapping custom domains".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from deploy.infrastructure import functions
from shared.environment import SettingsError, load, setting
from shared.parsers import guid, one_of, whole

# Without London (west2) and Zurich (west6), which are not in the European Union.
_EU = "central2 north1 north2 southwest1 west1 west3 west4 west8 west9 west10 west12"
EU_REGIONS = frozenset(f"europe-{place}" for place in _EU.split())
EU_LOCATIONS = EU_REGIONS | {"eur3"}
_WITH_DOMAIN_MAPPING = (
    "asia-east1 asia-northeast1 asia-southeast1 europe-north1 europe-west1 europe-west4 us-central1 us-east1 us-east4"
    " us-west1"
)
MAPPING_REGIONS = frozenset(_WITH_DOMAIN_MAPPING.split())
ADDRESSES = ("ONBOARDING_URL", "PORTAL_URL", "REGISTRATION_URL", "HEARTBEAT_URL")
_COMPUTED = {"GOOGLE_CLOUD_PROJECT", "ENTRA_CLIENT_ID", "APP_CHECK_PROJECT_NUMBER"}
_OF_THE_ENVIRONMENT = {"FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "K_SERVICE"}
NOT_FOR_A_STACK = _COMPUTED | _OF_THE_ENVIRONMENT


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {what}")
        return value

    return parse


_DOMAIN = _matching(r"https://[a-z0-9.-]+", "https:// and a host name, nothing after it")
_HASH = r"([0-9A-Fa-f]{2}:?){%d}"


@dataclass(frozen=True)
class Stack:
    """The settings of the deployment itself; deploy/README.md explains each."""

    project: str = setting("PROJECT", _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID"))
    region: str = setting("REGION", default="europe-west1")
    firestore_location: str = setting("FIRESTORE_LOCATION", default="eur3")
    allow_location: str = setting("ALLOW_LOCATION", default="")
    backup_days: int = setting("BACKUP_DAYS", whole(0, 98), default=7)
    log_days: int = setting("LOG_DAYS", whole(1, 3650), default=30)
    public_access: str = setting(
        "PUBLIC_ACCESS", one_of("unchecked", "all-users"), default="unchecked"
    )
    ingress: str = setting("INGRESS", one_of("all", "load-balancer"), default="all")
    secrets_rotated: str = setting(
        "SECRETS_ROTATED", _matching(r"[a-z0-9_-]{1,63}", "a date such as 2026-11-26"), default=""
    )
    alert_email: str = setting(
        "ALERT_EMAIL", _matching(r"\S+@\S+", "an e-mail address"), default=""
    )
    billing_account: str = setting(
        "BILLING_ACCOUNT", _matching(r"([0-9A-F]{6}-){2}[0-9A-F]{6}", "an account ID"), default=""
    )
    budget: str = setting(
        "BUDGET", _matching(r"[1-9][0-9]{0,8}[A-Z]{3}", "an amount such as 50EUR"), default="50EUR"
    )
    entra_tenant_id: str = setting("ENTRA_TENANT_ID", guid)
    entra_cloud: str = setting("ENTRA_CLOUD", one_of("public", "usgov", "china"), default="public")
    entra_credential: str = setting(
        "ENTRA_CREDENTIAL", one_of("federated", "certificate", "secret"), default="federated"
    )
    device_code: str = setting("DEVICE_CODE", one_of("refused", "allowed"), default="refused")
    entra_credential_file: str = setting("ENTRA_CREDENTIAL_FILE", default=".local/entra-credential")
    onboarding_url: str = setting("ONBOARDING_URL", _DOMAIN, default="")
    portal_url: str = setting("PORTAL_URL", _DOMAIN, default="")
    registration_url: str = setting("REGISTRATION_URL", _DOMAIN, default="")
    heartbeat_url: str = setting("HEARTBEAT_URL", _DOMAIN, default="")
    android_package: str = setting("ANDROID_PACKAGE", default="")
    android_sha1: str = setting(
        "ANDROID_SHA1", _matching(_HASH % 20, "20 bytes in hex"), default=""
    )
    android_sha256: str = setting(
        "ANDROID_SHA256", _matching(_HASH % 32, "32 bytes in hex"), default=""
    )
    ios_bundle_id: str = setting("IOS_BUNDLE_ID", default="")
    ios_team_id: str = setting("IOS_TEAM_ID", default="")
    app_check: str = setting("APP_CHECK", one_of("off", "monitor", "enforce"), default="off")

    def domains(self) -> dict[str, str]:
        """Return the domain of each function that has one: {function: "https://host"}."""
        given = {
            "onboarding": self.onboarding_url,
            "admin_portal": self.portal_url,
            "device_registration": self.registration_url,
            "heartbeat": self.heartbeat_url,
        }
        return {name: url for name, url in given.items() if url}

    def misfits(self) -> list[str]:
        """Return the faults of settings that do not fit together: places outside the EU, half an app, domains."""
        places = {"REGION": (self.region, EU_REGIONS)}
        places["FIRESTORE_LOCATION"] = (self.firestore_location, EU_LOCATIONS)
        faults = [
            f"{name} is not in the European Union, where the policy promises to keep the data;"
            f" if a customer has asked for it: ALLOW_LOCATION: {place}"
            for name, (place, inside) in places.items()
            if place not in inside and place != self.allow_location
        ]
        if bool(self.android_package) != bool(self.android_sha1 and self.android_sha256):
            faults.append("ANDROID_PACKAGE, ANDROID_SHA1 and ANDROID_SHA256 belong together")
        if bool(self.ios_bundle_id) != bool(self.ios_team_id):
            faults.append("IOS_BUNDLE_ID and IOS_TEAM_ID belong together")
        if self.ingress == "load-balancer" and len(self.domains()) < len(ADDRESSES):
            faults.append(f"INGRESS closes the functions' own addresses: {', '.join(ADDRESSES)}")
        if self.domains() and self.ingress == "all" and self.region not in MAPPING_REGIONS:
            faults.append("REGION has no domain mappings: a load balancer is needed, INGRESS")
        return faults


@dataclass(frozen=True)
class Config:
    """name: of the stack. values: of the functions' settings, by variable."""

    name: str
    stack: Stack
    values: Mapping[str, str]

    @classmethod
    def read(cls, name: str, settings: Mapping[str, object]) -> Config:
        """Read a stack's settings: {variable: text or number}. Raises SettingsError with every fault at once."""
        given = {variable: str(value) for variable, value in settings.items()}
        of_the_stack = {declared.metadata["variable"] for declared in fields(Stack)}
        misfits = [fault for variable in given if (fault := _unwanted(variable, of_the_stack))]
        try:
            stack = load(Stack, given)
        except SettingsError as error:
            raise SettingsError([*misfits, *error.faults]) from None
        values = {**_defaults(stack), **given}
        misfits += stack.misfits()
        for function in functions.FUNCTIONS:
            misfits += functions.faults(function, values)
        if misfits:
            raise SettingsError(list(dict.fromkeys(misfits)))
        return cls(name, stack, values)


def _defaults(stack: Stack) -> dict[str, str]:
    """Return the settings of functions that follow from the deployment's own, so that functions and resources agree."""
    return {
        "GOOGLE_CLOUD_PROJECT": stack.project,
        "ENTRA_CREDENTIAL": stack.entra_credential,
        "ENTRA_CLOUD": stack.entra_cloud,
        "BACKUP_DAYS": str(stack.backup_days),
        "APP_CHECK": stack.app_check,
    }


def _unwanted(variable: str, of_the_stack: set[str]) -> str:
    if variable in NOT_FOR_A_STACK:
        return f"{variable} is not for a stack to set"
    if variable in functions.secret_variables():
        return f"{variable} is a secret: its value goes to Secret Manager, see deploy/README.md"
    allowed = of_the_stack | functions.variables()
    return "" if variable in allowed else f"{variable} is no setting"
