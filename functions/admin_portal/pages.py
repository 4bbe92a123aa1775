"""The pages of the portal, from templates/ and failures.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from shared.entra.organization import MOST_CHARACTERS
from shared.schedule import MINUTES
from shared.settings import PortalSettings
from shared.store import Stored
from shared.tenant import Reason
from shared.web.app import note_outcome
from shared.web.catalogs import Catalog
from shared.web.messages import N_
from shared.web.pages import Pages, allow_forms, origin_of

from .chart import Chart
from .failures import FAILURES
from .figures import Counting

PURPOSES = (
    "sign-out",
    "data",
    "audit",
    "sign-outs",
    "deletion",
    "deletion-request",
    "withdrawal",
)
UNCONNECTED = ("tenant_not_onboarded", "consent_missing")  # what connecting again would cure
DELETED = ("tenant_not_onboarded", "tenant_purging")  # what a receipt tells more of
BACK = N_("Back to the portal")
CONNECT = N_("Connect the organization")
LOOK_UP = N_("Look up the receipt of a deletion")


class PortalPages:
    """Links lead to the addresses of the settings, whatever a request claims about its host."""

    def __init__(
        self, settings: PortalSettings, languages: Mapping[str, Catalog] | None = None
    ) -> None:
        self.base = urlsplit(settings.portal_url).path
        self._url = settings.portal_url
        self._authority = settings.entra_authority
        self._onboarding = settings.onboarding_url
        self._expiry_days = settings.device_expiry_days
        self._delay = timedelta(seconds=settings.purge_delay_seconds)
        security = self._onboarding and f"{self._onboarding}/security"
        self._pages = Pages(Path(__file__).parent / "templates", FAILURES, languages, security)
        self.catalog_of = self._pages.catalog_of

    def sign_in(self, request: Request) -> Response:
        response = self._pages.render(
            "sign_in.html",
            self.catalog_of(request),
            links=self._links,
            address=f"{self._url}/sign-in",
            most_characters=MOST_CHARACTERS,
        )
        return allow_forms(response, origin_of(self._url), origin_of(self._authority))

    def overview(
        self,
        request: Request,
        stored: Stored,
        counting: Counting,
        tokens: Mapping[str, str],
        now: datetime,
    ) -> Response:
        """tokens: of each form, by purpose. counting: begins when all above the figures is on its way."""
        catalog = self.catalog_of(request)
        tenant, closing = stored.tenant, stored.tenant.closing

        async def chart() -> Chart | None:
            figures = await counting.figures()
            return Chart.of(figures, catalog) if figures else None

        note_outcome(request, tenant.status.value)
        response = self._pages.stream(
            "overview.html",
            catalog,
            name=tenant.name,
            tenant=stored.id,
            state=tenant.status.value,
            since=stored.created or now,
            closing=closing,
            is_due=closing is not None and closing.purge_at <= now,
            is_lost=closing is not None and closing.reason is Reason.CONSENT_LOST,
            withdrawn=tenant.withdrawn,
            earliest=now + self._delay,
            onboarding=self._onboarding,
            counted=now,
            is_counted_soon=counting.is_soon,
            chart=chart,
            expiry_days=self._expiry_days,
            sign_out=tenant.sign_out,
            run_minutes=MINUTES,
            tokens=tokens,
            links=self._links,
        )
        return allow_forms(response)

    def page(self, request: Request, template: str, **values: Any) -> Response:
        catalog = self.catalog_of(request)
        return allow_forms(self._pages.render(template, catalog, links=self._links, **values))

    def stream(self, request: Request, template: str, **values: Any) -> Response:
        """A page that is sent as it is made."""
        catalog = self.catalog_of(request)
        return allow_forms(self._pages.stream(template, catalog, links=self._links, **values))

    def failure(self, request: Request, code: str, status: int) -> Response:
        ways = {BACK: self._link("")}
        if code in DELETED:
            ways = {LOOK_UP: self._link("receipts"), **ways}
        if self._onboarding and code in UNCONNECTED:
            ways = {CONNECT: self._onboarding, **ways}
        return allow_forms(self._pages.failure(code, self.catalog_of(request), status, ways))

    @property
    def _links(self) -> dict[str, str]:
        return {name: self._link(name) for name in (*PURPOSES, "receipts", "")}

    def _link(self, name: str) -> str:
        return f"{self.base}/{name}"
