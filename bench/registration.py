"""Registration: Firestore calls at the wire, of a new device and of a known one, and its throughput for new devices."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench import load, servers
from bench.counter import counted
from bench.fixture import Fixture
from bench.heartbeat import CONNECTIONS, all_good
from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import in_turns, ratio
from local.emulators import auth_emulator
from local.entra import AppRegistration, EntraStandIn

DEVICES = 100
# A token registers five devices and an organization a thousand a minute, unless told otherwise.
NO_FLOODS = {"MAX_DEVICES_PER_TOKEN": "1000000", "MAX_NEW_DEVICES_PER_MINUTE": "1000000"}
PER_TENANT = 500  # an emulator counts a tenant's devices by looking at each of them


@contextlib.contextmanager
def outside(fixture: Fixture) -> Iterator[tuple[EntraStandIn, dict[str, str]]]:
    """Entra's stand-in and the function's settings for it. Its tokens are signed and checked for real; custom tokens
    are made by the Auth emulator's rules.
    """
    ca = fixture.folder / "entra"
    ca.mkdir(exist_ok=True)
    with auth_emulator() as auth, EntraStandIn(AppRegistration(), ca_dir=ca) as entra:
        settings = {
            **fixture.environment,
            "FIREBASE_AUTH_EMULATOR_HOST": auth,
            "ENTRA_CLIENT_ID": entra.app.client_id,
            "ENTRA_MOBILE_CLIENT_IDS": ",".join(entra.app.public_client_ids),
            "ENTRA_AUTHORITY": entra.url,
            "REQUESTS_CA_BUNDLE": str(entra.ca_path),
            **NO_FLOODS,
        }
        yield entra, settings


def phone_token(entra: EntraStandIn, tenant_id: str) -> str:
    return entra.mint({"tid": tenant_id, "iss": f"{entra.url}/{tenant_id}/v2.0"})


def registrations(fixture: Fixture, entra: EntraStandIn, count: int) -> list[bytes]:
    """Requests of that many new devices, of as many tenants as they need."""
    requests: list[bytes] = []
    while len(requests) < count:
        phone = phone_token(entra, fixture.tenant().id)
        requests += [_request(phone, each) for each in new_ids(PER_TENANT)]
    return requests[:count]


def _request(phone: str, device_id: str) -> bytes:
    body = json.dumps({"deviceId": device_id}).encode()
    return load.request_bytes("/v1/devices", phone, body)


def measure(fixture: Fixture, results: Results) -> None:
    with outside(fixture) as (entra, settings):
        _calls(fixture, results, entra, settings)
        _throughput(fixture, results, entra, settings)


def _calls(
    fixture: Fixture, results: Results, entra: EntraStandIn, settings: dict[str, str]
) -> None:
    phone = phone_token(entra, fixture.tenant().id)
    ids = new_ids(DEVICES)
    source = servers.staged("device_registration", fixture.folder)
    with counted(fixture.firestore) as (address, wire):
        env = {**settings, "FIRESTORE_EMULATOR_HOST": address}
        with servers.served(source, "device_registration", env) as (port, _):
            for name, status, target in (("new", 201, "≤ 4"), ("known", 200, "≤ 3")):
                wire.reset()
                for each in ids:
                    if (found := servers.exchange(port, _request(phone, each))) != status:
                        raise RuntimeError(f"a {name} device: {found}")
                _report(name, wire.calls)
                per_device = sum(wire.calls.values()) / DEVICES
                results.key(f"registration_rpcs_{name}", per_device, target)


def _throughput(
    fixture: Fixture, results: Results, entra: EntraStandIn, settings: dict[str, str]
) -> None:
    """Each round has new devices of its own, and hello world gets the same requests."""
    rounds, count = (2, 500) if fixture.quick else (5, 1_000)
    requests = registrations(fixture, entra, (rounds + 1) * count)
    files = [
        load.write_requests(fixture.folder / f"new-{each}", requests[start : start + count])
        for each, start in enumerate(range(0, len(requests), count))
    ]
    rates: dict[str, list[float]] = {"hello": [], "device_registration": []}
    with contextlib.ExitStack() as stack:
        ports = {}
        for name in rates:
            source = servers.staged(name, fixture.folder)
            ports[name], _ = stack.enter_context(servers.served(source, name, settings))
            _measured(name, ports[name], files[0])
        for place, name in enumerate(in_turns(rates, rounds)):
            rates[name].append(_measured(name, ports[name], files[1 + place // 2]))
    results.measured("registration throughput", "hello world", rates["hello"], "requests/s")
    results.measured(
        "registration throughput", "a new device", rates["device_registration"], "requests/s"
    )
    key = "registration_throughput_vs_hello"
    results.key(key, ratio(rates["device_registration"], rates["hello"]))


def _measured(name: str, port: int, file: Path) -> float:
    measured = load.measure(port, file, connections=CONNECTIONS)
    status = "201" if name == "device_registration" else "200"
    return all_good(measured, status).requests_per_second


def _report(name: str, calls: Counter[str]) -> None:
    for method, count in sorted(calls.items()):
        print(f"  {name}: {method} {count / DEVICES:g}")
