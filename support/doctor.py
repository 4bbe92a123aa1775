"""Whether a deployment can work: each part asked once, and for each that fails what to do about it.

Nothing is changed. A check that needs another that failed still runs: its own advice may be the one that helps.
"""

from __future__ import annotations

import email.utils
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from shared.entra import Entra, EntraRefused
from shared.errors import Unavailable
from shared.firestore import Firestore
from shared.identity import Accounts
from shared.keys import PublishedKeys
from shared.settings import PurgeSettings, SettingsError, load
from shared.store import TENANTS

RULES = Path(__file__).parents[1] / "firestore.rules"
SKEW_SECONDS = 30
SECONDS = 5.0
OWN_CREDENTIAL = {7000215, 7000222, 700027, 700211, 700212, 700213}
REFUSED = (401, 403)


class Unwell(Exception):
    """what: is wrong. advice: what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class Skipped(Exception):
    """The check can't be made from here; the text says where it can."""


@dataclass(frozen=True)
class Finding:
    """ok: None where the check was skipped."""

    check: str
    ok: bool | None
    detail: str = ""
    advice: str = ""


def examine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """The findings, one by one as they are made."""
    try:
        settings = load(PurgeSettings, environ)
    except SettingsError as error:
        for fault in error.faults:
            yield Finding("settings", False, fault, "set it as README.md, Settings, says")
        return
    yield Finding("settings", True)
    doctor = Doctor(settings, environ)
    for name, check in doctor.checks().items():
        yield _finding(name, check)


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Skipped as reason:
        return Finding(name, None, str(reason))
    except Unwell as found:
        return Finding(name, False, found.what, found.advice)
    except Unavailable as error:
        what = f"{error.dependency} did not answer ({error.reason})"
        return Finding(
            name, False, what, "is it up, and can it be reached from here (proxy, CA bundle)?"
        )
    except Exception as error:  # noqa: BLE001 - whatever breaks is a finding; its type names it
        return Finding(name, False, type(error).__name__, "see docs/operations.md")


class Doctor:
    def __init__(self, settings: PurgeSettings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._database = Firestore(settings.project, settings.firestore_emulator)
        bundle = environ.get("REQUESTS_CA_BUNDLE") or None
        self._http = urllib3.PoolManager(ca_certs=bundle, timeout=SECONDS, retries=False)

    def checks(self) -> dict[str, Callable[[], str]]:
        return {
            "signing keys": self.signing_keys,
            "clock": self.clock,
            "graph": self.graph,
            "firestore": self.firestore,
            "firebase auth": self.firebase_auth,
            "rules": self.rules,
            "credential": self.credential,
        }

    def signing_keys(self) -> str:
        keys = PublishedKeys(self._settings.entra_keys_url, "entra")()
        if not keys:
            raise Unwell("Entra publishes no key", "check ENTRA_AUTHORITY")
        return f"{len(keys)} keys"

    def clock(self) -> str:
        url = f"{self._settings.entra_authority}/common/discovery/v2.0/keys"
        said = self._get(url, "entra").headers.get("Date", "")
        parsed = email.utils.parsedate_to_datetime(said) if said else None
        if parsed is None:
            raise Skipped("Entra's answer has no Date")
        skew = time.time() - parsed.timestamp()
        if abs(skew) > SKEW_SECONDS:
            raise Unwell(
                f"differs from Entra's by {skew:.0f} s", "synchronize this machine's clock (NTP)"
            )
        return f"within {SKEW_SECONDS} s of Entra's"

    def graph(self) -> str:
        answer = self._get(f"{self._settings.graph_endpoint}/v1.0/organization", "graph")
        if answer.status not in REFUSED:
            raise Unwell(f"answers {answer.status} to a call without token", "check GRAPH_ENDPOINT")
        return "there, and refuses a call without token"

    def firestore(self) -> str:
        found = self._database.query(TENANTS, limit=1, keys_only=True)
        return "can be read" + ("" if found else "; no organization is connected yet")

    def firebase_auth(self) -> str:
        try:
            next(Accounts(self._settings.project).pages(), None)
        except Unavailable as error:
            advice = "Firebase console → Authentication → Get started; and your role: Firebase Authentication Viewer"
            raise Unwell(f"cannot be listed ({error.reason})", advice) from None
        return "can be listed"

    def rules(self) -> str:
        path = f"projects/{self._settings.project}/databases/(default)/documents/{TENANTS}"
        emulator = self._settings.firestore_emulator
        host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
        answer = self._get(f"{host}/v1/{path}", "firestore")
        advice = "deploy them: firebase deploy --only firestore, or make deploy"
        if answer.status not in REFUSED:
            raise Unwell(f"anybody's listing is answered with {answer.status}", advice)
        if emulator:
            return "refuse a stranger"
        if self._deployed_rules() != RULES.read_text():
            raise Unwell("the deployed rules are not those of firestore.rules", advice)
        return "as in firestore.rules, and refuse a stranger"

    def credential(self) -> str:
        if self._settings.entra_credential == "federated" and not os.environ.get("K_SERVICE"):
            raise Skipped(
                "federated: only the functions have it; look for entra_credential_failing in the logs"
            )
        found = self._database.query(TENANTS, limit=1, keys_only=True)
        if not found:
            raise Skipped("connect an organization first")
        try:
            Entra(self._settings).probe_consent(found[0].id)
        except EntraRefused as refusal:
            code = refusal.codes[0] if refusal.codes else refusal.error
            if code in OWN_CREDENTIAL or not refusal.codes:
                advice = "renew it: docs/operations.md, Credentials and keys"
                raise Unwell(f"Entra refuses it ({code})", advice) from None
            return f"accepted; the organization asked about answers {code}"
        return "accepted"

    def _deployed_rules(self) -> str:
        import google.auth
        import google.auth.transport.urllib3

        scope = "https://www.googleapis.com/auth/cloud-platform"
        credentials, _project = google.auth.default(scopes=[scope])
        authorize: Any = google.auth.transport.urllib3.AuthorizedHttp
        authorized = authorize(credentials, self._http)
        base = "https://firebaserules.googleapis.com/v1"
        release = f"{base}/projects/{self._settings.project}/releases/cloud.firestore"
        name = json.loads(authorized.request("GET", release).data)["rulesetName"]
        files = json.loads(authorized.request("GET", f"{base}/{name}").data)["source"]["files"]
        return str(files[0]["content"])

    def _get(self, url: str, dependency: str) -> Any:
        try:
            return self._http.request("GET", url, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(dependency, type(error).__name__) from None
