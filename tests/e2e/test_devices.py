"""Phones: registration, heartbeats, reading, sign-out, and every refusal, over HTTP."""

from datetime import timedelta

import pytest

from local import contents
from local.phone import PhoneError
from tests.e2e.parts import assert_guarded, assert_problem, send
from tests.stack import DEVICES

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def devices_url(addresses):
    return f"{addresses.functions['device_registration']}/v1/devices"


@pytest.fixture
def beats_url(addresses):
    return f"{addresses.functions['heartbeat']}/v1/heartbeats"


def stored(database, phone):
    path = f"tenants/{phone.tenant_id}/devices/{phone.device_id}"
    return database.get(path)


def test_a_phone_registers_beats_reads_and_leaves(addresses, database, organization, make_phone):
    """A phone's whole life: new, known, beating, reading itself, gone without a trace."""
    phone = make_phone(organization)
    first = phone.register()
    assert (first.status, first.body["deviceId"]) == (201, phone.device_id)
    assert first.body["heartbeatIntervalSeconds"] == 21_600
    assert phone.register().status == 200
    beat = phone.beat()
    assert beat.status == 200
    assert 19_440 <= beat.body["nextHeartbeatInSeconds"] <= 23_760
    assert set(stored(database, phone).fields) == {"lastHeartbeatAt", "lastSyncAt", "lastOutcome"}
    assert first.body["organizationName"] == phone.organization_name == organization.tenant.name
    assert set(phone.read_device().body["fields"]) == set(stored(database, phone).fields)
    for answer in (first, beat):
        assert_guarded(answer)
    token = phone.id_token()
    left = phone.sign_out()
    assert left.status == 204
    assert_guarded(left)
    assert stored(database, phone) is None
    uid = f"{phone.tenant_id}:{phone.device_id}"
    assert uid not in contents.users(addresses)
    again = send("DELETE", f"{addresses.functions['device_registration']}/v1/devices/self", token)
    assert again.status == 204
    beat = send(
        "POST",
        f"{addresses.functions['heartbeat']}/v1/heartbeats",
        token,
        json={"outcome": "failed"},
    )
    assert_problem(beat, 410, "device_gone")


def test_two_tenants_may_pick_the_same_device_id(addresses, make_organization, make_phone):
    """The same ID in two organizations is two devices: signing one out leaves the other alone."""
    phone, other = (make_phone(make_organization()) for _ in range(2))
    other.device_id = phone.device_id
    assert (phone.register().status, other.register().status) == (201, 201)
    assert phone.sign_out().status == 204
    assert other.beat().status == 200
    other.firebase.renew()


def test_a_phone_reads_itself_alone(make_organization, make_phone):
    """Its organization's document, a neighbour's, and those of another organization are refused by the rules."""
    organization = make_organization()
    phone, neighbour = make_phone(organization), make_phone(organization, 1)
    stranger = make_phone(make_organization())
    for registered in (phone, neighbour, stranger):
        assert registered.register().status == 201
    assert phone.read_device().status == 200
    assert phone.read_tenant().status == 403
    assert phone.read_tenant(stranger.tenant_id).status == 403
    assert phone.read_device(stranger.tenant_id, stranger.device_id).status == 403
    assert phone.read_device(device_id=neighbour.device_id).status == 403


def test_a_phone_does_not_hold_its_organization_against_closing(
    addresses, organization, phone, close
):
    """With its own ID token it begins transactions that would lock what they read; it reads nothing in them."""
    documents = f"projects/{addresses.project}/databases/(default)/documents"
    root = f"http://{addresses.firestore}/v1/{documents}"
    token, tenant = phone.id_token(), f"{documents}/tenants/{phone.tenant_id}"
    for name in (tenant, f"{tenant}/devices/{phone.device_id}"):
        begun = send("POST", f"{root}:beginTransaction", token, json={"options": {"readWrite": {}}})
        body = {"documents": [name], "transaction": begun.body["transaction"]}
        assert send("POST", f"{root}:batchGet", token, json=body).status == 403

    close(organization, timedelta(hours=1))

    assert_problem(phone.ask_to_register(), 409, "tenant_closing")
    assert phone.read_device().status == 403


