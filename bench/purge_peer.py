"""Deletes one tenant's documents as the Firestore library's documentation shows it: Client.recursive_delete."""

from __future__ import annotations

import json
import sys
import time

from google.cloud import firestore

from local.emulators import PROJECT


def main() -> None:
    client = firestore.Client(PROJECT)
    started = time.perf_counter()
    client.recursive_delete(client.document(f"tenants/{sys.argv[1]}"))
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_mib": 0}))


if __name__ == "__main__":
    main()
