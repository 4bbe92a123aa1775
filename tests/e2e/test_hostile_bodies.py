"""Bodies as an attacker sends them: refused with a code, nothing written, and memory stays where it was."""

from __future__ import annotations

import gzip
import http.client
import json
from urllib.parse import urlsplit

import psutil
import pytest

from local import contents
from tests.e2e.parts import assert_problem, send

KNOWN = "7d0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b22"
GOOD = {
    "device_registration": {"deviceId": KNOWN},
    "heartbeat": {"outcome": "succeeded"},
}
PATHS = {"device_registration": "/v1/devices", "heartbeat": "/v1/heartbeats"}
JSON = "application/json"
MALFORMED = (400, "malformed")
MARK = b"\xef\xbb\xbf"
TOO_LARGE = (413, "body_too_large")
UNSUPPORTED = (415, "unsupported_media_type")
GROWTH_BYTES = 32 * 1024 * 1024
BIG_BYTES = 40 * 1024 * 1024


@pytest.fixture
def target(request, addresses, phone):
    """URL and a good token of the function; afterwards everything is as it was."""
    name = request.param
    text = phone.entra_token() if name == "device_registration" else phone.id_token()
    before = contents.documents(addresses), contents.users(addresses)
    yield name, addresses.functions[name] + PATHS[name], text
    assert (contents.documents(addresses), contents.users(addresses)) == before


BOTH = pytest.mark.parametrize("target", list(PATHS), indirect=True)


def rows(good):
    """Name, body, content type, and what must come back."""
    text = json.dumps(good)
    ((member, value),) = good.items()
    twice = f'{{"{member}": "{value}", "{member}": "{value}"}}'
    return [
        ("empty", b"", JSON, MALFORMED),
        ("white space", b"  \n", JSON, MALFORMED),
        ("empty object", b"{}", JSON, MALFORMED),
        ("array root", f"[{text}]", JSON, MALFORMED),
        ("text root", f'"{value}"', JSON, MALFORMED),
        ("number root", b"1", JSON, MALFORMED),
        ("null root", b"null", JSON, MALFORMED),
        ("true root", b"true", JSON, MALFORMED),
        ("NaN", f'{{"{member}": NaN}}', JSON, MALFORMED),
        ("Infinity", f'{{"{member}": -Infinity}}', JSON, MALFORMED),
        ("NaN root", b"NaN", JSON, MALFORMED),
        ("huge number", f'{{"{member}": {"9" * 4000}}}', JSON, MALFORMED),
        ("huge exponent", f'{{"{member}": 1e999999}}', JSON, MALFORMED),
        ("duplicate key", twice, JSON, MALFORMED),
        (
            "duplicate key, escaped",
            twice.replace(member[0], f"\\u{ord(member[0]):04x}", 1),
            JSON,
            MALFORMED,
        ),
        ("unknown field", json.dumps({**good, "name": "x"}), JSON, MALFORMED),
        ("prototype field", json.dumps({**good, "__proto__": {}}), JSON, MALFORMED),
        ("null", json.dumps({member: None}), JSON, MALFORMED),
        ("list", json.dumps({member: [value]}), JSON, MALFORMED),
        ("object", json.dumps({member: {"a": value}}), JSON, MALFORMED),
        ("true", json.dumps({member: True}), JSON, MALFORMED),
        ("number", json.dumps({member: 0}), JSON, MALFORMED),
        ("upper case", json.dumps({member: value.upper()}), JSON, MALFORMED),
        ("space after", json.dumps({member: value + " "}), JSON, MALFORMED),
        ("line feed after", json.dumps({member: value + "\n"}), JSON, MALFORMED),
        ("NUL after", json.dumps({member: value + "\0"}), JSON, MALFORMED),
        ("lone surrogate", f'{{"{member}": "\\ud800"}}', JSON, MALFORMED),
        ("invalid UTF-8", f'{{"{member}": "'.encode() + b'\xff\xfe"}', JSON, MALFORMED),
        ("overlong UTF-8", f'{{"{member}": "'.encode() + b'\xc0\xaf"}', JSON, MALFORMED),
        ("UTF-16", text.encode("utf-16"), JSON, MALFORMED),
        ("byte order mark twice", MARK + MARK + text.encode(), JSON, MALFORMED),
        ("byte order mark within", text[:1].encode() + MARK + text[1:].encode(), JSON, MALFORMED),
        ("two documents", text * 2, JSON, MALFORMED),
        ("comment", text + "//", JSON, MALFORMED),
        ("cut", text[:-1], JSON, MALFORMED),
        ("2,000 deep", "[" * 2000 + "]" * 2000, JSON, MALFORMED),
        ("2,000 deep in the field", f'{{"{member}": {"[" * 2000}{"]" * 2000}}}', JSON, MALFORMED),
        ("4,000 open", '{"a":' * 800, JSON, MALFORMED),
        ("100,000 deep", "[" * 100_000 + "]" * 100_000, JSON, TOO_LARGE),
        ("a byte over the limit", text.ljust(4097), JSON, TOO_LARGE),
        ("no content type", text, "", UNSUPPORTED),
        ("plain text", text, "text/plain", UNSUPPORTED),
        ("form", f"{member}={value}", "application/x-www-form-urlencoded", UNSUPPORTED),
        ("multipart", text, "multipart/form-data; boundary=x", UNSUPPORTED),
        ("almost JSON", text, "application/jsonp", UNSUPPORTED),
        ("problem JSON", text, "application/problem+json", UNSUPPORTED),
        ("two types", text, f"{JSON}, text/plain", UNSUPPORTED),
    ]


