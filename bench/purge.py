"""The purge: devices per second beside the deleters that others publish, and its memory.

Ours is functions.tenant_purge.purge as it is deployed, in a process of its own, checks and final verification included;
afterwards the benchmark looks for itself whether anything is left. "Documents alone" replaces the Auth users by none.
recursive_delete takes minutes, and is measured once; the others take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

import requests

from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import in_turns, ratio
from bench.world import World
from local.emulators import PROJECT, auth_emulator, wipe_firestore
from local.processes import ROOT
from shared.google.identity import Accounts
from shared.inventory import PURGING
from shared.store import Tenant

RECURSIVE = "Client.recursive_delete, documents alone"
FIREBASE = "firebase-tools FirestoreDelete, documents alone"
DOCUMENTS = "tenant_purge, documents alone"
USERS = "tenant_purge, with Auth users"


def run(world: World, results: Results) -> None:
    count, rounds = (2_000, 1) if world.quick else (50_000, 5)
    with auth_emulator() as auth:
        _rehearse(world, auth, count // 5)
        measures = {
            FIREBASE: lambda: _firebase(world, count),
            DOCUMENTS: lambda: _rate(world, count, "bench.purge_own"),
            USERS: lambda: _rate(world, count, "bench.purge_own", auth),
        }
        rates: dict[str, list[float]] = {RECURSIVE: [_rate(world, count, "bench.purge_peer")]}
        for name in in_turns(measures, rounds):
            rates.setdefault(name, []).append(measures[name]())
    for name, values in rates.items():
        results.measured("purge", name, values, "devices/s")
    median = {name: statistics.median(values) for name, values in rates.items()}
    results.key("purge_rate_vs_recursive_delete", median[DOCUMENTS] / median[RECURSIVE], "≥ 8")
    results.key(
        "purge_rate_with_users_vs_recursive_delete", median[USERS] / median[RECURSIVE], "≥ 3"
    )
    results.key("purge_rate_vs_firebase_delete", ratio(rates[DOCUMENTS], rates[FIREBASE]), "≥ 2")
    _memory(world, results)


def _rehearse(world: World, auth: str, count: int) -> None:
    """The emulators run on engines that compile what they have run often: the first purges are several times slower."""
    for _ in range(2):
        _rate(world, count, "bench.purge_own", auth)
        _firebase(world, count)


def _memory(world: World, results: Results) -> None:
    few, many = (1_000, 10_000) if world.quick else (10_000, 200_000)
    peaks = {}
    for count in (few, many):
        tenant = _purging(world, count)
        peaks[count] = _child(world, "bench.purge_own", tenant)["peak_mib"]
        _verify(world, tenant)
        results.measured("purge memory", f"{count:,} devices", [peaks[count]], "MiB")
    results.key("purge_peak_rss_growth", peaks[many] / peaks[few], "≤ 1.15")


def _purging(world: World, count: int, auth: str = "") -> Tenant:
    """A tenant that is being purged, with that many devices, and Auth users where `auth` is given.

    Nothing else is in the emulator: what it keeps of documents that were deleted long ago would slow it down.
    """
    wipe_firestore(world.firestore)
    ids = new_ids(count)
    tenant = world.tenant(ids)
    if auth:
        _add_users(auth, [f"{tenant.id}:{each}" for each in ids])
    world.database.commit(world.database.update(tenant.path, {"status": PURGING}))
    return tenant


def _add_users(auth: str, uids: Sequence[str]) -> None:
    url = f"http://{auth}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchCreate"
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = "Bearer owner"
        for start in range(0, len(uids), 1000):
            users = [{"localId": uid} for uid in uids[start : start + 1000]]
            session.post(url, json={"users": users}, timeout=60).raise_for_status()


def _rate(world: World, count: int, module: str, auth: str = "") -> float:
    tenant = _purging(world, count, auth)
    seconds = _child(world, module, tenant, auth)["seconds"]
    _verify(world, tenant, auth)
    return count / seconds


def _child(world: World, module: str, tenant: Tenant, auth: str = "") -> dict[str, float]:
    env = {
        "PATH": os.environ["PATH"],
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": world.firestore,
    }
    if auth:
        env["FIREBASE_AUTH_EMULATOR_HOST"] = auth
    command = [sys.executable, "-m", module, tenant.id]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _firebase(world: World, count: int) -> float:
    tenant = _purging(world, count)
    env = {"PATH": os.environ["PATH"], "FIRESTORE_EMULATOR_HOST": world.firestore}
    script = ROOT / "bench/peers/firebase_delete.cjs"
    command = ["node", str(script), PROJECT, tenant.devices_path]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    seconds = float(json.loads(done.stdout.splitlines()[-1])["seconds"])
    if world.database.query(tenant.devices_path, limit=1, keys_only=True):
        raise RuntimeError("FirestoreDelete left documents")
    return count / seconds


def _verify(world: World, tenant: Tenant, auth: str = "") -> None:
    """Nothing of the tenant is left. Raises RuntimeError."""
    left = world.database.query(f"{tenant.path}/", limit=1, keys_only=True, all_descendants=True)
    if left:
        raise RuntimeError("documents are left")
    if auth:
        os.environ["FIREBASE_AUTH_EMULATOR_HOST"] = auth
        for page in Accounts(PROJECT).pages():
            if any(user.uid.startswith(tenant.id) for user in page):
                raise RuntimeError("Auth users are left")
