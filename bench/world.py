"""What the sections share: emulators, key server, a folder, and devices by the thousand."""

from __future__ import annotations

import contextlib
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import servers
from bench.issuer import Issuer, issuer, new_ids
from local import emulators
from local.emulators import PROJECT
from local.processes import STATE
from shared.errors import Unavailable
from shared.google.old_firestore import MAX_WRITES, Firestore, in_chunks
from shared.store import Tenant


@dataclass(frozen=True)
class World:
    firestore: str
    issuer: Issuer
    folder: Path
    quick: bool

    @property
    def environment(self) -> dict[str, str]:
        return servers.environment(self.issuer.settings, self.firestore)

    @property
    def database(self) -> Firestore:
        return Firestore(PROJECT, self.firestore)

    def tenant(self, devices: Sequence[str] | int = 0) -> Tenant:
        """A new active tenant with devices."""
        database = self.database
        tenant = Tenant(database, str(uuid.uuid4()))
        tenant.onboard("Bench", datetime.now(UTC))
        ids = new_ids(devices) if isinstance(devices, int) else devices
        add_devices(database, tenant, ids)
        return tenant


def add_devices(database: Firestore, tenant: Tenant, ids: Sequence[str]) -> None:
    write(
        database,
        (
            database.create(f"{tenant.devices_path}/{each}", server_times=["lastHeartbeatAt"])
            for each in ids
        ),
    )


def write(database: Firestore, writes: Iterable[Any]) -> None:
    """All of them, four chunks at a time. Raises RuntimeError if one was not carried out."""

    def carry_out(chunk: list[Any]) -> None:
        if any(database.batch_write(chunk)):
            raise RuntimeError("a document was not written")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(carry_out, in_chunks(writes, MAX_WRITES)))


def warm_up(database: Firestore) -> None:
    """An emulator's first call takes seconds. Raises Unavailable after a minute."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return database.transact(["tenants/none"], lambda _found: ((), None))
        except Unavailable:
            if time.monotonic() > deadline:
                raise


@contextlib.contextmanager
def world(*, quick: bool) -> Iterator[World]:
    STATE.mkdir(exist_ok=True)
    with contextlib.ExitStack() as cleanup:
        folder = Path(
            cleanup.enter_context(tempfile.TemporaryDirectory(dir=STATE, prefix="bench-"))
        )
        firestore = cleanup.enter_context(emulators.firestore_emulator())
        warm_up(Firestore(PROJECT, firestore))
        keys = cleanup.enter_context(issuer(PROJECT, folder))
        yield World(firestore, keys, folder, quick)
