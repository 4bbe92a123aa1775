"""What comes in with a request: bounded, read in one way only, or refused."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from shared import errors
from shared.web.body import BODY_SECONDS, MAX_BODY_BYTES, Disconnected, receive
from tests.helpers import tiny, virtual
from tests.helpers.problems import assert_guarded, assert_problem
from tests.helpers.serving import Client
from tests.helpers.virtual import in_virtual_time

MARK = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def client():
    return Client(tiny.application)


def post(client, body, **headers):
    headers = {"Content-Type": "application/json", **headers}
    return client.post("/echo", content=body, headers=headers)


def test_a_body_comes_back(client):
    """The good case, with the guard of every answer."""
    response = post(client, '{"text": "é", "count": 3}'.encode())
    assert response.status_code == 200
    assert response.json() == {"text": "é", "count": 3}
    assert response.headers["Content-Type"] == "application/json"
    assert_guarded(response)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"1", None),
        (b"null", None),
        (b'"text"', None),
        (b"{}", ["text"]),
        (b'{"text": 1}', ["text"]),
        (b'{"text": null}', ["text"]),
        (b'{"text": ["a"], "count": "1"}', ["count", "text"]),
        (b'{"text": "a", "count": 1.0}', None),
        (b'{"text": "a", "canary": 1}', None),
        (b'{"text": "a", "text": "a"}', None),
        (b'{"text": "a", "count": NaN}', None),
        (b'{"text": "a", "count": Infinity}', None),
        (b'{"text": "\xff"}', None),
        (MARK, None),
        (MARK + MARK + b'{"text": "a"}', None),
        (b' {"text": ' + MARK + b'"a"}', None),
        (b"[" * 4000, None),
        (b'{"text": ' * 400, None),
    ],
    ids=range(21),
)
def test_a_malformed_body(client, body, fields):
    """400; the fields that it names are ours, never the input's."""
    response = post(client, body)
    assert_problem(response, 400, "malformed")
    if fields is not None:
        assert response.json()["fields"] == fields
    assert b"canary" not in response.content


def test_a_byte_order_mark_is_as_if_absent(client):
    """Editors on Windows write one before the JSON."""
    assert post(client, MARK + b'{"text": "a"}').json() == {"text": "a"}


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_crashes(client, body):
    """Whatever is posted, the answer is success or 400."""
    assert post(client, body).status_code in (200, 400)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_crashes(client, document):
    """Whatever JSON is posted in a field, the answer is success or 400, and success only for text."""
    response = post(client, json.dumps({"text": document}).encode())
    assert response.status_code == 413 or (response.status_code == 200) == isinstance(document, str)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json-patch+json"},
        {"Content-Type": "application/json, text/plain"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "identity, gzip"},
        {"Content-Encoding": "br"},
    ],
    ids=str,
)
def test_an_unsupported_body(client, headers):
    """415 for any other type, and for any encoding."""
    assert_problem(post(client, b'{"text": "a"}', **headers), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
        {"Content-Encoding": "identity"},
        {"Content-Encoding": "Identity"},
        {"Content-Encoding": ""},
    ],
    ids=str,
)
def test_json_by_any_spelling(client, headers):
    """Parameters and case of the media type make no difference, nor does an encoding that is none."""
    assert post(client, b'{"text": "a"}', **headers).status_code == 200


def test_the_limit_is_exact(client):
    """4,096 bytes are taken, 4,097 are not."""
    body = b'{"text": "a"}'
    assert post(client, body.ljust(MAX_BODY_BYTES)).status_code == 200
    assert_problem(post(client, body.ljust(MAX_BODY_BYTES + 1)), 413, "body_too_large")


@pytest.mark.parametrize("path", ["/echo", "/nothing", "/query", "/crash"])
@pytest.mark.parametrize("length", ["41943040", "9" * 5000, None], ids=["length", "long", "none"])
def test_a_body_of_40_megabytes_is_not_read(client, path, length):
    """Whatever the path, a large body is refused without being read: its length says it, or the first 4 KiB do."""
    read = 0

    async def body():
        nonlocal read
        while read < 40 * 1024 * 1024:
            read += 8192
            yield b" " * 8192

    headers = {"Content-Type": "application/json"} | ({"Content-Length": length} if length else {})
    response = client.post(path, content=body(), headers=headers)
    assert_problem(response, 413, "body_too_large")
    assert read <= 16_384


