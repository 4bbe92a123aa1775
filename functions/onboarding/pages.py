"""The pages of onboarding, from words.py and templates/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from marshmallow import Schema, fields
from starlette.requests import Request
from starlette.responses import Response

from shared import inventory
from shared.entra.codes import Group
from shared.entra.meanings import GROUPS
from shared.entra.organization import MOST_CHARACTERS
from shared.settings import OnboardingSettings
from shared.web.app import note_outcome
from shared.web.moments import moment
from shared.web.pages import Pages, allow_forms, language_of, origin_of

from . import words
from .progress import Asking, Connected, Failed, Progress, Waiting

RETRY_SECONDS = 5
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


@dataclass(frozen=True)
class Row:
    """One thing that is stored."""

    label: str
    purpose: str
    retention: str


def stored_rows(language: str, days: int, silence_days: int) -> list[Row]:
    """The inventory in words for people. days: after which a lost consent closes an organization.

    silence_days: after which a silent device is removed; 0: never.

    Raises KeyError for a field that has no words: it may not be stored unsaid.
    """
    names = [
        "tenantId",
        *_names(inventory.TenantDocument(), ""),
        "deviceId",
        *_names(inventory.DeviceDocument(), ""),
    ]
    said = words.STORED[language]
    silence = words.SILENCE[language].format(days=silence_days) if silence_days else ""
    return [
        Row(*(text.format(days=days, silence=silence) for text in said[name])) for name in names
    ]


def by_retention(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """What is kept equally long, together, so that each time is said once."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.retention, []).append(row)
    return list(groups.items())


def backups_in_words(days: int, language: str) -> str:
    """How long a backup may hold what was deleted: one that was made just before lives for all of its days."""
    said = words.LANDING[language]
    return str(said["backups"].format(days=days + 1) if days else said["no_backups"])


def code_of(progress: Progress) -> str:
    """The outcome in the log, without a number: anyone can make one up."""
    return (
        progress.code.partition(" ")[0]
        if isinstance(progress, Failed)
        else type(progress).__name__.lower()
    )


class OnboardingPages:
    """Links lead to the addresses of the settings, whatever a request claims about its host."""

    def __init__(self, settings: OnboardingSettings) -> None:
        self.base = urlsplit(settings.onboarding_url).path
        self._url = settings.onboarding_url
        self._authority = settings.entra_authority
        self._portal = settings.portal_url
        self._days = settings.consent_grace_days
        self._backup_days = settings.backup_days
        self._pages = Pages(Path(__file__).parent / "templates", words.FAILURES)
        self._inventory = {
            language: by_retention(stored_rows(language, self._days, settings.device_expiry_days))
            for language in words.STORED
        }

    def landing(self, request: Request) -> Response:
        """Its links lead to the canonical address, wherever it was opened: the cookies are bound to that."""
        language = language_of(request)
        response = self._pages.render(
            "landing.html",
            language,
            words=words.LANDING[language],
            stored=self._inventory[language],
            address=f"{self._url}/start",
            named=words.NAMED[language],
            most_characters=MOST_CHARACTERS,
            backups=backups_in_words(self._backup_days, language),
        )
        # Chromium holds the redirect that answers a form to the policy, too.
        return allow_forms(response, origin_of(self._url), origin_of(self._authority))

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
        language = language_of(request)
        if not isinstance(progress, Connected | Waiting | Asking | Failed):
            progress = Failed("nothing_in_progress")
        note_outcome(request, code_of(progress))
        if isinstance(progress, Connected):
            return self._connected(progress, language)
        if isinstance(progress, Waiting):
            return self._waiting(progress, language, naming)
        if isinstance(progress, Asking):
            return self._asking(progress, language, hidden or {})
        status = STATUSES.get(code_of(progress), 400)
        retry = self._link(f"consented{naming}") if progress.tenant else ""
        return self.failure(request, progress.code, status, retry)

    def failure(self, request: Request, code: str, status: int, retry: str = "") -> Response:
        """retry: where the sign-in alone is repeated, if the consent stands."""
        language = language_of(request)
        ways = {words.START_AGAIN[language]: self._link("")}
        if retry:
            ways = {words.RETRY[language]: retry, **ways}
        response = self._pages.failure(code, language, status, ways)
        if status == 503:
            response.headers["Retry-After"] = "60" if code == "still_activating" else "5"
        return response

    def _connected(self, progress: Connected, language: str) -> Response:
        return self._pages.render(
            "connected.html",
            language,
            words=words.CONNECTED[language],
            name=progress.name,
            tenant=progress.tenant,
            withdrawn=progress.withdrawn,
            portal=self._portal,
            days=self._days,
        )

    def _waiting(self, progress: Waiting, language: str, naming: str) -> Response:
        retry = self._link(f"consented{naming}")
        said = words.WAITING[language]
        if progress.code == GROUPS[Group.GRAPH].page:
            said = said | words.WAITING_FOR_NAME[language]
        response = self._pages.render(
            "waiting.html",
            language,
            words=said,
            attempt=progress.tries,
            most=MOST_TRIES[progress.code],
            retry=retry,
            start=self._link(""),
        )
        response.headers["Refresh"] = f"{RETRY_SECONDS}; url={retry}"
        return response

    def _asking(self, progress: Asking, language: str, hidden: Mapping[str, str]) -> Response:
        response = self._pages.render(
            "asking.html",
            language,
            words=words.ASKING[language],
            name=progress.name or progress.tenant,
            due=moment(datetime.fromisoformat(progress.due), language),
            reason=progress.reason,
            receipt=progress.receipt,
            action=self._link("withdrawal"),
            hidden=hidden,
            leave=self._portal or self._link(""),
        )
        return allow_forms(response)

    def _link(self, name: str) -> str:
        return f"{self.base}/{name}"


def _names(schema: Schema, prefix: str) -> list[str]:
    names = []
    for name, field in schema.fields.items():
        if isinstance(field, fields.Nested):
            names += _names(field.schema, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names
