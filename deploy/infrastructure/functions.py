"""The five functions: their size, limits, and the permissions of their identities.

The variables of a function follow from its dataclass in shared/settings.py: a setting that is declared there reaches it
without a change here. Sources of the permissions: Firestore, "Security for server client libraries" (permissions for
API methods); Identity Platform REST reference, accounts.lookup, batchGet and batchDelete; Service Account Credentials
API, projects.serviceAccounts.signBlob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any

from shared import development_keys, settings

BEGIN_TRANSACTION = "datastore.databases.get"
GET, LIST, CREATE, UPDATE, DELETE = (
    f"datastore.entities.{verb}" for verb in ("get", "list", "create", "update", "delete")
)
GET_USERS, DELETE_USERS = "firebaseauth.users.get", "firebaseauth.users.delete"
SIGN_BLOB = "iam.serviceAccounts.signBlob"
RUNTIME = "python313"
ALWAYS = {
    "FUNCTION_USE_ASGI": "true",  # functions-framework: uvicorn's worker instead of threads
    "WORKERS": "1",  # an instance has one vCPU
    "LOG_EXECUTION_ID": "false",  # true writes a header of the caller beside each line
}
RETIRED = "SESSION_KEYS"  # two functions shared it; each has keys of its own now
CREDENTIALS = {"certificate": "ENTRA_CLIENT_CERTIFICATE", "secret": "ENTRA_CLIENT_SECRET"}
# {variable with public keys: variable with the signing key that they belong to}
PUBLISHED = {"RECEIPT_PUBLIC_KEYS": "RECEIPT_SIGNING_KEY"}
_STAND_IN = {
    "K_SERVICE": "stand-in",
    "ENTRA_CLIENT_ID": "00000000-0000-4000-8000-000000000000",
    "ONBOARDING_URL": "https://onboarding.example.com",
    "PORTAL_URL": "https://portal.example.com",
    "APP_CHECK_PROJECT_NUMBER": "1",
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
}


@dataclass(frozen=True, kw_only=True)
class Function:
    """name: its entry point and folder. concurrency: requests that one instance serves at once, on one event loop.

    permissions: of its identity in the project, as a role of its own.
    """

    name: str
    reads: type
    permissions: tuple[str, ...]
    concurrency: int
    max_instances: int
    timeout_seconds: int
    memory: str = "512Mi"
    scheduled: bool = False
    signs_tokens: bool = False

    @property
    def service(self) -> str:
        return self.name.replace("_", "-")

    @property
    def account(self) -> str:
        """The service account's ID, which is 6 to 30 characters long."""
        return f"fn-{self.service}"

    @property
    def reaches_entra(self) -> bool:
        """Whether it calls Entra as the application."""
        return issubclass(self.reads, settings.EntraSettings)


FUNCTIONS = (
    Function(
        name="onboarding",
        reads=settings.OnboardingSettings,
        permissions=(BEGIN_TRANSACTION, GET, CREATE, UPDATE),
        concurrency=40,
        max_instances=5,
        timeout_seconds=60,
    ),
    Function(
        name="device_registration",
        reads=settings.RegistrationSettings,
        permissions=(BEGIN_TRANSACTION, GET, LIST, CREATE, DELETE, DELETE_USERS),
        concurrency=80,
        max_instances=20,
        timeout_seconds=30,
        signs_tokens=True,
    ),
    Function(
        name="heartbeat",
        reads=settings.HeartbeatSettings,
        permissions=(UPDATE,),
        concurrency=160,
        max_instances=20,
        timeout_seconds=15,
    ),
    Function(
        name="tenant_purge",
        reads=settings.PurgeSettings,
        permissions=(
            *(BEGIN_TRANSACTION, GET, LIST, CREATE, UPDATE, DELETE),
            *(GET_USERS, DELETE_USERS),
        ),
        concurrency=1,
        max_instances=2,  # a second delivery meets an instance of its own instead of a refusal
        timeout_seconds=540,
        scheduled=True,
    ),
    Function(
        name="admin_portal",
        reads=settings.PortalSettings,
        permissions=(BEGIN_TRANSACTION, GET, LIST, CREATE, UPDATE, GET_USERS),
        concurrency=40,
        max_instances=5,
        timeout_seconds=600,  # a download of 50,000 devices over a slow line
    ),
)


def declared(function: Function) -> tuple[Field[Any], ...]:
    return fields(function.reads)


def variables() -> set[str]:
    """Return the names of all settings of all functions."""
    return {
        setting.metadata["variable"] for function in FUNCTIONS for setting in declared(function)
    }


def secret_variables() -> set[str]:
    """Return the names of the settings whose values are secrets."""
    return {
        setting.metadata["variable"]
        for function in FUNCTIONS
        for setting in declared(function)
        if not setting.repr
    }


def environment(function: Function, values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a function: those of `values` that it reads."""
    read = [setting.metadata["variable"] for setting in declared(function) if setting.repr]
    return {**{name: values[name] for name in read if values.get(name)}, **ALWAYS}


def secrets(function: Function, credential: str) -> dict[str, str]:
    """Return the secrets of a function: {variable: ID in Secret Manager}. credential: ENTRA_CREDENTIAL."""
    unused = {RETIRED, *CREDENTIALS.values()} - {CREDENTIALS.get(credential)}
    return {
        variable: f"calliente-{variable.lower().replace('_', '-')}"
        for variable in (
            setting.metadata["variable"] for setting in declared(function) if not setting.repr
        )
        if variable not in unused
    }


def stand_in(variable: str) -> str:
    """Return a value that stands for a secret while settings are checked, and nowhere else."""
    purpose = variable.removesuffix("_SIGNING_KEY").lower()
    return development_keys.SIGNING.get(purpose, "x" * 48)


def faults(function: Function, values: Mapping[str, str]) -> list[str]:
    """Return the faults that the function would name at its start, except those of secrets' values."""
    secret = secret_variables()
    stand_ins = {variable: stand_in(variable) for variable in secret}
    environ = {**_STAND_IN, **stand_ins, **environment(function, values)}
    try:
        settings.load(function.reads, environ)
    except settings.SettingsError as error:
        return [fault for fault in error.faults if fault.split(" ")[0] not in secret]
    return []
