"""HTTP as it comes off the wire, at a real server: bounded in memory and time, and never a crash."""

from __future__ import annotations

import json
import time

import pytest

from shared.web.protocol import MAX_ADDRESS_BYTES, MAX_HEADERS_BYTES
from tests.helpers.framework import read_all, send_all, served

MEGABYTE = 1024 * 1024
END = b"Host: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("protocol")) as made:
        yield made


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def body_of(answer):
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def get(server, *headers, path=b"/headers"):
    lines = b"".join(header + b"\r\n" for header in headers)
    return server.ask(b"GET " + path + b" HTTP/1.1\r\n" + lines + END)


def assert_lives(server):
    """It answers the next one as ever."""
    assert status_of(get(server)) == 200


def test_a_cookie_of_9_kilobytes_reaches_the_handler(server):
    """Cookies of a parent domain are not ours to refuse."""
    answer = get(server, b"Cookie: " + b"c" * 9 * 1024)
    assert status_of(answer) == 200
    assert len(body_of(answer)["cookie"]) == 9 * 1024


@pytest.mark.parametrize(
    "headers",
    [
        [b"X-Long: " + b"x" * 100 * 1024],
        [b"X-%d: " % number + b"x" * 1000 for number in range(100)],
        [b"X-%d:" % number for number in range(20_000)],
        [b"N" * 100 * 1024 + b": x"],
    ],
    ids=["one", "a hundred", "many empty ones", "a name"],
)
def test_headers_of_100_kilobytes_are_refused(server, headers):
    """431 as a problem like every other, however they are cut."""
    answer = get(server, *headers)
    assert status_of(answer) == 431
    assert body_of(answer)["code"] == "headers_too_large"
    assert b"x-content-type-options: nosniff" in answer.lower()
    assert_lives(server)


def test_the_limit_of_headers_is_exact(server):
    """65,536 bytes of names and values are taken, one more is not."""
    others = len(b"HostxConnectionclose") + len(b"X-Long")
    most = MAX_HEADERS_BYTES - others
    assert status_of(get(server, b"X-Long: " + b"x" * most)) == 200
    assert status_of(get(server, b"X-Long: " + b"x" * (most + 1))) == 431


def test_the_limit_of_an_address_is_exact(server):
    """8 KiB are taken, a byte more is 414."""
    path = b"/headers?".ljust(MAX_ADDRESS_BYTES, b"q")
    assert status_of(get(server, path=path)) == 200
    answer = get(server, path=path + b"q")
    assert (status_of(answer), body_of(answer)["code"]) == (414, "address_too_long")


def test_an_address_of_18_megabytes_costs_neither_time_nor_memory(server):
    """Piece by piece it would be put together at a cost that grows with its square: 414, at once."""
    assert_lives(server)
    before, began = server.memory_bytes, time.monotonic()
    pieces = [b"GET /"] + [b"a" * 64 * 1024] * (18 * 16)
    answer = server.ask(*pieces, b" HTTP/1.1\r\n" + END)
    assert time.monotonic() - began < 5
    assert server.memory_bytes - before < 10 * MEGABYTE
    # Who sends on while it is being refused may lose the answer to a reset connection.
    assert not answer or status_of(answer) == 414
    assert_lives(server)


def test_an_address_of_60_kilobytes_has_its_answer(server):
    """What fits into the buffers between us is read to its end, and answered."""
    assert status_of(get(server, path=b"/" + b"a" * 60_000)) == 414


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nX-Endless: ", b"GET / HTTP/1.1\r\n"])
def test_headers_without_end_are_cut_off(server, start):
    """No byte beyond the limits is waited for: 431 where it can still be read, and the connection is closed."""
    before = server.memory_bytes
    piece = b"x" * 1000 if start.endswith(b" ") else b"X-More: " + b"x" * 990 + b"\r\n"
    with server.connection() as line:
        sent = send_all(line, (start, *[piece] * 100))
        answer = read_all(line)
        assert not answer or (status_of(answer), body_of(answer)["code"]) == (
            431,
            "headers_too_large",
        )
        assert sent <= len(start) + 100 * len(piece)
        assert send_all(line, (piece,) * 10_000) < 10_000 * len(piece)
    assert server.memory_bytes - before < 10 * MEGABYTE
    assert_lives(server)


