"""A function's application: routes, one place for errors, and one line in the log when an answer has ended."""

from __future__ import annotations

import asyncio
import json

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared import errors
from shared.web import protocol
from shared.web.app import Application
from tests.helpers import tiny
from tests.helpers.problems import assert_guarded, assert_problem
from tests.helpers.serving import Client

PATHS = "/ /nothing /echo/ /v1//echo /ECHO /echo/x /%2e%2e/echo /echo%00 /_ah/warmup /static/x /"


@pytest.fixture(scope="module")
def client():
    return Client(tiny.application)


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_such_path(client, path, method):
    """Every path but the routes is 404."""
    assert_problem(client.request(method, path), 404, "not_found")


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_what_the_framework_answers_by_itself_carries_nothing(client, path, logged):
    """Two paths never reach us: 404, with nothing of the request in it or in the log."""
    response = client.get(f"{path}?canary", headers={"Cookie": "canary"})
    assert response.status_code == 404
    assert "canary" not in response.text + str(response.headers)
    assert logged() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_such_method(client, method):
    """Another method is 405 and names those that are allowed."""
    response = client.request(method, "/echo")
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize("method", ["TRACE", "PURGE", "canary"])
def test_a_method_that_the_framework_knows_not(client, method):
    """It answers 405 by itself, with nothing of the request."""
    response = client.request(method, "/echo")
    assert response.status_code == 405
    assert "canary" not in response.text + str(response.headers).lower()


def test_every_allowed_method_is_named(client):
    """Allow lists what the path takes."""
    assert client.request("PUT", "/token").headers["Allow"] == "GET, DELETE"


def test_head_is_no_get(client):
    """HEAD is refused where no route takes it."""
    assert client.request("HEAD", "/query").status_code == 405


def test_an_answer_without_a_body(client):
    """204 is guarded as everything else."""
    response = client.delete("/token")
    assert (response.status_code, response.content) == (204, b"")
    assert_guarded(response)


def test_a_prefix_that_a_proxy_keeps_is_no_part_of_the_path():
    """With a base URL below a path, a function answers with that path before its own, and without."""

    async def home(_request):
        return Response("home")

    routes = {"/": {"GET": home}, "/start": {"GET": home}}
    client = Client(Application("tiny", "p", routes, prefix="/connect"))
    for path in ("/start", "/connect/start", "/connect/", "/connect", "/"):
        assert client.get(path).text == "home"
    for path in ("/connect/connect/start", "/connected/start", "/other/start"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        (protocol.TOO_LONG, 414, "address_too_long"),
        (protocol.TOO_LARGE, 431, "headers_too_large"),
    ],
)
async def test_what_the_protocol_cut_off_is_refused(mark, status, code):
    """An address or headers beyond their limit never reach a handler, nor a route."""
    sent = await answered(tiny.application, path="/query", scope={mark: True})
    assert sent[0]["status"] == status
    assert json.loads(sent[1]["body"])["code"] == code


def test_a_crash_tells_nobody_anything(client, logged):
    """500 in the same shape; the log has the kind of error and its place, and no text of it or of the request."""
    logged()
    assert_problem(client.get("/crash?q=secret"), 500, "internal")
    crash, request = logged()
    assert (crash["event"], crash["error"], crash["severity"]) == (
        "crash",
        "RuntimeError",
        "CRITICAL",
    )
    assert crash["where"].startswith("tiny.py:")
    assert (request["event"], request["status"], request["severity"]) == ("tiny", 500, "ERROR")
    assert "canary" not in json.dumps([crash, request])
    assert "secret" not in json.dumps([crash, request])


def test_an_outage_says_when_to_come_back(client, logged):
    """503 with Retry-After; the log names the service, the answer does not."""
    logged()
    response = client.get("/away")
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert logged()[0]["dependency"] == "firestore"
    assert b"firestore" not in response.content


def test_a_page_of_an_error_that_cannot_be_made_is_an_error_in_json(logged):
    """What breaks while an error is put into words never leaves the application either."""

    def broken_page(_request, _error):
        raise KeyError("canary")

    client = Client(Application("tiny", "p", {}, broken_page))
    assert_problem(client.get("/"), 500, "internal")
    assert "canary" not in json.dumps(logged())


