"""Purges one tenant, in a process of its own: prints seconds and peak memory. Without an Auth emulator, no users."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from functions.tenant_purge.purge import Purge
from local.emulators import PROJECT
from shared.google.old_firestore import Firestore
from shared.google.identity import Accounts
from shared.store import Tenant


class NoAccounts:
    """A project without Auth users."""

    def delete(self, _uids: Sequence[str]) -> list[str]:
        return []

    def pages(self) -> Iterator[list[Any]]:
        return iter(())


def main() -> None:
    database = Firestore(PROJECT, os.environ["FIRESTORE_EMULATOR_HOST"])
    emulated = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")
    accounts: Any = Accounts(PROJECT) if emulated else NoAccounts()
    started = time.perf_counter()
    Purge(database, accounts, Tenant(database, sys.argv[1]), lambda: False).run()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_kib() / 1024}))


def _peak_kib() -> int:
    """Of this program alone: getrusage would answer with the memory of the process that started it, if that is more.

    Source: proc(5), VmHWM.
    """
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0])


if __name__ == "__main__":
    main()
