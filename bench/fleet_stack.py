"""Two thousand phones for two minutes on the running stack, whose parts fail meanwhile: every phone ends registered.

python -m bench.fleet_stack    exit code 1 where a phone is lost, or stored twice
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import psutil

from bench.fleet_phone import INTERVAL_SECONDS, FleetPhone
from local import contents
from local.addresses import Addresses
from local.stack import Stack, stack
from shared.google.firestore import Firestore
from shared.store import TenantStore
from shared.tokens import MOST_PROOF_AGE_SECONDS

PHONES, ORGANIZATIONS = 2000, 20
SECONDS = 120
RAMP_SECONDS = 25
AT_ONCE = 100
FAULT_SECONDS = 6
HIT = 100  # phones that lose their user, and as many whose proof grows too old
LAST_SECONDS = 90  # for the beat after the last fault
OWNER = {"Authorization": "Bearer owner"}
SETTINGS = {"HEARTBEAT_INTERVAL_SECONDS": str(INTERVAL_SECONDS)}


class Fleet:
    """The phones of some organizations on a running stack."""

    def __init__(self, running: Stack, http: httpx.AsyncClient, phones: int) -> None:
        self._running = running
        self._http = http
        self.addresses: Addresses = running.addresses
        self.seen: Counter[str] = Counter()
        self._count = phones
        self.phones: list[FleetPhone] = []

    async def connect(self) -> None:
        """Onboard the organizations, and give each its share of phones."""
        turns = asyncio.Semaphore(AT_ONCE)
        database = Firestore(self.addresses.project, self.addresses.firestore)
        for number in range(ORGANIZATIONS):
            tenant = self._running.entra.add_tenant(f"Fleet {number}")
            await TenantStore(database, tenant.tenant_id).onboard(tenant.name, datetime.now(UTC))
            for _ in range(self._count // ORGANIZATIONS):
                self.phones.append(
                    FleetPhone(
                        self.addresses,
                        self._http,
                        tenant.tenant_id,
                        self._token,
                        self.seen,
                        turns,
                    )
                )

    def _token(self, tenant_id: str) -> str:
        return self._running.entra.mint(tenant_id=tenant_id)

    async def live(self, seconds: float) -> float:
        """All phones for so long, with faults; returns when the last fault was over, monotonic seconds."""
        stop = asyncio.Event()
        lives = [
            asyncio.create_task(phone.live(random.uniform(0, RAMP_SECONDS), stop))  # noqa: S311 - it spreads phones
            for phone in self.phones
        ]
        began = time.monotonic()
        await self._faults(seconds)
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
        over = time.monotonic()
        stop.set()
        _done, left = await asyncio.wait(lives, timeout=LAST_SECONDS)
        for life in left:
            life.cancel()
        for life in _done:
            life.result()  # what is no refusal ends the run
        return over

    async def _faults(self, seconds: float) -> None:
        pause = max(1.0, (seconds - RAMP_SECONDS - 6 * FAULT_SECONDS) / 6)
        await asyncio.sleep(RAMP_SECONDS + pause)
        functions = self.addresses.functions
        for what, address in (
            ("Firestore", self.addresses.firestore),
            ("Firebase", self.addresses.auth),
            ("heartbeat", functions["heartbeat"]),
            ("device_registration", functions["device_registration"]),
        ):
            print(f"  {what} stands still for {FAULT_SECONDS} seconds")
            async with standing_still(address):
                await asyncio.sleep(FAULT_SECONDS)
            await asyncio.sleep(pause)
        print(f"  {HIT} phones are purged, and the proofs of {HIT} others are over 30 days old")
        hit = random.sample([phone for phone in self.phones if phone.beats], 2 * HIT)
        await self._purge(hit[:HIT])
        await self._grow_older(hit[HIT:])
        print("  Entra signs with a new key")
        self._running.entra.rotate_keys(retire=False)

    async def _purge(self, phones: list[FleetPhone]) -> None:
        uids = [phone.uid for phone in phones]
        await self._as_owner("accounts:batchDelete", {"localIds": uids, "force": True})
        root = f"projects/{self.addresses.project}/databases/(default)/documents"
        writes = [{"delete": f"{root}/{phone.path}"} for phone in phones]
        url = f"http://{self.addresses.firestore}/v1/{root}:commit"
        (await self._http.post(url, json={"writes": writes}, headers=OWNER)).raise_for_status()

    async def _grow_older(self, phones: list[FleetPhone]) -> None:
        at = datetime.now(UTC) - timedelta(seconds=MOST_PROOF_AGE_SECONDS, days=1)
        moment = str(int(at.timestamp() * 1000))
        for phone in phones:
            await self._as_owner("accounts:update", {"localId": phone.uid, "lastLoginAt": moment})

    async def _as_owner(self, what: str, body: dict[str, object]) -> None:
        project = f"projects/{self.addresses.project}"
        url = f"http://{self.addresses.auth}/identitytoolkit.googleapis.com/v1/{project}/{what}"
        (await self._http.post(url, json=body, headers=OWNER)).raise_for_status()

    def faults_found(self, over: float) -> list[str]:
        """What is not as it should be at the end: a phone that does not beat, or is not stored exactly once."""
        documents = {path for path in contents.documents(self.addresses) if path.count("/") == 3}
        users = set(contents.users(self.addresses))
        silent = [phone for phone in self.phones if phone.last_beat_at < over]
        unstored = [phone for phone in self.phones if phone.path not in documents]
        without_user = [phone for phone in self.phones if phone.uid not in users]
        more = documents - {phone.path for phone in self.phones}
        found = {
            "phones that do not beat": len(silent),
            "phones without a document": len(unstored),
            "phones without a Firebase user": len(without_user),
            "documents of no phone": len(more),
        }
        return [f"{count} {what}" for what, count in found.items() if count]


def listeners(port: int) -> list[psutil.Process]:
    """Our own processes that listen there."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for connection in process.net_connections(kind="tcp")
        )
    ]


@asynccontextmanager
async def standing_still(address: str) -> AsyncIterator[None]:
    """Whoever of ours listens at this address stands still: connections open, answers do not come."""
    listening = await asyncio.to_thread(listeners, int(address.rpartition(":")[2]))
    for process in listening:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in listening:
            process.send_signal(signal.SIGCONT)


async def run(running: Stack, phones: int = PHONES, seconds: float = SECONDS) -> list[str]:
    """What went wrong; empty if nothing did."""
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=15, trust_env=False) as http:
        fleet = Fleet(running, http, phones)
        await fleet.connect()
        over = await fleet.live(seconds)
    for what, count in sorted(fleet.seen.items()):
        print(f"  {count:8,}  {what}")
    return fleet.faults_found(over)


def main() -> int:
    with stack(describe=None, settings=SETTINGS, label="fleet-") as running:
        print(f"{PHONES:,} phones of {ORGANIZATIONS} organizations, {SECONDS} seconds")
        found = asyncio.run(run(running))
    print(*(found or ["every phone ends registered and beating"]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
