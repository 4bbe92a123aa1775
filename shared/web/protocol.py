"""HTTP as it comes off the wire: bounded before the framework sees it, and without what a caller writes into logs.

httptools limits neither an address nor headers, and uvicorn puts an address together piece by piece, at a cost that
grows with its square. functions-framework reads two headers of the caller into each line of the log when
LOG_EXECUTION_ID is true, as Google sets it on functions: a trace that is not of the platform's shape is dropped here,
and every request has the same execution ID, which also saves the framework drawing twelve letters for it.
Sources: uvicorn's source (`httptools_impl.py`); functions-framework's source (`execution_id.py`); RFC 9110, 15.5.15;
RFC 6585, 5; Cloud Trace, "Trace context".
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from shared import errors, logs
from shared.web.answers import HEADERS, problem_document

MAX_ADDRESS_BYTES = 8 * 1024
MAX_HEADERS_BYTES = 64 * 1024
TOO_LONG, TOO_LARGE = "calliente.address_too_long", "calliente.headers_too_large"
EXECUTION_ID = (b"function-execution-id", b"-")
TRACE = re.compile(rb"[0-9a-fA-F]{32}(/[0-9]{1,20})?(;o=[01])?")


class BoundedProtocol(HttpToolsProtocol):
    """Keeps no more of an address and of headers than their limits, and says in the scope what was cut off."""

    _head_bytes = 0  # of the request whose headers are still coming
    _in_head = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_ADDRESS_BYTES + MAX_HEADERS_BYTES:
                self._cut_off()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._header_bytes = True, 0, 0
        self.headers.append(EXECUTION_ID)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_url(self, url: bytes) -> None:
        if len(self.url) + len(url) <= MAX_ADDRESS_BYTES:
            super().on_url(url)
        elif TOO_LONG not in self._scope:
            self._scope[TOO_LONG] = True
            self.url = self.url or b"/"

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADERS_BYTES:
            self._scope[TOO_LARGE] = True
            return
        lower = name.lower()
        if lower == EXECUTION_ID[0] or (
            lower == b"x-cloud-trace-context" and not TRACE.fullmatch(value)
        ):
            return
        super().on_header(name, value)

    def _cut_off(self) -> None:
        """The head of a request without end: it is answered here, since nothing else will ever see it."""
        if self.transport.is_closing():
            return
        error = errors.AddressTooLong if TOO_LONG in self._scope else errors.HeadersTooLarge
        answer = _answer(error())
        self.transport.write(answer)
        self.transport.close()
        logs.event("request_cut_off", status=error.status, outcome=error.code)

    @property
    def _scope(self) -> dict[str, Any]:
        return self.scope  # type: ignore[return-value]  # a TypedDict that may hold more


def _answer(error: errors.Problem) -> bytes:
    """A whole HTTP answer that ends the connection."""
    body = json.dumps(problem_document(error)).encode()
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
    )
    return "\r\n".join((*head, "", "")).encode() + body


def install() -> None:
    """Have the workers that functions-framework starts speak this protocol, and look at no forwarded address."""
    UvicornWorker.CONFIG_KWARGS = {
        **UvicornWorker.CONFIG_KWARGS,
        "http": BoundedProtocol,
        "proxy_headers": False,
    }
