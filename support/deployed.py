"""Checks of a real project: steps by hand that can be forgotten, which no function notices while it works.

Every check reads from Google's own interfaces and changes nothing. Sources: Identity Platform REST reference,
projects.getConfig and defaultSupportedIdpConfigs; Cloud Run Admin API, services; Firestore REST reference, indexes and
fields; Cloud Logging REST reference, projects.sinks; Resource Manager REST reference, Policy (auditConfigs); Secret
Manager REST reference, secrets.versions.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.entra.certificate import WARNING_DAYS, read

INDEXES = Path(__file__).parents[1] / "firestore.indexes.json"
PUBLIC = ("onboarding", "admin-portal", "device-registration", "heartbeat")
PRIVATE = "tenant-purge"
STRANGERS = {"allUsers", "allAuthenticatedUsers"}
RECEIPT_SECRET = "calliente-receipt-signing-key"  # noqa: S105  # its name
DEPLOY = "make deploy STACK=…"
CONSOLE = "Firebase console → Authentication → Sign-in method"
Ask = Callable[[str, str], tuple[int, Any]]
Check = Callable[[], Awaitable[str]]


class Unwell(Exception):
    """A check failed. what: is wrong. advice: what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class Skipped(Exception):
    """The check cannot be made from here; the text says where it can."""


