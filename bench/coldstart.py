"""Cold starts: from the start of the process to its first 200 on a real request, one candidate after the other.

The request is a heartbeat (or a registration) with a token whose keys have to be fetched, and a write that needs a new
channel: all that a phone waits for, less the container's own start. The variants show what single steps bring.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from bench import load, servers
from bench.heartbeat import BODY
from bench.issuer import new_ids
from bench.registration import environment as registering
from bench.registration import phone_token
from bench.results import Results
from bench.rounds import ratio
from bench.world import World
from local.emulators import auth_emulator
from local.entra import AppRegistration, EntraStandIn
from local.processes import ROOT
from shared.inventory import SUCCEEDED

HELLO = "hello world"
# What a module costs on top of what every function imports anyway: the framework and flask.
IMPORTS = {
    "marshmallow": "marshmallow",
    "joserfc and cryptography": "joserfc.jws",
    "gRPC": "grpc",
    "protobuf and our Firestore messages": "shared.google.messages",
    "urllib3": "urllib3",
    "google.auth, as production needs it": (
        "google.auth, google.auth.transport.grpc, google.auth.transport.urllib3, "
        "google.auth.compute_engine"
    ),
    "requests": "requests",
    "msal": "msal",
    "firebase_admin.auth": "firebase_admin.auth",
    "google.cloud.firestore": "google.cloud.firestore",
}


def run(world: World, results: Results) -> None:
    rounds = 3 if world.quick else 9
    device, *ids = new_ids(4 * rounds + 8)
    tenant = world.tenant([device])
    # The emulator's own start is not what is measured.
    for each in new_ids(20 if world.quick else 500):
        tenant.register(each, limit=10_000)
        tenant.heartbeat(each, SUCCEEDED)
    token = world.issuer.token(tenant.id, device)
    beat = load.request_bytes("/v1/heartbeats", token, BODY)
    ca = world.folder / "entra"
    ca.mkdir(exist_ok=True)
    with auth_emulator() as auth, EntraStandIn(AppRegistration(), ca_dir=ca) as entra:
        registration = registering(world, auth, entra)
        phone = phone_token(entra, tenant.id)
        candidates: dict[str, tuple[str, str, Mapping[str, str]]] = {
            HELLO: ("hello", "hello", world.environment),
            "heartbeat": ("heartbeat", "heartbeat", world.environment),
            "device_registration": ("device_registration", "device_registration", registration),
            "verify_id_token + DocumentReference.update": (
                "firebase_admin_update",
                "heartbeat",
                world.environment,
            ),
            "PyJWT + DocumentReference.update": ("pyjwt_update", "heartbeat", world.environment),
            "PyJWT + GAPIC transport's commit": ("pyjwt_gapic", "heartbeat", world.environment),
        }
        sources = {name: servers.staged(one[0], world.folder) for name, one in candidates.items()}
        times: dict[str, list[float]] = {name: [] for name in candidates}
        for attempt in range(rounds + 1):
            for name, (_, target, env) in candidates.items():
                request = beat
                if name == HELLO:
                    request = load.request_bytes("/")
                elif name == "device_registration":
                    body = json.dumps({"deviceId": ids.pop()}).encode()
                    request = load.request_bytes("/v1/devices", phone, body)
                seconds = servers.cold_start_seconds(sources[name], target, env, request)
                if attempt:  # the first round only brings files into memory
                    times[name].append(seconds)
    for name, values in times.items():
        results.measured("cold start", name, values, "s")
    for name, key, target in (
        ("heartbeat", "heartbeat_cold_start_vs_hello", "≤ 2.0"),
        ("device_registration", "registration_cold_start_vs_hello", "≤ 2.5"),
        ("verify_id_token + DocumentReference.update", "peer_firebase_admin_update_cold_start", ""),
        ("PyJWT + DocumentReference.update", "peer_pyjwt_update_cold_start", ""),
        ("PyJWT + GAPIC transport's commit", "peer_pyjwt_gapic_cold_start", ""),
    ):
        results.key(key, ratio(times[name], times[HELLO]), target)
    _imports(results, 3 if world.quick else 5)


def _imports(results: Results, rounds: int) -> None:
    """Each module's import alone, in a process of its own that has the framework already."""
    times: dict[str, list[float]] = {label: [] for label in IMPORTS}
    for _ in range(rounds):
        for label, modules in IMPORTS.items():
            code = (
                "import functions_framework, time; started = time.perf_counter(); "
                f"import {modules}; print((time.perf_counter() - started) * 1000)"
            )
            times[label].append(_python(code))
    for label, values in times.items():
        results.measured("imports on top of functions-framework", label, values, "ms")


def _python(code: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)
