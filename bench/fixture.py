"""What the sections share: an event loop, emulators, key server, a folder, and devices by the thousand."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
import uuid
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from google.cloud.firestore_v1._helpers import encode_dict

from bench import servers
from bench.issuer import Issuer, issuer
from local import emulators
from local.emulators import PROJECT
from local.processes import STATE
from shared.errors import Unavailable
from shared.google.firestore import Firestore, Transaction
from shared.google.wire import Wire, Write
from shared.store import TenantStore

CHUNK = 500  # documents of one call
AT_ONCE = 4
WARM_UP_SECONDS = 60
T = TypeVar("T")
Documents = Iterable[tuple[str, Mapping[str, Any]]]  # path, fields
_RUNNER = asyncio.Runner()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns or raises, on the one loop of this process: grpc.aio takes no second one."""
    return _RUNNER.run(coroutine)


@dataclass(frozen=True)
class Fixture:
    """firestore: the emulator's address. database: a client of it. folder: for files, and staged functions."""

    firestore: str
    database: Firestore
    issuer: Issuer
    folder: Path
    quick: bool

    @property
    def environment(self) -> dict[str, str]:
        return servers.environment(self.issuer.settings, self.firestore)

    def tenant(self, devices: Sequence[str] = ()) -> TenantStore:
        """A new active tenant with devices."""
        store = TenantStore(self.database, str(uuid.uuid4()))
        run(store.onboard("Bench", datetime.now(UTC)))
        fields = {"lastHeartbeatAt": datetime.now(UTC)}
        self.write((f"{store.devices_path}/{each}", fields) for each in devices)
        return store

    def write(self, documents: Documents) -> None:
        """Write all of them. Raises RuntimeError if one was not written."""
        run(_write(self.database, documents))

    def is_empty(self, path: str) -> bool:
        """Whether there is nothing below the document at `path`."""

        async def look() -> bool:
            documents = self.database.stream(path, below=True, keys_only=True)
            async with contextlib.aclosing(documents):
                return await anext(documents, None) is None

        return run(look())


async def _write(database: Firestore, documents: Documents) -> None:
    client = await database.client()
    wire = Wire(client)
    root = f"{client._database_string}/documents"
    rest = iter(documents)

    async def work() -> None:
        while chunk := list(islice(rest, CHUNK)):
            if any(await wire.batch([_set(f"{root}/{path}", it) for path, it in chunk], 60.0)):
                raise RuntimeError("a document was not written")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def _set(name: str, fields: Mapping[str, Any]) -> Any:
    write = Write()
    write.update.name = name
    for key, value in encode_dict(fields).items():
        write.update.fields[key].CopyFrom(value._pb)
    return write


async def _warm_up(database: Firestore) -> None:
    """An emulator's first call takes seconds. Raises Unavailable after a minute."""

    async def look(transaction: Transaction) -> None:
        await transaction.get("tenants/none")

    ends_at = time.monotonic() + WARM_UP_SECONDS
    while True:
        try:
            return await database.transact(look)
        except Unavailable:
            if time.monotonic() > ends_at:
                raise


@contextlib.contextmanager
def opened(address: str) -> Iterator[Firestore]:
    """A client, closed in the end: the loop that it belongs to lives longer than an emulator."""
    database = Firestore(PROJECT, address)

    async def close() -> None:
        await (await database.client())._firestore_api.transport.close()

    try:
        yield database
    finally:
        run(close())


@contextlib.contextmanager
def fixture(*, quick: bool) -> Iterator[Fixture]:
    STATE.mkdir(exist_ok=True)
    with contextlib.ExitStack() as cleanup:
        folder = Path(
            cleanup.enter_context(tempfile.TemporaryDirectory(dir=STATE, prefix="bench-"))
        )
        firestore = cleanup.enter_context(emulators.firestore_emulator())
        database = cleanup.enter_context(opened(firestore))
        run(_warm_up(database))
        keys = cleanup.enter_context(issuer(PROJECT, folder))
        yield Fixture(firestore, database, keys, folder, quick)
