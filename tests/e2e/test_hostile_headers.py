"""Addresses and headers as an attacker, or a proxy with too many cookies, sends them: to each function, over HTTP."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from deploy import bundle
from shared.web.answers import HEADERS

PAGES = ("onboarding", "admin_portal")
COOKIES = 9 * 1024
LINE = 8 * 1000
HEADERS_OVER_THE_LIMIT = 10  # lines
MEGABYTE = 1024 * 1024
MOST_SECONDS = 20
EACH = pytest.mark.parametrize("name", bundle.functions())


class Answer:
    """status, headers by lower-case name, body; of the first answer on a connection."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }


@pytest.fixture
def ask(addresses):
    """Send bytes to a function, while its answer is read; it may answer before it has heard all."""

    def send(name, pieces):
        parts = urlsplit(addresses.functions[name])
        with socket.create_connection((parts.hostname, parts.port), timeout=MOST_SECONDS) as caller:

            def talk():
                with suppress(OSError):
                    for piece in pieces:
                        caller.sendall(piece)

            talking = threading.Thread(target=talk)
            talking.start()
            heard = b""
            with suppress(ConnectionResetError):
                while part := caller.recv(65536):
                    heard += part
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)
            talking.join()
        return Answer(heard)

    return send


def head(*lines, target="/"):
    """The head of a request that is the last one on its connection."""
    given = (f"GET {target} HTTP/1.1", "Host: localhost", "Connection: close", *lines)
    return "\r\n".join((*given, "", "")).encode()


def assert_said(answer, name, status, code):
    """A page for browsers, a problem for programs; guarded, and without anything of the request."""
    assert answer.status == status
    if name in PAGES:
        assert answer.headers["content-type"].startswith("text/html")
        assert code.encode() in answer.body
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["code"] == code
    assert {header.lower() for header in HEADERS} <= answer.headers.keys()
    assert b"canary" not in answer.body


@EACH
def test_cookies_of_a_parent_domain_do_not_matter(ask, name):
    """9 KB of them: the page comes all the same, and a phone's answer is our own."""
    answer = ask(name, [head(f"Cookie: canary={'c' * COOKIES}")])
    if name in PAGES:
        assert (answer.status, answer.headers["content-type"][:9]) == (200, "text/html")
        assert b"</html>" in answer.body
    else:
        status, code = (405, "method_not_allowed") if name == "tenant_purge" else (404, "not_found")
        assert_said(answer, name, status, code)


@EACH
def test_headers_of_more_than_64_kib_are_431(ask, name):
    """In many lines as in one."""
    many = [f"X-Canary-{number}: {'c' * LINE}" for number in range(HEADERS_OVER_THE_LIMIT)]
    for lines in (many, [f"X-Canary: {'c' * LINE * HEADERS_OVER_THE_LIMIT}"]):
        assert_said(ask(name, [head(*lines)]), name, 431, "headers_too_large")


@EACH
def test_headers_without_an_end_are_cut_off(ask, name):
    """As soon as they are too many, and before the function is asked."""
    endless = (f"X-Canary-{number}: {'c' * LINE}\r\n".encode() for number in range(10_000))
    answer = ask(name, (b"GET / HTTP/1.1\r\nHost: localhost\r\n", *endless))
    assert answer.status == 431
    assert json.loads(answer.body)["code"] == "headers_too_large"


@EACH
def test_an_address_of_18_megabytes_is_414(ask, name):
    """Soon, since what is too long is not put together."""
    started = time.monotonic()
    answer = ask(name, [b"GET /canary", *[b"c" * MEGABYTE] * 18, head()[len("GET /") :]])
    assert answer.status == 414
    assert b"address_too_long" in answer.body
    assert b"canary" not in answer.body
    assert time.monotonic() - started < MOST_SECONDS


@EACH
def test_an_address_just_over_the_limit_is_414(ask, name):
    """Answered as every other error is."""
    answer = ask(name, [head(target="/canary" + "c" * 9000)])
    assert_said(answer, name, 414, "address_too_long")


@EACH
def test_no_http_gets_nothing_of_ours(ask, name):
    """What the server answers by itself carries nothing of the request."""
    answer = ask(name, [b"canary canary canary\r\n\r\n"])
    assert answer.status == 400
    assert b"canary" not in answer.body
