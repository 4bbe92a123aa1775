"""THREADS and WORKERS: what other values than the deployed ones would bring, by throughput and by peak memory."""

from __future__ import annotations

import contextlib

import psutil

from bench import load, servers
from bench.heartbeat import CONNECTIONS, DEVICES, all_good, beats, rehearse
from bench.issuer import new_ids
from bench.results import Results
from bench.rounds import ratio
from bench.world import World
from local.processes import Server

SETTINGS = [(1, 2), (1, 4), (1, 8), (1, 16), (1, 32), (2, 8), (2, 16)]  # workers, threads
DEPLOYED = (1, 16)


def run(world: World, results: Results) -> None:
    rounds, seconds = (2, 1.0) if world.quick else (5, 3.0)
    ids = new_ids(DEVICES)
    tenant = world.tenant(ids)
    rehearse(tenant, ids, 1 if world.quick else 8)
    file = beats(world, "beats-threads", tenant, ids)
    source = servers.staged("heartbeat", world.folder)
    rates: dict[tuple[int, int], list[float]] = {each: [] for each in SETTINGS}
    memory: dict[tuple[int, int], list[float]] = {each: [] for each in SETTINGS}
    with contextlib.ExitStack() as stack:
        running = {}
        for workers, threads in SETTINGS:
            env = {**world.environment, "WORKERS": str(workers), "THREADS": str(threads)}
            running[workers, threads] = stack.enter_context(
                servers.served(source, "heartbeat", env)
            )
        for attempt in range(rounds + 1):
            for setting, (port, server) in running.items():
                measured = load.measure(port, file, connections=CONNECTIONS, seconds=seconds)
                if attempt:  # the first round connects and fetches keys
                    rates[setting].append(all_good(measured).requests_per_second)
                    memory[setting].append(_resident_mib(server))
    for (workers, threads), values in rates.items():
        label = f"{workers} worker{'s' if workers > 1 else ''} of {threads} threads"
        results.measured("threads, beats", label, values, "requests/s")
        results.measured("threads, memory", label, memory[workers, threads], "MiB")
    for setting, key in (((1, 2), "2"), ((1, 32), "32")):
        results.key(f"threads_{key}_vs_16", ratio(rates[setting], rates[DEPLOYED]))
    results.key("workers_2_of_8_threads_vs_1_of_16", ratio(rates[2, 8], rates[DEPLOYED]))


def _resident_mib(server: Server) -> float:
    """Of a server and all its workers; pages that they share count for each."""
    process = psutil.Process(server.pid)
    return sum(each.memory_info().rss for each in process.children(recursive=True)) / 2**20
