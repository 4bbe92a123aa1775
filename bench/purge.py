"""The purge's documents: devices per second beside the deleters that others publish, and its memory.

Ours are the deletions of a scheduled run as it is deployed, in a process of its own, checks and final verification
included; afterwards the benchmark looks for itself whether anything is left. There are no Auth users: how fast these go
is Firebase's to say (bench/pace.py). recursive_delete takes a minute, and is measured once; the others take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bench.fixture import Fixture
from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import in_turns, ratio
from local.emulators import PROJECT, wipe_firestore
from local.processes import ROOT
from shared.store import TenantStore
from shared.tenant import Closing, Consent, Reason, Status, Tenant, to_document

RECURSIVE = "Client.recursive_delete, documents alone"
FIREBASE = "firebase-tools FirestoreDelete, documents alone"
DOCUMENTS = "tenant_purge, documents alone"


def measure(fixture: Fixture, results: Results) -> None:
    count, rounds = (5_000, 2) if fixture.quick else (50_000, 3)
    measures: dict[str, Callable[[int], float]] = {
        FIREBASE: lambda many: _firebase(fixture, many),
        DOCUMENTS: lambda many: _rate(fixture, many, "bench.purge_product"),
    }
    for name in in_turns(measures, 3):  # an emulator's engine compiles what it has run often
        measures[name](count // 5)
    rates: dict[str, list[float]] = {RECURSIVE: [_rate(fixture, count, "bench.purge_peer")]}
    for name in in_turns(measures, rounds):
        rates.setdefault(name, []).append(measures[name](count))
    for name, values in rates.items():
        results.measured("purge", name, values, "devices/s")
    against_recursive = statistics.median(rates[DOCUMENTS]) / rates[RECURSIVE][0]
    results.key("purge_rate_vs_recursive_delete", against_recursive, "≥ 8")
    results.key("purge_rate_vs_firebase_delete", ratio(rates[DOCUMENTS], rates[FIREBASE]), "≥ 1.2")
    _memory(fixture, results)


def _memory(fixture: Fixture, results: Results) -> None:
    few, many = (1_000, 10_000) if fixture.quick else (10_000, 200_000)
    peaks = {}
    for count in (few, many):
        store = _purging(fixture, count)
        peaks[count] = _child(fixture, "bench.purge_product", store)["peak_mib"]
        _verify(fixture, store)
        results.measured("purge memory", f"{count:,} devices", [peaks[count]], "MiB")
    results.key("purge_peak_rss_growth", peaks[many] / peaks[few], "≤ 1.15")


def _purging(fixture: Fixture, count: int) -> TenantStore:
    """A tenant that is being purged, with that many devices.

    Nothing else is in the emulator: what it keeps of documents that were deleted long ago would slow it down.
    """
    wipe_firestore(fixture.firestore)
    store, now = fixture.tenant(new_ids(count)), datetime.now(UTC)
    closing = Closing(now, Reason.REQUESTED, store.id)
    tenant = Tenant("Bench", Status.PURGING, Consent(now), closing)
    fixture.write([(store.path, to_document(tenant))])
    return store


def _rate(fixture: Fixture, count: int, module: str) -> float:
    store = _purging(fixture, count)
    seconds = _child(fixture, module, store)["seconds"]
    _verify(fixture, store)
    return count / seconds


def _child(fixture: Fixture, module: str, store: TenantStore) -> dict[str, float]:
    env = {
        "PATH": os.environ["PATH"],
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": fixture.firestore,
    }
    command = [sys.executable, "-m", module, store.id]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _firebase(fixture: Fixture, count: int) -> float:
    store = _purging(fixture, count)
    env = {"PATH": os.environ["PATH"], "FIRESTORE_EMULATOR_HOST": fixture.firestore}
    script = ROOT / "bench/peers/firebase_delete.cjs"
    command = ["node", str(script), PROJECT, store.devices_path]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    seconds = float(json.loads(done.stdout.splitlines()[-1])["seconds"])
    _verify(fixture, store)
    return count / seconds


def _verify(fixture: Fixture, store: TenantStore) -> None:
    """Nothing of the tenant is left. Raises RuntimeError."""
    if not fixture.is_empty(store.path):
        raise RuntimeError("documents are left")