def test_a_gone_phone_registers_anew(database, phone):
    """410 makes the app register under a new ID, and its next beat is taken."""
    old = phone.device_id
    database.delete(f"tenants/{phone.tenant_id}/devices/{old}")
    assert phone.beat().status == 410
    assert phone.sync().status == 200
    assert phone.device_id != old


# 400


BODIES = [
    pytest.param("", id="empty"),
    pytest.param("{", id="not JSON"),
    pytest.param("[]", id="not an object"),
    pytest.param("null", id="null"),
    pytest.param("{}", id="nothing in it"),
    pytest.param('{"%(name)s": NaN}', id="NaN"),
    pytest.param('{"%(name)s": 1}', id="wrong type"),
    pytest.param('{"%(name)s": "%(value)s", "tenantId": "x"}', id="unknown field"),
    pytest.param('{"%(name)s": "%(value)s", "%(name)s": "%(value)s"}', id="duplicate key"),
    pytest.param("[" * 4000, id="deep nesting"),
    pytest.param('{"%(name)s": "\\ud800"}', id="lone surrogate"),
]


@pytest.mark.parametrize("body", BODIES)
def test_a_malformed_registration(devices_url, organization, make_phone, body):
    """A registration body that is not exactly the schema's is 400."""
    known = {"name": "deviceId", "value": "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"}
    token = make_phone(organization).entra_token()
    answer = send("POST", devices_url, token, data=_filled(body, known), headers=JSON)
    assert_problem(answer, 400, "malformed")


@pytest.mark.parametrize("body", BODIES)
def test_a_malformed_heartbeat(beats_url, phone, body):
    """A heartbeat body that is not exactly the schema's is 400."""
    known = {"name": "outcome", "value": "failed"}
    answer = send("POST", beats_url, phone.id_token(), data=_filled(body, known), headers=JSON)
    assert_problem(answer, 400, "malformed")


def _filled(body, known):
    return (body % known if "%(" in body else body).encode()


# 401 and 403


def test_no_token(devices_url, beats_url):
    """Without a token every route asks for one, and looks at nothing else."""
    for method, url in (
        ("POST", devices_url),
        ("DELETE", f"{devices_url}/self"),
        ("POST", beats_url),
    ):
        answer = send(method, url, json={"wrong": 1})
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "bent",
    [
        pytest.param({"claims": {"exp": 1}}, id="expired"),
        pytest.param({"claims": {"nbf": 4_000_000_000}}, id="not yet valid"),
        pytest.param({"claims": {"aud": "00000003-0000-0000-c000-000000000000"}}, id="for Graph"),
        pytest.param({"claims": {"iss": "https://elsewhere.example/v2.0"}}, id="other issuer"),
        pytest.param({"claims": {"ver": "1.0"}}, id="v1"),
        pytest.param({"claims": {"tid": None}}, id="no tenant"),
        pytest.param({"claims": {"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}}, id="consumer"),
        pytest.param({"published": False}, id="foreign key"),
        pytest.param({"headers": {"kid": None}}, id="no key ID"),
    ],
)
def test_an_entra_token_that_proves_nothing(devices_url, entra, organization, bent):
    """Each flaw of the token is 401 with the same answer."""
    token = entra.mint(tenant_id=organization.id, **bent)
    answer = send("POST", devices_url, token, json={"deviceId": "x"})
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"scp": "User.Read"}, "insufficient_scope"),
        ({"scp": None}, "insufficient_scope"),
        ({"azp": "5e1f0a10-c0de-4c01-8a01-0000c0a70599"}, "client_not_allowed"),
        ({"idtyp": "app"}, "app_only_token"),
    ],
)
def test_an_entra_token_that_is_not_enough(devices_url, entra, organization, claims, code):
    """A genuine token that does not allow registration is 403, with the reason."""
    token = entra.mint(claims, tenant_id=organization.id)
    device = {"deviceId": "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"}
    answer = send("POST", devices_url, token, json=device)
    assert_problem(answer, 403, code)
    if code == "insufficient_scope":
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'


