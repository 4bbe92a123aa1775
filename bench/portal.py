"""The portal's page of an organization with very many devices: when its first part is there, and when the numbers are.

Beside it one bare count, because that is what an emulator needs the time for.
"""

from __future__ import annotations

import http.client
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import flask

from bench import servers
from bench.issuer import new_ids
from bench.results import Results
from bench.world import World, write
from functions.admin_portal.session import Sessions
from local.processes import HOST
from shared.inventory import FAILED, SUCCEEDED
from shared.store import Tenant

KEY = "bench-session-key-of-32-characters"
URL = "http://localhost"
SETTINGS = {
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "PORTAL_URL": URL,
    "SESSION_KEYS": KEY,
}


def run(world: World, results: Results) -> None:
    rounds, devices = (2, 5_000) if world.quick else (5, 100_000)
    tenant = world.tenant()
    _add(world, tenant, devices)
    first, whole, bare = [], [], []
    source = servers.staged("admin_portal", world.folder)
    with servers.served(source, "admin_portal", {**world.environment, **SETTINGS}) as (port, _):
        for _ in range(rounds):
            started = time.perf_counter()
            world.database.count(tenant.devices_path, deadline_seconds=30.0)
            bare.append(time.perf_counter() - started)
            shown, done = _page(port, tenant)
            first.append(shown)
            whole.append(done)
    label = f"{devices:,} devices"
    results.measured("portal", f"first part of the page, {label}", first, "s")
    results.measured("portal", f"whole page with its numbers, {label}", whole, "s")
    results.measured("portal", f"one bare count, {label}", bare, "s")
    results.key("portal_first_part_seconds", statistics.median(first), "≤ 1")
    results.key(
        "portal_whole_page_vs_bare_count", statistics.median(whole) / statistics.median(bare)
    )


def _add(world: World, tenant: Tenant, count: int) -> None:
    """Devices that synchronized at some time in the last 60 days, one in five of them with a failure since."""
    database, now = world.database, datetime.now(UTC)

    def device(place: int, device_id: str) -> Any:
        at = now - timedelta(days=60 * place / count)
        outcome = FAILED if place % 5 == 0 else SUCCEEDED
        fields = {"lastHeartbeatAt": now, "lastSyncAt": at, "lastOutcome": outcome}
        return database.set(f"{tenant.devices_path}/{device_id}", fields)

    write(database, (device(place, each) for place, each in enumerate(new_ids(count))))


def _page(port: int, tenant: Tenant) -> tuple[float, float]:
    """Seconds until the organization's ID is there, and until the numbers are. Raises RuntimeError without them."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        started = time.perf_counter()
        connection.request("GET", "/", headers={"Cookie": _signed_in(tenant.id)})
        answer = connection.getresponse()
        page, shown = b"", 0.0
        while piece := answer.read1(65536):
            page += piece
            if not shown and tenant.id.encode() in page:
                shown = time.perf_counter() - started
        whole = time.perf_counter() - started
    finally:
        connection.close()
    if answer.status != 200 or b'id="numbers"' not in page or not shown:
        raise RuntimeError(f"no page with numbers: {answer.status}")
    return shown, whole


def _signed_in(tenant_id: str) -> str:
    """The cookie of an administrator's session, as the function itself would set it."""
    with flask.Flask(__name__).test_request_context():
        response = flask.Response()
        Sessions((KEY,), URL).begin(response, tenant_id)
        return response.headers["Set-Cookie"].partition(";")[0]
