"""onboarding: an administrator connects an organization, in a browser, and nothing is stored until that is proven."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cache

import flask
import functions_framework

from shared import errors
from shared.entra.client import Entra
from shared.google.firestore import Firestore
from shared.settings import OnboardingSettings, load
from shared.web import http as web
from shared.web.browser import not_ahead
from shared.web.pages import language_of

from . import flow, pages
from .cookie import ProgressCookie
from .progress import Consenting, Failed, Progress

SETTINGS = load(OnboardingSettings)
CONSENTED = f"{SETTINGS.onboarding_url}/consented"
VERIFIED = f"{SETTINGS.onboarding_url}/verified"
DONE = f"{SETTINGS.onboarding_url}/done"
COOKIE = ProgressCookie(SETTINGS.session_keys, SETTINGS.onboarding_url)
PAGES = pages.OnboardingPages(SETTINGS)


@cache
def entra() -> Entra:
    return Entra(SETTINGS)


@cache
def database() -> Firestore:
    return Firestore(SETTINGS.project, SETTINGS.firestore_emulator)


def landing(request: flask.Request) -> flask.Response:
    """GET /: what will be stored, what is asked for, and the way to begin."""
    return PAGES.landing(language_of(request))


@not_ahead
def start(_request: flask.Request) -> flask.Response:
    """GET /start → Microsoft's consent page."""
    state = secrets.token_urlsafe(32)
    return go(entra().admin_consent_url(state, CONSENTED), Consenting(state))


@not_ahead
def consented(request: flask.Request) -> flask.Response:
    """GET /consented?admin_consent&tenant&state → the tenant's own sign-in; without a query, another try at it."""
    outcome = flow.consented(COOKIE.read(request), web.load_query(request))
    if isinstance(outcome, Failed):
        return show(request, outcome)
    address, progress = flow.begin_sign_in(outcome, entra(), VERIFIED)
    return go(address, progress) if address else show(request, progress)


@not_ahead
def verified(request: flask.Request) -> flask.Response:
    """GET /verified?code&state → /done; with an error instead of a code, a page."""
    answer = web.load_query(request)
    progress = flow.signing_in(COOKIE.read(request), answer)
    now = datetime.now(UTC)
    outcome = flow.verified(progress, answer, entra(), database(), SETTINGS, now)
    return go(DONE, outcome) if "code" in answer else show(request, outcome)


def done(request: flask.Request) -> flask.Response:
    """GET /done: how it went, from the cookie, so that no code stays in the address."""
    return PAGES.outcome(COOKIE.read(request), language_of(request))


def show(request: flask.Request, progress: Progress) -> flask.Response:
    response = PAGES.outcome(progress, language_of(request))
    COOKIE.write(response, progress)
    return response


def go(address: str, progress: Progress) -> flask.Response:
    web.note_outcome(pages.code_of(progress))
    response = flask.Response(status=303, headers={"Location": address})
    COOKIE.write(response, progress)
    return response


def render_problem(error: errors.Problem) -> flask.Response:
    return PAGES.failure(error.code, language_of(flask.request), error.status)


ROUTES: web.Routes = {
    "/": {"GET": landing, "HEAD": landing},
    "/start": {"GET": start},
    "/consented": {"GET": consented},
    "/verified": {"GET": verified},
    "/done": {"GET": done},
}
web.prepare("onboarding", SETTINGS.project, render_problem)


@functions_framework.http
def onboarding(request: flask.Request) -> flask.Response:
    return web.dispatch(request, ROUTES)
