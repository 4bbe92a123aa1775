"""`support prove` from a connection to its deletion, in chapters. A failure may make the next chapters impossible."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from shared.errors import Unavailable
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.store import TenantStore
from shared.tenant import Status
from support.prove.deletion import Ending
from support.prove.findings import Failed, Finding, Findings
from support.prove.http import call
from support.prove.phone import Phone
from support.prove.registration import live
from support.prove.settings import ProveSettings

CONNECT_SECONDS = 1800.0
POLL_SECONDS = 2.0


@dataclass
class Journey:
    """tenant_id: of the staging organization; other: any other organization's. tell: shows a person what to do."""

    settings: ProveSettings
    tenant_id: str
    other: str
    database: Firestore
    users: Users
    tell: Callable[[str], object]
    findings: Findings = field(default_factory=Findings)
    is_whole: bool = True  # until something ends it early

    async def run(self) -> AsyncGenerator[Finding, None]:
        """Yield each finding as soon as it is made, then one for each check that was not reached."""
        phone = Phone(self.settings, self.tenant_id, self.tell)
        ending = Ending(self.settings, self.database, self.users, phone, self.findings, self.tell)
        yielded: set[str] = set()
        try:
            for chapter in (
                self._answering(),
                self._connected(),
                live(self.settings, phone, self.other, self.findings),
                ending.run(),
            ):
                async for finding in chapter:
                    yielded.add(finding.check)
                    yield finding
        except (Failed, Unavailable) as reason:
            self.is_whole = False
            self.tell(f"Stopped: {reason}")
            self.tell(f"What is left of it goes with: python -m support close {self.tenant_id}")
        for name, finding in list(self.findings.by_check.items()):
            if name not in yielded:  # noted right before the end
                yield finding
        for finding in self.findings.missing():
            yield finding

    async def _answering(self) -> AsyncGenerator[Finding, None]:
        settings = self.settings
        urls = {
            "onboarding": settings.onboarding_url,
            "portal": settings.portal_url,
            "registration": settings.registration_url,
            "heartbeat": settings.heartbeat_url,
        }
        answers = {name: call("GET", f"{url}/version") for name, url in urls.items()}
        wrong = [f"{name} {answer}" for name, answer in answers.items() if answer.status != 200]
        commits = {str(answer.body.get("commit", "none"))[:12] for answer in answers.values()}
        detail = "; ".join(wrong) or f"commit {', '.join(sorted(commits))}"
        is_good = not wrong and len(commits) == 1 and "none" not in commits
        yield self.findings.note("versions", is_good, detail)

    async def _connected(self) -> AsyncGenerator[Finding, None]:
        """Wait for an administrator. Raises Failed if nobody connects the organization in half an hour."""
        store = TenantStore(self.database, self.tenant_id)
        read = await store.read()
        if read is not None:
            if read.tenant.status is not Status.ACTIVE:
                self.findings.note("connected", False, f"it is {read.tenant.status.value}")
                raise Failed("the organization is being deleted: wait for it, then prove again")
            detail = "it was connected before: connecting is not proven by this"
            yield self.findings.note("connected", None, detail)
            return
        self.tell(f"As an administrator of {self.tenant_id}: {self.settings.onboarding_url}/")
        ends_at = time.monotonic() + CONNECT_SECONDS
        while (read := await store.read()) is None:
            if time.monotonic() > ends_at:
                self.findings.note("connected", False, "nobody has connected it in half an hour")
                raise Failed("the organization is not connected")
            await asyncio.sleep(POLL_SECONDS)
        is_named = read.tenant.status is Status.ACTIVE and read.tenant.name != self.tenant_id
        detail = "" if is_named else "without the organization's name: Graph did not tell it"
        yield self.findings.note("connected", is_named, detail)