def test_tokens_are_not_interchangeable(devices_url, beats_url, phone):
    """An Entra token makes no heartbeat, and an ID token registers nothing."""
    device = {"deviceId": phone.device_id}
    answer = send("POST", devices_url, phone.id_token(), json=device)
    assert_problem(answer, 401, "unauthenticated")
    answer = send("POST", beats_url, phone.entra_token(), json={"outcome": "failed"})
    assert_problem(answer, 401, "unauthenticated")


def test_an_organization_that_never_connected(make_organization, make_phone):
    """Its phones are told that an administrator has to connect it first."""
    phone = make_phone(make_organization(onboarded=False))
    assert_problem(phone.ask_to_register(), 403, "tenant_not_onboarded")


# 404, 405, 413, 415


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/device", "/v1/devices/", "/v2/heartbeats"])
def test_no_such_path(addresses, path):
    """Anything but the listed paths is 404."""
    for name in ("device_registration", "heartbeat"):
        assert_problem(send("GET", addresses.functions[name] + path), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "OPTIONS"])
def test_no_such_method(devices_url, beats_url, method):
    """A wrong method is 405 and names the right one."""
    for url, allowed in (
        (devices_url, "POST"),
        (f"{devices_url}/self", "DELETE"),
        (beats_url, "POST"),
    ):
        answer = send(method, url)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit(devices_url, beats_url, phone, chunked):
    """More than 4 KiB is 413, announced or not."""
    body = b'{"outcome": "' + b"x" * 5000 + b'"}'
    for url in (devices_url, beats_url):
        data = iter([body]) if chunked else body
        answer = send("POST", url, phone.id_token(), data=data, headers=JSON)
        assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {**JSON, "Content-Encoding": "gzip"}],
)
def test_a_body_that_is_not_json(beats_url, phone, headers):
    """Another media type, none, or an encoding is 415."""
    body = b'{"outcome": "failed"}'
    answer = send("POST", beats_url, phone.id_token(), data=body, headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")


# 409, 429


def test_a_closing_organization_takes_no_device(organization, make_phone, phone, close):
    """From the closing on no new device registers, a known one neither; heartbeats go on."""
    close(organization, timedelta(hours=2))
    assert_problem(make_phone(organization, 1).ask_to_register(), 409, "tenant_closing")
    assert_problem(phone.ask_to_register(), 409, "tenant_closing")
    assert phone.beat().status == 200


def test_a_purging_organization_takes_no_device(organization, make_phone, close):
    """While it is being purged the answer is another."""
    close(organization)
    organization.store.begin_purge()
    assert_problem(make_phone(organization).ask_to_register(), 409, "tenant_purging")


def test_a_reopened_organization_takes_devices(organization, make_phone, close):
    """Withdrawing the closing lets devices register again."""
    close(organization, timedelta(hours=2))
    organization.store.reopen()
    assert make_phone(organization).register().status == 201


def test_an_organization_with_all_its_devices(organization, make_phone):
    """At the limit a new device is 429 with a time to wait; known ones still get their token."""
    phones = [make_phone(organization, person) for person in range(DEVICES + 1)]
    assert [phone.register().status for phone in phones[:DEVICES]] == [201] * DEVICES
    answer = phones[DEVICES].ask_to_register()
    assert_problem(answer, 429, "device_limit")
    assert int(answer.headers["Retry-After"]) > 0
    assert phones[0].register().status == 200


def test_a_looping_phone(database, phone):
    """Beat 31 in a minute is 429 with a time to wait, and is not written."""
    assert {phone.beat().status for _ in range(30)} == {200}
    before = stored(database, phone).version
    answer = phone.beat("failed")
    assert_problem(answer, 429, "too_many_requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert stored(database, phone).version == before


def test_a_signed_out_phone_cannot_renew(phone):
    """With the Auth user gone, the refresh token is worth nothing."""
    token = phone.firebase.refresh_token
    assert phone.sign_out().status == 204
    phone.firebase.refresh_token = token
    with pytest.raises(PhoneError):
        phone.firebase.renew()
