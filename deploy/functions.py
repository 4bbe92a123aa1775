"""The five functions: size, limits, settings, and exactly what the identity of each may do.

Only device_registration may sign tokens, and only as itself. Only onboarding, admin_portal and tenant_purge get the
credential for Entra: with `federated` it is their own identity, so nobody else's is registered there.
Sources of the permissions: Firestore, "Security for server client libraries" (permissions for API methods); Identity
Platform REST reference, accounts.batchGet and accounts.batchDelete.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from deploy.config import Config
from shared import settings

TRANSACTIONS = "datastore.databases.get"
GET, LIST, CREATE, UPDATE, DELETE = (
    f"datastore.entities.{verb}" for verb in ("get", "list", "create", "update", "delete")
)
GET_USERS, DELETE_USERS = "firebaseauth.users.get", "firebaseauth.users.delete"
SESSION_KEYS = "calliente-session-keys"
ENTRA_CREDENTIAL = "calliente-entra-credential"
TOPIC = "calliente-purge"
RUNTIME = "python311"


@dataclass(frozen=True)
class Function:
    """concurrency: requests that one instance serves at once, a thread each. timeout_seconds: of one request.

    permissions: of its identity in the project, as a role of its own. reads: the variables that it asks for.
    """

    entry_point: str
    reads: type
    memory: str
    concurrency: int
    max_instances: int
    timeout_seconds: int
    permissions: tuple[str, ...]
    secrets: dict[str, str] = field(default_factory=dict)
    scheduled: bool = False
    signs_tokens: bool = False

    @property
    def name(self) -> str:
        return self.entry_point.replace("_", "-")

    @property
    def account(self) -> str:
        """The service account's ID, which is 6 to 30 characters long."""
        return f"fn-{self.name}"

    @property
    def role(self) -> str:
        """The ID of its role in the project."""
        return f"calliente_{self.entry_point}"

    def email(self, project: str) -> str:
        return f"{self.account}@{project}.iam.gserviceaccount.com"


def functions(config: Config) -> tuple[Function, ...]:
    entra = {
        "secret": {"ENTRA_CLIENT_SECRET": ENTRA_CREDENTIAL},
        "certificate": {"ENTRA_CLIENT_CERTIFICATE": ENTRA_CREDENTIAL},
    }.get(config.entra_credential, {})
    return (
        Function("heartbeat", settings.HeartbeatSettings, "512Mi", 40, 20, 15, (UPDATE,)),
        Function(
            "device_registration",
            settings.RegistrationSettings,
            "512Mi",
            20,
            20,
            30,
            (TRANSACTIONS, GET, LIST, CREATE, DELETE, DELETE_USERS),
            signs_tokens=True,
        ),
        Function(
            "onboarding",
            settings.OnboardingSettings,
            "512Mi",
            10,
            5,
            30,
            (TRANSACTIONS, GET, CREATE, UPDATE),
            secrets={"SESSION_KEYS": SESSION_KEYS, **entra},
        ),
        Function(
            "admin_portal",
            settings.PortalSettings,
            "512Mi",
            10,
            5,
            30,
            (TRANSACTIONS, GET, LIST, UPDATE),
            secrets={"SESSION_KEYS": SESSION_KEYS, **entra},
        ),
        Function(
            "tenant_purge",
            settings.PurgeSettings,
            "512Mi",
            1,
            1,
            540,
            (TRANSACTIONS, GET, LIST, UPDATE, DELETE, GET_USERS, DELETE_USERS),
            secrets=entra,
            scheduled=True,
        ),
    )


def environment(function: Function, config: Config) -> dict[str, str]:
    """The variables of a function: of those that the deployment was told, the ones that it reads."""
    here = f"{{project_number}}.{config.region}.run.app"
    told = {
        "GOOGLE_CLOUD_PROJECT": config.project,
        "ENTRA_CLIENT_ID": config.entra_client_id,
        "ENTRA_CREDENTIAL": config.entra_credential,
        "ENTRA_MOBILE_CLIENT_IDS": config.entra_mobile_client_ids,
        "ONBOARDING_URL": config.onboarding_url or f"https://onboarding-{here}",
        "PORTAL_URL": config.portal_url or f"https://admin-portal-{here}",
        **config.limits,
    }
    read = [declared.metadata["variable"] for declared in fields(function.reads)]
    variables = {name: told[name] for name in read if told.get(name)}
    return {**variables, "THREADS": str(max(function.concurrency, 2)), "WORKERS": "1"}