def test_a_bomb_is_not_unpacked(client):
    """A small gzip body that would be large is refused for its encoding."""
    bomb = gzip.compress(b" " * 3_000_000)
    response = post(client, bomb, **{"Content-Encoding": "gzip"})
    assert_problem(response, 415, "unsupported_media_type")


def request_of(*messages, then_wait=False):
    """A request whose body comes in these messages."""
    waiting = iter(messages)

    async def receive_next():
        for message in waiting:
            return message
        assert then_wait
        await asyncio.sleep(3600)
        raise AssertionError

    return Request({"type": "http", "method": "POST", "headers": []}, receive_next)


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_one_body():
    """However it is cut up."""
    request = request_of(part(b"a"), part(b""), part(b"b"), part(b"c", more=False))
    assert await receive(request) == b"abc"


async def test_a_caller_that_leaves_while_it_sends_is_no_body():
    """Half a body is never taken for the whole."""
    with pytest.raises(Disconnected):
        await receive(request_of(part(b'{"text": "a"}'), {"type": "http.disconnect"}))


@in_virtual_time
async def test_a_body_that_does_not_come_is_given_up():
    """A caller that stops sending holds its place for 20 seconds, and no longer."""
    with pytest.raises(errors.Malformed):
        await receive(request_of(part(b"a"), then_wait=True))
    assert virtual.now() == BODY_SECONDS


def test_a_query(client):
    """A query is a mapping; a parameter that is there twice is refused, equal or not."""
    assert client.get("/query?a=1&b=").json() == {"a": "1", "b": ""}
    assert_problem(client.get("/query?a=1&a=1"), 400, "malformed")
    assert_problem(client.get("/query?a=1&b=2&a=3"), 400, "malformed")
    assert_problem(client.get("/query?" + "&".join(f"p{n}=1" for n in range(21))), 400, "malformed")
    assert client.get("/query?a=%ff%00").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=1&b=%C3%A9+x", "application/x-www-form-urlencoded", 200),
        (b"a=1", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", 200),
        (b"a=1&a=1", "application/x-www-form-urlencoded", 400),
        (b"a=1&b=2&c=3&d=4", "application/x-www-form-urlencoded", 400),
        (b"a", "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=\xc3\xa9", "application/x-www-form-urlencoded", 400),
        (b"a=1", "multipart/form-data; boundary=x", 415),
        (b"a=1", "text/plain", 415),
    ],
    ids=range(9),
)
def test_a_form(client, body, kind, status):
    """Each field once, so many and no more, in the one encoding that browsers use."""
    response = client.post("/form", content=body, headers={"Content-Type": kind})
    assert response.status_code == status


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "BEARER  abc"])
def test_a_bearer_token(client, value):
    """The scheme in any case, one token of RFC 6750's letters."""
    assert client.get("/token", headers={"Authorization": value}).json() == {"length": 3}


INVALID = 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    ("values", "challenge"),
    [
        ([], "Bearer"),
        ([""], "Bearer"),
        (["Bearer"], INVALID),
        (["Bearer a b"], INVALID),
        (["Bearer a,Bearer b"], INVALID),
        (["Bearer a", "Bearer a"], INVALID),
        (["Bearer a", "Basic YTpi"], INVALID),
        (["", "Bearer a"], INVALID),
        (["Basic YTpi"], INVALID),
        (["abc"], INVALID),
        (["Bearer ==="], INVALID),
        ([b"Bearer \xc3\xa9"], INVALID),
    ],
    ids=str,
)
def test_no_bearer_token(client, values, challenge):
    """401 with a challenge that says whether a token was there; two headers are none, equal or not."""
    response = client.get("/token", headers=[("Authorization", value) for value in values])
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == challenge