@BOTH
def test_a_body_that_is_refused(target):
    """Row by row: the status, the code, one shape of answer, and no echo."""
    name, url, token = target
    failed = []
    for row, body, content_type, expected in rows(GOOD[name]):
        content = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": content_type} if content_type else {}
        answer = send("POST", url, token, data=content, headers=headers)
        if (answer.status, answer.code) != expected:
            failed.append((row, answer.status, answer.code))
            continue
        assert_problem(answer, *expected)
        assert KNOWN not in str(answer.body)
    assert failed == []


@pytest.mark.parametrize("target", ["device_registration"], indirect=True)
def test_a_device_id_that_is_refused(target):
    """Only a random UUID in canonical form is a device ID: everything else could be read in two ways."""
    _name, url, token = target
    for text in (
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        f"{{{KNOWN}}}",
        f"urn:uuid:{KNOWN}",
        KNOWN.upper(),
        KNOWN.replace("-", ""),
        "d9428888-122b-11e1-b85c-61cd3cbb3210",  # version 1
        "7d0c1f6e-7a51-5a0e-9d0c-3f1f6a6f2b22",  # version 5
        "7d0c1f6e-7a51-4a0e-cd0c-3f1f6a6f2b22",  # another variant
        KNOWN.replace("7", "７"),  # noqa: RUF001 - a digit that is none
        KNOWN + "/x",
        "../" + KNOWN,
        ".",
        "",
        "__id7__",
        "x" * 1500,
    ):
        answer = send("POST", url, token, json={"deviceId": text})
        assert (text, answer.status, answer.body["fields"]) == (text, 400, ["deviceId"])


@BOTH
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "gzip, gzip"])
def test_an_encoded_body(target, encoding):
    """Nothing is ever unpacked, a bomb least of all."""
    name, url, token = target
    bomb = gzip.compress(b" " * 3_000_000 + json.dumps(GOOD[name]).encode())
    assert len(bomb) < 4096
    headers = {"Content-Type": JSON, "Content-Encoding": encoding}
    assert_problem(send("POST", url, token, data=bomb, headers=headers), *UNSUPPORTED)


def test_what_says_nothing_counts_as_absent(addresses, phone):
    """A byte order mark before the JSON, and an encoding that is none, change nothing."""
    headers = {"Content-Type": JSON, "Content-Encoding": "identity"}
    for name, token, body in (
        ("device_registration", phone.entra_token(), {"deviceId": phone.device_id}),
        ("heartbeat", phone.id_token(), {"outcome": "failed"}),
    ):
        data = MARK + json.dumps(body).encode()
        answer = send(
            "POST", addresses.functions[name] + PATHS[name], token, data=data, headers=headers
        )
        assert answer.status == 200


def status_of_a_stream(url, token, headers, chunks):
    """The status of a body that is sent bit by bit, whether or not the server listens to its end."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.putrequest("POST", parts.path)
    for name, value in {**headers, "Content-Type": JSON}.items():
        connection.putheader(name, value)
    if token:
        connection.putheader("Authorization", f"Bearer {token}")
    connection.endheaders()
    try:
        for chunk in chunks:
            connection.send(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        return connection.getresponse().status
    except (http.client.HTTPException, ConnectionError):
        return 413  # hung up on, which is what the limit is for
    finally:
        connection.close()


def resident_bytes(running, name):
    process = psutil.Process(running.servers[name].pid)
    family = [process, *process.children(recursive=True)]
    return max(process.memory_info().rss for process in family)


@BOTH
@pytest.mark.parametrize("way", ["with a length", "chunked"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_body_of_40_megabytes(running, target, way, signed_in):
    """413 whoever sends it, with or without a length, and the function's memory stays where it was."""
    name, url, token = target
    before = resident_bytes(running, name)
    block = b" " * 65536
    if way == "chunked":
        headers = {"Transfer-Encoding": "chunked"}
        framed = b"10000\r\n" + block + b"\r\n"
        chunks = [framed] * (BIG_BYTES // len(block)) + [b"0\r\n\r\n"]
    else:
        headers = {"Content-Length": str(BIG_BYTES)}
        chunks = [block] * (BIG_BYTES // len(block))
    for _ in range(2):
        assert status_of_a_stream(url, token if signed_in else "", headers, chunks) == 413
    after = resident_bytes(running, name)
    figures = f"{name}, 40 MB {way}: {before >> 20} → {after >> 20} MiB resident"
    print(figures)  # noqa: T201 - the figure is evidence: pytest -rP shows it
    assert after - before < GROWTH_BYTES


@BOTH
def test_a_small_body_in_chunks(target):
    """A body without a length is read up to the limit, and judged as any other."""
    _name, url, token = target
    status = status_of_a_stream(
        url, token, {"Transfer-Encoding": "chunked"}, [b"2\r\n{}\r\n", b"0\r\n\r\n"]
    )
    assert status == 400


@BOTH
def test_a_path_that_only_looks_like_one(target):
    """No other spelling of a path leads anywhere, and none is redirected."""
    _name, url, token = target
    base, path = url.rsplit("/v1/", 1)
    for other in (
        f"/v1//{path}",
        f"/v1/{path}/",
        f"/v1/{path.upper()}",
        f"/v1/{path}%00",
        f"/v1/{path}%2F",
        f"/v1/{path};a=b",
        "/favicon.ico",
        "/robots.txt",
        "/%E2%80%AE",
    ):
        answer = send("POST", base + other, token, json={})
        assert (other, answer.status, answer.code) == (other, 404, "not_found")
