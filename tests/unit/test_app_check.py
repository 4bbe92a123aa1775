"""Firebase App Check: what follows from a missing, false or good token, in each mode, on both calls of a phone."""

import pytest

from shared.errors import Unavailable
from shared.google.app_check import HEADER, AppCheck
from shared.keys import KeyCache
from tests.helpers import minting
from tests.helpers.fakes import DEVICE, NOW, TENANT, FakeFirestore
from tests.helpers.functions import heartbeat, registration
from tests.helpers.serving import Client

NUMBER = "482193750166"
SECONDS = int(NOW.timestamp())
CLAIMS = {
    "iss": f"https://firebaseappcheck.googleapis.com/{NUMBER}",
    "aud": [f"projects/{NUMBER}", "projects/demo-calliente"],
    "sub": "1:482193750166:android:0011223344556677",
    "iat": SECONDS,
    "exp": SECONDS + 3600,
}
OTHER = "113355779900"
VALID = minting.token(CLAIMS)
INVALID = {
    "another audience": minting.token({**CLAIMS, "aud": [f"projects/{OTHER}"]}),
    "another issuer": minting.token(
        {**CLAIMS, "iss": f"https://firebaseappcheck.googleapis.com/{OTHER}"}
    ),
    "no app": minting.token({**CLAIMS, "sub": None}),
    "expired": minting.token({**CLAIMS, "exp": SECONDS - 3600}),
    "another key": minting.token(CLAIMS, key="other"),
    "unknown key": minting.token(CLAIMS, {"kid": "unknown"}),
    "unsigned": minting.unsigned(CLAIMS),
    "no token": "of no use",
}
PATH = f"tenants/{TENANT}/devices/{DEVICE}"


async def keys():
    return [minting.jwk("good")]


async def away():
    raise Unavailable("firebase", "keys")


@pytest.fixture
def database():
    made = FakeFirestore()
    made.put(PATH, {"lastHeartbeatAt": "earlier"})
    return made


@pytest.fixture
def beat(database, logged):
    """One heartbeat, its answer, and what its line in the log says of App Check."""

    def once(mode, token="", fetch=keys):
        check = AppCheck(mode, NUMBER, KeyCache(fetch), lambda: SECONDS)
        client = Client(heartbeat(database, app_check=check))
        headers = {"Authorization": "Bearer id-token", **({HEADER: token} if token else {})}
        answer = client.post("/v1/heartbeats", json={"outcome": "failed"}, headers=headers)
        lines = [line for line in logged() if line["event"] == "heartbeat"]
        return answer, lines[-1].get("app_check")

    return once


@pytest.mark.parametrize("token", ["", VALID, INVALID["unsigned"]], ids=["none", "good", "bad"])
def test_nothing_is_looked_at_where_it_is_off(beat, token):
    """A phone beats with or without a token, and the log says nothing of it."""
    answer, noted = beat("off", token, away)
    assert (answer.status_code, noted) == (200, None)


@pytest.mark.parametrize(
    ("token", "expected"),
    [("", "missing"), (VALID, "valid"), *((token, "invalid") for token in INVALID.values())],
    ids=["missing", "valid", *INVALID],
)
def test_it_is_only_noted_where_it_is_monitored(beat, token, expected):
    """Every phone beats; the log tells how many would not."""
    answer, noted = beat("monitor", token)
    assert (answer.status_code, noted) == (200, expected)


def test_the_keys_being_away_hinder_nobody_where_it_is_monitored(beat):
    """The log says that it could not be known."""
    answer, noted = beat("monitor", VALID, away)
    assert (answer.status_code, noted) == (200, "away")


@pytest.mark.parametrize("token", ["", *INVALID.values()], ids=["missing", *INVALID])
def test_a_call_that_is_not_vouched_for_is_refused_where_it_is_enforced(beat, database, token):
    """403 with its own code, and nothing is written."""
    answer, noted = beat("enforce", token)
    assert (answer.status_code, answer.json()["code"]) == (403, "app_not_attested")
    assert noted == ("invalid" if token else "missing")
    assert database.calls == []


def test_a_good_token_is_enough(beat):
    """The app's own calls go through; an audience may be a list or one word."""
    answer, noted = beat("enforce", VALID)
    assert (answer.status_code, noted) == (200, "valid")
    answer, noted = beat("enforce", minting.token({**CLAIMS, "aud": f"projects/{NUMBER}"}))
    assert (answer.status_code, noted) == (200, "valid")


def test_the_keys_being_away_is_no_verdict_where_it_is_enforced(beat, database):
    """503 with a time to wait: the phone is not told that its app is false."""
    answer, noted = beat("enforce", VALID, away)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert noted == "away"
    assert database.calls == []


def test_registration_asks_too():
    """A stranger's registration is refused before its access token is looked at."""
    check = AppCheck("enforce", NUMBER, KeyCache(keys), lambda: SECONDS)
    client = Client(registration(FakeFirestore(), app_check=check))
    answer = client.post("/v1/devices", json={"deviceId": DEVICE})
    assert (answer.status_code, answer.json()["code"]) == (403, "app_not_attested")
    answer = client.post("/v1/devices", json={"deviceId": DEVICE}, headers={HEADER: VALID})
    assert answer.status_code == 401


def test_signing_out_is_everybodys_right():
    """Whatever the app, a device may be forgotten."""
    check = AppCheck("enforce", NUMBER, KeyCache(keys), lambda: SECONDS)
    client = Client(registration(FakeFirestore(), app_check=check))
    answer = client.delete("/v1/devices/self", headers={"Authorization": "Bearer id-token"})
    assert answer.status_code == 204
