"""One scheduled run: purge what is due, then ask Entra about the consents that were not checked for a day.

A fault of one tenant never stops the others. What the budget leaves, the next run does.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared import errors, inventory, logs
from shared.entra.client import Entra, EntraRefused
from shared.google.firestore import Changed, Document, Firestore, NotFound, Where
from shared.google.identity import Accounts
from shared.settings import PurgeSettings
from shared.store import TENANTS, Tenant

from .consent import Verdict, is_flip, is_over, judge, noted
from .purge import OutOfTime, Purge, PurgeStuck, Superseded

PAGE = 100
CHECK_INTERVAL = timedelta(hours=24)
HANDFUL = 5  # more consents than this lost in one run are a fault of ours or Entra's, until a person has looked
UNANSWERED = 3  # probes in a row without an answer: Entra is away


class MassLoss(errors.Problem):
    code = "mass_consent_loss"
    title = "Too many consents seem lost at once; nothing was changed."


class RunFailed(errors.Problem):
    code = "purge_incomplete"
    title = "Some tenants could not be purged; the next run tries again."


@dataclass
class Summary:
    purged: int = 0
    failed: int = 0
    unavailable: list[errors.Unavailable] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)  # tenants not done yet, and since when
    verdicts: dict[Verdict, int] = field(default_factory=dict)


def due(database: Firestore, now: datetime) -> Iterator[Document]:
    """What a run purges: the tenants whose purge has begun, then those that are due, the oldest first."""
    yield from database.walk(TENANTS, [("status", "==", inventory.PURGING)])
    closing = [("status", "==", inventory.CLOSING), ("closing.purgeAt", "<=", now)]
    yield from _oldest_first(database, closing, by=("closing", "purgeAt"))


def _oldest_first(database: Firestore, where: Where, by: tuple[str, str]) -> Iterator[Document]:
    """Tenants by a time in one of their maps, each once, a page in memory at a time."""
    outer, inner = by
    after: tuple[datetime, str] | None = None
    while True:
        page = database.query(
            TENANTS,
            where,
            order_by=(f"{outer}.{inner}", "__name__"),
            limit=PAGE,
            start_after=after,
        )
        yield from page
        if len(page) < PAGE:
            return
        after = (page[-1].fields[outer][inner], page[-1].path)


class Run:
    """now: wall clock, aware. clock: monotonic seconds. new_id: makes receipt IDs."""

    def __init__(
        self,
        settings: PurgeSettings,
        database: Firestore,
        accounts: Accounts,
        entra: Entra,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._settings = settings
        self._database = database
        self._accounts = accounts
        self._entra = entra
        self._now = now
        self._clock = clock
        self._new_id = new_id
        self._ends_at = clock() + settings.purge_budget_seconds
        self.summary = Summary()

    def execute(self) -> None:
        """Raises Unavailable, RunFailed or MassLoss when the run must be looked at or delivered again."""
        try:
            self._purge_due()
            self._check_consents()
        except OutOfTime:
            logs.event("purge_out_of_time", "WARNING")
        finally:
            self._report()
        if self.summary.failed:
            raise RunFailed
        if self.summary.unavailable:
            raise self.summary.unavailable[0]

    def _out_of_time(self) -> bool:
        return self._clock() >= self._ends_at

    # Purging

    def _purge_due(self) -> None:
        for found in due(self._database, self._now()):
            self._purge_one(found)

    def _purge_one(self, found: Document) -> None:
        due = found.fields.get("closing", {}).get("purgeAt", self._now())
        self.summary.due[found.id] = due  # until it is done
        if self._out_of_time():
            raise OutOfTime
        started = self._clock()
        outcome = "purged"
        receipt: str | None = found.fields.get("closing", {}).get("receiptId")
        try:
            tenant = Tenant(self._database, found.id)
            if not tenant.begin_purge(self._now()):
                del self.summary.due[found.id]
                return
            purge = Purge(self._database, self._accounts, tenant, self._out_of_time)
            try:
                purge.run()
                self.summary.purged += 1
            except Superseded:
                outcome = "superseded"
            except PurgeStuck:
                outcome = "stuck"
                self.summary.failed += 1
            finally:
                logs.event(
                    "tenant_purge_step",
                    receipt=receipt,
                    users=purge.tally.users,
                    user_errors=purge.tally.user_errors,
                    documents=purge.tally.documents,
                    write_errors=purge.tally.write_errors,
                )
        except errors.Unavailable as error:
            outcome = "unavailable"
            self.summary.unavailable.append(error)
        except OutOfTime:
            raise
        except Exception as error:  # noqa: BLE001 - one poisoned tenant must not stop the others; it is counted
            outcome = type(error).__name__
            self.summary.failed += 1
        done = outcome in ("purged", "superseded")
        if done:
            del self.summary.due[found.id]
        logs.event(
            "tenant_purge",
            "INFO" if done else "ERROR",
            outcome=outcome,
            receipt=receipt,
            duration_seconds=round(self._clock() - started, 1),
        )

    # Consent

    def _check_consents(self) -> None:
        flips: list[Document] = []
        unanswered = 0
        unchecked = [
            ("status", "==", inventory.ACTIVE),
            ("consent.checkedAt", "<=", self._now() - CHECK_INTERVAL),
        ]
        for found in _oldest_first(self._database, unchecked, by=("consent", "checkedAt")):
            if self._out_of_time():
                raise OutOfTime
            try:
                verdict = self._probe(Tenant(self._database, found.id))
            except errors.Unavailable as error:
                unanswered += 1
                self.summary.unavailable.append(error)
                if unanswered >= UNANSWERED:
                    break
                continue
            except ValueError:
                self._consent_failed("not_a_tenant_id")
                continue
            unanswered = 0
            self.summary.verdicts[verdict] = self.summary.verdicts.get(verdict, 0) + 1
            if verdict is Verdict.OWN_CREDENTIAL:
                logs.event("entra_credential_failing", "CRITICAL")
                return  # what was held back waits too: such a run is no proof against a tenant
            if is_flip(found.fields["consent"], verdict):
                flips.append(found)
                if len(flips) > HANDFUL:
                    logs.event("mass_consent_loss", "CRITICAL", count=len(flips))
                    raise MassLoss
            else:
                self._note(found, verdict)
        for found in flips:
            self._note(found, Verdict.LOST)

    def _consent_failed(self, code: str) -> None:
        """One tenant's document that does not fit the inventory must not keep the others from being asked about."""
        self.summary.failed += 1
        logs.event("consent_check_failed", "ERROR", code=code)

    def _probe(self, tenant: Tenant) -> Verdict:
        try:
            self._entra.probe_consent(tenant.id)
        except EntraRefused as refusal:
            return judge(refusal)
        return judge(None)

    def _note(self, found: Document, verdict: Verdict) -> None:
        now = self._now()
        grace = timedelta(days=self._settings.consent_grace_days)
        tenant = Tenant(self._database, found.id)
        consent = noted(found.fields["consent"], verdict, now)
        if consent is None:
            return
        try:
            tenant.note_consent(found, consent)
            if verdict is Verdict.LOST and is_over(consent, now, grace):
                delay = timedelta(seconds=self._settings.purge_delay_seconds)
                tenant.close(
                    inventory.CONSENT_LOST,
                    self._new_id(),
                    now,
                    delay,
                    when=lambda fields: is_over(fields["consent"], now, grace),
                )
                logs.event("tenant_closed", "WARNING", reason=inventory.CONSENT_LOST)
        except errors.Unavailable:
            raise
        except (Changed, NotFound):
            return  # onboarded anew, closed or gone meanwhile: the next run looks at what it is then
        except Exception as error:  # noqa: BLE001 - as in _purge_one: counted, and the others go on
            self._consent_failed(type(error).__name__)

    def _report(self) -> None:
        counts = {f"consent_{verdict.value}": n for verdict, n in self.summary.verdicts.items()}
        severity = "ERROR" if self.summary.failed or self.summary.unavailable else "INFO"
        logs.event(
            "purge_run",
            severity,
            purged=self.summary.purged,
            failed=self.summary.failed,
            unavailable=len(self.summary.unavailable),
            oldest_due_seconds=self._oldest_due_seconds(),
            **counts,
        )

    def _oldest_due_seconds(self) -> int:
        """How long the oldest tenant that is still there has been due; 0 when none is."""
        oldest = min(self.summary.due.values(), default=self._now())
        return max(0, round((self._now() - oldest).total_seconds()))
