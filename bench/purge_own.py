"""Runs the deletions of a scheduled run, in a process of its own: prints seconds and peak memory."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.tenant_purge.budget import Budget
from functions.tenant_purge.deletions import Deletions
from functions.tenant_purge.pace import PacedUsers
from local.emulators import PROJECT
from shared.google.firestore import Firestore

BUDGET_SECONDS = 600.0
UNPACED = 1e6  # calls a second


class NoUsers:
    """A project without Auth users."""

    async def delete(self, _uids: Sequence[str]) -> set[str]:
        return set()

    async def page(self, _token: str = "") -> tuple[list[Any], str]:
        return [], ""


async def purge() -> int:
    """Delete what is due; how many tenants that was."""
    database = Firestore(PROJECT, os.environ["FIRESTORE_EMULATOR_HOST"])
    nobody: Any = NoUsers()
    paced = PacedUsers(nobody, UNPACED)
    deletions = Deletions(database, nobody, paced, lambda: datetime.now(UTC))
    await deletions.run(Budget(time.monotonic() + BUDGET_SECONDS))
    return deletions.progress.purged


def main() -> None:
    started = time.perf_counter()
    purged = asyncio.run(purge())
    seconds = time.perf_counter() - started
    if purged != 1:
        raise RuntimeError(f"{purged} tenants were purged")
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_kib() / 1024}))


def _peak_kib() -> int:
    """Of this program alone: getrusage would answer with the memory of the process that started it, if that is more.

    Source: proc(5), VmHWM.
    """
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0])


if __name__ == "__main__":
    main()
