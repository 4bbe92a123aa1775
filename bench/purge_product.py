"""Runs the deletions of a scheduled run, in a process of its own: prints seconds and peak memory."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.tenant_purge.pace import PacedUsers
from functions.tenant_purge.purge import ScheduledPurge
from functions.tenant_purge.run import Run
from local.emulators import PROJECT
from shared.google.firestore import Firestore
from shared.settings import PurgeSettings
from shared.signing import RECEIPT, signer

SETTINGS = PurgeSettings(project=PROJECT, entra_client_id=str(uuid.UUID(int=1)))
UNPACED = 1e6  # calls a second: there are no users


class NoUsers:
    """A project without Auth users."""

    async def delete(self, _uids: Sequence[str]) -> set[str]:
        return set()

    async def page(self, _token: str = "") -> tuple[list[Any], str]:
        return [], ""


def scheduled_run(database: Firestore, entra: Any, now: datetime) -> Run:
    """A run of a project that has no Auth users."""
    nobody: Any = NoUsers()
    paced = PacedUsers(nobody, UNPACED)
    signs = signer(RECEIPT, SETTINGS.receipt_signing_key)
    return ScheduledPurge(SETTINGS, database, nobody, paced, entra, signs, lambda: now).new_run()


async def purge() -> int:
    """Delete what is due; how many tenants that was."""
    database = Firestore(PROJECT, os.environ["FIRESTORE_EMULATOR_HOST"])
    run = scheduled_run(database, None, datetime.now(UTC))
    await run.deletions.run(run.budget)
    return run.deletions.progress.purged


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
