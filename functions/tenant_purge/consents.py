"""Asking Entra, once a day, whether each organization's consent still stands, and noting what it answers.

Noting is free, destroying is guarded: a run closes at most a handful of tenants whose consent has been lost for the
whole grace, alarms where it is more, and goes on; an operator closes the others.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared import logs
from shared.entra.calls import EntraCalls
from shared.entra.client import EntraRefused
from shared.errors import TenantNotOnboarded, TenantPurging, Unavailable
from shared.google.firestore import Changed, Document, Firestore, NotFound, pages_of
from shared.receipts import new_salt
from shared.store import Stored, TenantStore, stored, tenants
from shared.tenant import BrokenRecord, Closing, Reason, Status, Tenant, Verdict

from .budget import Budget
from .consent import MEANT, Judgement, judge

CHECK_INTERVAL = timedelta(hours=24)
HANDFUL = 5  # tenants that a run closes for lost consent
UNANSWERED = 3  # probes in a row without an answer: Entra is away
AT_ONCE = 4
CLOCK_LEEWAY = timedelta(minutes=5)  # a later `checkedAt` was written by a clock that was wrong


@dataclass
class Checked:
    """The results of the checks of a run, in counts."""

    judgements: Counter[Judgement] = field(default_factory=Counter)
    closed: int = 0
    left_to_operators: int = 0
    unclear_for_a_day: int = 0
    broken: int = 0
    unavailable: list[Unavailable] = field(default_factory=list)


class Consents:
    """grace: from the loss of a consent to closing. delay: from closing to purge. now: wall clock, aware."""

    def __init__(
        self,
        database: Firestore,
        entra: EntraCalls,
        grace: timedelta,
        delay: timedelta,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._database = database
        self._entra = entra
        self._grace = grace
        self._delay = delay
        self._now = now
        self._new_id = new_id
        self._unanswered = 0
        self.checked = Checked()

    async def check(self, budget: Budget) -> None:
        """Check each active tenant whose check is due, several at once. Raises OutOfTime, Unavailable (Firestore's)."""
        async with aclosing(pages_of(self._due(), AT_ONCE)) as groups:
            async for group in groups:
                budget.check()
                await asyncio.gather(*map(self._check_one, group))
                if self._unanswered >= UNANSWERED:
                    break
        self._report()

    async def _due(self) -> AsyncGenerator[Document, None]:
        """Yield the oldest check first; then checks that a wrong clock has put into the future."""
        now = self._now()
        for condition in (("<=", now - CHECK_INTERVAL), (">", now + CLOCK_LEEWAY)):
            where = [
                ("status", "==", Status.ACTIVE.value),
                ("consent.checkedAt", *condition),
            ]
            async for document in tenants(
                self._database, where=where, order_by="consent.checkedAt"
            ):
                yield document

    async def _check_one(self, document: Document) -> None:
        try:
            read = stored(document)
            store = TenantStore(self._database, read.id)
        except (BrokenRecord, ValueError):
            self.checked.broken += 1
            return
        try:
            judgement = await self._probe(store)
        except Unavailable as error:
            self._unanswered += 1
            self.checked.unavailable.append(error)
            return
        self._unanswered = 0
        self.checked.judgements[judgement] += 1
        await self._note(store, read, MEANT[judgement])

    async def _probe(self, store: TenantStore) -> Judgement:
        try:
            await self._entra.probe_consent(store.id)
        except EntraRefused as refusal:
            return judge(refusal)
        return judge(None)

    async def _note(self, store: TenantStore, read: Stored, verdict: Verdict) -> None:
        now = self._now()
        tenant = read.tenant.checked(verdict, now)
        unknown_at = tenant.consent.unknown_at
        if unknown_at is not None and now - unknown_at >= CHECK_INTERVAL:
            self.checked.unclear_for_a_day += 1
        if verdict is Verdict.GONE and tenant.consent.is_over(now, self._grace):
            await self._close(store, now)
            return
        try:
            await store.replace(read, tenant)
        except (Changed, NotFound):
            return  # onboarded anew, closed or gone meanwhile: the next run looks at what it is then

    async def _close(self, store: TenantStore, now: datetime) -> None:
        """Close the tenant, if this run may close another one."""
        is_closing = self.checked.closed < HANDFUL
        self.checked.closed += is_closing  # before the others that are being checked look
        closing = Closing(now + self._delay, Reason.CONSENT_LOST, self._new_id(), new_salt())

        def step(tenant: Tenant) -> Tenant:
            noted = tenant.checked(Verdict.GONE, now)
            if tenant.status is not Status.ACTIVE or not noted.consent.is_over(now, self._grace):
                return tenant  # onboarded anew or closed meanwhile
            return noted.close(closing) if is_closing else noted

        tenant = None
        with suppress(TenantNotOnboarded, TenantPurging):
            tenant = await store.change(step)
        if tenant is not None and tenant.closing == closing:
            logs.event("tenant_closed", "WARNING", reason=Reason.CONSENT_LOST.value)
        elif is_closing:
            self.checked.closed -= 1
        elif tenant is not None:
            self.checked.left_to_operators += 1

    def _report(self) -> None:
        checked = self.checked
        if checked.left_to_operators:
            logs.event("mass_consent_loss", "CRITICAL", count=checked.left_to_operators)
        if checked.judgements[Judgement.OWN_CREDENTIAL]:
            logs.event("entra_credential_failing", "CRITICAL")
        if checked.unclear_for_a_day:
            logs.event("consent_unclear", "CRITICAL", count=checked.unclear_for_a_day)