def test_a_second_request_on_a_connection_is_counted_anew(server):
    """Ten requests of 20 KB of headers each are not one of 200 KB."""
    request = b"GET /headers HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"
    with server.connection() as line:
        for _ in range(10):
            line.sendall(request)
            found = b""
            while b"\r\n\r\n" not in found or b"}" not in found:
                found += line.recv(65_536)
            assert status_of(found) == 200


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-1\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcdef\r\n0\r\n\r\n",
        b"ffffffffffffffffffff\r\nabc\r\n",
        b"3\r\nabc",
        b"\x00\xff\r\n",
    ],
    ids=range(6),
)
def test_broken_chunks_are_no_crash(server, body):
    """400, or a connection that is closed: never 500, and nothing that says that we are broken."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with server.connection() as line:
        send_all(line, (head + b"Transfer-Encoding: chunked\r\n\r\n" + body,))
        line.shutdown(1)
        answer = read_all(line)
    assert not answer or status_of(answer) == 400
    assert b"crash" not in server.log.read_bytes()
    assert_lives(server)


@pytest.mark.parametrize(
    "text",
    [
        b"canary\r\n\r\n",
        b"GET canary HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03canary",
        b"GET / HTTP/1.1\r\ncanary\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: canary\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET http://canary:99999999/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=range(7),
)
def test_what_is_no_http_is_not_repeated(server, text):
    """Whatever the server answers by itself, and whatever it writes, has nothing of it."""
    with server.connection() as line:
        send_all(line, (text,))
        line.shutdown(1)
        answer = read_all(line)
    assert not answer or status_of(answer) in (400, 404)
    assert b"canary" not in answer
    assert b"canary" not in server.log.read_bytes()
    assert_lives(server)


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        (b"Function-Execution-Id", b"abcdefGHI012", False),
        (b"function-execution-id", b"canary", False),
        (b"X-Cloud-Trace-Context", b"0" * 32 + b"/123;o=1", True),
        (b"X-Cloud-Trace-Context", b"0" * 32, True),
        (b"X-Cloud-Trace-Context", b"canary/1;o=1", False),
        (b"X-Cloud-Trace-Context", b"0" * 32 + b"/1;o=1 canary", False),
        (b"X-CLOUD-TRACE-CONTEXT", b"canary", False),
    ],
)
def test_headers_that_the_framework_logs_have_the_platforms_shape(server, name, value, is_kept):
    """Anything else under these names never reaches the framework; the ID of an execution is ours, whoever calls."""
    found = body_of(get(server, name + b": " + value))
    assert (found.get(name.decode().lower()) == value.decode()) is is_kept
    assert found["function-execution-id"] == "-"
    assert "canary" not in str(found)


def test_an_answer_that_breaks_has_no_end(server):
    """The chunk that ends a stream is missing, so that nobody takes the part for the whole."""
    answer = server.ask(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(answer) == 200
    assert b"canary-beginning" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert_lives(server)
    assert b"canary-error" not in server.log.read_bytes()


def test_a_reader_who_leaves_ends_the_answer(server):
    """A stream without end stops when its reader has gone, and the log has one line about it."""
    with server.connection() as line:
        line.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(10)
    ends_at = time.monotonic() + 20
    while b'"route": "GET /endless"' not in server.log.read_bytes():
        assert time.monotonic() < ends_at
        assert_lives(server)
    lines = [line for line in server.log.read_text().splitlines() if "/endless" in line]
    assert [json.loads(line)["outcome"] for line in lines] == ["broken_off"]
