"""The last part of `support prove`: closing, the scheduled run, what is left, the receipt, the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.schedule import ATTRIBUTES, DATA
from shared.store import TenantStore
from shared.tenant import Closing, Reason
from support.audit import Audit
from support.closing import close_tenant
from support.prove.findings import Failed, Finding, Findings
from support.prove.http import call
from support.prove.phone import Phone
from support.prove.settings import ProveSettings
from support.verify import COMMITMENT, Known, checks, fetched_keys

MARGIN = timedelta(minutes=45)  # three runs
POLL_SECONDS = 15.0
LOCAL_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Ending:
    """tell: shows a person what the command waits for."""

    settings: ProveSettings
    database: Firestore
    users: Users
    phone: Phone
    findings: Findings
    tell: Callable[[str], object]

    async def run(self) -> AsyncGenerator[Finding, None]:
        """Yield each finding. Raises Failed if the rest is impossible, Unavailable."""
        store = TenantStore(self.database, self.phone.tenant_id)
        delay = self.settings.purge_delay_seconds
        closing = await close_tenant(store, delay, Reason.REQUESTED)
        due = closing.purge_at.isoformat(timespec="seconds")
        yield self.findings.note("closed", True, f"receipt {closing.receipt_id}, due {due}")
        refused = self.phone.register()
        is_closing = (refused.status, refused.code) == (409, "tenant_closing")
        yield self.findings.note("closing refuses", is_closing, str(refused))
        self.tell(f"Waiting for the scheduled run after {due} (receipt {closing.receipt_id}).")
        yield await self._purged(store, closing.purge_at)
        uid = f"{self.phone.tenant_id}:{self.phone.device_id}"
        left = await self.users.lookup([uid])
        yield self.findings.note("users gone", not left, f"{len(left)} left")
        yield await self._phone_after_deletion()
        yield self._receipt(closing)
        report = await Audit(self.database, self.users).run()
        detail = f"{sum(report.counts.values())} read, {len(report.findings)} findings"
        yield self.findings.note("audit", not report.findings, detail)

    async def _purged(self, store: TenantStore, due: datetime) -> Finding:
        """Wait for the scheduled run. Raises Failed if none has deleted the organization in time."""
        local = bool(self.settings.purge_url)
        while await self.database.get(store.path) is not None:
            now = datetime.now(UTC)
            if now > due + MARGIN:
                self.findings.note("purged", False, "no scheduled run has deleted it in 45 minutes")
                raise Failed("the organization is still there: is the schedule running?")
            if local and now >= due:
                self._deliver()
            await asyncio.sleep(LOCAL_POLL_SECONDS if local else POLL_SECONDS)
        devices = await self.database.count(store.devices_path)
        return self.findings.note("purged", not devices, f"{devices} devices left")

    def _deliver(self) -> None:
        """Send what Pub/Sub would deliver: a local stack has no schedule."""
        call("POST", f"{self.settings.purge_url}/", headers=ATTRIBUTES, data=DATA)

    async def _phone_after_deletion(self) -> Finding:
        """Check what the phone gets. Its ID token may have expired; then Firebase's refusal to renew it counts."""
        await asyncio.to_thread(self.phone.sign_in)
        beat, renewed, again = self.phone.beat(), self.phone.renew(), self.phone.register()
        is_gone = beat.status in (410, 401) and renewed.status == 400
        is_refused = (again.status, again.code) == (403, "tenant_not_onboarded")
        detail = f"beat {beat}; renewal {renewed}; registration {again}"
        return self.findings.note("phone told", is_gone and is_refused, detail)

    def _receipt(self, closing: Closing) -> Finding:
        url = f"{self.settings.portal_url}/receipts"
        answer = call("POST", url, json={"receiptId": closing.receipt_id})
        if answer.status != 200 or not answer.body.get("receipt"):
            return self.findings.note("receipt", False, f"the portal answers {answer}")
        known = Known(self.phone.tenant_id, closing.salt or "")
        keys = fetched_keys(self.settings.portal_url)
        results = checks(str(answer.body["receipt"]), keys, known)
        failed = [f"{result.check}: {result.detail}" for result in results if result.ok is False]
        is_its = any(result.check == COMMITMENT and result.ok for result in results)
        detail = "; ".join(failed) or ", ".join(result.check for result in results if result.ok)
        return self.findings.note("receipt", is_its and not failed, detail)
