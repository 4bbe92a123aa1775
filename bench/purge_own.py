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

from local.emulators import PROJECT
from shared.google.firestore import Firestore
from tests.helpers.functions import purge as scheduled_purge

# Nothing waits for Firebase's pace: there are no users.
SETTINGS = {"GOOGLE_CLOUD_PROJECT": PROJECT, "USER_BATCH_DELETIONS_PER_SECOND": "1000"}


class NoUsers:
    """A project without Auth users."""

    async def delete(self, _uids: Sequence[str]) -> set[str]:
        return set()

    async def page(self, _token: str = "") -> tuple[list[Any], str]:
        return [], ""


async def purge() -> int:
    """Delete what is due; how many tenants that was."""
    database = Firestore(PROJECT, os.environ["FIRESTORE_EMULATOR_HOST"])
    users, now = NoUsers(), lambda: datetime.now(UTC)
    run = scheduled_purge(database, users, None, time.monotonic, now, **SETTINGS).new_run()
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
