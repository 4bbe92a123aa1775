"""The heartbeat function: one write per beat, told apart by token alone, bounded per device."""

import subprocess
import sys

import pytest

from functions.heartbeat.cadence import next_in_seconds
from functions.heartbeat.limit import Limiter
from shared.errors import TooMany
from tests.unit.fakes import DEVICE, NOW, TENANT, FakeFirestore, FakeTokens

PATH = f"tenants/{TENANT}/devices/{DEVICE}"
SIGNED_IN = {"Authorization": "Bearer id-token"}


@pytest.fixture
def database():
    return FakeFirestore({PATH: {"lastHeartbeatAt": "earlier"}})


@pytest.fixture
def client(serve, database, monkeypatch):
    served = serve("heartbeat")
    monkeypatch.setattr(served.module, "database", lambda: database)
    monkeypatch.setattr(served.module, "device_tokens", FakeTokens)
    return served.client


def beat(client, body=None, headers=SIGNED_IN):
    body = {"outcome": "succeeded"} if body is None else body
    return client.post("/v1/heartbeats", json=body, headers=headers)


def test_a_successful_sync_is_noted(client, database):
    """A beat after a successful sync sets both times and the outcome, in one call."""
    response = beat(client)
    assert response.status_code == 200
    assert database.documents[PATH] == {
        "lastHeartbeatAt": NOW,
        "lastSyncAt": NOW,
        "lastOutcome": "succeeded",
    }
    assert database.log == ["commit"]


def test_a_failed_sync_leaves_the_last_good_one(client, database):
    """A beat after a failed sync does not touch the time of the last successful one."""
    database.documents[PATH]["lastSyncAt"] = "yesterday"
    assert beat(client, {"outcome": "failed"}).status_code == 200
    assert database.documents[PATH]["lastSyncAt"] == "yesterday"
    assert database.documents[PATH]["lastOutcome"] == "failed"


def test_the_next_beat_is_due_within_the_spread(client):
    """The answer says when to beat next: the interval, give or take a tenth."""
    answer = beat(client).get_json()
    assert set(answer) == {"nextHeartbeatInSeconds"}
    assert 21_600 * 0.9 <= answer["nextHeartbeatInSeconds"] <= 21_600 * 1.1


def test_a_deleted_device_is_gone(client, database):
    """A beat never brings a deleted document back, whatever its token says."""
    database.documents.clear()
    response = beat(client)
    assert (response.status_code, response.get_json()["code"]) == (410, "device_gone")
    assert database.documents == {}


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": "Bearer other"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, 'Bearer error="invalid_token"'),
    ],
)
def test_no_valid_token_is_refused(client, database, headers, challenge):
    """Without a valid ID token nothing is written, and the answer says what is wanted."""
    response = beat(client, headers=headers)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, challenge)
    assert database.log == []


def test_the_token_is_looked_at_before_the_body(client):
    """A stranger learns nothing about what a body should look like."""
    assert beat(client, {"wrong": True}, headers={}).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, [], {"outcome": "other"}, {"outcome": 1}, {"outcome": "failed", "more": 1}]
)
def test_a_malformed_body_is_refused(client, database, body):
    """A body that is not exactly the schema's is 400, and nothing is written."""
    assert beat(client, body).status_code == 400
    assert database.log == []


def test_a_looping_device_costs_no_writes(client, database):
    """Beat 31 within a minute is 429 with a time to wait, and makes no call to the database."""
    for _ in range(30):
        assert beat(client).status_code == 200
    database.log.clear()
    response = beat(client)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert database.log == []


def test_an_absent_database_is_told(client, database):
    """Firestore being away is 503 with a time to wait."""
    database.away = True
    response = beat(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_the_library_of_firebase_is_not_loaded():
    """A cold start pays for what a beat needs, which firebase_admin is no part of."""
    code = "import functions.heartbeat.main, sys; sys.exit('firebase_admin' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# The limit


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def test_the_window_slides(clock):
    """A place is free again a window after the beat that took it, not at the turn of a minute."""
    limit = Limiter(clock, beats=2)
    limit.count("a")
    clock.seconds = 50
    limit.count("a")
    clock.seconds = 59.5
    with pytest.raises(TooMany) as refused:
        limit.count("a")
    assert refused.value.retry_after_seconds == 1
    clock.seconds = 60
    limit.count("a")
    with pytest.raises(TooMany) as refused:
        limit.count("a")
    assert refused.value.retry_after_seconds == 50


def test_waiting_as_told_is_enough(clock):
    """Refused beats do not push the end of the wait away."""
    limit = Limiter(clock, beats=1)
    limit.count("a")
    for clock.seconds in range(1, 60):
        with pytest.raises(TooMany):
            limit.count("a")
    clock.seconds = 60
    limit.count("a")


def test_devices_do_not_count_for_each_other(clock):
    """One device at its limit leaves another's beats alone."""
    limit = Limiter(clock, beats=1)
    limit.count("a")
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("a")


def test_memory_is_bounded(clock):
    """Beyond its capacity, the limit forgets the device that was silent the longest."""
    limit = Limiter(clock, beats=1, max_devices=2)
    limit.count("a")
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("a")
    limit.count("c")
    assert len(limit) == 2
    limit.count("b")
    with pytest.raises(TooMany):
        limit.count("c")


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 900), (0.5, 1000), (1.0, 1100)])
def test_the_spread_is_a_tenth_to_either_side(drawn, seconds):
    """Chance decides within a tenth of the interval."""
    assert next_in_seconds(1000, drawn) == seconds


def test_the_next_beat_is_never_at_once():
    """However short the interval, a phone waits a second."""
    assert next_in_seconds(1, 0.0) == 1
