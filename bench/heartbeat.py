"""The heartbeat: throughput beside its peers, latency beside a bare commit, calls at the wire, growth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from bench import load, servers
from bench.counter import counted
from bench.fixture import Fixture, run
from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import in_turns, ratio
from local.emulators import PROJECT
from shared.google.wire import Wire
from shared.inventory import SUCCEEDED
from shared.store import TenantStore

DEVICES = 2_500
CONNECTIONS = 16
BODY = json.dumps({"outcome": "succeeded"}).encode()
HELLO_GET = "hello-get"
CANDIDATES = {
    "hello": "functions-framework hello world",
    HELLO_GET: "functions-framework hello world, a bare GET",
    "async_hello": "functions-framework hello world, asynchronous",
    "firebase_admin_update": "verify_id_token + DocumentReference.update",
    "pyjwt_update": "PyJWT + DocumentReference.update",
    "pyjwt_gapic": "PyJWT + GAPIC transport's commit",
    "firebase_admin_update_async": "verify_id_token + AsyncDocumentReference.update",
    "pyjwt_update_async": "PyJWT + AsyncDocumentReference.update",
    "pyjwt_gapic_async": "PyJWT + asynchronous GAPIC transport's commit",
    "heartbeat": "heartbeat (this product)",
}
FLOORS = ("hello", HELLO_GET, "async_hello")


def beats(fixture: Fixture, name: str, tenant: TenantStore, ids: list[str]) -> Path:
    """A file of requests, one per device, each with a token of its own."""
    return load.write_requests(
        fixture.folder / name,
        [
            load.request_bytes("/v1/heartbeats", fixture.issuer.token(tenant.id, each), BODY)
            for each in ids
        ],
    )


def all_good(measured: load.Load, status: str = "200") -> load.Load:
    """Return what was measured. Raises RuntimeError if an answer had another status."""
    if set(measured.statuses) != {status}:
        raise RuntimeError(f"not every answer was {status}: {measured.statuses}")
    return measured


def throughput(fixture: Fixture, results: Results) -> None:
    """Rounds over all candidates in turn, so that a slow minute of the machine falls on all of them.

    All get the same requests, hello world too: what a token's length costs the server is not the function's doing. What
    hello world does with a bare GET is measured beside it.
    A device beats at most 30 times a minute (429 beyond): the load stays below by the number of devices.
    """
    rounds, seconds = (3, 1.0) if fixture.quick else (7, 3.0)
    ids = new_ids(DEVICES)
    tenant = fixture.tenant(ids)
    rehearse(tenant, ids, 1 if fixture.quick else 16)
    file = beats(fixture, "beats", tenant, ids)
    get = load.write_requests(fixture.folder / "get", [load.request_bytes("/")])
    files = {name: get if name == HELLO_GET else file for name in CANDIDATES}
    rates: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    with contextlib.ExitStack() as stack:
        ports: dict[str, int] = {}
        for name in CANDIDATES:
            if name == HELLO_GET:
                ports[name] = ports["hello"]
                continue
            target = "hello" if name in FLOORS else "heartbeat"
            source = servers.staged(name, fixture.folder)
            ports[name], _ = stack.enter_context(
                servers.served(source, target, fixture.environment)
            )
            all_good(load.measure(ports[name], file, connections=CONNECTIONS, seconds=1.0))
        for name in in_turns(CANDIDATES, rounds):
            measured = load.measure(
                ports[name], files[name], connections=CONNECTIONS, seconds=seconds
            )
            rates[name].append(all_good(measured).requests_per_second)
    for name, label in CANDIDATES.items():
        results.measured("heartbeat throughput", label, rates[name], "requests/s")
    for name in CANDIDATES:
        if name not in (*FLOORS, "heartbeat"):
            results.key(f"peer_{name}_throughput_vs_hello", ratio(rates[name], rates["hello"]))
    own = rates["heartbeat"]
    results.key("heartbeat_throughput_vs_hello_get", ratio(own, rates[HELLO_GET]))
    results.key("heartbeat_throughput_vs_async_hello", ratio(own, rates["async_hello"]), "≥ 0.12")
    results.key("heartbeat_throughput_vs_hello", ratio(own, rates["hello"]), "≥ 1.0")


def rehearse(tenant: TenantStore, ids: list[str], times: int) -> None:
    """Beats straight at the database: the emulator's engine compiles what runs often, and then needs a fifth of the
    processor. Without them the first rounds would measure that.
    """

    async def beat(own: list[str]) -> None:
        for each in own:
            await tenant.heartbeat(each, SUCCEEDED, datetime.now(UTC))

    async def beat_all() -> None:
        await asyncio.gather(*(beat(ids[start::8]) for start in range(8)))

    for _ in range(times):
        run(beat_all())


def latency(fixture: Fixture, results: Results) -> None:
    """One connection; the bare commit is the same write, on a gRPC channel of its own."""
    rounds, seconds = (3, 1.0) if fixture.quick else (7, 3.0)
    ids = new_ids(DEVICES)
    tenant = fixture.tenant(ids)
    file = beats(fixture, "beats", tenant, ids)
    own, bare = [], []
    with servers.served(
        servers.staged("heartbeat", fixture.folder), "heartbeat", fixture.environment
    ) as (port, _):
        all_good(load.measure(port, file, connections=1, seconds=1.0))
        for _ in range(rounds):
            measured = all_good(load.measure(port, file, connections=1, seconds=seconds))
            own.append(measured.p50_ms)
            bare.append(_bare_commit_p50_ms(fixture, tenant, ids[:1000]))
    results.measured("heartbeat p50", "heartbeat (this product)", own, "ms")
    results.measured("heartbeat p50", "bare gRPC commit", bare, "ms")
    results.key("heartbeat_p50_vs_raw_commit", ratio(own, bare), "≤ 2.3")


def _bare_commit_p50_ms(fixture: Fixture, tenant: TenantStore, ids: list[str]) -> float:
    wire = Wire(run(fixture.database.client()))
    commit_request: Any = types.CommitRequest.pb()
    now = datetime.now(UTC)
    fields = {"lastHeartbeatAt": now, "lastOutcome": SUCCEEDED, "lastSyncAt": now}
    requests = [
        commit_request(
            database=f"projects/{PROJECT}/databases/(default)",
            writes=[wire.update(f"{tenant.devices_path}/{each}", fields)],
        ).SerializeToString()
        for each in ids
    ]
    times = []
    with grpc.insecure_channel(fixture.firestore) as channel:
        commit = channel.unary_unary(  # without serializers: bytes go out, bytes come back
            "/google.firestore.v1.Firestore/Commit", None, None
        )
        for request in requests:
            started = time.perf_counter()
            commit(request, metadata=(("authorization", "Bearer owner"),), timeout=10)
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def calls(fixture: Fixture, results: Results) -> None:
    """Calls at the wire, of 200 beats."""
    ids = new_ids(200)
    tenant = fixture.tenant(ids)
    with counted(fixture.firestore) as (address, wire):
        env = {**fixture.environment, "FIRESTORE_EMULATOR_HOST": address}
        source = servers.staged("heartbeat", fixture.folder)
        with servers.served(source, "heartbeat", env) as (port, _):
            file = beats(fixture, "counted", tenant, ids)
            wire.reset()
            measured = all_good(load.measure(port, file, connections=1, seconds=1.5))
    done = measured.statuses["200"]
    commits = wire.calls.pop("Commit", 0)
    results.key("heartbeat_rpcs_writes", commits / done, "1")
    results.key("heartbeat_rpcs_reads", sum(wire.calls.values()) / done, "0")


def growth(fixture: Fixture, results: Results) -> None:
    """p50 in a tenant with few devices and in one with many, in turn, on one server: many short rounds, since the
    difference that is looked for is smaller than what a machine's mood makes of one of them. A round is too short for a
    device to beat twice in it: at 30 beats in a minute it would get 429.
    """
    rounds, seconds, many = (2, 0.5, 10_000) if fixture.quick else (20, 0.5, 100_000)
    files = {}
    for count in (1_000, many):
        ids = new_ids(count)
        files[count] = beats(fixture, f"growth-{count}", fixture.tenant(ids), ids[:1_000])
    p50: dict[int, list[float]] = {count: [] for count in files}
    with servers.served(
        servers.staged("heartbeat", fixture.folder), "heartbeat", fixture.environment
    ) as (port, _):
        for file in files.values():
            all_good(load.measure(port, file, connections=1, seconds=1.0))
        for count in in_turns(files, rounds):
            measured = all_good(load.measure(port, files[count], connections=1, seconds=seconds))
            p50[count].append(measured.p50_ms)
    for count, values in p50.items():
        results.measured("heartbeat growth", f"{count:,} devices in the tenant", values, "ms")
    results.key("heartbeat_growth", ratio(p50[many], p50[1_000]), "≤ 1.1")


def measure(fixture: Fixture, results: Results) -> None:
    throughput(fixture, results)
    latency(fixture, results)
    calls(fixture, results)
    growth(fixture, results)
