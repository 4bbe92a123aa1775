"""The portal's page of an organization with very many devices: when its first part is there, and when the numbers are.

Beside it one bare count, because that is what an emulator needs the time for.
"""

from __future__ import annotations

import socket
import statistics
import time
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from bench import load, servers
from bench.fixture import Documents, Fixture, run
from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import ratio
from functions.admin_portal.session import Sessions
from local.processes import HOST
from shared import development_keys
from shared.environment import load as settings_from
from shared.inventory import FAILED, SUCCEEDED
from shared.settings import PortalSettings
from shared.store import TenantStore

KEY = "bench-session-key-of-32-characters"
URL = "http://localhost"
SETTINGS = {
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "PORTAL_URL": URL,
    "SESSION_KEYS": KEY,
    "AUDIT_SIGNING_KEY": development_keys.SIGNING["audit"],
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
}


def measure(fixture: Fixture, results: Results) -> None:
    rounds, count = (2, 5_000) if fixture.quick else (5, 100_000)
    store = fixture.tenant()
    fixture.write(devices(store, count))
    first, whole, bare = [], [], []
    source = servers.staged("admin_portal", fixture.folder)
    with servers.served(source, "admin_portal", {**fixture.environment, **SETTINGS}) as (port, _):
        for _ in range(rounds):
            started = time.perf_counter()
            run(store.count_devices(seconds=30.0))
            bare.append(time.perf_counter() - started)
            shown, done = _page(fixture, port, store)
            first.append(shown)
            whole.append(done)
    label = f"{count:,} devices"
    results.measured("portal", f"first part of the page, {label}", first, "s")
    results.measured("portal", f"whole page with its numbers, {label}", whole, "s")
    results.measured("portal", f"one bare count, {label}", bare, "s")
    results.key("portal_first_part_seconds", statistics.median(first), "≤ 1")
    results.key("portal_whole_page_vs_bare_count", ratio(whole, bare))


def devices(store: TenantStore, count: int) -> Documents:
    """Devices that synchronized at some time in the last 60 days, one in five of them with a failure since."""
    now = datetime.now(UTC)
    for place, device_id in enumerate(new_ids(count)):
        at = now - timedelta(days=60 * place / count)
        outcome = FAILED if place % 5 == 0 else SUCCEEDED
        fields = {"lastHeartbeatAt": now, "lastSyncAt": at, "lastOutcome": outcome}
        yield f"{store.devices_path}/{device_id}", fields


def page_request(fixture: Fixture, store: TenantStore) -> bytes:
    """A request for the organization's page, with a session as the function itself would begin it."""
    stored = run(store.read())
    if stored is None:
        raise RuntimeError("no such organization")
    response = Response()
    settings = settings_from(PortalSettings, {**fixture.environment, **SETTINGS})
    sessions = Sessions(settings.session_keys, URL)
    sessions.begin(response, stored)
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    return load.request_bytes("/", cookie=cookie)


def _page(fixture: Fixture, port: int, store: TenantStore) -> tuple[float, float]:
    """Seconds until the organization's ID is there, and until the numbers are. Raises RuntimeError without them."""
    request, page, shown = page_request(fixture, store), b"", 0.0
    started = time.perf_counter()
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(request)
        while not page.endswith(b"\r\n0\r\n\r\n"):
            piece = connection.recv(65536)
            if not piece:
                raise RuntimeError("the page broke off")
            page += piece
            if not shown and store.id.encode() in page:
                shown = time.perf_counter() - started
    whole = time.perf_counter() - started
    if not page.startswith(b"HTTP/1.1 200 ") or b'id="numbers"' not in page or not shown:
        raise RuntimeError("no page with numbers")
    return shown, whole
