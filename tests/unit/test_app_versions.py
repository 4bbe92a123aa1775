"""Apps that say an older version than is served are told to update; whoever says nothing is served."""

import pytest

from shared.settings import HeartbeatSettings, RegistrationSettings
from shared.web.app_versions import HEADER, parse_version
from tests.helpers.fakes import DEVICE, TENANT, FakeFirestore
from tests.helpers.functions import heartbeat, registration, settings
from tests.helpers.serving import Client

MINIMUM = {"MINIMUM_APP_VERSION": "2.10.0"}
SIGNED_IN = {"Authorization": "Bearer id-token"}


@pytest.fixture
def beat():
    """The status of a heartbeat of an app of this version, and its code."""
    database = FakeFirestore()
    database.put(f"tenants/{TENANT}/devices/{DEVICE}", {})

    def once(version, **variables):
        client = Client(heartbeat(database, settings=settings(HeartbeatSettings, **variables)))
        headers = {**SIGNED_IN, **({} if version is None else {HEADER: version})}
        answer = client.post("/v1/heartbeats", json={"outcome": "failed"}, headers=headers)
        return answer.status_code, answer.json().get("code")

    return once


@pytest.mark.parametrize("version", ["2.9.99", "1.11.1", "0.0.0", "2.09.99"])
def test_an_older_app_is_told(beat, version):
    """Numbers are compared as numbers, the first one first."""
    assert beat(version, **MINIMUM) == (403, "app_outdated")


@pytest.mark.parametrize("version", ["2.10.0", "2.10.1", "2.11.0", "3.0.0", "10.0.0", None])
def test_a_current_app_is_served(beat, version):
    """The minimum itself, what is newer, and what says nothing."""
    assert beat(version, **MINIMUM) == (200, None)


@pytest.mark.parametrize("version", ["0.0.1", None])
def test_every_app_is_served_without_a_minimum(beat, version):
    """The setting has no default."""
    assert beat(version) == (200, None)


@pytest.mark.parametrize(
    "version",
    ["", "2", "2.10", "2.10.0.1", "v2.10.0", "2.10.0-beta", "2.10.x", "-1.0.0", "1234567.0.0"],
)
@pytest.mark.parametrize("variables", [{}, MINIMUM], ids=["no minimum", "a minimum"])
def test_what_is_no_version_is_malformed(beat, version, variables):
    """A fault of the app, which it hears of while nothing depends on it yet."""
    assert beat(version, **variables) == (400, "malformed")


def test_registration_asks_and_signing_out_does_not():
    """An old app registers nothing, and can still give its identity up."""
    said = settings(RegistrationSettings, **MINIMUM)
    client = Client(registration(FakeFirestore(), settings=said))
    old = {HEADER: "1.0.0"}
    answer = client.post("/v1/devices", json={"deviceId": DEVICE}, headers=old)
    assert (answer.status_code, answer.json()["code"]) == (403, "app_outdated")
    assert client.delete("/v1/devices/self", headers={**SIGNED_IN, **old}).status_code == 204


@pytest.mark.parametrize("text", ["\uff12.10.0", "\u0662.1.0", " 2.10.0", "2.10.0\n"])
def test_digits_are_ascii_and_nothing_stands_around_them(text):
    """As the description of the interface says."""
    with pytest.raises(ValueError, match="three numbers"):
        parse_version(text)
