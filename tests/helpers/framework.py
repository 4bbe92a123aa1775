"""A function as functions-framework starts it, in a process of its own, on this machine's loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
MAIN = """
import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.web.serving import prepared
from tests.helpers.tiny import application

served = prepared(application)


@functions_framework.aio.http
async def tiny(request: Request) -> Response:
    return await served(request)
"""


@dataclass
class Served:
    """log: where everything that the process writes goes."""

    port: int
    log: Path
    process: psutil.Process

    def ask(self, *pieces: bytes, seconds: float = 20.0) -> bytes:
        """All that comes back until the server closes, for one request that ends the connection."""
        with self.connection(seconds) as line:
            send_all(line, pieces)
            return read_all(line)

    def connection(self, seconds: float = 20.0) -> socket.socket:
        return socket.create_connection((HOST, self.port), seconds)

    @property
    def memory_bytes(self) -> int:
        """Of the process and its workers."""
        everybody = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_info().rss for process in everybody)


def send_all(line: socket.socket, pieces: tuple[bytes, ...]) -> int:
    """How many bytes the other side took before it closed, if it did."""
    sent = 0
    try:
        for piece in pieces:
            line.sendall(piece)
            sent += len(piece)
    except ConnectionError:
        pass
    return sent


def read_all(line: socket.socket) -> bytes:
    received = bytearray()
    try:
        while part := line.recv(65_536):
            received += part
    except ConnectionError:
        pass
    return bytes(received)


@contextmanager
def served(folder: Path, *options: str, **environment: str) -> Iterator[Served]:
    """The tiny function. options: of functions-framework. environment: besides this process's own."""
    (folder / "main.py").write_text(MAIN)
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("functions-framework")),
        *("--target", "tiny", "--source", str(folder / "main.py")),
        *("--host", HOST, "--port", str(port), *options),
    ]
    log = folder / "log"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=out, stderr=subprocess.STDOUT
        ) as started,
    ):
        try:
            _wait(port, started)
            yield Served(port, log, psutil.Process(started.pid))
        finally:
            started.terminate()
            started.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            assert process.poll() is None, "the function did not start"
            assert time.monotonic() < ends_at, "the function does not listen"
            time.sleep(0.05)
