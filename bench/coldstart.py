"""Cold starts: from the start of the process to its first 200 on a real request, one candidate after the other.

The request is a heartbeat (or a registration) with a token whose keys have to be fetched, and a write that needs a new
channel: all that a phone waits for, less the container's own start. Beside it, what each import costs.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from bench import load, servers
from bench.fixture import Fixture
from bench.heartbeat import BODY, CANDIDATES, FLOORS, HELLO_GET, rehearse
from bench.issuer import new_ids
from bench.registration import outside, registrations
from bench.results import Results
from bench.rounds import in_turns, ratio
from local.processes import ROOT

HELLO, REGISTRATION = "hello", "device_registration"
LABELS = {
    **{name: label for name, label in CANDIDATES.items() if name != HELLO_GET},
    REGISTRATION: "device_registration (this product)",
}
# Each on top of what stands before it, as a function's main.py imports them.
HEARTBEAT = (
    ("functions_framework.aio", "the framework: flask, gunicorn, Starlette, CloudEvents"),
    ("uvicorn.protocols.http.httptools_impl, uvicorn_worker", "uvicorn and httptools"),
    ("marshmallow", "marshmallow"),
    ("joserfc.jws, joserfc.jwk", "joserfc and cryptography"),
    ("urllib3", "urllib3"),
    ("grpc, grpc.aio", "gRPC"),
    (
        "google.api_core.exceptions, google.api_core.gapic_v1",
        "google.api_core, with google.auth and requests",
    ),
    ("google.cloud.firestore_v1", "google.cloud.firestore_v1"),
    ("functions.heartbeat.heartbeat", "the heartbeat itself"),
)
# Each by itself, on top of a heartbeat.
OTHERS = (
    ("msal", "msal"),
    ("firebase_admin.auth", "firebase_admin.auth"),
    ("jinja2, babel.support", "jinja2 and Babel"),
)


def measure(fixture: Fixture, results: Results) -> None:
    rounds = 3 if fixture.quick else 9
    device, *ids = new_ids(20 if fixture.quick else 500)
    tenant = fixture.tenant([device, *ids])
    rehearse(tenant, ids, 1)  # the emulator's own start is not what is measured
    beat = load.request_bytes("/v1/heartbeats", fixture.issuer.token(tenant.id, device), BODY)
    with outside(fixture) as (entra, settings):
        new = registrations(fixture, entra, rounds + 1)
        candidates: dict[str, tuple[str, Mapping[str, str]]] = {
            name: ("hello" if name in FLOORS else "heartbeat", fixture.environment)
            for name in LABELS
        }
        candidates[REGISTRATION] = (REGISTRATION, settings)
        sources = {name: servers.staged(name, fixture.folder) for name in candidates}
        times: dict[str, list[float]] = {name: [] for name in candidates}
        for name in in_turns(candidates, rounds + 1):
            target, env = candidates[name]
            request = load.request_bytes("/") if name in FLOORS else beat
            if name == REGISTRATION:
                request = new.pop()
            times[name].append(servers.cold_start_seconds(sources[name], target, env, request))
    for name, values in times.items():
        del values[0]  # the first round only brings files into memory
        results.measured("cold start", LABELS[name], values, "s")
    for name in LABELS:
        if name not in (*FLOORS, "heartbeat", REGISTRATION):
            results.key(f"peer_{name}_cold_start", ratio(times[name], times[HELLO]))
    results.key(
        "heartbeat_cold_start_vs_async_hello", ratio(times["heartbeat"], times["async_hello"])
    )
    results.key("heartbeat_cold_start_vs_hello", ratio(times["heartbeat"], times[HELLO]), "≤ 3.0")
    results.key("registration_cold_start_vs_hello", ratio(times[REGISTRATION], times[HELLO]))
    _imports(results, 3 if fixture.quick else 7)


def _imports(results: Results, rounds: int) -> None:
    """Modules one after the other, in processes that have nothing else to do."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for label, milliseconds in _imported(HEARTBEAT):
            times.setdefault(label, []).append(milliseconds)
        for other in OTHERS:
            *_before, (label, milliseconds) = _imported((*HEARTBEAT, other))
            times.setdefault(label, []).append(milliseconds)
    for modules in (HEARTBEAT, OTHERS):
        section = "imports of a heartbeat" if modules is HEARTBEAT else "imports on top of it"
        for _modules, label in modules:
            results.measured(section, label, times[label], "ms")


def _imported(modules: tuple[tuple[str, str], ...]) -> list[tuple[str, float]]:
    """Label and milliseconds of each."""
    code = ["import time"]
    for names, _label in modules:
        code += ["at = time.perf_counter()", f"import {names}"]
        code.append("print((time.perf_counter() - at) * 1000)")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        cwd=ROOT,
        env={"PATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    labels = [label for _names, label in modules]
    return list(zip(labels, map(float, done.stdout.split()), strict=True))
