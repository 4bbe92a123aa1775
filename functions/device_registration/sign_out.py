"""Signing out: this device's Auth user and its document are gone.

Firebase deletes ten single users a second for the whole project. When a company signs out at once, what has no turn
within seconds is sent away, and told to come back at different times.
Source: Firebase, "Firebase Authentication limits".
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import Unavailable
from shared.google.users import QuotaExceeded, Users
from shared.pace import Pace
from shared.store import TenantStore
from shared.tokens import DeviceIdentity

MOST_WAIT_SECONDS = 3.0
RETRY_SECONDS = (10, 310)


@dataclass(frozen=True)
class SignOut:
    """pace: of single deletions. chance: uniform in [0, 1)."""

    users: Users
    pace: Pace
    chance: Callable[[], float] = random.random

    async def sign_out(self, device: DeviceIdentity, store: TenantStore) -> None:
        """The Auth user first: while the document stands, a purge still finds both. Harmless when repeated.

        Raises Unavailable; what is left then goes with the next try, as the ID token outlives the Auth user.
        """
        if self.pace.wait_seconds > MOST_WAIT_SECONDS:
            raise self._later()
        await self.pace.turn()
        try:
            await self.users.delete_one(device.uid)
        except QuotaExceeded:
            raise self._later() from None
        await store.forget_device(device.device_id)

    def _later(self) -> Unavailable:
        earliest, latest = RETRY_SECONDS
        seconds = earliest + int(self.chance() * (latest - earliest))
        return Unavailable("firebase", "quota", retry_after_seconds=seconds)
