"""Every page and state that a person can meet, by name: what makes its HTML in a language, without a server.

The walks of tests/browser lead to them through real servers; here they are made to be looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from functions.admin_portal import failures as portal_failures
from functions.admin_portal.figures import Counting, Figures
from functions.admin_portal.pages import PURPOSES, PortalPages
from functions.admin_portal.proofs import FINDINGS
from functions.admin_portal.receipt_pages import ReceiptPages
from functions.admin_portal.receipts import Lookup
from functions.onboarding import failures as onboarding_failures
from functions.onboarding.pages import MOST_TRIES, OnboardingPages
from functions.onboarding.progress import Asking, Connected, Failed, Progress, Waiting
from local.processes import ROOT
from shared.audit import declared
from shared.receipts import State, new_salt
from shared.settings import OnboardingSettings, PortalSettings
from shared.store import Stored
from shared.tenant import Closing, Consent, Reason, SignOut, Status, Tenant, Way, Withdrawn
from shared.web.catalogs import Catalog
from shared.web.pages import Pages
from tests.helpers import functions
from tests.helpers.fakes import DEVICE, NOW, TENANT
from tests.helpers.loop import run
from tests.helpers.pseudo import PSEUDO
from tests.helpers.said import CATALOGS

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
ALL: Mapping[str, Catalog] = {**CATALOGS, **PSEUDO}
ONBOARDING = OnboardingPages(functions.settings(OnboardingSettings), ALL)
LEAST = OnboardingPages(
    functions.settings(OnboardingSettings, BACKUP_DAYS="0", DEVICE_EXPIRY_DAYS="0", PORTAL_URL=""),
    ALL,
)
PORTAL_SETTINGS = functions.settings(PortalSettings)
PORTAL = PortalPages(PORTAL_SETTINGS, ALL)
RECEIPTS = ReceiptPages(PORTAL, PORTAL_SETTINGS.portal_url)


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
        await super().is_soon()
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
        overview = PORTAL.overview(asked(language), stored, counting(count, 1.0), tokens, NOW)
        return html_of(overview)

    return make


def _lookup(lookup: Lookup) -> Make:
    return lambda language: html_of(RECEIPTS.result(asked(language), lookup))


# Where the code for support is more than the page's.
SHOWN = {
    "microsoft_error": "microsoft_error AADSTS50000",
    "unknown_refusal": "unknown_refusal AADSTS123456",
}


def _failure(pages: Any, code: str) -> Make:
    return lambda language: html_of(pages.failure(asked(language), SHOWN.get(code, code), 403))


def _audit(findings: Iterable[str] | None) -> Make:
    """findings: kinds of them, as the audit names them; None where it was broken off."""

    class Audit:
        async def progress(self) -> AsyncIterator[int]:
            yield 1_007

    statement = {
        "documents": {"devices": 1_007},
        "authUsers": {"found": 1_000, "absent": 7},
        "fields": dict.fromkeys(declared(), 1_007),
        "findings": [
            {"path": f"tenants/{TENANT}/devices/{DEVICE}", "finding": kind}
            for kind in findings or ()
        ],
        "moreFindings": 3 if findings else 0,
        "inventory": "0123456789abcdef" * 4,
    }
    result = None if findings is None else {"said": statement, "file": "data:,"}

    def make(language: str) -> str:
        return html_of(
            PORTAL.stream(
                asked(language),
                "audit.html",
                name=NAME,
                audit=Audit(),
                in_words=ALL[language].gettext,
                result=lambda: result,
                file_name="calliente-audit.json",
            )
        )

    return make


CLAIMS = {
    "endedAt": NOW.isoformat(),
    "backupsExpireAt": (NOW + 200 * HOUR).isoformat(),
    "counts": {"documents": 1008, "users": 1007},
}
VERSIONED = Pages(
    ROOT / "functions/onboarding/templates",
    onboarding_failures.FAILURES,
    ALL,
    build={"commit": "0123456789abcdef", "digest": "fedcba9876543210"},
)
STATES: Mapping[str, Make] = {
    "onboarding-landing": lambda language: html_of(ONBOARDING.landing(asked(language))),
    "onboarding-landing-least": lambda language: html_of(LEAST.landing(asked(language))),
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
    "portal-sign-in": lambda language: html_of(PORTAL.sign_in(asked(language))),
    "portal-many": _overview(ACTIVE),
    "portal-none": _overview(ACTIVE, NONE),
    "portal-not-counted": _overview(ACTIVE, None),
    "portal-counted-late": _overview(ACTIVE, counting=Late),
    "portal-markup": _overview(replace(ACTIVE, name=MARKUP)),
    "portal-signing-out": _overview(replace(ACTIVE, sign_out=SignOut(NOW))),
    **{
        f"portal-withdrawn-{way.value}": _overview(
            replace(ACTIVE, withdrawn=Withdrawn(NOW, way, RECEIPT))
        )
        for way in Way
    },
    "portal-closing": _overview(CLOSING),
    "portal-due": _overview(
        replace(CLOSING, closing=Closing(NOW, Reason.REQUESTED, RECEIPT, new_salt()))
    ),
    "portal-consent-lost": _overview(
        replace(CLOSING, closing=Closing(NOW + HOUR, Reason.CONSENT_LOST, RECEIPT, SALT))
    ),
    "portal-purging": _overview(replace(CLOSING, status=Status.PURGING)),
    "portal-audit-good": _audit(()),
    "portal-audit-bad": _audit(FINDINGS.values()),
    "portal-audit-broken-off": _audit(None),
    "receipts-form": lambda language: html_of(RECEIPTS.form(asked(language))),
    "receipts-pending": _lookup(Lookup(RECEIPT, State.PENDING, datetime.now(UTC) + HOUR)),
    "receipts-due": _lookup(Lookup(RECEIPT, State.PENDING, NOW)),
    "receipts-withdrawn": _lookup(Lookup(RECEIPT, State.WITHDRAWN)),
    "receipts-deleted": _lookup(
        Lookup(RECEIPT, "deleted", receipt="eyJhbGciOiJFZERTQSJ9." + "x" * 600, claims=CLAIMS)
    ),
    **{
        f"failure-{code.replace('_', '-')}": _failure(ONBOARDING, code)
        for code in onboarding_failures.FAILURES
    },
    **{
        f"portal-failure-{code.replace('_', '-')}": _failure(PORTAL, code)
        for code, message in portal_failures.FAILURES.items()
        if onboarding_failures.FAILURES.get(code) != message
    },
    "version": lambda language: html_of(VERSIONED.failure("unexpected", ALL[language], 500, {})),
}
