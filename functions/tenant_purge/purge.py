"""The handler of the scheduled event, which builds and executes a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from shared.entra.calls import EntraCalls
from shared.entra.start import entra_calls
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.settings import PurgeSettings
from shared.signing import RECEIPT, Signer, signer
from shared.web.app import Application, Routes, body_of

from .budget import Budget
from .consents import Consents
from .deletions import Deletions
from .events import MAX_EVENT_BYTES, require_event
from .expiry import Expiry
from .ledger import Ledger
from .pace import PacedUsers
from .run import Run
from .signouts import SignOuts


@dataclass(frozen=True)
class ScheduledPurge:
    """paced: shared by all runs of this process. now: wall clock, aware. clock: monotonic seconds."""

    settings: PurgeSettings
    database: Firestore
    users: Users
    paced: PacedUsers
    entra: EntraCalls
    signer: Signer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = time.monotonic

    async def handle(self, request: Request) -> Response:
        """POST / with a CloudEvent → 204 after one run. Delivered twice or at once with another, it does no harm."""
        require_event(request, body_of(request))
        await self.new_run().execute()
        return Response(status_code=204)

    def new_run(self) -> Run:
        settings = self.settings
        budget = Budget(self.clock() + settings.purge_budget_seconds, self.clock)
        consents = Consents(
            self.database,
            self.entra,
            timedelta(days=settings.consent_grace_days),
            timedelta(seconds=settings.purge_delay_seconds),
            self.now,
        )
        ledger = Ledger(
            self.database,
            self.signer,
            settings.receipt_fingerprint_keys[0],
            settings.backup_days,
            self.now,
        )
        deletions = Deletions(self.database, self.users, self.paced, ledger, self.now)
        expiry = Expiry(self.database, self.paced, settings.device_expiry_days, self.now)
        sign_outs = SignOuts(self.database, self.paced)
        return Run(self.database, ledger, deletions, sign_outs, consents, expiry, budget, self.now)

    @property
    def routes(self) -> Routes:
        return {"/": {"POST": self.handle}}


def build(settings: PurgeSettings) -> Application:
    """Build the function, on Firestore, Firebase and Entra."""
    users = Users(settings.project)
    purge = ScheduledPurge(
        settings,
        Firestore(settings.project, settings.firestore_emulator),
        users,
        PacedUsers(users, settings.user_batches_per_second),
        entra_calls(settings),
        signer(RECEIPT, settings.receipt_signing_key),
    )
    return Application(
        "tenant_purge", settings.project, purge.routes, max_body_bytes=MAX_EVENT_BYTES
    )
