"""A load generator: one process, non-blocking sockets, requests that were built before the clock starts.

It does far less per request than the cheapest server here. Every answer is read to its end and its status counted:
whoever uses the result refuses one that is not all 200.

    python -m bench.load PORT CONNECTIONS SECONDS FILE     FILE holds requests, each after its length in 4 bytes

SECONDS is `once` where each request is to be sent one time.
"""

from __future__ import annotations

import json
import selectors
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import HOST, ROOT

TIMEOUT_SECONDS = 15.0


@dataclass
class Load:
    """What a run saw. p50_ms: the median of its latencies."""

    requests_per_second: float
    statuses: dict[str, int]
    p50_ms: float


@dataclass
class _Connection:
    requests: list[bytes]
    at: int
    step: int
    sock: socket.socket | None = None
    pending: bytes = b""
    started: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def next(self) -> None:
        self.pending = self.requests[self.at % len(self.requests)]
        self.at += self.step
        self.received.clear()


def request_bytes(
    path: str, token: str = "", body: bytes = b"", port: int = 80, cookie: str = ""
) -> bytes:
    """An HTTP/1.1 request that keeps its connection. Without a body it is a GET."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: {HOST}:{port}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def write_requests(file: Path, requests: list[bytes]) -> Path:
    file.write_bytes(b"".join(struct.pack(">I", len(each)) + each for each in requests))
    return file


def measure(port: int, file: Path, *, connections: int, seconds: float | None = None) -> Load:
    """Run the generator in a process of its own. seconds: None is each request once."""
    command = [
        sys.executable,
        "-m",
        "bench.load",
        str(port),
        str(connections),
        "once" if seconds is None else str(seconds),
        str(file),
    ]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return Load(**json.loads(output))


def _open(connection: _Connection, port: int, selector: selectors.BaseSelector) -> socket.socket:
    if connection.sock is not None:
        selector.unregister(connection.sock)
        connection.sock.close()
    sock = socket.create_connection((HOST, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    connection.sock = sock
    selector.register(sock, selectors.EVENT_READ, connection)
    return sock


def _send(connection: _Connection, port: int, selector: selectors.BaseSelector) -> None:
    connection.next()
    connection.started = time.perf_counter()
    sock = connection.sock or _open(connection, port, selector)
    sock.sendall(connection.pending)  # a request fits the socket's buffer


def _status(received: bytearray) -> tuple[int, bool] | None:
    """The status of a complete answer, and whether the server closes; None while it is incomplete."""
    head, found, body = bytes(received).partition(b"\r\n\r\n")
    if not found:
        return None
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return (int(head[9:12]), False) if body.endswith(b"\r\n0\r\n\r\n") else None
    at = lower.find(b"content-length:")
    length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(body) < length:
        return None
    return int(head[9:12]), b"connection: close" in lower


def run(port: int, connections: int, seconds: float | None, requests: list[bytes]) -> Load:
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    statuses: dict[str, int] = {}
    begun = time.perf_counter()
    ends_at = float("inf") if seconds is None else begun + seconds
    ends_after = len(requests) if seconds is None else float("inf")
    for index in range(connections):
        _send(_Connection(requests, index, connections), port, selector)
    open_requests = connections
    while open_requests:
        events = selector.select(TIMEOUT_SECONDS)
        if not events:
            raise TimeoutError("the server stopped answering")
        for key, _mask in events:
            connection: _Connection = key.data
            data = key.fileobj.recv(65536)  # type: ignore[union-attr]  # a socket, as registered
            connection.received += data
            found = _status(connection.received)
            if found is None:
                if not data:  # an idle connection was closed: once more on a new one
                    _open(connection, port, selector).sendall(connection.pending)
                    connection.received.clear()
                continue
            now = time.perf_counter()
            status, closes = found
            statuses[str(status)] = statuses.get(str(status), 0) + 1
            latencies.append(now - connection.started)
            if now >= ends_at or connection.at >= ends_after:
                open_requests -= 1
                continue
            if closes:
                _open(connection, port, selector)
            _send(connection, port, selector)
    elapsed = time.perf_counter() - begun
    latencies.sort()
    return Load(
        requests_per_second=len(latencies) / elapsed,
        statuses=statuses,
        p50_ms=latencies[len(latencies) // 2] * 1000,
    )


def _read_requests(file: Path) -> list[bytes]:
    data, at, requests = file.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        requests.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


if __name__ == "__main__":
    _port, _connections, _seconds, _file = sys.argv[1:5]
    print(
        json.dumps(
            run(
                int(_port),
                int(_connections),
                None if _seconds == "once" else float(_seconds),
                _read_requests(Path(_file)),
            ).__dict__
        )
    )
