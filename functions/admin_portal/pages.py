"""The pages of the portal, from words.py and templates/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from shared.entra.organization import MOST_CHARACTERS
from shared.settings import PortalSettings
from shared.store import Stored
from shared.tenant import Reason
from shared.web.app import note_outcome
from shared.web.moments import moment
from shared.web.pages import Pages, allow_forms, language_of, origin_of

from . import words
from .figures import FRESHNESS, Figures

PURPOSES = ("sign-out", "data", "audit", "deletion", "deletion-request", "withdrawal")
UNCONNECTED = ("tenant_not_onboarded", "consent_missing")  # what connecting again would cure
BAR_HEIGHT, BAR_WIDTH, BAR_STEP = 100.0, 40, 60


@dataclass(frozen=True)
class Bar:
    """A column of the chart and a row of its table. x, y, height: of the SVG, whose zero is at the top."""

    short: str
    label: str
    count: str
    share: str
    x: int
    y: float
    height: float

    @property
    def middle(self) -> int:
        return self.x + BAR_WIDTH // 2


class PortalPages:
    """Links lead to the addresses of the settings, whatever a request claims about its host."""

    def __init__(self, settings: PortalSettings) -> None:
        self.base = urlsplit(settings.portal_url).path
        self._url = settings.portal_url
        self._authority = settings.entra_authority
        self._onboarding = settings.onboarding_url
        self._delay = timedelta(seconds=settings.purge_delay_seconds)
        self._pages = Pages(Path(__file__).parent / "templates", words.FAILURES)

    def sign_in(self, request: Request) -> Response:
        language = language_of(request)
        response = self._pages.render(
            "sign_in.html",
            language,
            words=words.SIGN_IN[language],
            links=self._links,
            address=f"{self._url}/sign-in",
            named=words.NAMED[language],
            most_characters=MOST_CHARACTERS,
        )
        return allow_forms(response, origin_of(self._url), origin_of(self._authority))

    def overview(
        self,
        request: Request,
        stored: Stored,
        count: Callable[[], Awaitable[Figures | None]],
        tokens: Mapping[str, str],
        now: datetime,
    ) -> Response:
        """tokens: of each form, by purpose. count: called when all above the figures is on its way."""
        language = language_of(request)
        tenant, closing = stored.tenant, stored.tenant.closing
        withdrawn = tenant.withdrawn

        async def load_figures() -> dict[str, Any] | None:
            found = await count()
            return shown(found, language) if found else None

        note_outcome(request, tenant.status.value)
        response = self._pages.stream(
            "overview.html",
            language,
            words=words.OVERVIEW[language],
            name=tenant.name,
            tenant=stored.id,
            state=tenant.status.value,
            since=moment(stored.created or now, language),
            closing=closing,
            due=moment(closing.purge_at, language) if closing else None,
            is_due=closing is not None and closing.purge_at <= now,
            is_lost=closing is not None and closing.reason is Reason.CONSENT_LOST,
            withdrawn=withdrawn,
            withdrawn_at=moment(withdrawn.at, language) if withdrawn else None,
            earliest=moment(now + self._delay, language),
            connect=words.CONNECT[language],
            onboarding=self._onboarding,
            counted=moment(now, language),
            count=load_figures,
            tokens=tokens,
            links=self._links,
        )
        return allow_forms(response)

    def page(
        self, request: Request, template: str, words: Mapping[str, Any], **values: Any
    ) -> Response:
        """words: by language."""
        language = language_of(request)
        response = self._pages.render(
            template, language, words=words[language], links=self._links, **values
        )
        return allow_forms(response)

    def stream(
        self, request: Request, template: str, words: Mapping[str, Any], **values: Any
    ) -> Response:
        """A page that is sent as it is made."""
        language = language_of(request)
        response = self._pages.stream(
            template, language, words=words[language], links=self._links, **values
        )
        return allow_forms(response)

    def failure(self, request: Request, code: str, status: int) -> Response:
        language = language_of(request)
        ways = {words.BACK[language]: self._link("")}
        if self._onboarding and code in UNCONNECTED:
            ways = {words.CONNECT[language]: self._onboarding, **ways}
        return allow_forms(self._pages.failure(code, language, status, ways))

    @property
    def _links(self) -> dict[str, str]:
        return {name: self._link(name) for name in (*PURPOSES, "receipts", "")}

    def _link(self, name: str) -> str:
        return f"{self.base}/{name}"


def shown(figures: Figures, language: str) -> dict[str, Any]:
    """The figures as the page shows them."""
    return {
        "devices": number(figures.devices, language),
        "any_devices": figures.devices > 0,
        "bars": bars(figures, language),
        "width": BAR_STEP * len(FRESHNESS),
        "failing": number(figures.failing, language),
        "failing_share": share(figures.failing, figures.devices, language),
    }


def bars(figures: Figures, language: str) -> list[Bar]:
    """The highest column fills the chart; a column that stands for anything can be seen."""
    most = max(figures.freshness.values()) or 1
    found = []
    for place, name in enumerate(FRESHNESS):
        count = figures.freshness[name]
        height = max(2.0, round(BAR_HEIGHT * count / most, 1)) if count else 0.0
        short, label = words.FRESHNESS[language][name]
        found.append(
            Bar(
                short,
                label,
                number(count, language),
                share(count, figures.devices, language),
                place * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2,
                BAR_HEIGHT - height,
                height,
            )
        )
    return found


def number(count: int, language: str) -> str:
    return f"{count:,}".replace(",", words.THOUSANDS[language])


def share(part: int, whole: int, language: str) -> str:
    """In whole per cent; what is there is never shown as none, and what is missing never as all."""
    if not part or not whole:
        return words.PERCENT[language].format("0")
    percent = 100 * part / whole
    if percent < 1:
        return words.PERCENT[language].format("<" + words.FEW[language] + "1")
    return words.PERCENT[language].format(100 if part == whole else min(99, round(percent)))
