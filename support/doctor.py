"""Checks each part of a deployment, and says what to do about a part that fails.

The checks change nothing. A check runs even if one that it depends on has failed: its advice may be the one that helps.
"""

from __future__ import annotations

import email.utils
import json
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import google.auth
import google.auth.exceptions
import google.auth.transport.urllib3
import google.oauth2.credentials
import urllib3

from shared import parsers
from shared.entra.calls import EntraCalls
from shared.entra.client import Entra, EntraRefused
from shared.entra.codes import NUMBERS, Group
from shared.environment import SettingsError, load, setting
from shared.errors import Unavailable
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.keys import published
from shared.settings import EntraSettings, ProjectSettings
from shared.store import TENANTS
from support.advice import MAKE_DATABASE, NO_DATABASE, advice_on
from support.deployed import Check, Deployed, Skipped, Unwell

RULES = Path(__file__).parents[1] / "firestore.rules"
SKEW_SECONDS = 30
SECONDS = 5.0
FORBIDDEN = (401, 403)
SCOPE = "https://www.googleapis.com/auth/cloud-platform.read-only"
DEPLOY_RULES = "deploy them: make deploy, or firebase deploy --only firestore"


@dataclass(frozen=True)
class DoctorSettings(ProjectSettings, EntraSettings):
    """What an operator sets. No secret of a function is among them: an operator's machine cannot read those."""

    region: str = setting("REGION", parsers.name, default="europe-west1")
    portal_url: str = setting("PORTAL_URL", parsers.base_url, default="")


@dataclass(frozen=True)
class Finding:
    """ok: None where the check was skipped."""

    check: str
    ok: bool | None
    detail: str = ""
    advice: str = ""


async def examine(
    environ: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.time
) -> AsyncGenerator[Finding, None]:
    """Yield each finding as soon as it is made. clock: seconds since 1970, to compare with Entra's."""
    try:
        settings = load(DoctorSettings, environ)
    except SettingsError as error:
        for fault in error.faults:
            yield Finding("settings", False, fault, "set it as README.md, Settings, says")
        return
    yield Finding("settings", True)
    doctor = Doctor(settings, environ, clock)
    for name, check in doctor.checks().items():
        yield await _finding(name, check)


async def _finding(name: str, check: Check) -> Finding:
    try:
        return Finding(name, True, await check())
    except Skipped as reason:
        return Finding(name, None, str(reason))
    except Unwell as fault:
        return Finding(name, False, fault.what, fault.advice)
    except Unavailable as error:
        what = f"{error.dependency} did not answer ({error.reason})"
        return Finding(name, False, what, advice_on(error))
    except Exception as error:  # noqa: BLE001 - whatever breaks is a finding; its type names it
        return Finding(name, False, type(error).__name__, "see docs/operations.md")


@cache
def operators() -> Any:
    """Return the operator's credentials for Google. Raises DefaultCredentialsError."""
    return google.auth.default(scopes=[SCOPE])[0]


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data or b"{}")
    except ValueError:
        return {}