def test_a_request_is_one_line(client, logged):
    """Route, status, outcome, duration and trace; the route is ours, never the path that came."""
    logged()
    trace = "0123456789abcdef0123456789abcdef"
    headers = {
        "X-Cloud-Trace-Context": f"{trace}/1;o=1",
        "Cookie": "canary",
        "User-Agent": "canary",
    }
    client.get("/query?canary=1", headers=headers)
    client.get("/canary")
    first, second = logged()
    assert (first["route"], first["status"], first["outcome"]) == ("GET /query", 200, "ok")
    assert first["logging.googleapis.com/trace"] == f"projects/project-1/traces/{trace}"
    assert first["duration_ms"] >= 0
    assert (second.get("route"), second["status"], second["outcome"]) == (None, 404, "not_found")
    assert "canary" not in json.dumps([first, second])


def test_the_log_takes_nothing_of_what_a_prefix_hides(logged):
    """A route in the log is one of ours, with whatever prefix it came."""

    async def home(_request):
        return Response("home")

    client = Client(Application("tiny", "p", {"/start": {"GET": home}}, prefix="/connect"))
    client.get("/connect/start")
    (line,) = logged()
    assert line["route"] in ("GET /connect/start", "GET /start")


# While an answer is being sent


async def answered(application, path, scope=None, receive=None, send=None):
    """The messages that were sent for a GET, straight through ASGI."""
    sent = []
    whole = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        **(scope or {}),
    }

    incoming = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def no_body():
        for message in incoming:
            return message
        await asyncio.sleep(3600)
        raise AssertionError

    async def keep(message):
        sent.append(message)

    receive = receive or no_body
    response = await application(Request(whole, receive, send or keep))
    await response(whole, receive, send or keep)
    return sent


async def test_what_breaks_while_it_is_sent_ends_without_its_last_chunk(logged):
    """Nobody can take a part for the whole: the answer has no end, and the log says so."""
    sent = await answered(tiny.application, "/broken")
    bodies = [message for message in sent if message["type"] == "http.response.body"]
    assert bodies
    assert all(message["more_body"] for message in bodies)
    crash, request = logged()
    assert (crash["event"], crash["error"]) == ("crash", "RuntimeError")
    assert (request["status"], request["outcome"]) == (200, "broken_off")
    assert "canary" not in json.dumps([crash, request])


async def test_an_outage_in_the_middle_of_a_download_is_broken_off(logged):
    """Firestore being away half-way is named, and is not a crash."""

    async def download(_request):
        async def pieces():
            yield "["
            raise errors.Unavailable("firestore", "deadline")

        return StreamingResponse(pieces())

    application = Application("tiny", "p", {"/": {"GET": download}})
    sent = await answered(application, "/")
    assert sent[-1]["more_body"]
    away, request = logged()
    assert (away["event"], away["dependency"]) == ("dependency_away", "firestore")
    assert request["outcome"] == "broken_off"


async def test_a_reader_who_leaves_is_logged_as_that(logged):
    """uvicorn's `send` is silent then; `receive` tells, and the rest is not made."""
    begun = asyncio.Event()
    incoming = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        for message in incoming:
            return message
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.body":
            begun.set()

    async with asyncio.timeout(10):
        await answered(tiny.application, "/endless", receive=receive, send=send)
    (request,) = logged()
    assert (request["status"], request["outcome"]) == (200, "broken_off")


async def test_a_connection_that_breaks_is_logged_as_that(logged):
    """A server that raises where the reader has gone makes no crash of it."""

    async def send(message):
        if message["type"] == "http.response.body":
            raise OSError("canary")

    await answered(tiny.application, "/query", send=send)
    assert logged()[-1]["outcome"] == "broken_off"


async def test_the_line_is_written_when_the_answer_has_ended(logged):
    """A download of a minute and a half is logged with its time, not when its first piece was ready."""
    seconds = 0.0

    async def download(_request):
        async def pieces():
            nonlocal seconds
            yield "["
            assert logged() == []
            seconds += 90
            yield "]"

        return StreamingResponse(pieces())

    await answered(Application("tiny", "p", {"/": {"GET": download}}, clock=lambda: seconds), "/")
    (line,) = logged()
    assert (line["outcome"], line["duration_ms"]) == ("ok", 90_000)


def test_every_problem_has_its_own_code():
    """Codes are stable identifiers, so two errors never share one, and every one has a status and a sentence."""

    def below(kind):
        return [kind, *(one for child in kind.__subclasses__() for one in below(child))]

    kinds = [kind for kind in below(errors.Problem) if kind.__module__ == "shared.errors"]
    assert len({kind.code for kind in kinds if kind is not errors.Problem}) == len(kinds) - 1
    for kind in kinds:
        assert 400 <= kind.status < 600
        assert kind.title.endswith(".")
