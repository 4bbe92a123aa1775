"""Logs are storage too: what the functions wrote while phones came and went."""

import json

import pytest

from deploy import bundle
from local.processes import LOGS
from tests.stack import LABEL

FIELDS = {
    "severity",
    "event",
    "message",
    "route",
    "status",
    "outcome",
    "duration_ms",
    "logging.googleapis.com/trace",
}


@pytest.fixture
def written(log_starts):
    """What a function has written since the tests began."""

    def read(name):
        log = LOGS / f"{LABEL}{name}.log"
        with log.open("rb") as lines:
            lines.seek(log_starts[log])
            return lines.read().decode()

    return read


def test_nothing_of_a_person_or_a_token_is_logged(organization, make_phone, written):
    """The whole life of a phone leaves counts and outcomes in the logs, and nothing that was sent."""
    phone = make_phone(organization)
    registered = phone.register()
    assert phone.beat().status == 200
    secrets = {
        "Entra token": phone.entra_token(),
        "custom token": registered.body["customToken"],
        "ID token": phone.id_token(),
        "user": organization.tenant.phone_users[0].username,
        "oid": organization.tenant.phone_users[0].oid,
        "device": phone.device_id,
        "address": "127.0.0.1",
    }
    assert phone.sign_out().status == 204
    for name in bundle.functions():
        leaked = {what for what, value in secrets.items() if value in written(name)}
        assert leaked == set(), name


def test_a_request_is_one_line_of_known_fields(phone, written):
    """Each request is a JSON line that Cloud Logging reads."""
    before = len(written("heartbeat"))
    assert phone.beat().status == 200
    events = [json.loads(line) for line in written("heartbeat")[before:].splitlines()]
    assert events
    assert all(set(event) <= FIELDS for event in events)
    requests = [(event["route"], event["status"], event["outcome"]) for event in events]
    assert ("POST /v1/heartbeats", 200, "ok") in requests
