"""The journey from a connection to its deletion, in chapters. What fails is told, and ends it where it must."""

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
    found: Findings = field(default_factory=Findings)
    is_whole: bool = True  # until something ends it early

    async def run(self) -> AsyncGenerator[Finding, None]:
        """Each check as it is made, then those that were not reached."""
        phone = Phone(self.settings, self.tenant_id, self.tell)
        ending = Ending(self.settings, self.database, self.users, phone, self.found, self.tell)
        told: set[str] = set()
        try:
            for chapter in (
                self._answering(),
                self._connected(),
                live(self.settings, phone, self.other, self.found),
                ending.run(),
            ):
                async for one in chapter:
                    told.add(one.check)
                    yield one
        except (Failed, Unavailable) as reason:
            self.is_whole = False
            self.tell(f"Stopped: {reason}")
            self.tell(f"What is left of it goes with: python -m support close {self.tenant_id}")
        for name, one in list(self.found.made.items()):
            if name not in told:  # noted right before the end
                yield one
        for one in self.found.missing():
            yield one

    async def _answering(self) -> AsyncGenerator[Finding, None]:
        settings = self.settings
        urls = {
            "onboarding": settings.onboarding_url,
            "portal": settings.portal_url,
            "registration": settings.registration_url,
            "heartbeat": settings.heartbeat_url,
        }
        answers = {name: call("GET", f"{url}/version") for name, url in urls.items()}
        wrong = [f"{name} {one}" for name, one in answers.items() if one.status != 200]
        commits = {str(one.body.get("commit", "none"))[:12] for one in answers.values()}
        detail = "; ".join(wrong) or f"commit {', '.join(sorted(commits))}"
        is_good = not wrong and len(commits) == 1 and "none" not in commits
        yield self.found.note("versions", is_good, detail)

    async def _connected(self) -> AsyncGenerator[Finding, None]:
        """Raises Failed where nobody does it in half an hour."""
        store = TenantStore(self.database, self.tenant_id)
        read = await store.read()
        if read is not None:
            if read.tenant.status is not Status.ACTIVE:
                self.found.note("connected", False, f"it is {read.tenant.status.value}")
                raise Failed("the organization is being deleted: wait for it, then prove again")
            detail = "it was connected before: connecting is not proven by this"
            yield self.found.note("connected", None, detail)
            return
        self.tell(f"As an administrator of {self.tenant_id}: {self.settings.onboarding_url}/")
        ends_at = time.monotonic() + CONNECT_SECONDS
        while (read := await store.read()) is None:
            if time.monotonic() > ends_at:
                self.found.note("connected", False, "nobody has connected it in half an hour")
                raise Failed("the organization is not connected")
            await asyncio.sleep(POLL_SECONDS)
        is_named = read.tenant.status is Status.ACTIVE and read.tenant.name != self.tenant_id
        detail = "" if is_named else "without the organization's name: Graph did not tell it"
        yield self.found.note("connected", is_named, detail)
