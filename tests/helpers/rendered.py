"""Every page of onboarding and portal, in each of its states, as it is rendered in one language."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from functions.admin_portal import failures as portal_failures
from functions.admin_portal.figures import Figures, arranged
from functions.admin_portal.pages import PURPOSES, PortalPages
from functions.admin_portal.proofs import FINDINGS
from functions.admin_portal.receipt_pages import ReceiptPages
from functions.admin_portal.receipts import Told
from functions.onboarding import failures as onboarding_failures
from functions.onboarding.pages import MOST_TRIES, OnboardingPages
from functions.onboarding.progress import Asking, Connected, Failed, Waiting
from shared.audit import declared
from shared.settings import OnboardingSettings, PortalSettings
from shared.store import Stored
from shared.tenant import Closing, Consent, Reason, Status, Tenant, Way, Withdrawn
from shared.web.catalogs import Catalog
from tests.helpers import functions
from tests.helpers.fakes import DEVICE, TENANT
from tests.helpers.loop import run

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
NAME = "Contoso"
SOME = arranged(
    {"devices": 1_007, "day": 812, "week": 143, "month": 37, "longer": 9, "failing": 21}
)
NONE = arranged(dict.fromkeys(("devices", "day", "week", "month", "longer", "failing"), 0))
LONG = "0123456789abcdef" * 4  # as long as a salt or a digest is


def pages_in(catalog: Catalog) -> dict[str, str]:
    """HTML by name."""
    made = {**dict(_onboarding(catalog)), **dict(_portal(catalog))}
    return {name: run(_body(response)) for name, response in made.items()}


def _onboarding(catalog: Catalog) -> Iterator[tuple[str, Response]]:
    def pages(**changes: str) -> OnboardingPages:
        settings = functions.settings(OnboardingSettings, **changes)
        return OnboardingPages(settings, {catalog.name: catalog})

    usual, request = pages(), _request()
    yield "landing", usual.landing(request)
    yield "landing-least", pages(BACKUP_DAYS="0", DEVICE_EXPIRY_DAYS="0").landing(request)
    yield "connected", usual.outcome(request, Connected(TENANT, NAME))
    alone = pages(PORTAL_URL="")
    yield "connected-nameless", alone.outcome(request, Connected(TENANT, TENANT, DEVICE))
    for code, most in MOST_TRIES.items():
        yield f"waiting-{code}", usual.outcome(request, Waiting(TENANT, most, code))
    for reason in Reason:
        asking = Asking(TENANT, NAME, SOON.isoformat(), reason.value, DEVICE)
        yield f"asking-{reason.value}", usual.outcome(request, asking)
    for code in onboarding_failures.FAILURES:
        yield f"onboarding-{code}", usual.outcome(request, Failed(code, TENANT))


def _portal(catalog: Catalog) -> Iterator[tuple[str, Response]]:
    settings = functions.settings(PortalSettings)
    pages, request = PortalPages(settings, {catalog.name: catalog}), _request()

    def overview(tenant: Tenant, figures: Figures | None = SOME) -> Response:
        async def count() -> Figures | None:
            return figures

        stored = Stored(TENANT, tenant, None, NOW)
        return pages.overview(request, stored, count, dict.fromkeys(PURPOSES, "token"), NOW)

    consent = Consent(NOW)
    yield "sign-in", pages.sign_in(request)
    for name, figures in {"some": SOME, "none": NONE, "away": None}.items():
        yield f"overview-{name}", overview(Tenant(NAME, Status.ACTIVE, consent), figures)
    for reason in Reason:
        for name, due in {"pending": SOON, "due": NOW}.items():
            closing = Closing(due, reason, DEVICE, LONG)
            tenant = Tenant(NAME, Status.CLOSING, consent, closing)
            yield f"overview-{reason.value}-{name}", overview(tenant)
    closing = Closing(NOW, Reason.REQUESTED, DEVICE, LONG)
    yield "overview-purging", overview(Tenant(NAME, Status.PURGING, consent, closing))
    for way in Way:
        withdrawn = Tenant(NAME, Status.ACTIVE, consent, withdrawn=Withdrawn(NOW, way, DEVICE))
        yield f"overview-withdrawn-{way.value}", overview(withdrawn)

    receipts = ReceiptPages(pages, settings.portal_url)
    yield "receipts", receipts.form(request)
    said = {
        "endedAt": NOW.isoformat(),
        "backupsExpireAt": SOON.isoformat(),
        "counts": {"documents": 8, "users": 7},
    }
    for name, told in {
        "pending": Told(DEVICE, "pending", datetime.now(UTC) + timedelta(days=1)),
        "due": Told(DEVICE, "pending", NOW - timedelta(days=365)),
        "withdrawn": Told(DEVICE, "withdrawn", said=said),
        "deleted": Told(DEVICE, "deleted", receipt=LONG * 9, said=said),
    }.items():
        yield f"receipt-{name}", receipts.told(request, told)

    for name, findings in {"clean": (), "findings": FINDINGS.values(), "away": None}.items():
        yield f"audit-{name}", _audit(pages, catalog, findings)
    for code in portal_failures.FAILURES:
        yield f"portal-{code}", pages.failure(request, code, 400)


def _audit(pages: PortalPages, catalog: Catalog, findings: Any) -> Response:
    """findings: None where the audit was broken off."""

    class Audit:
        async def progress(self) -> AsyncIterator[int]:
            yield 1_007

    statement = {
        "documents": {"devices": 1_007},
        "authUsers": {"found": 1_000, "absent": 7},
        "fields": dict.fromkeys(declared(), 1_007),
        "findings": [
            {"path": f"tenants/{TENANT}/devices/{DEVICE}", "finding": what}
            for what in findings or ()
        ],
        "moreFindings": 3 if findings else 0,
        "inventory": LONG,
    }
    return pages.stream(
        _request(),
        "audit.html",
        name=NAME,
        audit=Audit(),
        in_words=catalog.gettext,
        result=lambda: None if findings is None else {"said": statement, "file": "data:,"},
        file_name="calliente-audit.json",
    )


def _request() -> Request:
    return Request({"type": "http", "headers": []})


async def _body(response: Response) -> str:
    pieces = getattr(response, "body_iterator", None)
    if pieces is None:
        return bytes(response.body).decode()
    return "".join([piece async for piece in pieces])
