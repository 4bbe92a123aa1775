"""Firestore calls of a registration, counted at the wire: of a new device, and of a known one."""

from __future__ import annotations

import json
from collections import Counter

from bench import load, servers
from bench.counter import counted
from bench.issuer import new_ids
from bench.results import Results
from bench.world import World
from local.emulators import auth_emulator
from local.entra import AppRegistration, EntraStandIn

DEVICES = 100


def run(world: World, results: Results) -> None:
    tenant = world.tenant()
    ids = new_ids(DEVICES)
    ca = world.folder / "entra"
    ca.mkdir(exist_ok=True)
    with (
        auth_emulator() as auth,
        EntraStandIn(AppRegistration(), ca_dir=ca) as entra,
        counted(world.firestore) as (address, wire),
    ):
        env = {**environment(world, auth, entra), "FIRESTORE_EMULATOR_HOST": address}
        phone = phone_token(entra, tenant.id)
        source = servers.staged("device_registration", world.folder)
        with servers.served(source, "device_registration", env) as (port, _):
            for name, status in (("new", 201), ("known", 200)):
                wire.reset()
                for each in ids:
                    body = json.dumps({"deviceId": each}).encode()
                    request = load.request_bytes("/v1/devices", phone, body)
                    if (found := servers.exchange(port, request)) != status:
                        raise RuntimeError(f"a {name} device: {found}")
                _report(results, name, wire.calls)


def environment(world: World, auth: str, entra: EntraStandIn) -> dict[str, str]:
    """Custom tokens are signed by the Auth emulator's rules; Entra's are signed and checked for real."""
    return {
        **world.environment,
        "FIREBASE_AUTH_EMULATOR_HOST": auth,
        "ENTRA_CLIENT_ID": entra.app.client_id,
        "ENTRA_MOBILE_CLIENT_IDS": ",".join(entra.app.public_client_ids),
        "ENTRA_AUTHORITY": entra.url,
        "REQUESTS_CA_BUNDLE": str(entra.ca_path),
    }


def phone_token(entra: EntraStandIn, tenant_id: str) -> str:
    return entra.mint({"tid": tenant_id, "iss": f"{entra.url}/{tenant_id}/v2.0"})


def _report(results: Results, name: str, calls: Counter[str]) -> None:
    for method, count in sorted(calls.items()):
        print(f"  {name}: {method} {count / DEVICES:g}")
    results.key(f"registration_rpcs_{name}", sum(calls.values()) / DEVICES, "≤ 3")
