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
from shared.entra.organization import named
from shared.entra.start import entra_calls
from shared.google.firestore import Firestore
from shared.settings import OnboardingSettings
from shared.web.answers import see_other
from shared.web.app import Application, Routes, body_of, note_outcome
from shared.web.attempts import Attempt, InvalidState, NoCookie, follow
from shared.web.body import load_form, load_query
from shared.web.browser import not_ahead
from shared.web.forms import TOKEN, ForeignForm, FormTokens, require_own_origin
from shared.web.version import version

from . import flow, pages
from .cookie import ProgressCookie
from .progress import Asking, Connected, Consenting, Failed, SigningIn, Waiting

WITHDRAWAL = "withdrawal"
MOST_FIELDS = 4


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

    async def security(self, request: Request) -> Response:
        """GET /security: what is stored, what threatens it, who processes it, how to check a receipt and to report."""
        return self.pages.security(request)

    async def start(self, request: Request) -> Response:
        """GET /start[?organization] → Microsoft's consent page, of any organization or the one named."""
        organization = named(load_query(request).get("organization", ""))
        state, address = self.new_state(), self._address("consented")
        progress = flow.start([attempt.payload for attempt in self.cookie.all(request)])
        attempt = self.cookie.new(state, progress)
        if not organization:
            return self._go(request, attempt, self.entra.admin_consent_url(state, address))
        failed = await flow.unknown_organization(organization, self.entra, address)
        if failed:
            return self.pages.outcome(request, failed)
        url = self.entra.admin_consent_url(state, address, organization)
        return self._go(request, attempt, url)

    async def consented(self, request: Request) -> Response:
        """GET /consented?admin_consent&tenant&state → the tenant's own sign-in; without a state, another try at it."""
        answer = load_query(request)
        if "state" not in answer:
            return await self._sign_in_again(request)
        attempt = self.cookie.find(request, answer["state"], appended=True)
        outcome = flow.consented(attempt.payload, answer)
        if isinstance(outcome, Failed):
            return self._show(request, follow(attempt, outcome))
        return await self._sign_in(request, attempt, outcome)

    async def verified(self, request: Request) -> Response:
        """GET /verified?code&state → /done; with an error instead of a code, a page."""
        answer = load_query(request)
        attempt = self.cookie.find(request, answer.get("state", ""))
        progress = attempt.payload
        if not isinstance(progress, SigningIn):  # the answer is fetched again: its outcome stands
            return see_other(self._done(request, attempt))
        outcome = await flow.verified(
            progress, answer, self.entra, self.database, self.settings, self.clock()
        )
        if isinstance(outcome, flow.Repeat):
            return await self._sign_in(request, attempt, outcome.waiting, outcome)
        if flow.is_apart(outcome):
            attempt = self.cookie.new(self.new_state(), outcome)
        after = follow(attempt, outcome)
        if "code" in answer:
            return self._go(request, after, self._done(request, after))
        return self._show(request, after)

    async def done(self, request: Request) -> Response:
        """GET /done: how it went, from the cookie, so that no code stays in the address."""
        attempt = self._meant(request)
        if attempt is None:
            return self.pages.outcome(request, None)
        return self._outcome(request, attempt)

    async def withdraw(self, request: Request) -> Response:
        """POST /withdrawal, of the page that asks → /done: the deletion is withdrawn, the organization connected."""
        require_own_origin(request, self.settings.onboarding_url)
        form = load_form(request, body_of(request), MOST_FIELDS)
        attempt = self.cookie.get(request, form.get("attempt", ""))
        if attempt is None or not self.tokens.fits(attempt.value, WITHDRAWAL, form.get(TOKEN, "")):
            raise ForeignForm
        outcome = await flow.withdrawn(attempt.payload, self.database, self.clock())
        after = follow(attempt, outcome)
        return self._go(request, after, self._done(request, after))

    def problem(self, request: Request, error: errors.Problem) -> Response:
        """Every error is a page."""
        return self.pages.failure(request, error.code, error.status)

    @property
    def routes(self) -> Routes:
        return {
            "/": {"GET": self.landing, "HEAD": self.landing},
            "/security": {"GET": self.security, "HEAD": self.security},
            "/start": {"GET": not_ahead(self.start)},
            "/consented": {"GET": not_ahead(self.consented)},
            "/verified": {"GET": not_ahead(self.verified)},
            "/done": {"GET": self.done},
            "/withdrawal": {"POST": self.withdraw},
            "/version": {"GET": version},
        }

    @property
    def tokens(self) -> FormTokens:
        return FormTokens("onboarding", self.settings.session_keys)

    async def _sign_in_again(self, request: Request) -> Response:
        attempt = self._meant(request)
        if attempt is None:
            raise InvalidState if self.cookie.all(request) else NoCookie
        if isinstance(attempt.payload, Asking | Connected):
            return see_other(self._done(request, attempt))
        return await self._sign_in(request, attempt, flow.again(attempt.payload))

    async def _sign_in(
        self,
        request: Request,
        attempt: Attempt,
        waiting: Waiting,
        repeat: flow.Repeat | None = None,
    ) -> Response:
        begun = await flow.begin_sign_in(waiting, self.entra, self._address("verified"), repeat)
        if isinstance(begun, Failed):
            return self._show(request, follow(attempt, begun))
        state = str(begun.progress.flow["state"])
        return self._go(request, follow(attempt, begun.progress, state), begun.address)

    def _meant(self, request: Request) -> Attempt | None:
        """The attempt that the address names; an address that names none is the first one's that got that far."""
        named_id = load_query(request).get("attempt")
        if named_id is not None:
            return self.cookie.get(request, named_id)
        attempts = self.cookie.all(request)
        further = [known for known in attempts if not isinstance(known.payload, Consenting | None)]
        return next(iter(further or attempts), None)

    def _done(self, request: Request, attempt: Attempt) -> str:
        return self._address(f"done{self._naming(request, attempt)}")

    def _naming(self, request: Request, attempt: Attempt) -> str:
        """What an address needs to name the attempt: nothing where the browser has no other."""
        others = [other for other in self.cookie.all(request) if other.id != attempt.id]
        return f"?attempt={attempt.id}" if others else ""

    def _outcome(self, request: Request, attempt: Attempt) -> Response:
        token = self.tokens.make(attempt.value, WITHDRAWAL)
        naming = self._naming(request, attempt)
        return self.pages.outcome(
            request, attempt.payload, naming, {"attempt": attempt.id, TOKEN: token}
        )

    def _show(self, request: Request, attempt: Attempt) -> Response:
        response = self._outcome(request, attempt)
        self.cookie.write(request, response, attempt)
        return response

    def _go(self, request: Request, attempt: Attempt, address: str) -> Response:
        note_outcome(request, pages.code_of(attempt.payload))
        response = see_other(address)
        self.cookie.write(request, response, attempt)
        return response

    def _address(self, name: str) -> str:
        return f"{self.settings.onboarding_url}/{name}"


def build(settings: OnboardingSettings) -> Application:
    """The function, on Entra and Firestore."""
    onboarding = Onboarding(
        settings,
        entra_calls(settings),
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
