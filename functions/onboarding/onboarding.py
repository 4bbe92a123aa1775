"""Onboarding's handlers: each reads the cookie and the query, decides in `flow`, and answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from shared import errors
from shared.entra.calls import EntraCalls
from shared.entra.client import Entra
from shared.google.firestore import Firestore
from shared.settings import OnboardingSettings
from shared.web.answers import see_other
from shared.web.app import Application, Routes, note_outcome
from shared.web.body import load_query
from shared.web.browser import not_ahead
from shared.web.version import version

from . import flow, pages
from .cookie import ProgressCookie
from .progress import Consenting, Failed, Progress


@dataclass(frozen=True)
class Onboarding:
    """clock: now, aware. new_state: an unguessable text."""

    settings: OnboardingSettings
    entra: EntraCalls
    database: Firestore
    cookie: ProgressCookie
    pages: pages.OnboardingPages
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_state: Callable[[], str] = lambda: secrets.token_urlsafe(32)

    async def landing(self, request: Request) -> Response:
        """GET /: what will be stored, what is asked for, and the way to begin."""
        return self.pages.landing(request)

    async def start(self, _request: Request) -> Response:
        """GET /start → Microsoft's consent page."""
        state = self.new_state()
        address = self.entra.admin_consent_url(state, self._address("consented"))
        return self._go(_request, address, Consenting(state))

    async def consented(self, request: Request) -> Response:
        """GET /consented?admin_consent&tenant&state → the tenant's own sign-in; without a query, another try at it."""
        outcome = flow.consented(self.cookie.read(request), load_query(request))
        if isinstance(outcome, Failed):
            return self._show(request, outcome)
        begun = await flow.begin_sign_in(outcome, self.entra, self._address("verified"))
        if isinstance(begun, Failed):
            return self._show(request, begun)
        return self._go(request, begun.address, begun.progress)

    async def verified(self, request: Request) -> Response:
        """GET /verified?code&state → /done; with an error instead of a code, a page."""
        answer = load_query(request)
        progress = flow.signing_in(self.cookie.read(request), answer)
        outcome = await flow.verified(
            progress, answer, self.entra, self.database, self.settings, self.clock()
        )
        if "code" in answer:
            return self._go(request, self._address("done"), outcome)
        return self._show(request, outcome)

    async def done(self, request: Request) -> Response:
        """GET /done: how it went, from the cookie, so that no code stays in the address."""
        return self.pages.outcome(request, self.cookie.read(request))

    def problem(self, request: Request, error: errors.Problem) -> Response:
        """Every error is a page."""
        return self.pages.failure(request, error.code, error.status)

    @property
    def routes(self) -> Routes:
        return {
            "/": {"GET": self.landing, "HEAD": self.landing},
            "/start": {"GET": not_ahead(self.start)},
            "/consented": {"GET": not_ahead(self.consented)},
            "/verified": {"GET": not_ahead(self.verified)},
            "/done": {"GET": self.done},
            "/version": {"GET": version},
        }

    def _show(self, request: Request, progress: Progress) -> Response:
        response = self.pages.outcome(request, progress)
        self.cookie.write(response, progress)
        return response

    def _go(self, request: Request, address: str, progress: Progress) -> Response:
        note_outcome(request, pages.code_of(progress))
        response = see_other(address)
        self.cookie.write(response, progress)
        return response

    def _address(self, name: str) -> str:
        return f"{self.settings.onboarding_url}/{name}"


def build(settings: OnboardingSettings) -> Application:
    """The function, on Entra and Firestore."""
    onboarding = Onboarding(
        settings,
        EntraCalls(Entra(settings)),
        Firestore(settings.project, settings.firestore_emulator),
        ProgressCookie(settings.session_keys, settings.onboarding_url),
        pages.OnboardingPages(settings),
    )
    return application(onboarding)


def application(onboarding: Onboarding) -> Application:
    """The handlers as an application."""
    return Application(
        "onboarding",
        onboarding.settings.project,
        onboarding.routes,
        onboarding.problem,
        prefix=onboarding.pages.base,
    )
