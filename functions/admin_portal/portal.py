"""The portal's handlers: who is signed in, which organization that is, and what happens to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared import errors, logs
from shared.entra.calls import EntraCalls
from shared.entra.organization import named
from shared.google.firestore import Firestore
from shared.names import same_name
from shared.receipts import new_salt
from shared.settings import PortalSettings
from shared.store import Stored, TenantStore
from shared.tenant import Closing, Reason, Way
from shared.web.answers import problem, see_other
from shared.web.app import Application, Routes
from shared.web.attempts import Attempt, Attempts, follow
from shared.web.body import load_query
from shared.web.browser import not_ahead
from shared.web.version import version

from . import download, pages, sign_in
from .figures import PATIENCE_SECONDS, Counting, figures
from .forms import Forms
from .receipts import wants_json
from .session import Session, Sessions, SignedOut

SIGNED_IN = "signed_in"  # all that is kept of a sign-in that has ended


class WrongName(errors.Malformed):
    code = "wrong_name"
    title = "The name that was typed is not the organization's."


@dataclass(frozen=True)
class Portal:
    """flows: the cookies of sign-ins under way. clock: now, aware. new_id: makes receipt IDs.

    patience_seconds: how long the forms of a page may wait for its numbers.
    """

    settings: PortalSettings
    entra: EntraCalls
    database: Firestore
    sessions: Sessions
    flows: Attempts
    forms: Forms
    pages: pages.PortalPages
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    patience_seconds: float = PATIENCE_SECONDS

    async def home(self, request: Request) -> Response:
        """GET /: the way to sign in, or the organization."""
        session = self.sessions.current(request)
        if session is None:
            return self.pages.sign_in(request)
        store, stored = await self.organization(session)
        now, days = self.clock(), self.settings.device_expiry_days
        tokens = {name: self.sessions.form_token(session, name) for name in pages.PURPOSES}
        counting = Counting(lambda: figures(store, now, days), self.patience_seconds)
        return self.pages.overview(request, stored, counting, tokens, now)

    async def begin(self, request: Request) -> Response:
        """GET /sign-in[?organization] → Microsoft's sign-in."""
        organization = named(load_query(request).get("organization", ""))
        address, kept = await sign_in.begin(
            self.entra, self._address("signed-in"), organization or sign_in.ANY_ORGANIZATION
        )
        return self._go(request, address, self.flows.new(kept["flow"]["state"], kept))

    async def signed_in(self, request: Request) -> Response:
        """GET /signed-in?code&state → /, in a session of its own; the same again → / alone."""
        answer, now = load_query(request), self.clock()
        attempt = self.flows.find(request, answer.get("state", ""))
        if attempt.payload == SIGNED_IN:
            return see_other(self._address(""))
        outcome = await sign_in.finish(attempt.payload, answer, self.entra, self.settings, now)
        if isinstance(outcome, sign_in.Repeat):
            address, kept = await sign_in.begin(
                self.entra, self._address("signed-in"), outcome.organization, outcome
            )
            return self._go(request, address, follow(attempt, kept, kept["flow"]["state"]))
        stored = await TenantStore(self.database, outcome).read()
        if stored is None:
            raise errors.TenantNotOnboarded
        response = self._go(request, self._address(""), follow(attempt, SIGNED_IN))
        self.sessions.begin(response, stored)
        logs.event("administrator_signed_in")
        return response

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out → /, without a session in this browser."""
        self.forms.read(request, "sign-out")
        response = see_other(self._address(""))
        self.sessions.cookie.clear(response)
        logs.event("administrator_signed_out")
        return response

    async def request_deletion(self, request: Request) -> Response:
        """POST /deletion, with the organization's name typed → /, which shows due time and receipt."""
        store = await self._confirmed(request, "deletion")
        delay = timedelta(seconds=self.settings.purge_delay_seconds)
        closing = Closing(self.clock() + delay, Reason.REQUESTED, self.new_id(), new_salt())
        await store.change(lambda tenant: tenant.close(closing))
        logs.event("deletion_requested", delay_seconds=self.settings.purge_delay_seconds)
        return see_other(self._address(""))

    async def withdraw_deletion(self, request: Request) -> Response:
        """POST /withdrawal → /, active again."""
        session, _form = self.forms.read(request, "withdrawal")
        store, stored = await self.organization(session)
        now = self.clock()
        after = await store.change(lambda tenant: tenant.reopen(Way.PORTAL, now))
        if stored.tenant.closing and after.withdrawn:
            receipt = after.withdrawn.receipt_id
            logs.event("deletion_withdrawn", way=Way.PORTAL.value, receipt=receipt)
        return see_other(self._address(""))

    async def request_sign_outs(self, request: Request) -> Response:
        """POST /sign-outs, with the organization's name typed → /, which shows that the scheduled run will do it."""
        store = await self._confirmed(request, "sign-outs")
        now = self.clock()
        await store.change(lambda tenant: tenant.ask_sign_out(now))
        logs.event("sign_outs_requested")
        return see_other(self._address(""))

    async def data(self, request: Request) -> Response:
        """POST /data: the organization's documents, to keep: of the very organization whose page the form is on."""
        session, _form = self.forms.read(request, "data")
        store, stored = await self.organization(session)
        pieces = await download.documents(self.database, store)
        logs.event("data_downloaded")
        headers = {
            "Content-Disposition": f'attachment; filename="calliente-{stored.id}.json"',
        }
        return StreamingResponse(pieces, headers=headers, media_type="application/json")

    def problem(self, request: Request, error: errors.Problem) -> Response:
        """A page, but for programs; what can never lead anywhere again is taken out of the browser."""
        if wants_json(request):
            return problem(request, error)
        code = error.shown if isinstance(error, sign_in.Refused) else error.code
        response = self.pages.failure(request, code, error.status)
        if isinstance(error, errors.TenantNotOnboarded | SignedOut):
            self.sessions.cookie.clear(response)
        return response

    @property
    def routes(self) -> Routes:
        return {
            "/": {"GET": self.home, "HEAD": self.home},
            "/sign-in": {"GET": not_ahead(self.begin)},
            "/signed-in": {"GET": not_ahead(self.signed_in)},
            "/sign-out": {"POST": self.sign_out},
            "/sign-outs": {"POST": self.request_sign_outs},
            "/deletion": {"POST": self.request_deletion},
            "/withdrawal": {"POST": self.withdraw_deletion},
            "/data": {"POST": self.data},
            "/version": {"GET": version},
        }

    async def organization(self, session: Session) -> tuple[TenantStore, Stored]:
        """The organization that the session was made for, not a later one of the same ID.

        Raises TenantNotOnboarded, SignedOut, Unavailable.
        """
        store = TenantStore(self.database, session.tenant)
        stored = await store.read()
        if stored is None:
            raise errors.TenantNotOnboarded
        if not session.is_of(stored):
            raise SignedOut
        return store, stored

    async def _confirmed(self, request: Request, purpose: str) -> TenantStore:
        """Of the session's organization, whose name the form has. Raises WrongName."""
        session, form = self.forms.read(request, purpose)
        store, stored = await self.organization(session)
        if not same_name(form.get("name", ""), stored.tenant.name):
            raise WrongName
        return store

    def _go(self, request: Request, address: str, attempt: Attempt) -> Response:
        response = see_other(address)
        self.flows.write(request, response, attempt)
        return response

    def _address(self, name: str) -> str:
        return f"{self.settings.portal_url}/{name}"


class Handlers(Protocol):
    @property
    def routes(self) -> Routes: ...


def application(portal: Portal, *others: Handlers) -> Application:
    """The handlers as an application."""
    routes: dict[str, Any] = {}
    for handlers in (portal, *others):
        routes.update(handlers.routes)
    return Application(
        "admin_portal",
        portal.settings.project,
        routes,
        portal.problem,
        prefix=portal.pages.base,
    )
