"""HTTP in and out, through functions-framework itself, one tiny function per behaviour."""

from __future__ import annotations

import gzip
import io
import json
import textwrap

import functions_framework
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import errors
from shared.web import http as web

HEAD = """
import flask, functions_framework
from marshmallow import Schema, RAISE, fields
from shared import errors
from shared.web import http as web

class Body(Schema):
    class Meta:
        unknown = RAISE
    text = fields.String(required=True)
    count = fields.Integer(strict=True)

def echo(request):
    return web.answer(web.load_body(request, Body()))

def query(request):
    return web.answer(web.load_query(request))

def token(request):
    return web.answer({"length": len(web.bearer(request))})

def crash(request):
    raise RuntimeError("canary " + request.args.get("q", ""))

def away(request):
    raise errors.Unavailable("firestore", "deadline")

def empty(request):
    return flask.Response(status=204)

ROUTES = {
    "/echo": {"POST": echo},
    "/query": {"GET": query},
    "/token": {"GET": token, "DELETE": empty},
    "/crash": {"GET": crash},
    "/away": {"GET": away},
}
web.prepare("tiny", "project-1")

@functions_framework.http
def tiny(request):
    return web.dispatch(request, ROUTES)
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    source = tmp_path_factory.mktemp("tiny") / "main.py"
    source.write_text(textwrap.dedent(HEAD))
    return functions_framework.create_app("tiny", str(source))


@pytest.fixture(scope="module")
def client(app):
    return app.test_client()


def assert_problem(response, status, code):
    """One shape for every error, and the headers of every answer."""
    assert (response.status_code, response.get_json(force=True).get("code")) == (status, code)
    assert response.mimetype == "application/problem+json"
    body = response.get_json(force=True)
    assert set(body) - {"fields"} == {"type", "title", "status", "code"}
    assert body["status"] == status
    assert body["type"] == f"urn:calliente:problem:{code}"
    assert_guarded(response)


def assert_guarded(response):
    for name, value in web.HEADERS.items():
        assert response.headers.getlist(name) == [value]


def post(client, body, **headers):
    headers = {"Content-Type": "application/json", **headers}
    return client.post("/echo", data=body, headers=headers)


def test_a_body_comes_back(client):
    """The good case, with the guard of every answer."""
    response = post(client, '{"text": "é", "count": 3}')
    assert response.status_code == 200
    assert response.get_json() == {"text": "é", "count": 3}
    assert response.mimetype == "application/json"
    assert_guarded(response)


PATHS = "/ /nothing /echo/ /v1//echo /ECHO /echo/x /favicon.ico /robots.txt /%2e%2e/echo /echo%00 /_ah/warmup /static/x"


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_such_path(client, path, method):
    """Every path but the routes is 404, those that the framework knows by itself too."""
    assert_problem(client.open(path, method=method), 404, "not_found")


def test_no_path_at_all(client):
    """A request line may come without a path; the answer is no redirect to wherever its Host header says."""
    environ = {"PATH_INFO": "", "HTTP_HOST": "canary.example"}
    response = client.get("/", environ_overrides=environ)
    assert_problem(response, 404, "not_found")
    assert "Location" not in response.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"])
def test_no_such_method(client, method):
    """Another method is 405 and names those that are allowed, methods that the framework knows not too."""
    response = client.open("/echo", method=method)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"]


def test_every_allowed_method_is_named(client):
    """Allow lists what the path takes."""
    assert client.put("/token").headers["Allow"] == "GET, DELETE"


def test_head_is_no_get(client):
    """HEAD is refused where no route takes it."""
    assert client.head("/query").status_code == 405


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
        (b"\xef\xbb\xbf" + b'{"text": "a"}', None),
        (b"[" * 4000, None),
        (b'{"text": ' * 400, None),
    ],
    ids=range(19),
)
def test_a_malformed_body(client, body, fields):
    """400; the fields that it names are ours, never the input's."""
    response = post(client, body)
    assert_problem(response, 400, "malformed")
    if fields is not None:
        assert response.get_json(force=True)["fields"] == fields
    assert b"canary" not in response.data


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_crashes(client, body):
    """Whatever is posted, the answer is success, 400 or 413."""
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
    response = post(client, json.dumps({"text": document}))
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
        {"Content-Encoding": "identity"},
        {"Content-Encoding": ""},
    ],
    ids=str,
)
def test_an_unsupported_body(client, headers):
    """415 for any other type, and for any encoding."""
    assert_problem(post(client, '{"text": "a"}', **headers), 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_by_any_spelling(client, kind):
    """Parameters and case of the media type make no difference."""
    assert post(client, '{"text": "a"}', **{"Content-Type": kind}).status_code == 200


def test_the_limit_is_exact(client):
    """4,096 bytes are taken, 4,097 are not."""
    body = b'{"text": "a"}'
    assert post(client, body.ljust(web.MAX_BODY_BYTES)).status_code == 200
    assert_problem(post(client, body.ljust(web.MAX_BODY_BYTES + 1)), 413, "body_too_large")


class Endless(io.RawIOBase):
    """A body that counts what is read of it."""

    def __init__(self, size):
        self.left, self.read_bytes = size, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        size = min(len(buffer), self.left)
        buffer[:size] = b" " * size
        self.left -= size
        self.read_bytes += size
        return size


@pytest.mark.parametrize("path", ["/echo", "/nothing", "/query", "/crash"])
@pytest.mark.parametrize("length", [True, False])
def test_a_body_of_40_megabytes_is_not_read(client, path, length):
    """Whatever the path, a large body is refused without being read: its length says it, or the first 4 KiB do."""
    body = Endless(40 * 1024 * 1024)
    environ = {"wsgi.input": io.BufferedReader(body, 8192), "wsgi.input_terminated": not length}
    headers = {"Content-Type": "application/json"}
    if length:
        headers["Content-Length"] = str(body.left)
    else:
        headers["Transfer-Encoding"] = "chunked"
    response = client.open(path, method="POST", headers=headers, environ_overrides=environ)
    assert_problem(response, 413, "body_too_large")
    assert body.read_bytes <= 16_384


def test_a_bomb_is_not_unpacked(client):
    """A small gzip body that would be large is refused for its encoding."""
    bomb = gzip.compress(b" " * 3_000_000)
    assert_problem(
        post(client, bomb, **{"Content-Encoding": "gzip"}), 415, "unsupported_media_type"
    )


def test_a_query(client):
    """A query is a mapping; a parameter that is there twice is refused, equal or not."""
    assert client.get("/query?a=1&b=").get_json() == {"a": "1", "b": ""}
    assert_problem(client.get("/query?a=1&a=1"), 400, "malformed")
    assert_problem(client.get("/query?a=1&b=2&a=3"), 400, "malformed")
    assert client.get("/query?a=%ff%00").status_code == 200


def test_a_bearer_token(client):
    """The scheme in any case, one token of RFC 6750's letters."""
    for value in ("Bearer abc", "bearer abc", "BEARER  abc"):
        answer = client.get("/token", headers={"Authorization": value})
        assert answer.get_json() == {"length": 3}


@pytest.mark.parametrize(
    ("value", "challenge"),
    [
        (None, "Bearer"),
        ("", "Bearer"),
        ("Bearer", 'Bearer error="invalid_token"'),
        ("Bearer a b", 'Bearer error="invalid_token"'),
        ("Bearer a,Bearer b", 'Bearer error="invalid_token"'),
        ("Bearer é", 'Bearer error="invalid_token"'),
        ("Basic YTpi", 'Bearer error="invalid_token"'),
        ("abc", 'Bearer error="invalid_token"'),
        ("Bearer ===", 'Bearer error="invalid_token"'),
    ],
)
def test_no_bearer_token(client, value, challenge):
    """401 with a challenge that says whether a token was there."""
    headers = {} if value is None else {"Authorization": value}
    response = client.get("/token", headers=headers)
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == challenge


def test_a_crash_tells_nobody_anything(client, capfd):
    """500 in the same shape; the log has the kind of error and its place, and no text of it or of the request."""
    assert_problem(client.get("/crash?q=secret"), 500, "internal")
    out, err = capfd.readouterr()
    events = {event["event"]: event for event in map(json.loads, out.splitlines())}
    assert (events["crash"]["error"], events["crash"]["severity"]) == ("RuntimeError", "CRITICAL")
    assert events["crash"]["where"].startswith("main.py:")
    assert events["tiny"]["status"] == 500
    assert "canary" not in out + err
    assert "secret" not in out + err


def test_an_outage_says_when_to_come_back(client, capfd):
    """503 with Retry-After; the log names the service."""
    response = client.get("/away")
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert events[0]["dependency"] == "firestore"
    assert b"firestore" not in response.data


def test_an_answer_without_a_body(client):
    """204 is guarded as everything else."""
    response = client.delete("/token")
    assert (response.status_code, response.data) == (204, b"")
    assert_guarded(response)


def test_a_request_is_one_line(client, capfd):
    """Route, status, outcome, duration and trace; the route is ours, never the path that came."""
    trace = "0123456789abcdef0123456789abcdef"
    client.get("/query?canary=1", headers={"X-Cloud-Trace-Context": f"{trace}/1;o=1"})
    client.get("/canary")
    first, second = map(json.loads, capfd.readouterr().out.splitlines())
    assert (first["route"], first["status"], first["outcome"]) == ("GET /query", 200, "ok")
    assert first["logging.googleapis.com/trace"] == f"projects/project-1/traces/{trace}"
    assert first["duration_ms"] >= 0
    assert (second.get("route"), second["status"], second["outcome"]) == (None, 404, "not_found")
    assert "canary" not in json.dumps([first, second])


def test_every_problem_has_its_own_code():
    """Codes are stable identifiers, so two errors never share one, and every one has a status and a sentence."""

    def below(kind):
        return [kind, *(one for child in kind.__subclasses__() for one in below(child))]

    kinds = [kind for kind in below(errors.Problem) if kind.__module__ == "shared.errors"]
    assert len({kind.code for kind in kinds if kind is not errors.Problem}) == len(kinds) - 1
    for kind in kinds:
        assert 400 <= kind.status < 600
        assert kind.title.endswith(".")


def test_an_import_without_an_application_is_harmless():
    """Importing a function's module outside of functions-framework equips nothing and fails at nothing."""
    web.prepare("tiny", "project-1")
