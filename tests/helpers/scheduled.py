"""The scheduled run over what is in memory, on a clock that leaps."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.helpers import functions, virtual
from tests.helpers.fakes import NOW, FakeEntra, FakeFirestore, FakeUsers


class Scheduled:
    """A project, and the function that runs over it. Use it in virtual time.

    changes: variables of the environment.
    """

    def __init__(
        self,
        database: FakeFirestore | None = None,
        users: FakeUsers | None = None,
        entra: FakeEntra | None = None,
        **changes: str,
    ) -> None:
        self.database = database or FakeFirestore()
        self.users = users or FakeUsers()
        self.entra = entra or FakeEntra()
        self.purge = functions.purge(
            self.database, self.users, self.entra, virtual.now, self.now, **changes
        )

    @staticmethod
    def now() -> datetime:
        return NOW + timedelta(seconds=virtual.now())

    def tenant(self, document: Mapping[str, Any], devices: int = 0, tenant_id: str = "") -> str:
        """Store a tenant with devices, and the Auth users of these. The tenant's path."""
        path = f"tenants/{tenant_id or uuid.uuid4()}"
        self.database.put(path, document)
        for _ in range(devices):
            self.device(path)
        return path

    def device(self, path: str, device_id: str = "") -> str:
        """A device of the tenant at `path`, with its Auth user; the device's path."""
        device_id = device_id or str(uuid.uuid4())
        self.database.put(f"{path}/devices/{device_id}", {"lastHeartbeatAt": NOW})
        self.users.uids.add(f"{path.partition('/')[2]}:{device_id}")
        return f"{path}/devices/{device_id}"

    async def run(self) -> None:
        """One run. Raises what it raises."""
        await self.purge.new_run().execute()

    async def runs_until_gone(self, path: str, most: int) -> int:
        """How many runs, a quarter of an hour apart, until the tenant's document is gone."""
        for number in range(1, most + 1):
            await self.run()
            if path not in self.database.kept:
                return number
            await asyncio.sleep(15 * 60)
        raise AssertionError("it never ends")