class Doctor:
    """database, entra: are examined; those of the settings unless given. credentials: returns the operator's."""

    def __init__(
        self,
        settings: DoctorSettings,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        database: Firestore | None = None,
        entra: EntraCalls | None = None,
        credentials: Callable[[], Any] = operators,
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._clock = clock
        self._database = database or Firestore(settings.project, settings.firestore_emulator)
        self._entra = entra
        bundle = environ.get("REQUESTS_CA_BUNDLE") or None
        self._http = urllib3.PoolManager(ca_certs=bundle, timeout=SECONDS, retries=False)

    def checks(self) -> dict[str, Check]:
        """Return the checks by name; for a real project also those of support/deployed.py."""
        deployed = {} if self._settings.emulated else self._deployed().checks()
        return {
            "signing keys": self.signing_keys,
            "clock": self.clock,
            "graph": self.graph,
            "firestore": self.firestore,
            "firebase auth": self.firebase_auth,
            "rules": self.rules,
            "credential": self.credential,
            **deployed,
        }

    def _deployed(self) -> Deployed:
        return Deployed(
            self._settings.project,
            self._settings.region,
            self._ask,
            self._fetch,
            lambda: datetime.fromtimestamp(self._clock(), UTC),
            self._settings.portal_url,
            self._settings.entra_client_certificate,
            self._quota_project(),
        )

    async def signing_keys(self) -> str:
        keys = await published("entra", self._settings.entra_keys_url)()
        if not list(keys):
            raise Unwell("Entra publishes no key", "check ENTRA_AUTHORITY")
        return f"{len(list(keys))} keys"

    async def clock(self) -> str:
        url = f"{self._settings.entra_authority}/common/discovery/v2.0/keys"
        date = self._get(url, "entra").headers.get("Date", "")
        parsed = email.utils.parsedate_to_datetime(date) if date else None
        if parsed is None:
            raise Skipped("Entra's answer has no Date")
        skew = self._clock() - parsed.timestamp()
        if abs(skew) > SKEW_SECONDS:
            raise Unwell(
                f"differs from Entra's by {skew:.0f} s", "synchronize this machine's clock (NTP)"
            )
        return f"within {SKEW_SECONDS} s of Entra's"

    async def graph(self) -> str:
        answer = self._get(f"{self._settings.graph_endpoint}/v1.0/organization", "graph")
        if answer.status not in FORBIDDEN:
            raise Unwell(f"answers {answer.status} to a call without token", "check GRAPH_ENDPOINT")
        return "there, and refuses a call without token"

    async def firestore(self) -> str:
        try:
            documents = await self._database.query(TENANTS, limit=1)
        except Unavailable as error:
            if error.reason != "not_found":
                raise
            raise Unwell(NO_DATABASE, MAKE_DATABASE) from None
        return "can be read" + ("" if documents else "; no organization is connected yet")

    async def firebase_auth(self) -> str:
        await Users(self._settings.project).page()
        return "can be listed"

    async def rules(self) -> str:
        path = f"projects/{self._settings.project}/databases/(default)/documents/{TENANTS}"
        emulator = self._settings.firestore_emulator
        host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
        answer = self._get(f"{host}/v1/{path}", "firestore")
        if answer.status not in FORBIDDEN:
            raise Unwell(f"anybody's listing is answered with {answer.status}", DEPLOY_RULES)
        if emulator:
            return "refuse a stranger"
        if self._deployed_rules() != RULES.read_text():
            raise Unwell("the deployed rules are not those of firestore.rules", DEPLOY_RULES)
        return "as in firestore.rules, and refuse a stranger"

    async def credential(self) -> str:
        if self._settings.entra_credential == "federated" and not os.environ.get("K_SERVICE"):
            raise Skipped(
                "federated: only the functions have it; look for entra_credential_failing in the logs"
            )
        documents = await self._database.query(TENANTS, limit=1)
        if not documents:
            raise Skipped("connect an organization first")
        try:
            await self._entra_calls().probe_consent(documents[0].id)
        except EntraRefused as refusal:
            code = refusal.codes[0] if refusal.codes else refusal.error
            if code in NUMBERS[Group.CREDENTIAL] or not refusal.codes:
                advice = "renew it: docs/operations.md, Credentials and keys"
                raise Unwell(f"Entra refuses it ({code})", advice) from None
            return f"accepted; the organization asked about answers {code}"
        return "accepted"

    def _entra_calls(self) -> EntraCalls:
        return self._entra or EntraCalls(Entra(self._settings))

    def _deployed_rules(self) -> str:
        release = self._rules_api(f"projects/{self._settings.project}/releases/cloud.firestore")
        files = self._rules_api(release["rulesetName"])["source"]["files"]
        return str(files[0]["content"])

    def _rules_api(self, path: str) -> Any:
        url = f"https://firebaserules.googleapis.com/v1/{path}"
        status, document = self._ask("GET", url)
        if status == 404:
            raise Unwell("none are deployed", DEPLOY_RULES)
        if status in FORBIDDEN:
            raise Unwell("cannot be compared", "your role: Firebase Rules Viewer")
        if status != 200:
            raise Unavailable("google", f"http_{status}")
        return document

    def _quota_project(self) -> str | None:
        """Return the quota project of a person's credentials; None for a service account, or if nobody is signed in."""
        try:
            credentials = self._credentials()
        except google.auth.exceptions.GoogleAuthError:
            return None
        is_a_persons = isinstance(credentials, google.oauth2.credentials.Credentials)
        return credentials.quota_project_id or "" if is_a_persons else None

    @cached_property
    def _authorized(self) -> Any:
        authorize: Any = google.auth.transport.urllib3.AuthorizedHttp
        return authorize(self._credentials(), self._http)

    def _ask(self, method: str, url: str) -> tuple[int, Any]:
        """Call Google as the operator; return status and decoded JSON. Raises Unavailable."""
        body = b"{}" if method == "POST" else None
        try:
            answer = self._authorized.request(method, url, body=body)
        except (google.auth.exceptions.GoogleAuthError, urllib3.exceptions.HTTPError) as error:
            raise Unavailable("google", type(error).__name__) from None
        return answer.status, _decoded(answer.data)

    def _fetch(self, url: str) -> tuple[int, Any]:
        """Get an address without the operator's credentials; return status and decoded JSON. Raises Unavailable."""
        answer = self._get(url, "portal")
        return answer.status, _decoded(answer.data)

    def _get(self, url: str, dependency: str) -> Any:
        try:
            return self._http.request("GET", url, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(dependency, type(error).__name__) from None