@dataclass(frozen=True)
class Deployed:
    """ask: method and URL → status and decoded JSON, signed in as the operator. fetch: URL → the same, as a stranger.

    portal_url: empty if it is not known.

    certificate: PEM; empty if the credential is not a certificate. quota_project: of the operator's credentials; None
    for a service account, which needs none.
    """

    project: str
    region: str
    ask: Ask
    fetch: Callable[[str], tuple[int, Any]]
    now: Callable[[], datetime]
    portal_url: str = ""
    certificate: str = ""
    quota_project: str | None = None
    _services: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def checks(self) -> dict[str, Check]:
        return {
            "sign-in methods": self.sign_in_methods,
            "kind of sign-in": self.kind_of_sign_in,
            "strangers": self.strangers,
            "traffic": self.traffic,
            "indexes": self.indexes,
            "logs": self.logs,
            "audit logs": self.audit_logs,
            "receipt keys": self.receipt_keys,
            "certificate": self.certificate_days,
            "quota project": self.quota,
        }

    async def sign_in_methods(self) -> str:
        """Phones sign in with custom tokens; any other method lets strangers make users."""
        methods = self._sign_in_config().get("signIn", {})
        switched_on = [
            name for name in ("email", "phoneNumber", "anonymous") if _is_on(methods, name)
        ]
        others = self._identity("defaultSupportedIdpConfigs").get("defaultSupportedIdpConfigs", [])
        switched_on += [
            provider["name"].rpartition("/")[2] for provider in others if provider.get("enabled")
        ]
        if switched_on:
            raise Unwell(f"switched on: {', '.join(switched_on)}", f"switch them off: {CONSOLE}")
        return "none but custom tokens"

    async def kind_of_sign_in(self) -> str:
        if self._sign_in_config().get("subtype") == "IDENTITY_PLATFORM":
            what = (
                "Firebase Authentication was upgraded to Identity Platform, which bills each phone"
            )
            raise Unwell(what, "there is no way back for this project: docs/operations.md, cost")
        return "Firebase Authentication"

    async def strangers(self) -> str:
        """Everybody must reach the four functions, and only the schedule the purge."""
        shut = [name for name in PUBLIC if not self._is_open(name)]
        if shut:
            raise Unwell(f"refused by Cloud Run: {', '.join(shut)}", f"{DEPLOY}; PUBLIC_ACCESS")
        purge = self._service(PRIVATE)
        if self._is_open(PRIVATE) or purge.get("ingress") != "INGRESS_TRAFFIC_INTERNAL_ONLY":
            raise Unwell(f"{PRIVATE} can be called from outside", DEPLOY)
        return "reach the four functions for them, and not the purge"

    async def traffic(self) -> str:
        pinned = []
        for name in (*PUBLIC, PRIVATE):
            service = self._service(name)
            latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
            targets = [
                target for target in service.get("trafficStatuses", []) if target.get("percent")
            ]
            is_newest = [target.get("type") for target in targets] == [latest]
            if not is_newest or service.get("latestReadyRevision") != service.get(
                "latestCreatedRevision"
            ):
                pinned.append(name)
        if pinned:
            advice = "pinned on purpose? else gcloud run services update-traffic NAME --to-latest"
            raise Unwell(f"not on the newest revision: {', '.join(pinned)}", advice)
        return "on the newest revisions"

    async def indexes(self) -> str:
        """Production refuses a query whose index is missing or still being built."""
        declared = json.loads(INDEXES.read_text())
        base = f"https://firestore.googleapis.com/v1/projects/{self.project}/databases/(default)/collectionGroups/-"
        built = self._read(f"{base}/indexes?pageSize=300").get("indexes", [])
        overridden = f"{base}/fields?pageSize=300&filter=indexConfig.usesAncestorConfig:false"
        fields = self._read(f"{overridden}%20OR%20ttlConfig:*").get("fields", [])
        ready = {_composite(index) for index in built if index.get("state") == "READY"}
        fields_by_key = {_field_key(field["name"]): field for field in fields}
        missing = [
            f"{index['collectionGroup']} ({', '.join(field['fieldPath'] for field in index['fields'])})"
            for index in declared["indexes"]
            if _declared(index) not in ready
        ]
        for override in declared["fieldOverrides"]:
            key = (override["collectionGroup"], override["fieldPath"])
            if not _is_as_declared(override, fields_by_key.get(key, {})):
                missing.append(".".join(key))
        if missing:
            raise Unwell(f"missing or not ready: {', '.join(missing)}", f"wait, or {DEPLOY}")
        return "ready"

    async def logs(self) -> str:
        url = f"https://logging.googleapis.com/v2/projects/{self.project}/sinks/_Default"
        sink = self._read(url)
        excluded = " ".join(
            exclusion["filter"]
            for exclusion in sink.get("exclusions", [])
            if not exclusion.get("disabled")
        )
        if "run.googleapis.com/requests" not in excluded:
            raise Unwell("the platform's request logs are kept, with IP addresses", DEPLOY)
        if f"/locations/{self.region}/" not in sink.get("destination", ""):
            raise Unwell(f"are not stored in {self.region}", DEPLOY)
        return f"in {self.region}, without the platform's request logs"

    async def audit_logs(self) -> str:
        url = f"https://cloudresourcemanager.googleapis.com/v1/projects/{self.project}:getIamPolicy"
        policy = self._read(url, "POST")
        reading = {
            audit_config.get("service", "")
            for audit_config in policy.get("auditConfigs", [])
            for kind in audit_config.get("auditLogConfigs", [])
            if kind.get("logType") in ("DATA_READ", "DATA_WRITE")
        }
        if reading:
            what = f"data access is written down for {', '.join(sorted(reading))}"
            raise Unwell(what, "IAM & Admin → Audit Logs: it names documents, and so organizations")
        return "of administration alone"

    async def receipt_keys(self) -> str:
        secret = f"https://secretmanager.googleapis.com/v1/projects/{self.project}/secrets/{RECEIPT_SECRET}"
        status, version = self.ask("GET", f"{secret}/versions/latest")
        if status == 404 or (status == 200 and version.get("state") != "ENABLED"):
            raise Unwell("no version of the receipts' signing key can be used", DEPLOY)
        _require(status)
        if not self.portal_url:
            raise Skipped("set PORTAL_URL to see whether the portal publishes the key")
        status, published = self.fetch(f"{self.portal_url}/.well-known/jwks.json")
        keys = published.get("keys", []) if status == 200 and isinstance(published, dict) else []
        if not [key for key in keys if str(key.get("kid", "")).startswith("receipt-")]:
            raise Unwell(
                "the portal publishes no key for receipts", "is PORTAL_URL right? " + DEPLOY
            )
        return "there, and published"

    async def certificate_days(self) -> str:
        if not self.certificate:
            raise Skipped("the credential is no certificate, or is not known here")
        left = read(self.certificate, self.now()).days_left(self.now())
        if left < WARNING_DAYS:
            raise Unwell(
                f"ends in {left} days", "renew it: docs/operations.md, Credentials and keys"
            )
        return f"{left} days left"

    async def quota(self) -> str:
        if self.quota_project is None:
            raise Skipped("these credentials are no person's")
        if self.quota_project != self.project:
            named = self.quota_project or "none"
            advice = f"gcloud auth application-default set-quota-project {self.project}"
            raise Unwell(f"the quota project of your credentials is {named}", advice)
        return self.project

    def _sign_in_config(self) -> Any:
        return self._identity("config")

    def _identity(self, what: str) -> Any:
        return self._read(
            f"https://identitytoolkit.googleapis.com/admin/v2/projects/{self.project}/{what}"
        )

    def _service_url(self, name: str) -> str:
        place = f"projects/{self.project}/locations/{self.region}"
        return f"https://run.googleapis.com/v2/{place}/services/{name}"

    def _service(self, name: str) -> Any:
        """A service of Cloud Run, read once."""
        if name not in self._services:
            self._services[name] = self._read(self._service_url(name))
        return self._services[name]

    def _is_open(self, name: str) -> bool:
        policy = self._read(f"{self._service_url(name)}:getIamPolicy")
        members = {
            member
            for binding in policy.get("bindings", [])
            if binding.get("role") == "roles/run.invoker"
            for member in binding.get("members", [])
        }
        return bool(self._service(name).get("invokerIamDisabled") or members & STRANGERS)

    def _read(self, url: str, method: str = "GET") -> Any:
        status, document = self.ask(method, url)
        _require(status)
        return document


