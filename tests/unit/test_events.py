"""The event that starts a run: any CloudEvent, bounded, and nothing else."""

from __future__ import annotations

import json

import pytest

from functions.tenant_purge.events import MAX_EVENT_BYTES
from shared.web.app import Application
from tests.helpers import functions
from tests.helpers.fakes import NOW, FakeEntra, FakeFirestore, FakeUsers
from tests.helpers.problems import assert_problem
from tests.helpers.serving import Client

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "type": "google.cloud.pubsub.topic.v1.messagePublished",
    "source": "//pubsub.googleapis.com/projects/p/topics/t",
}
BINARY = {f"ce-{name}": value for name, value in EVENT.items()}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}


@pytest.fixture
def database():
    return FakeFirestore()


@pytest.fixture
def client(database):
    purge = functions.purge(database, FakeUsers(), FakeEntra(), lambda: 0.0, lambda: NOW)
    return Client(Application("tenant_purge", "p", purge.routes, max_body_bytes=MAX_EVENT_BYTES))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (BINARY, b""),
        ({**BINARY, "Content-Type": "application/json"}, b'{"message": {}}'),
        (STRUCTURED, json.dumps({**EVENT, "data": {"message": {}}}).encode()),
        (STRUCTURED, json.dumps({**EVENT, "data": "x" * 60_000}).encode()),
    ],
    ids=["binary", "binary with data", "structured", "large"],
)
def test_an_event_starts_a_run(client, database, headers, body):
    """In either of the two modes of CloudEvents over HTTP, whatever its content."""
    assert client.post("/", content=body, headers=headers).status_code == 204
    assert "query" in database.calls


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"canary"),
        ({"Content-Type": "application/json"}, b'{"message": "canary"}'),
        ({**BINARY, "ce-specversion": "7.0"}, b"canary"),
        ({"ce-id": "canary"}, b""),
        (STRUCTURED, b"canary"),
        (STRUCTURED, b"[]"),
        (STRUCTURED, b"null"),
        (STRUCTURED, b'{"specversion": "1.0", "id": "canary"}'),
        (STRUCTURED, b"\xff\xfe"),
        (STRUCTURED, b"[" * 50_000),
    ],
    ids=range(11),
)
def test_what_is_no_event_starts_none(client, database, headers, body, logged):
    """400, which carries nothing of it, and nothing is asked of anybody."""
    response = client.post("/", content=body, headers=headers)
    assert_problem(response, 400, "malformed")
    assert database.calls == []
    assert "canary" not in response.text + json.dumps(logged())


def test_an_event_of_any_size_is_not_read(client, database):
    """Beyond 64 KiB it is refused."""
    response = client.post("/", content=b" " * (MAX_EVENT_BYTES + 1), headers=BINARY)
    assert_problem(response, 413, "body_too_large")
    assert database.calls == []


def test_a_run_that_failed_is_delivered_again(client, database):
    """An outage is 503 and a fault 500: Pub/Sub delivers the event once more."""
    database.away = True
    assert_problem(client.post("/", headers=BINARY), 503, "unavailable")
    database.away = False
    database.put("tenants/not-a-guid", {})
    assert_problem(client.post("/", headers=BINARY), 500, "purge_incomplete")
