"""The five functions: size, limits, settings, and what the identity of each may do.

Only device_registration may sign tokens, and only as itself. Only onboarding, admin_portal and tenant_purge get the
credential for Entra: with `federated` it is their own identity, so nobody else's is registered there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from deploy.config import Config

DATASTORE_USER = "roles/datastore.user"
FIREBASE_AUTH_ADMIN = "roles/firebaseauth.admin"
SESSION_KEYS = "calliente-session-keys"
ENTRA_CREDENTIAL = "calliente-entra-credential"
TOPIC = "calliente-purge"
RUNTIME = "python311"


@dataclass(frozen=True)
class Function:
    """concurrency: requests that one instance serves at once, a thread each. timeout_seconds: of one request."""

    entry_point: str
    memory: str
    concurrency: int
    max_instances: int
    timeout_seconds: int
    roles: tuple[str, ...]
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

    def email(self, project: str) -> str:
        return f"{self.account}@{project}.iam.gserviceaccount.com"


def functions(config: Config) -> tuple[Function, ...]:
    entra = {
        "secret": {"ENTRA_CLIENT_SECRET": ENTRA_CREDENTIAL},
        "certificate": {"ENTRA_CLIENT_CERTIFICATE": ENTRA_CREDENTIAL},
    }.get(config.entra_credential, {})
    return (
        Function("heartbeat", "512Mi", 40, 20, 15, (DATASTORE_USER,)),
        Function(
            "device_registration",
            "512Mi",
            20,
            20,
            30,
            (DATASTORE_USER, FIREBASE_AUTH_ADMIN),
            signs_tokens=True,
        ),
        Function(
            "onboarding",
            "512Mi",
            10,
            5,
            30,
            (DATASTORE_USER,),
            secrets={"SESSION_KEYS": SESSION_KEYS, **entra},
        ),
        Function(
            "admin_portal",
            "512Mi",
            10,
            5,
            30,
            (DATASTORE_USER,),
            secrets={"SESSION_KEYS": SESSION_KEYS, **entra},
        ),
        Function(
            "tenant_purge",
            "512Mi",
            1,
            1,
            540,
            (DATASTORE_USER, FIREBASE_AUTH_ADMIN),
            secrets=entra,
            scheduled=True,
        ),
    )


def environment(function: Function, config: Config) -> dict[str, str]:
    """The variables of a function; each gets only those that it reads."""
    variables = {
        "GOOGLE_CLOUD_PROJECT": config.project,
        "THREADS": str(max(function.concurrency, 2)),
        "WORKERS": "1",
    }
    if function.entry_point != "heartbeat":
        variables["ENTRA_CLIENT_ID"] = config.entra_client_id
    if function.entry_point in ("onboarding", "admin_portal", "tenant_purge"):
        variables["ENTRA_CREDENTIAL"] = config.entra_credential
    if function.entry_point == "onboarding":
        variables["ONBOARDING_URL"] = (
            config.onboarding_url
            or f"https://onboarding-{{project_number}}.{config.region}.run.app"
        )
    if function.entry_point == "admin_portal":
        variables["PORTAL_URL"] = (
            config.portal_url or f"https://admin-portal-{{project_number}}.{config.region}.run.app"
        )
    if function.entry_point == "device_registration" and config.entra_mobile_client_ids:
        variables["ENTRA_MOBILE_CLIENT_IDS"] = config.entra_mobile_client_ids
    return variables
