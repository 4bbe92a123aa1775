"""An HTTP server whose next answer is whatever the test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answering:
    """status, body, headers: of each answer from now on. asked: the paths so far.

    bodies: by path, before `body`. seconds_per_byte: how slowly a body comes.
    """

    url: str = ""
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    seconds_per_byte: float = 0.0
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def answering() -> Iterator[Answering]:
    behaviour = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behaviour.asked.append(self.path)
            body = behaviour.bodies.get(self.path, behaviour.body)
            self.send_response(behaviour.status)
            for name, value in {"Content-Length": str(len(body)), **behaviour.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.send(body)

        def send(self, body: bytes) -> None:
            if not behaviour.seconds_per_byte:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                if behaviour.over.wait(behaviour.seconds_per_byte):
                    return

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        behaviour.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield behaviour
        finally:
            behaviour.over.set()
            server.shutdown()
            thread.join()
