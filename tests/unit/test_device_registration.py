"""The registration function: an Entra token in, an anonymous identity out, and back again."""

from datetime import UTC, datetime

import pytest

from functions.device_registration.sign_out import SignOut
from shared.keys import KeyCache
from shared.pace import Pace
from shared.settings import RegistrationSettings
from tests.helpers import minting, tenants
from tests.helpers.fakes import (
    DEVICE,
    IDENTITY,
    NOW,
    TENANT,
    FakeCustomTokens,
    FakeFirestore,
    FakeUsers,
)
from tests.helpers.functions import ENVIRONMENT, registration, settings
from tests.helpers.serving import Client

TENANT_PATH = f"tenants/{TENANT}"
PATH = f"{TENANT_PATH}/devices/{DEVICE}"
SIGNED_IN = {"Authorization": "Bearer id-token"}
HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC)  # of the clock, which stands at 12:34:56
CLIENT_ID, AUTHORITY = ENVIRONMENT["ENTRA_CLIENT_ID"], ENVIRONMENT["ENTRA_AUTHORITY"]
ENTRA_TOKEN = minting.token(
    {
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "exp": int(NOW.timestamp()) + 3600,
        "iat": int(NOW.timestamp()),
        "iss": f"{AUTHORITY}/{TENANT}/v2.0",
        "scp": "Devices.Register",
        "tid": TENANT,
        "ver": "2.0",
    }
)


async def entra_keys():
    return [minting.jwk("good", issuer=f"{AUTHORITY}/{{tenantid}}/v2.0")]


@pytest.fixture
def database():
    made = FakeFirestore()
    made.put(TENANT_PATH, tenants.active())
    return made


@pytest.fixture
def users():
    return FakeUsers()


@pytest.fixture
def custom_tokens():
    return FakeCustomTokens()


@pytest.fixture
def serve(database, users, custom_tokens):
    """The function, with some variables of its environment changed."""

    def served(**changes):
        return Client(
            registration(
                database,
                settings=settings(RegistrationSettings, **changes),
                entra_keys=KeyCache(entra_keys),
                custom_tokens=custom_tokens,
                sign_out=SignOut(users, Pace(1000)),
            )
        )

    return served


@pytest.fixture
def client(serve):
    return serve()


def register(client, body=None, token=ENTRA_TOKEN):
    body = {"deviceId": DEVICE} if body is None else body
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post("/v1/devices", json=body, headers=headers)


def sign_out(client, headers=SIGNED_IN):
    return client.delete("/v1/devices/self", headers=headers)


def test_a_new_device_is_created(client, database):
    """The first request makes the document, with nothing in it but the hour, in four calls, and answers 201."""
    response = register(client)
    assert response.status_code == 201
    assert response.json() == {
        "deviceId": DEVICE,
        "customToken": f"custom-token-of-{TENANT}:{DEVICE}",
        "heartbeatIntervalSeconds": 21_600,
        "organizationName": "Contoso",
    }
    assert database.documents[PATH] == {"lastHeartbeatAt": HOUR}
    assert database.calls == ["transact", "get", "count"]


def test_the_same_request_again_is_harmless(client, database):
    """A known device gets a new token with 200, and its document stays as it is."""
    database.put(PATH, {"lastHeartbeatAt": "earlier", "lastOutcome": "failed"})
    response = register(client)
    assert response.status_code == 200
    assert response.json()["customToken"]
    assert database.documents[PATH] == {"lastHeartbeatAt": "earlier", "lastOutcome": "failed"}


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        (None, 403, "tenant_not_onboarded"),
        (tenants.closing(), 409, "tenant_closing"),
        (tenants.purging(), 409, "tenant_purging"),
        ({"status": "active"}, 500, "broken_record"),
    ],
    ids=["unknown", "closing", "purging", "broken"],
)
def test_only_an_active_tenant_takes_devices(client, database, document, status, code):
    """A tenant that is unknown, closing, purging or damaged takes no device, and nothing is written."""
    database.kept.clear()
    if document is not None:
        database.put(TENANT_PATH, document)
    before = dict(database.documents)
    response = register(client)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert database.documents == before


def test_a_full_tenant_takes_no_more(serve, database):
    """At the tenant's limit a new device is 429; a known one still gets its token, and so does one in a place freed."""
    client = serve(MAX_DEVICES_PER_TENANT="1")
    other = f"{TENANT_PATH}/devices/another"
    database.put(other, {"lastHeartbeatAt": "earlier"})
    response = register(client)
    assert (response.status_code, response.json()["code"]) == (429, "device_limit")
    assert int(response.headers["Retry-After"]) > 0
    assert PATH not in database.documents
    del database.kept[other]
    assert [register(client).status_code for _ in range(2)] == [201, 200]


def test_nothing_is_written_when_signing_fails(client, database, custom_tokens):
    """Firebase being away is 503, and leaves no document without an identity."""
    custom_tokens.away = True
    response = register(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert PATH not in database.documents


def test_an_absent_database_is_told(client, database):
    """Firestore being away is 503 with a time to wait."""
    database.away = True
    assert register(client).status_code == 503


@pytest.mark.parametrize("token", ["", "other"])
def test_no_valid_entra_token_is_refused(client, database, token):
    """The token is looked at first, before the body and the database."""
    response = register(client, {"wrong": True}, token)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert database.calls == []


@pytest.mark.parametrize(
    "device_id",
    [
        "",
        DEVICE.upper(),
        f"{{{DEVICE}}}",
        f"urn:uuid:{DEVICE}",
        "00000000-0000-0000-0000-000000000000",
        "0b0c1f6e-7a51-1a0e-9d0c-3f1f6a6f2b11",
        f"{DEVICE}\n",
        f"../{DEVICE}",
        7,
        None,
    ],
)
def test_only_a_random_uuid_names_a_device(client, database, device_id):
    """Anything but a canonical UUIDv4 is 400, named by field and not echoed."""
    response = register(client, {"deviceId": device_id})
    assert response.status_code == 400
    assert response.json()["fields"] == ["deviceId"]
    assert database.calls == []


def test_a_path_that_is_not_there(client):
    """An unknown path is 404, and a known one names the methods that it takes."""
    assert client.post("/v1/device").status_code == 404
    response = client.get("/v1/devices")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    response = client.post("/v1/devices/self")
    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE")


def test_sign_out_leaves_nothing(client, database, users):
    """After a sign-out the device's document and Auth user are gone, and nobody else's."""
    database.put(PATH, {})
    database.put(f"{PATH}x", {})
    users.uids = {IDENTITY.uid, "another"}
    assert sign_out(client).status_code == 204
    assert PATH not in database.documents
    assert f"{PATH}x" in database.documents
    assert users.uids == {"another"}


def test_sign_out_twice_is_harmless(client):
    """A device that is gone already is as gone as asked: 204."""
    assert [sign_out(client).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("fault", [{"away": True}, {"quota": 0}], ids=str)
def test_the_document_outlives_the_auth_user(client, database, users, fault):
    """Where the Auth user cannot be deleted, the document stays, so that a purge finds both."""
    database.put(PATH, {})
    vars(users).update(fault)
    response = sign_out(client)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert PATH in database.documents


def test_sign_out_needs_the_devices_own_token(client, database):
    """Nothing is deleted without a valid ID token."""
    database.put(PATH, {})
    assert sign_out(client, {}).status_code == 401
    assert sign_out(client, {"Authorization": "Bearer other"}).status_code == 401
    assert PATH in database.documents
