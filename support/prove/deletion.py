"""The end of the organization: closing, the scheduled run, what is left, the receipt, the audit."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.receipts import new_salt
from shared.store import TenantStore
from shared.tenant import Closing, Reason
from support.audit import Audit
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
    """tell: shows a person what is waited for."""

    settings: ProveSettings
    database: Firestore
    users: Users
    phone: Phone
    found: Findings
    tell: Callable[[str], object]

    async def run(self) -> AsyncGenerator[Finding, None]:
        """Raises Failed where there is no going on, Unavailable."""
        store = TenantStore(self.database, self.phone.tenant_id)
        closing = await self._close(store)
        due = closing.purge_at.isoformat(timespec="seconds")
        yield self.found.note("closed", True, f"receipt {closing.receipt_id}, due {due}")
        refused = self.phone.register()
        is_closing = (refused.status, refused.code) == (409, "tenant_closing")
        yield self.found.note("closing refuses", is_closing, str(refused))
        self.tell(f"Waiting for the scheduled run after {due} (receipt {closing.receipt_id}).")
        yield await self._purged(store, closing.purge_at)
        uid = f"{self.phone.tenant_id}:{self.phone.device_id}"
        left = await self.users.lookup([uid])
        yield self.found.note("users gone", not left, f"{len(left)} left")
        yield await self._told()
        yield self._receipt(closing)
        report = await Audit(self.database, self.users).run()
        detail = f"{sum(report.counts.values())} read, {len(report.findings)} findings"
        yield self.found.note("audit", not report.findings, detail)

    async def _close(self, store: TenantStore) -> Closing:
        delay = timedelta(seconds=self.settings.purge_delay_seconds)
        wanted = Closing(datetime.now(UTC) + delay, Reason.REQUESTED, str(uuid.uuid4()), new_salt())
        tenant = await store.change(lambda tenant: tenant.close(wanted))
        return tenant.closing or wanted

    async def _purged(self, store: TenantStore, due: datetime) -> Finding:
        """Raises Failed where no run has done it in time."""
        local = bool(self.settings.purge_url)
        while await self.database.get(store.path) is not None:
            now = datetime.now(UTC)
            if now > due + MARGIN:
                self.found.note("purged", False, "no scheduled run has deleted it in 45 minutes")
                raise Failed("the organization is still there: is the schedule running?")
            if local and now >= due:
                self._deliver()
            await asyncio.sleep(LOCAL_POLL_SECONDS if local else POLL_SECONDS)
        devices = await self.database.count(store.devices_path)
        return self.found.note("purged", not devices, f"{devices} devices left")

    def _deliver(self) -> None:
        """A local stack has no schedule: what Pub/Sub would deliver."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(time.time_ns()),
            "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
            "ce-source": "//pubsub.googleapis.com/local",
        }
        call("POST", f"{self.settings.purge_url}/", headers=headers, json={"message": {}})

    async def _told(self) -> Finding:
        """After an hour the ID token is no good any more, and Firebase renews none: then that tells the phone."""
        await asyncio.to_thread(self.phone.sign_in)
        beat, renewed, again = self.phone.beat(), self.phone.renew(), self.phone.register()
        is_gone = beat.status in (410, 401) and renewed.status == 400
        is_refused = (again.status, again.code) == (403, "tenant_not_onboarded")
        detail = f"beat {beat}; renewal {renewed}; registration {again}"
        return self.found.note("phone told", is_gone and is_refused, detail)

    def _receipt(self, closing: Closing) -> Finding:
        url = f"{self.settings.portal_url}/receipts"
        answer = call("POST", url, json={"receiptId": closing.receipt_id})
        if answer.status != 200 or not answer.body.get("receipt"):
            return self.found.note("receipt", False, f"the portal answers {answer}")
        known = Known(self.phone.tenant_id, closing.salt or "")
        keys = fetched_keys(self.settings.portal_url)
        made = checks(str(answer.body["receipt"]), keys, known)
        failed = [f"{one.check}: {one.detail}" for one in made if one.ok is False]
        is_its = any(one.check == COMMITMENT and one.ok for one in made)
        detail = "; ".join(failed) or ", ".join(one.check for one in made if one.ok)
        return self.found.note("receipt", is_its and not failed, detail)