def _require(status: int) -> None:
    if status in (401, 403):
        raise Unwell(
            "may not be looked at", "your roles: docs/operations.md, The operators' command line"
        )
    if status == 404:
        raise Unwell("is not there", f"are GOOGLE_CLOUD_PROJECT and REGION right? {DEPLOY}")
    if status != 200:
        raise Unwell(f"Google answers {status}", "try again shortly")


def _is_on(methods: Any, name: str) -> bool:
    return bool(methods.get(name, {}).get("enabled"))


def _field_key(name: str) -> tuple[str, str]:
    """The collection group and the path of a field's resource name."""
    group, _, path = name.partition("/collectionGroups/")[2].partition("/fields/")
    return group, path.replace("`", "")


def _composite(index: Any) -> tuple[Any, ...]:
    group = index["name"].partition("/collectionGroups/")[2].partition("/")[0]
    return (group, index["queryScope"], *_paths(index["fields"]))


def _declared(index: Any) -> tuple[Any, ...]:
    return (index["collectionGroup"], index["queryScope"], *_paths(index["fields"]))


def _paths(fields: Any) -> list[tuple[str, str]]:
    return [
        (field["fieldPath"], field.get("order") or field.get("arrayConfig", ""))
        for field in fields
        if field["fieldPath"] != "__name__"  # Firestore adds it
    ]


def _is_as_declared(override: Any, field: Any) -> bool:
    built = {
        (index["queryScope"], *_paths(index["fields"]))
        for index in field.get("indexConfig", {}).get("indexes", [])
        if index.get("state", "READY") == "READY"
    }
    wanted = {
        (
            index["queryScope"],
            (override["fieldPath"], index.get("order") or index.get("arrayConfig", "")),
        )
        for index in override["indexes"]
    }
    expires = field.get("ttlConfig", {}).get("state") == "ACTIVE"
    return built == wanted and expires == bool(override.get("ttl")) and bool(field)
