"""What a deployment is told: `make deploy PROJECT=… REGION=europe-west1 …`, read from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

EU_REGIONS = frozenset(
    f"europe-{place}"
    for place in (
        "central2",
        "north1",
        "north2",
        "southwest1",
        *("west1", "west3", "west4", "west8", "west9", "west10", "west12"),
    )
)  # without london (west2) and zurich (west6), which are not in the European Union
EU_LOCATIONS = EU_REGIONS | {"eur3"}
LIMITS = (
    "CONSENT_GRACE_DAYS",
    "HEARTBEAT_INTERVAL_SECONDS",
    "MAX_DEVICES_PER_TENANT",
    "PURGE_DELAY_SECONDS",
)
CREDENTIALS = ("federated", "certificate", "secret")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")


class ConfigError(Exception):
    """faults: one sentence per variable that is missing or wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Config:
    """region: of functions, secrets and logs. firestore_location: of the database. The rest: deploy/README.md.

    limits: variables of the functions (README.md, Settings) that are not to have their defaults.
    """

    project: str
    region: str
    firestore_location: str
    entra_client_id: str
    entra_credential: str
    entra_credential_file: str
    entra_mobile_client_ids: str
    onboarding_url: str
    portal_url: str
    alert_email: str
    billing_account: str
    budget: str
    backup_days: int
    limits: dict[str, str]
    dry_run: bool

    @classmethod
    def read(cls, environ: Mapping[str, str], *, undeploy: bool = False) -> Config:
        """Raises ConfigError with every fault at once."""
        get = environ.get
        config = cls(
            project=get("PROJECT", ""),
            region=get("REGION", "europe-west1"),
            firestore_location=get("FIRESTORE_LOCATION", "eur3"),
            entra_client_id=get("ENTRA_CLIENT_ID", "").lower(),
            entra_credential=get("ENTRA_CREDENTIAL", "federated"),
            entra_credential_file=get("ENTRA_CREDENTIAL_FILE", "") or ".local/entra-credential",
            entra_mobile_client_ids=get("ENTRA_MOBILE_CLIENT_IDS", ""),
            onboarding_url=get("ONBOARDING_URL", ""),
            portal_url=get("PORTAL_URL", ""),
            alert_email=get("ALERT_EMAIL", ""),
            billing_account=get("BILLING_ACCOUNT", ""),
            budget=get("BUDGET", "50EUR"),
            backup_days=int(get("BACKUP_DAYS", "7")) if get("BACKUP_DAYS", "7").isdigit() else -1,
            limits={name: environ[name] for name in LIMITS if get(name)},
            dry_run=get("DRY_RUN", "") not in ("", "0"),
        )
        faults = config._faults(get("ALLOW_LOCATION", ""), undeploy)
        if faults:
            raise ConfigError(faults)
        return config

    def _faults(self, allowed_location: str, undeploy: bool) -> list[str]:
        faults = []
        if not _PROJECT.fullmatch(self.project):
            faults.append("PROJECT must be the ID of a Google Cloud project")
        places = {"REGION": (self.region, EU_REGIONS)}
        places["FIRESTORE_LOCATION"] = (self.firestore_location, EU_LOCATIONS)
        for name, (place, eu) in places.items():
            if place not in eu and (not place or place != allowed_location):
                faults.append(
                    f"{name} is not in the European Union, where the policy promises to keep the data;"
                    f" if a customer has asked for it: ALLOW_LOCATION={place}"
                )
        if undeploy:
            return faults
        if not _GUID.fullmatch(self.entra_client_id):
            faults.append(
                "ENTRA_CLIENT_ID must be the application ID: docs/entra-app-registration.md"
            )
        if self.entra_credential not in CREDENTIALS:
            faults.append(f"ENTRA_CREDENTIAL must be one of {', '.join(CREDENTIALS)}")
        faults += [
            f"{name} must be a whole number"
            for name, value in self.limits.items()
            if not value.isdigit()
        ]
        if not 0 <= self.backup_days <= 98:
            faults.append("BACKUP_DAYS must be a whole number from 0 (none) to 98")
        return faults
