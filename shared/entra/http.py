"""Calls to Microsoft over HTTP with a deadline for the whole answer.

requests limits only the time between two bytes: an answer that comes a byte a second could occupy a thread for hours.
Here a whole answer, with its headers, has one deadline and a maximum length.
"""

from __future__ import annotations

import io
import threading
import time
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import SocketIO, socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared.errors import Unavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 4.0
CALL_SECONDS = 6.0
MOST_BYTES = 1_000_000


class Session(requests.Session):
    """requests with a deadline on every call and without redirects; a call without an answer raises Unavailable.

    Safe in several threads at once: it keeps no cookie, and nothing else of a call.
    """

    def __init__(self, dependency: str, call_seconds: float = CALL_SECONDS) -> None:
        super().__init__()
        self._dependency = dependency
        self._call_seconds = call_seconds
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        kwargs["allow_redirects"] = False  # `get` asks for them unless told otherwise
        _call.ends = time.monotonic() + self._call_seconds
        try:
            response = super().request(*args, **kwargs)
        except requests.RequestException as error:
            raise Unavailable(self._dependency, type(error).__name__) from None
        if response.status_code >= 500 or response.status_code == 429:
            raise Unavailable(self._dependency, f"http_{response.status_code}")
        return response


class _Call(threading.local):
    """The deadline of this thread's call, on the monotonic clock."""

    ends = 0.0


_call = _Call()


class _TimedReader(io.RawIOBase):
    """A stream of what arrives on a connection, up to the deadline and the maximum length."""

    def __init__(self, raw: SocketIO, connection: socket) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = _call.ends - time.monotonic()
        if seconds <= 0 or self._left <= 0:
            raise TimeoutError("the answer takes too long")
        self._connection.settimeout(min(READ_SECONDS, seconds))
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        reader: Any = self.fp  # of the socket's makefile: a buffer over a SocketIO
        self.fp = io.BufferedReader(_TimedReader(reader.detach(), sock))


class _Plain(HTTPConnection):
    response_class = _Response


class _Secure(HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager
