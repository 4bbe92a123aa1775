"""The registration function: an Entra token in, an anonymous identity out, and back again."""

import pytest

from shared import errors
from tests.unit.fakes import (
    DEVICE,
    IDENTITY,
    NOW,
    TENANT,
    FakeAccounts,
    FakeCustomTokens,
    FakeFirestore,
    FakeTokens,
)

TENANT_PATH = f"tenants/{TENANT}"
PATH = f"{TENANT_PATH}/devices/{DEVICE}"
SIGNED_IN = {"Authorization": "Bearer id-token"}


@pytest.fixture
def database():
    return FakeFirestore({TENANT_PATH: {"name": "Contoso", "status": "active"}})


@pytest.fixture
def accounts():
    return FakeAccounts()


@pytest.fixture
def custom_tokens():
    return FakeCustomTokens()


@pytest.fixture
def served(serve, database, accounts, custom_tokens, monkeypatch):
    def proven(token, keys, rules, now):
        if token != "entra-token":
            raise errors.Unauthenticated("signature")
        return TENANT

    served = serve("device_registration")
    monkeypatch.setattr(served.module, "database", lambda: database)
    monkeypatch.setattr(served.module, "accounts", lambda: accounts)
    monkeypatch.setattr(served.module, "custom_tokens", lambda: custom_tokens)
    monkeypatch.setattr(served.module, "device_tokens", FakeTokens)
    monkeypatch.setattr(served.module.tokens, "entra_tenant", proven)
    return served


@pytest.fixture
def client(served):
    return served.client


def register(client, body=None, token="entra-token"):
    body = {"deviceId": DEVICE} if body is None else body
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post("/v1/devices", json=body, headers=headers)


def sign_out(client, headers=SIGNED_IN):
    return client.delete("/v1/devices/self", headers=headers)


def test_a_new_device_is_created(client, database):
    """The first request makes the document, with nothing in it but the time, and answers 201."""
    response = register(client)
    assert response.status_code == 201
    assert response.get_json() == {
        "deviceId": DEVICE,
        "customToken": f"custom-token-of-{TENANT}:{DEVICE}",
        "heartbeatIntervalSeconds": 21_600,
    }
    assert database.documents[PATH] == {"lastHeartbeatAt": NOW}


def test_the_same_request_again_is_harmless(client, database):
    """A known device gets a new token with 200, and its document stays as it is."""
    database.documents[PATH] = {"lastHeartbeatAt": "earlier", "lastOutcome": "failed"}
    response = register(client)
    assert response.status_code == 200
    assert response.get_json()["customToken"]
    assert database.documents[PATH] == {"lastHeartbeatAt": "earlier", "lastOutcome": "failed"}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (None, "tenant_not_onboarded", 403),
        ("closing", "tenant_closing", 409),
        ("purging", "tenant_purging", 409),
    ],
)
def test_only_an_active_tenant_takes_devices(client, database, status, code, expected):
    """A tenant that is unknown, closing or purging takes no device, and nothing is written."""
    if status is None:
        database.documents.clear()
    else:
        database.documents[TENANT_PATH]["status"] = status
    before = dict(database.documents)
    response = register(client)
    assert (response.status_code, response.get_json()["code"]) == (expected, code)
    assert database.documents == before


def test_a_full_tenant_takes_no_more(client, database, monkeypatch):
    """At the tenant's limit a new device is 429; a known one still gets its token."""
    count = FakeFirestore.count
    monkeypatch.setattr(FakeFirestore, "count", lambda *given, up_to, **rest: up_to)
    response = register(client)
    assert (response.status_code, response.get_json()["code"]) == (429, "device_limit")
    assert int(response.headers["Retry-After"]) > 0
    assert PATH not in database.documents
    monkeypatch.setattr(FakeFirestore, "count", count)
    database.documents[PATH] = {"lastHeartbeatAt": "earlier"}
    assert register(client).status_code == 200


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
    assert database.log == []


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
    assert response.get_json()["fields"] == ["deviceId"]
    assert database.log == []


def test_a_path_that_is_not_there(client):
    """An unknown path is 404, and a known one names the methods that it takes."""
    assert client.post("/v1/device").status_code == 404
    response = client.get("/v1/devices")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    response = client.post("/v1/devices/self")
    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE")


def test_sign_out_leaves_nothing(client, database, accounts):
    """After a sign-out the device's document and Auth user are gone, and nobody else's."""
    database.documents[PATH] = {}
    database.documents[f"{PATH}x"] = {}
    accounts.users = {IDENTITY.uid, "another"}
    assert sign_out(client).status_code == 204
    assert PATH not in database.documents
    assert f"{PATH}x" in database.documents
    assert accounts.users == {"another"}


def test_sign_out_twice_is_harmless(client):
    """A device that is gone already is as gone as asked: 204."""
    assert [sign_out(client).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("fault", ["away", "refuses"])
def test_the_document_outlives_the_auth_user(client, database, accounts, fault):
    """Where the Auth user cannot be deleted, the document stays, so that a purge finds both."""
    database.documents[PATH] = {}
    setattr(accounts, fault, True)
    assert sign_out(client).status_code == 503
    assert PATH in database.documents


def test_sign_out_needs_the_devices_own_token(client, database):
    """Nothing is deleted without a valid ID token."""
    database.documents[PATH] = {}
    assert sign_out(client, {}).status_code == 401
    assert sign_out(client, {"Authorization": "Bearer other"}).status_code == 401
    assert PATH in database.documents
