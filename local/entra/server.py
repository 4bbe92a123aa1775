"""EntraStandIn: the stand-in behind TLS, in this process."""

from __future__ import annotations

import ssl
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Any, Self

import trustme
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local.entra.app import create_app
from local.entra.directory import Tenant
from local.entra.registration import AppRegistration
from local.entra.state import State
from local.entra.tokens import TokenMaker

HANDSHAKE_SECONDS = 10


class EntraStandIn(State):
    """The stand-in, served from the constructor on; also a context manager.

    ca_dir: where the CA lives (ca.pem, ca.key); made if missing, and a new folder unless given.
    port: 0 for any free one. `stop` and `start` may follow each other: address, keys and consents
    stay.
    """

    def __init__(
        self,
        app: AppRegistration | None = None,
        *,
        tenants: Iterable[Tenant] | None = None,
        port: int = 0,
        ca_dir: Path | None = None,
    ) -> None:
        super().__init__(app, tenants)
        self._folder = None if ca_dir else tempfile.TemporaryDirectory(prefix="entra-ca-")
        folder = ca_dir or Path(self._folder.name if self._folder else "")
        self.ca_path = folder / "ca.pem"
        self._tls = _tls_context(folder)
        self._server: _TlsServer | None = None
        self._thread: threading.Thread | None = None
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        """Authority and Graph endpoint in one: https://localhost:PORT."""
        return f"https://localhost:{self.port}"

    def authority(self, tenant_id: str) -> str:
        return f"{self.url}/{tenant_id}"

    def mint(
        self,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        **choices: Any,
    ) -> str:
        """A phone's token, bent as an attack needs it: see TokenMaker.mint."""
        return TokenMaker(self, self.url).mint(claims, headers, **choices)

    def start(self) -> None:
        """Serves, at the same address as before. Does nothing if it does already."""
        if self._server is not None:
            return
        self._server = _TlsServer(self.port, self._tls)
        self.port = self._server.port
        self._server.app = create_app(self, TokenMaker(self, self.url), self.url)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Connections are refused from here on."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()


class _QuietHandler(WSGIRequestHandler):
    """Logs no request: query strings and forms hold codes and passwords."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class _TlsServer(ThreadedWSGIServer):
    """Shakes hands in the request's own thread, so that a silent client holds up nobody else."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        super().__init__("127.0.0.1", port, _not_yet, _QuietHandler)
        # It decides the scheme in the WSGI environment; the listening socket stays plain.
        self.ssl_context = tls
        self._tls = tls

    def finish_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        if not isinstance(request, socket):  # datagrams: not with a stream server
            raise TypeError
        request.settimeout(HANDSHAKE_SECONDS)
        try:
            with self._tls.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except OSError:
            return  # the client left, or does not trust the CA: its own matter


def _not_yet(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise NotImplementedError


def _tls_context(folder: Path) -> ssl.SSLContext:
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if certificate.exists() and key.exists():
        authority = trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    else:
        authority = trustme.CA(organization_name="Local stand-in")
        key.touch(mode=0o600)
        authority.private_key_pem.write_to_path(str(key))
        authority.cert_pem.write_to_path(str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context
