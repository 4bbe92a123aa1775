"""Starts what is measured: the staged bundles and the peers, all by functions-framework with the same worker settings.

The emulator variable of Auth is unset: signatures are checked. Bytecode is compiled beforehand, the bundle's own too,
as a container image has it.
"""

from __future__ import annotations

import compileall
import contextlib
import functools
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy import bundle
from local.emulators import PROJECT
from local.processes import HOST, ROOT, Server, free_ports, server

THREADS, WORKERS = "16", "1"  # threads: of the synchronous peers
PEERS = ROOT / "bench/peers"
FRAMEWORK = Path(sys.executable).with_name("functions-framework")
POLL_SECONDS = 0.002


@functools.cache
def staged(name: str, folder: Path) -> Path:
    """The bundle of a function, or the folder of a peer, with compiled bytecode."""
    if (PEERS / name).is_dir():
        target = shutil.copytree(PEERS / name, folder / name)
    else:
        target = bundle.stage(name, build=folder)
    compileall.compile_dir(target, quiet=1)
    return target


def compile_dependencies() -> None:
    """As the buildpack does it; a second time this is quick."""
    packages = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    compileall.compile_dir(packages, quiet=2, workers=0)


def environment(settings: Mapping[str, str], firestore: str) -> dict[str, str]:
    """All that a measured server sees; nothing of this shell's beside PATH."""
    return {
        "PATH": os.environ["PATH"],
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": firestore,
        "THREADS": THREADS,
        "WORKERS": WORKERS,
        **settings,
    }


def command(source: Path, target: str, port: int) -> list[str]:
    return [
        str(FRAMEWORK),
        *("--source", str(source / "main.py"), "--target", target),
        *("--host", HOST, "--port", str(port)),
    ]


@contextlib.contextmanager
def served(source: Path, target: str, env: Mapping[str, str]) -> Iterator[tuple[int, Server]]:
    """Run one server for the length of a `with` block; gives its port."""
    (port,) = free_ports(1)
    ours = ("PYTHON", "FIREBASE_", "FIRESTORE_", "GOOGLE_", "ENTRA_")
    blank = {name: "" for name in os.environ if name.startswith(ours)}
    started = command(source, target, port)
    with server(f"bench-{source.name}", started, env={**blank, **env}, cwd=source) as process:
        process.wait_until_ready(f"http://{HOST}:{port}/")
        yield port, process


def cold_start_seconds(source: Path, target: str, env: Mapping[str, str], request: bytes) -> float:
    """From the start of the process to the end of its first 200 on `request`.

    Raises RuntimeError when it ends, or answers anything else.
    """
    (port,) = free_ports(1)
    started = time.perf_counter()
    process = subprocess.Popen(
        command(source, target, port),
        env=dict(env),
        cwd=source,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        status = 0
        while not status:
            if process.poll() is not None or time.perf_counter() - started > 60:
                raise RuntimeError(f"{target} did not start")
            with contextlib.suppress(OSError, http.client.HTTPException):
                status = exchange(port, request)
            if not status:
                time.sleep(POLL_SECONDS)
        elapsed = time.perf_counter() - started
        if status not in (200, 201):
            raise RuntimeError(f"{target} answered {status}")
        return elapsed
    finally:
        process.terminate()
        process.wait(20)


def exchange(port: int, request: bytes) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.connect()
        connection.sock.sendall(request)
        response = http.client.HTTPResponse(connection.sock)
        response.begin()
        response.read()
        return response.status
    finally:
        connection.close()
