"""An HTTPS server of signing keys, for functions that run without an Auth emulator, and a canary beside them."""

from __future__ import annotations

import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

ENTRA_KEYS = "/common/discovery/v2.0/keys"
FIREBASE_KEYS = "/firebase-keys"
CANARY = "/canary"


@dataclass
class KeyServer:
    """keys: JWKs by path. asked: requests by path. down: every answer is 503."""

    url: str
    ca: Path
    keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    down: bool = False


@contextmanager
def key_server(folder: Path) -> Iterator[KeyServer]:
    """Serve for the length of a `with` block; the CA is written to `folder`."""
    authority = trustme.CA()
    ca = folder / "keys-ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked[self.path] += 1
            # Entra's key set for one application (`?appid=`) is the common one here.
            path = self.path.partition("?")[0]
            is_served = path in source.keys and not source.down
            body = json.dumps({"keys": source.keys[path]} if is_served else {}).encode()
            self.send_response(200 if is_served else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # a client that leaves is its own matter

    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        source = KeyServer(f"https://localhost:{server.server_port}", ca)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield source
        finally:
            server.shutdown()
            thread.join()
