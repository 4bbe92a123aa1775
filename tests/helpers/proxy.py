"""A TCP proxy on the loopback that fails on request, in front of a real service."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BLOCK = 65_536
HALF = 40  # bytes of an answer that still come through


class Proxy:
    """mode: pass, latency, reset, blackhole, half or down; it holds for open connections too."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.mode = "pass"
        self.delay = threading.Event()  # never set: waiting on it is the latency
        self._open: set[socket.socket] = set()
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, mode: str) -> None:
        self.mode = mode
        if mode in ("reset", "down"):
            for connection in list(self._open):
                self._reset(connection)

    def hang_up(self) -> None:
        """Close the connections as a server does that has had enough of them (FIN); new ones are welcome."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        self._stopped = True
        self._listener.close()
        for connection in list(self._open):
            self._reset(connection)

    def _accept(self) -> None:
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode in ("down", "reset"):
                self._reset(client)
                continue
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                self._reset(client)
                continue
            server.settimeout(None)
            self._open |= {client, server}
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=(source, sink, answers), daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while block := source.recv(BLOCK):
                if self.mode == "latency":
                    self.delay.wait(0.2)
                elif self.mode == "blackhole":
                    continue
                elif self.mode == "half" and answers:
                    sink.sendall(block[:HALF])
                    self._reset(sink)
                    break
                sink.sendall(block)
        for end in (source, sink):
            self._open.discard(end)
            with suppress(OSError):
                end.close()

    def _reset(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            connection.close()


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    between = Proxy(target)
    try:
        yield between
    finally:
        between.stop()
