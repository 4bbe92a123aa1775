"""Memory of a process that has served for long, beside what it had after a tenth of that.

The functions take turns: beats of few devices stay below the 30 a minute that the heartbeat takes of each.
"""

from __future__ import annotations

import contextlib
import time

import psutil

from bench import load, servers
from bench.fixture import Fixture
from bench.heartbeat import CONNECTIONS, all_good, beats
from bench.issuer import new_ids
from bench.portal import SETTINGS as PORTAL
from bench.portal import devices, page_request
from bench.registration import outside, registrations
from bench.results import Results
from functions.heartbeat.limit import BEATS, WINDOW_SECONDS
from local.processes import Server

STEPS = 10
DEVICES = 200
BEATS_OF_EACH = 10  # in a step


def measure(fixture: Fixture, results: Results) -> None:
    """20,000 new registrations, 20,000 beats of 200 devices, 5,000 pages of the portal; a tenth of them if quick."""
    new, pages = (200, 50) if fixture.quick else (2_000, 500)
    step_seconds = 1.2 * WINDOW_SECONDS * BEATS_OF_EACH / BEATS
    with contextlib.ExitStack() as stack:
        entra, settings = stack.enter_context(outside(fixture))
        requests = registrations(fixture, entra, STEPS * new)
        store = fixture.tenant()
        fixture.write(devices(store, 50))
        page = [page_request(fixture, store)] * pages
        ids = new_ids(DEVICES)
        beating = beats(fixture, "memory-beats", fixture.tenant(ids), ids * BEATS_OF_EACH)
        running: dict[str, tuple[int, Server]] = {}
        for name, env in (
            ("device_registration", settings),
            ("heartbeat", fixture.environment),
            ("admin_portal", {**fixture.environment, **PORTAL}),
        ):
            source = servers.staged(name, fixture.folder)
            running[name] = stack.enter_context(servers.served(source, name, env))
        shown = load.write_requests(fixture.folder / "memory-pages", page)
        sizes: dict[str, list[float]] = {name: [] for name in running}
        for step in range(STEPS):
            began = time.monotonic()
            part = requests[step * new : (step + 1) * new]
            registering = load.write_requests(fixture.folder / "memory-new", part)
            for name, file, status in (
                ("heartbeat", beating, "200"),
                ("device_registration", registering, "201"),
                ("admin_portal", shown, "200"),
            ):
                port, server = running[name]
                all_good(load.measure(port, file, connections=CONNECTIONS), status)
                sizes[name].append(_resident_mib(server))
            if step < STEPS - 1:
                time.sleep(max(0.0, began + step_seconds - time.monotonic()))
    counts = {
        "device_registration": new,
        "heartbeat": DEVICES * BEATS_OF_EACH,
        "admin_portal": pages,
    }
    for name, values in sizes.items():
        for place in (0, -1):
            requests_so_far = counts[name] * (1 if place == 0 else STEPS)
            label = f"{name}, after {requests_so_far:,} requests"
            results.measured("memory", label, [values[place]], "MiB")
    for name, key in (
        ("device_registration", "registration"),
        ("heartbeat", "heartbeat"),
        ("admin_portal", "portal"),
    ):
        results.key(f"{key}_memory_growth", sizes[name][-1] / sizes[name][0], "≤ 1.05")


def _resident_mib(server: Server) -> float:
    """Of a server's one worker, the largest of its processes."""
    process = psutil.Process(server.pid)
    return max(each.memory_info().rss for each in process.children(recursive=True)) / 2**20
