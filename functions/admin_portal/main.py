"""admin_portal: an administrator sees what is stored about the organization, and has it deleted."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache

import flask
import functions_framework

from shared import errors, inventory, logs
from shared.entra.client import Entra
from shared.google.firestore import Firestore
from shared.settings import PortalSettings, load
from shared.store import Tenant
from shared.web import http as web
from shared.web.browser import not_ahead
from shared.web.cookies import SignedCookie
from shared.web.pages import language_of

from . import download, pages, sign_in
from .figures import figures
from .forms import Forms
from .session import Sessions

SETTINGS = load(PortalSettings)
SIGNED_IN = f"{SETTINGS.portal_url}/signed-in"
HOME = f"{SETTINGS.portal_url}/"
SESSIONS = Sessions(SETTINGS.session_keys, SETTINGS.portal_url)
SIGN_IN = SignedCookie(
    "portal-sign-in", SETTINGS.session_keys, SETTINGS.portal_url, sign_in.LIFETIME_SECONDS
)
FORMS = Forms(SESSIONS, SETTINGS.portal_url)
PAGES = pages.PortalPages(SETTINGS)


class WrongName(errors.Malformed):
    code = "wrong_name"
    title = "The name that was typed is not the organization's."


@cache
def entra() -> Entra:
    return Entra(SETTINGS)


@cache
def database() -> Firestore:
    return Firestore(SETTINGS.project, SETTINGS.firestore_emulator)


def home(request: flask.Request) -> flask.Response:
    """GET /: the way to sign in, or the organization."""
    session = SESSIONS.current(request)
    if session is None:
        return PAGES.sign_in(language_of(request))
    tenant = Tenant(database(), session.tenant)
    document = tenant.read()
    if document is None:
        raise errors.TenantNotOnboarded
    now = datetime.now(UTC)
    tokens = {purpose: SESSIONS.form_token(session, purpose) for purpose in pages.PURPOSES}
    return PAGES.overview(
        document, lambda: figures(database(), tenant, now), tokens, now, language_of(request)
    )


@not_ahead
def begin(_request: flask.Request) -> flask.Response:
    """GET /sign-in → Microsoft's sign-in."""
    address, flow = sign_in.begin(entra(), SIGNED_IN)
    response = go(address)
    SIGN_IN.write(response, flow)
    return response


@not_ahead
def signed_in(request: flask.Request) -> flask.Response:
    """GET /signed-in?code&state → /, in a session of its own."""
    answer = web.load_query(request)
    flow = SIGN_IN.read(request)
    tenant_id = sign_in.finish(flow, answer, entra(), database(), SETTINGS, datetime.now(UTC))
    response = go(HOME)
    SESSIONS.begin(response, tenant_id)
    SIGN_IN.clear(response)
    logs.event("administrator_signed_in")
    return response


def sign_out(request: flask.Request) -> flask.Response:
    """POST /sign-out → /, without a session in this browser."""
    FORMS.read(request, "sign-out")
    response = go(HOME)
    SESSIONS.cookie.clear(response)
    logs.event("administrator_signed_out")
    return response


def request_deletion(request: flask.Request) -> flask.Response:
    """POST /deletion, with the organization's name typed → /, which shows due time and receipt."""
    session, form = FORMS.read(request, "deletion")
    tenant = Tenant(database(), session.tenant)
    document = tenant.read()
    if document is None:
        raise errors.TenantNotOnboarded
    if not same_name(form.get("name", ""), document.fields["name"]):
        raise WrongName
    delay = timedelta(seconds=SETTINGS.purge_delay_seconds)
    tenant.close(inventory.REQUESTED, str(uuid.uuid4()), datetime.now(UTC), delay)
    logs.event("deletion_requested", delay_seconds=SETTINGS.purge_delay_seconds)
    return go(HOME)


def withdraw_deletion(request: flask.Request) -> flask.Response:
    """POST /withdrawal → /, active again."""
    session, _form = FORMS.read(request, "withdrawal")
    Tenant(database(), session.tenant).reopen()
    logs.event("deletion_withdrawn")
    return go(HOME)


def data(request: flask.Request) -> flask.Response:
    """POST /data: the organization's documents, to keep: of the very organization whose page the form is on."""
    session, _form = FORMS.read(request, "data")
    pieces = download.documents(database(), Tenant(database(), session.tenant))
    logs.event("data_downloaded")
    response = flask.Response(pieces, mimetype="application/json")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="calliente-{session.tenant}.json"'
    )
    return response


def same_name(typed: str, name: str) -> bool:
    """Spaces around and between words aside, and however the keyboard composes its accents."""
    first, second = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (typed, name))
    return first == second


def go(address: str) -> flask.Response:
    return flask.Response(status=303, headers={"Location": address})


def render_problem(error: errors.Problem) -> flask.Response:
    """A page; what can never lead anywhere again is taken out of the browser."""
    response = PAGES.failure(error.code, language_of(flask.request), error.status)
    if isinstance(error, errors.TenantNotOnboarded) or error.code == "signed_out":
        SESSIONS.cookie.clear(response)
    return response


ROUTES: web.Routes = {
    "/": {"GET": home, "HEAD": home},
    "/sign-in": {"GET": begin},
    "/signed-in": {"GET": signed_in},
    "/sign-out": {"POST": sign_out},
    "/deletion": {"POST": request_deletion},
    "/withdrawal": {"POST": withdraw_deletion},
    "/data": {"POST": data},
}
web.prepare("admin_portal", SETTINGS.project, render_problem)


@functions_framework.http
def admin_portal(request: flask.Request) -> flask.Response:
    return web.dispatch(request, ROUTES)
