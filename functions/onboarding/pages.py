"""The pages of onboarding, from templates/, failures.py and stored.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from shared.entra.codes import Group
from shared.entra.meanings import GROUPS
from shared.entra.organization import MOST_CHARACTERS
from shared.receipts import KEYS_PATH
from shared.settings import OnboardingSettings
from shared.web.app import note_outcome
from shared.web.catalogs import Catalog
from shared.web.messages import N_
from shared.web.pages import Pages, allow_forms, origin_of

from .failures import FAILURES
from .progress import Asking, Connected, Failed, Progress, Waiting
from .security import PROCESSORS, THREATS
from .stored import KINDS, ORGANIZATION, PHONE, Row, rows_of

START_AGAIN = N_("Start again")
RETRY = N_("Try again")

RETRY_SECONDS = 5
CACHED_SECONDS = 3600
MOST_TRIES = {  # by what is waited for
    GROUPS[group].page: GROUPS[group].tries for group in (Group.SPREADING, Group.GRAPH)
}
STATUSES = {
    **dict.fromkeys(
        (
            "account_blocked",
            "account_unknown",
            "admin_consent_needed",
            "application_disabled",
            "blocked_by_policy",
            "consent_declined",
            "cross_tenant_blocked",
            "device_required",
            "more_proof",
            "network_restricted",
            "not_administrator",
            "not_assigned",
            "organization_blocked",
            "partner_not_authorized",
            "security_defaults",
            "service_not_enabled",
            "sign_in_cancelled",
            "wrong_account",
        ),
        403,
    ),
    "organization_purging": 409,
    **dict.fromkeys(("our_mistake", "service_away", "still_activating"), 503),
}  # every other failure is 400: the attempt cannot be continued


def by_retention(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """What is kept equally long, together, so that each time is said once."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.retention, []).append(row)
    return list(groups.items())


def code_of(progress: Progress) -> str:
    """The outcome in the log, without a number: anyone can make one up."""
    return (
        progress.code.partition(" ")[0]
        if isinstance(progress, Failed)
        else type(progress).__name__.lower()
    )


class OnboardingPages:
    """Links lead to the addresses of the settings, whatever a request claims about its host."""

    def __init__(
        self, settings: OnboardingSettings, languages: Mapping[str, Catalog] | None = None
    ) -> None:
        self.base = urlsplit(settings.onboarding_url).path
        self._url = settings.onboarding_url
        self._authority = settings.entra_authority
        self._portal = settings.portal_url
        self._days = settings.consent_grace_days
        # A backup that was made just before a deletion lives for all of its days.
        self._backup_days = settings.backup_days and settings.backup_days + 1
        self._pages = Pages(
            Path(__file__).parent / "templates", FAILURES, languages, self._link("security")
        )
        self._inventory = {
            name: {
                path: rows_of(path, catalog, self._days, settings.device_expiry_days)
                for path in KINDS
            }
            for name, catalog in self._pages.catalogs.items()
        }

    def landing(self, request: Request) -> Response:
        """Its links lead to the canonical address, wherever it was opened: the cookies are bound to that."""
        catalog = self._pages.catalog_of(request)
        inventory = self._inventory[catalog.name]
        response = self._pages.render(
            "landing.html",
            catalog,
            stored=by_retention([row for path in (ORGANIZATION, PHONE) for row in inventory[path]]),
            address=f"{self._url}/start",
            most_characters=MOST_CHARACTERS,
            backup_days=self._backup_days,
        )
        # Chromium holds the redirect that answers a form to the policy, too.
        return allow_forms(response, origin_of(self._url), origin_of(self._authority))

    def security(self, request: Request) -> Response:
        """The same for everybody who reads that language, so it may be kept for an hour."""
        catalog = self._pages.catalog_of(request)
        response = self._pages.render(
            "security.html",
            catalog,
            stored=[
                (KINDS[path].title, *group)
                for path, rows in self._inventory[catalog.name].items()
                for group in by_retention(rows)
            ],
            backup_days=self._backup_days,
            threats=THREATS,
            processors=PROCESSORS,
            portal=self._portal,
            keys_path=KEYS_PATH,
            start=self._link(""),
        )
        response.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
        response.headers["Vary"] = "Accept-Language"
        return response

    def outcome(
        self,
        request: Request,
        progress: Progress | None,
        naming: str = "",
        hidden: Mapping[str, str] | None = None,
    ) -> Response:
        """The page of where an attempt has got to.

        naming: the query that names the attempt. hidden: what a form of it carries.
        """
        catalog = self._pages.catalog_of(request)
        if not isinstance(progress, Connected | Waiting | Asking | Failed):
            progress = Failed("nothing_in_progress")
        note_outcome(request, code_of(progress))
        if isinstance(progress, Connected):
            return self._connected(progress, catalog)
        if isinstance(progress, Waiting):
            return self._waiting(progress, catalog, naming)
        if isinstance(progress, Asking):
            return self._asking(progress, catalog, hidden or {})
        status = STATUSES.get(code_of(progress), 400)
        retry = self._link(f"consented{naming}") if progress.tenant else ""
        return self.failure(request, progress.code, status, retry)

    def failure(self, request: Request, code: str, status: int, retry: str = "") -> Response:
        """retry: where the sign-in alone is repeated, if the consent stands."""
        ways = {START_AGAIN: self._link("")}
        if retry:
            ways = {RETRY: retry, **ways}
        response = self._pages.failure(code, self._pages.catalog_of(request), status, ways)
        if status == 503:
            response.headers["Retry-After"] = "60" if code == "still_activating" else "5"
        return response

    def _connected(self, progress: Connected, catalog: Catalog) -> Response:
        return self._pages.render(
            "connected.html",
            catalog,
            name=progress.name,
            tenant=progress.tenant,
            withdrawn=progress.withdrawn,
            portal=self._portal,
            days=self._days,
        )

    def _waiting(self, progress: Waiting, catalog: Catalog, naming: str) -> Response:
        retry = self._link(f"consented{naming}")
        response = self._pages.render(
            "waiting.html",
            catalog,
            for_name=progress.code == GROUPS[Group.GRAPH].page,
            attempt=progress.tries,
            most=MOST_TRIES[progress.code],
            retry=retry,
            start=self._link(""),
        )
        response.headers["Refresh"] = f"{RETRY_SECONDS}; url={retry}"
        return response

    def _asking(self, progress: Asking, catalog: Catalog, hidden: Mapping[str, str]) -> Response:
        response = self._pages.render(
            "asking.html",
            catalog,
            name=progress.name or progress.tenant,
            due=datetime.fromisoformat(progress.due),
            reason=progress.reason,
            receipt=progress.receipt,
            action=self._link("withdrawal"),
            hidden=hidden,
            leave=self._portal or self._link(""),
        )
        return allow_forms(response)

    def _link(self, name: str) -> str:
        return f"{self.base}/{name}"
