"""A function's process writes lines of its own and nothing of a caller, in whichever way the framework starts it."""

from __future__ import annotations

import json

import pytest

from tests.helpers.framework import served

REQUESTS = (
    b"GET /query?canary=1 HTTP/1.1",
    b"GET /canary HTTP/1.1",
    b"GET /crash?q=canary HTTP/1.1",
    b"GET /broken?canary HTTP/1.1",
    b"GET /away?canary HTTP/1.1",
    b"GET /library HTTP/1.1",
    b"GET /favicon.ico?canary HTTP/1.1",
    b"CANARY /query HTTP/1.1",
    b"GET /token HTTP/1.1\r\nAuthorization: Bearer canary.canary.canary",
    b'POST /echo HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"canary"',
    b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\ncanary",
    b"GET /" + b"canary" * 2000 + b" HTTP/1.1",
    b"GET /query HTTP/1.1\r\nX-Canary: " + b"canary" * 20_000,
    b"GET canary HTTP/canary",
)
CALLER = (
    b"\r\nHost: canary\r\nUser-Agent: canary\r\nCookie: canary=canary\r\nReferer: https://canary/"
    b"\r\nX-Forwarded-For: canary\r\nFunction-Execution-Id: canary\r\nTraceparent: canary"
    b"\r\nX-Cloud-Trace-Context: canary/1;o=1\r\nConnection: close\r\n\r\n"
)


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {}),
        ((), {"LOG_EXECUTION_ID": "true"}),
        (("--asgi",), {"LOG_EXECUTION_ID": "true"}),
    ],
    ids=["plain", "execution ID", "asgi"],
)
def test_nothing_of_a_caller_is_written(tmp_path, options, environment):
    """Path, query, headers, body, token, and what an exception says: none of it is in any line, on stdout or stderr."""
    with served(tmp_path, *options, **environment) as server:
        for request in REQUESTS:
            server.ask(request + CALLER)
    text = server.log.read_text()
    assert "canary" not in text.lower()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {line["event"] for line in lines} >= {
        "tiny",
        "crash",
        "dependency_away",
        "library",
    }


def test_a_right_execution_id_is_not_written_either(tmp_path):
    """Even one of the platform's shape comes from the caller."""
    with served(tmp_path, LOG_EXECUTION_ID="true") as server:
        server.ask(
            b"GET /crash HTTP/1.1\r\nHost: x\r\nFunction-Execution-Id: abcdefGHI012\r\n"
            b"Connection: close\r\n\r\n"
        )
    assert "abcdefGHI012" not in server.log.read_text()
