"""How much of the pace that Firebase allows a run uses for the deletion of Auth users: hours of it, on a virtual clock.

Firebase is made up here: a call that comes within a second of the one before is refused, and each takes its time.
Source: Firebase, "Firebase Authentication limits" (one batch deletion a second).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from bench.results import Results
from functions.tenant_purge.pace import PacedUsers
from shared.google.users import MAX_DELETE_USERS, QuotaExceeded
from tests.helpers import virtual

PER_SECOND = 1.0
TENANTS, PAGES_OF_EACH = 3, 1_000
CALL_SECONDS = (0.2, 2.0)
READ_SECONDS = 0.1  # of a page of documents, and the first of their deletes
SEED = 7


class Firebase:
    """Deletes users, a batch a second."""

    def __init__(self) -> None:
        self._chance = random.Random(SEED)  # noqa: S311 - a simulation that can be repeated
        self._last_at = -PER_SECOND
        self.deleted = 0
        self.refused = 0

    async def delete(self, uids: Sequence[str]) -> set[str]:
        now = virtual.now()
        if now - self._last_at < 1 / PER_SECOND - 1e-6:
            self.refused += 1
            raise QuotaExceeded("firebase", "quota")
        self._last_at = now
        await asyncio.sleep(self._chance.uniform(*CALL_SECONDS))
        self.deleted += len(uids)
        return set()


async def _measured(results: Results) -> None:
    """Users deleted, of those that the pace allows."""
    firebase: Any = Firebase()
    paced = PacedUsers(firebase, PER_SECOND, virtual.now)
    page = ["uid"] * MAX_DELETE_USERS

    async def tenant() -> None:
        for _ in range(PAGES_OF_EACH):
            await asyncio.sleep(READ_SECONDS)
            await paced.delete(page, float("inf"))

    await asyncio.gather(*(tenant() for _ in range(TENANTS)))
    allowed = virtual.now() * PER_SECOND * MAX_DELETE_USERS
    results.key("purge_users_pace", firebase.deleted / allowed, "≥ 0.9")


def measure(results: Results) -> None:
    virtual.in_virtual_time(_measured)(results)
