"""Every page and state that a person can meet, by name: what makes its HTML in a language, without a server.

The walks in the other files of this folder lead to them through real servers; here they are looked at.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from functions.admin_portal import failures as portal_failures
from functions.admin_portal.figures import Counting, Figures
from functions.admin_portal.pages import PURPOSES
from functions.admin_portal.portal import application
from functions.admin_portal.proofs import Proofs
from functions.admin_portal.receipt_pages import ReceiptPages
from functions.admin_portal.receipts import Told
from functions.onboarding import failures as onboarding_failures
from functions.onboarding.pages import MOST_TRIES, OnboardingPages
from functions.onboarding.progress import Asking, Connected, Failed, Progress, Waiting
from shared import development_keys
from shared.errors import Unavailable
from shared.google.firestore import Document
from shared.receipts import State, new_salt
from shared.settings import OnboardingSettings
from shared.signing import AUDIT, signer
from shared.store import Stored, TenantStore
from shared.tenant import Closing, Consent, Reason, SignOut, Status, Tenant, Way, Withdrawn
from tests.browser.looking import SHOWN
from tests.helpers import functions
from tests.helpers.fakes import DEVICE, NOW, TENANT, FakeFirestore, FakeUsers
from tests.helpers.loop import run
from tests.helpers.serving import Client

Make = Callable[[str], str]
NAME, MARKUP = "Contoso Pharmaceuticals", "<img src=x onerror=alert(1)><b>Bold & Sons</b>"
RECEIPT, SALT = str(uuid.UUID(int=7, version=4)), "Zm9yLXBpY3R1cmVzLW9ubHk"
HOUR = timedelta(hours=1)
MANY = {"day": 812, "week": 143, "month": 37, "longer": 9, "never": 6}
NONE = dict.fromkeys(MANY, 0)
ACTIVE = Tenant(NAME, Status.ACTIVE, Consent(NOW))
CLOSING = replace(
    ACTIVE,
    status=Status.CLOSING,
    closing=Closing(NOW + HOUR, Reason.REQUESTED, RECEIPT, SALT),
)
ONBOARDING = OnboardingPages(functions.settings(OnboardingSettings))
PORTAL = functions.portal(FakeFirestore())
RECEIPTS = ReceiptPages(PORTAL.pages, PORTAL.settings.portal_url)


def asked(language: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-language", language.encode())]})


def html_of(response: Response) -> str:
    """All of a page, streamed or not."""
    if not isinstance(response, StreamingResponse):
        return bytes(response.body).decode()

    async def collect() -> str:
        return "".join([str(piece) async for piece in response.body_iterator])

    return run(collect())


def _progress(progress: Progress) -> Make:
    return lambda language: html_of(ONBOARDING.outcome(asked(language), progress))


class Late(Counting):
    """Figures that come when the rest of the page is there."""

    async def is_soon(self) -> bool:
        return False


def _overview(
    tenant: Tenant,
    freshness: Mapping[str, int] | None = MANY,
    counting: type[Counting] = Counting,
) -> Make:
    """freshness: None where nothing can be counted."""

    async def count() -> Figures | None:
        if freshness is None:
            return None
        devices = sum(freshness.values())
        return Figures(devices, dict(freshness), min(21, devices), min(8, devices))

    def make(language: str) -> str:
        stored, tokens = Stored(TENANT, tenant, None, NOW - 400 * HOUR), dict.fromkeys(PURPOSES, "")
        overview = PORTAL.pages.overview(asked(language), stored, counting(count, 1.0), tokens, NOW)
        return html_of(overview)

    return make


def _told(told: Told) -> Make:
    return lambda language: html_of(RECEIPTS.told(asked(language), told))


def _failure(pages: Any, code: str) -> Make:
    return lambda language: html_of(pages.failure(asked(language), SHOWN.get(code, code), 403))


class BreaksOff(FakeFirestore):
    """A database that is gone when its documents are listed."""

    async def stream(self, path: str, **_options: Any) -> AsyncGenerator[Document, None]:
        raise Unavailable("firestore", "test")
        yield


def _audit(database: FakeFirestore, extra: Mapping[str, Any]) -> Make:
    """What an administrator sees who has all that is stored checked. extra: fields of a device beside the inventory."""

    def make(language: str) -> str:
        store, portal = TenantStore(database, TENANT), functions.portal(database)
        run(store.onboard(NAME, NOW))
        database.put(f"{store.devices_path}/{DEVICE}", {"lastHeartbeatAt": NOW, **extra})
        begun = Response()
        portal.sessions.begin(begun, run(store.read()) or Stored(TENANT, ACTIVE, None, NOW))
        users: Any = FakeUsers(uids={f"{TENANT}:{DEVICE}"})
        proofs = Proofs(portal, users, signer(AUDIT, development_keys.SIGNING["audit"]))
        client = Client(application(portal, proofs), base_url=portal.settings.portal_url)
        headers = {
            "Accept-Language": language,
            "Cookie": begun.headers["Set-Cookie"].partition(";")[0],
            "Origin": portal.settings.portal_url,
        }
        home = client.get("/", headers=headers).text
        (token,) = re.findall(r'action="/audit"><input[^>]* value="([^"]+)"', home)
        return client.post("/audit", headers=headers, data={"token": unescape(token)}).text

    return make


SAID = {
    "endedAt": NOW.isoformat(),
    "backupsExpireAt": (NOW + 200 * HOUR).isoformat(),
    "counts": {"documents": 1008, "users": 1007},
}
WORDS = dict.fromkeys(onboarding_failures.FAILURES, ONBOARDING) | {
    code: PORTAL.pages
    for code, message in portal_failures.FAILURES.items()
    if onboarding_failures.FAILURES.get(code) != message
}
STATES: Mapping[str, Make] = {
    "onboarding-landing": lambda language: html_of(ONBOARDING.landing(asked(language))),
    "onboarding-security": lambda language: html_of(ONBOARDING.security(asked(language))),
    **{
        f"onboarding-waiting-{code.replace('_', '-')}": _progress(Waiting(TENANT, 2, code))
        for code in MOST_TRIES
    },
    "onboarding-asking-requested": _progress(
        Asking(TENANT, NAME, (NOW + HOUR).isoformat(), "requested", RECEIPT)
    ),
    "onboarding-asking-consent-lost": _progress(
        Asking(TENANT, "", (NOW + HOUR).isoformat(), "consent_lost", RECEIPT)
    ),
    "onboarding-connected": _progress(Connected(TENANT, "Société Générale d’Électricité")),
    "onboarding-connected-withdrawn": _progress(Connected(TENANT, NAME, RECEIPT)),
    "onboarding-connected-without-name": _progress(Connected(TENANT, TENANT)),
    "onboarding-connected-markup": _progress(Connected(TENANT, MARKUP)),
    "onboarding-try-again": _progress(Failed("service_away", TENANT)),
    "portal-sign-in": lambda language: html_of(PORTAL.pages.sign_in(asked(language))),
    "portal-many": _overview(ACTIVE),
    "portal-none": _overview(ACTIVE, NONE),
    "portal-not-counted": _overview(ACTIVE, None),
    "portal-counted-late": _overview(ACTIVE, counting=Late),
    "portal-markup": _overview(replace(ACTIVE, name=MARKUP)),
    "portal-signing-out": _overview(replace(ACTIVE, sign_out=SignOut(NOW))),
    "portal-withdrawn": _overview(replace(ACTIVE, withdrawn=Withdrawn(NOW, Way.PORTAL, RECEIPT))),
    "portal-closing": _overview(CLOSING),
    "portal-due": _overview(
        replace(CLOSING, closing=Closing(NOW, Reason.REQUESTED, RECEIPT, new_salt()))
    ),
    "portal-consent-lost": _overview(
        replace(CLOSING, closing=Closing(NOW + HOUR, Reason.CONSENT_LOST, RECEIPT, SALT))
    ),
    "portal-purging": _overview(replace(CLOSING, status=Status.PURGING)),
    "portal-audit-good": _audit(FakeFirestore(), {}),
    "portal-audit-bad": _audit(FakeFirestore(), {"owner": "somebody"}),
    "portal-audit-broken-off": _audit(BreaksOff(), {}),
    "receipts-form": lambda language: html_of(RECEIPTS.form(asked(language))),
    "receipts-pending": _told(Told(RECEIPT, State.PENDING, datetime.now(UTC) + HOUR)),
    "receipts-due": _told(Told(RECEIPT, State.PENDING, NOW)),
    "receipts-withdrawn": _told(Told(RECEIPT, State.WITHDRAWN)),
    "receipts-deleted": _told(
        Told(RECEIPT, "deleted", receipt="eyJhbGciOiJFZERTQSJ9." + "x" * 600, said=SAID)
    ),
    **{f"failure-{code.replace('_', '-')}": _failure(pages, code) for code, pages in WORDS.items()},
}
