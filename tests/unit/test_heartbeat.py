"""The heartbeat function: one write per beat, told apart by token alone, bounded per device."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from functions.heartbeat.cadence import next_in_seconds
from tests.helpers.fakes import DEVICE, TENANT, FakeFirestore
from tests.helpers.functions import ENVIRONMENT, heartbeat
from tests.helpers.serving import Client

PATH = f"tenants/{TENANT}/devices/{DEVICE}"
HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC)  # of the clock, which stands at 12:34:56
SIGNED_IN = {"Authorization": "Bearer id-token"}


@pytest.fixture
def database():
    made = FakeFirestore()
    made.put(PATH, {"lastHeartbeatAt": "earlier"})
    return made


@pytest.fixture
def client(database):
    return Client(heartbeat(database))


def beat(client, body=None, headers=SIGNED_IN):
    body = {"outcome": "succeeded"} if body is None else body
    return client.post("/v1/heartbeats", json=body, headers=headers)


def test_a_successful_sync_is_noted(client, database):
    """A beat after a successful sync sets both times, to the hour, and the outcome, in one call."""
    response = beat(client)
    assert response.status_code == 200
    assert database.documents[PATH] == {
        "lastHeartbeatAt": HOUR,
        "lastSyncAt": HOUR,
        "lastOutcome": "succeeded",
    }
    assert database.calls == ["update"]


def test_a_failed_sync_leaves_the_last_good_one(client, database):
    """A beat after a failed sync does not touch the time of the last successful one."""
    database.put(PATH, {"lastHeartbeatAt": "earlier", "lastSyncAt": "yesterday"})
    assert beat(client, {"outcome": "failed"}).status_code == 200
    assert database.documents[PATH]["lastSyncAt"] == "yesterday"
    assert database.documents[PATH]["lastOutcome"] == "failed"


def test_a_mismatch_moves_the_heartbeat_alone(client, database, logged):
    """A phone that found an unpublished field lives; how its syncs ended stays, and somebody is woken."""
    stored = {"lastHeartbeatAt": "earlier", "lastSyncAt": "yesterday", "lastOutcome": "failed"}
    database.put(PATH, stored)
    assert beat(client, {"outcome": "inventory_mismatch"}).status_code == 200
    assert database.documents[PATH] == {**stored, "lastHeartbeatAt": HOUR}
    alarms = [line for line in logged() if line["event"] == "inventory_mismatch"]
    assert [(line["severity"], set(line)) for line in alarms] == [
        ("CRITICAL", {"event", "message", "severity"}),
    ]


def test_a_mismatch_of_a_deleted_device_wakes_nobody(client, database, logged):
    """What is not taken is not counted."""
    database.kept.clear()
    assert beat(client, {"outcome": "inventory_mismatch"}).status_code == 410
    assert [line for line in logged() if line["event"] == "inventory_mismatch"] == []


def test_the_next_beat_is_due_within_the_spread(client):
    """The answer says when to beat next: the interval, give or take a tenth."""
    answer = beat(client).json()
    assert set(answer) == {"nextHeartbeatInSeconds"}
    assert 21_600 * 0.9 <= answer["nextHeartbeatInSeconds"] <= 21_600 * 1.1


def test_a_deleted_device_is_gone(client, database):
    """A beat never brings a deleted document back, whatever its token says."""
    database.kept.clear()
    response = beat(client)
    assert (response.status_code, response.json()["code"]) == (410, "device_gone")
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
    assert database.calls == []


def test_the_token_is_looked_at_before_the_body(client):
    """A stranger learns nothing about what a body should look like."""
    assert beat(client, {"wrong": True}, headers={}).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, [], {"outcome": "other"}, {"outcome": 1}, {"outcome": "failed", "more": 1}]
)
def test_a_malformed_body_is_refused(client, database, body):
    """A body that is not exactly the schema's is 400, and nothing is written."""
    assert beat(client, body).status_code == 400
    assert database.calls == []


def test_a_looping_device_costs_no_writes(client, database):
    """Beat 31 within a minute is 429 with a time to wait, and makes no call to the database."""
    for _ in range(30):
        assert beat(client).status_code == 200
    database.calls.clear()
    response = beat(client)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert database.calls == []


def test_an_absent_database_is_told(client, database):
    """Firestore being away is 503 with a time to wait."""
    database.away = True
    response = beat(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_the_libraries_of_firebase_and_entra_are_not_loaded():
    """A cold start pays for what a beat needs, which firebase_admin and msal are no part of."""
    code = (
        "import functions.heartbeat.main, sys; "
        "sys.exit(bool({'firebase_admin', 'msal'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=False)
    assert done.returncode == 0


def test_a_function_with_a_bad_setting_does_not_start():
    """Its main.py reads the environment when it is loaded, and fails by the setting's name."""
    done = subprocess.run(
        [sys.executable, "-c", "import functions.heartbeat.main"],
        env={**ENVIRONMENT, "GOOGLE_CLOUD_PROJECT": "", "HEARTBEAT_INTERVAL_SECONDS": "often"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "GOOGLE_CLOUD_PROJECT" in done.stderr
    assert "HEARTBEAT_INTERVAL_SECONDS" in done.stderr
    assert "often" not in done.stderr


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 900), (0.5, 1000), (1.0, 1100)])
def test_the_spread_is_a_tenth_to_either_side(drawn, seconds):
    """Chance decides within a tenth of the interval."""
    assert next_in_seconds(1000, drawn) == seconds


def test_the_next_beat_is_never_at_once():
    """However short the interval, a phone waits a second."""
    assert next_in_seconds(1, 0.0) == 1
