"""Forged, bent and borrowed tokens over HTTP, their signatures checked for real: refused, and nothing is written."""

from __future__ import annotations

import http.client
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from local import contents
from shared.google.firestore import Firestore
from shared.keys import COOL_DOWN_SECONDS
from tests.e2e.parts import assert_problem, send, until
from tests.helpers.key_server import CANARY, ENTRA_KEYS, FIREBASE_KEYS, key_server
from tests.helpers.minting import jwk, keyed_with_public_key, part, pem, token, unsigned
from tests.helpers.signed import (
    CLIENT,
    DEVICE,
    TENANT,
    entra_claims,
    firebase_claims,
    function,
    publish,
)
from tests.helpers.stores import Store

OTHER = "99999999-8888-4777-8666-555555555555"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
GRAPH = "00000003-0000-0000-c000-000000000000"
BODIES = {"device_registration": {"deviceId": DEVICE}, "heartbeat": {"outcome": "succeeded"}}
PATHS = {"device_registration": "/v1/devices", "heartbeat": "/v1/heartbeats"}
UNAUTHENTICATED = (401, "unauthenticated")
NO_SCOPE = (403, "insufficient_scope")
NO_CLIENT = (403, "client_not_allowed")
APP_ONLY = (403, "app_only_token")
HOUR = 3600


class Target:
    """The two functions, their key server, and the database."""

    def __init__(self, keys, functions, addresses):
        self.keys, self.functions, self.addresses = keys, functions, addresses

    def ask(self, name, text, **changes):
        url = self.functions[name].url + PATHS[name]
        return send("POST", url, text, **{"json": BODIES[name], **changes})

    def entra(self, claims=None, header=None, key="good", now=True):
        times = {n: int(time.time()) + v for n, v in (claims or {}).items() if n in TIMES and now}
        return token(entra_claims(self.keys, **{**(claims or {}), **times}), header, key)

    def firebase(self, claims=None, header=None, key="firebase"):
        times = {n: int(time.time()) + v for n, v in (claims or {}).items() if n in TIMES}
        head = {"kid": "firebase", **(header or {})}
        return token(firebase_claims(**{**(claims or {}), **times}), head, key)

    def snapshot(self):
        documents = contents.documents(self.addresses)
        return {
            path: document
            for path, document in documents.items()
            if path.startswith(f"tenants/{TENANT}")
        }


TIMES = ("exp", "nbf", "iat", "auth_time")  # in seconds from now, below


@pytest.fixture(scope="module")
def target(addresses, tmp_path_factory):
    """A connected organization with one device, and both functions with warm keys."""
    folder = tmp_path_factory.mktemp("hostile")
    store = Store(Firestore(addresses.project, addresses.firestore), TENANT)
    store.onboard("Hostile")
    store.register(DEVICE, 10)
    with ExitStack() as cleanup:
        keys = cleanup.enter_context(key_server(folder))
        publish(keys)
        functions = {
            name: cleanup.enter_context(function(name, folder, keys, addresses.firestore))
            for name in PATHS
        }
        yield Target(keys, functions, addresses)


@pytest.fixture(autouse=True)
def unharmed(target):
    """After every case: the database is as it was, and what is genuine is still taken as genuine."""
    before = target.snapshot()
    assert len(before) == 2
    yield
    assert target.snapshot() == before


ENTRA = [
    ({"iss": f"https://sts.windows.net/{TENANT}/", "ver": "1.0"}, UNAUTHENTICATED),
    ({"iss": f"https://login.microsoftonline.us/{TENANT}/v2.0"}, UNAUTHENTICATED),
    ({"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0"}, UNAUTHENTICATED),
    ({"iss": None}, UNAUTHENTICATED),
    ({"iss": ["x"]}, UNAUTHENTICATED),
    ({"tid": CONSUMERS}, UNAUTHENTICATED),
    ({"tid": None}, UNAUTHENTICATED),
    ({"tid": "common"}, UNAUTHENTICATED),
    ({"tid": TENANT.upper()}, UNAUTHENTICATED),
    ({"tid": f"{TENANT}/devices"}, UNAUTHENTICATED),
    ({"tid": "00000000-0000-0000-0000-000000000000"}, UNAUTHENTICATED),
    ({"aud": [CLIENT]}, UNAUTHENTICATED),
    ({"aud": [CLIENT, GRAPH]}, UNAUTHENTICATED),
    ({"aud": GRAPH}, UNAUTHENTICATED),
    ({"aud": "https://graph.microsoft.com"}, UNAUTHENTICATED),
    ({"aud": f"api://{CLIENT}"}, UNAUTHENTICATED),
    ({"aud": None}, UNAUTHENTICATED),
    ({"ver": "1.0"}, UNAUTHENTICATED),
    ({"ver": None}, UNAUTHENTICATED),
    ({"exp": -HOUR}, UNAUTHENTICATED),
    ({"nbf": HOUR}, UNAUTHENTICATED),
    ({"iat": HOUR}, UNAUTHENTICATED),
    ({"idtyp": "app"}, APP_ONLY),
    ({"idtyp": "app", "scp": None, "roles": ["Devices.Register"]}, APP_ONLY),
    ({"scp": None}, NO_SCOPE),
    ({"scp": "User.Read"}, NO_SCOPE),
    ({"scp": "Devices.Register.All"}, NO_SCOPE),
    ({"scp": "NoDevices.Register"}, NO_SCOPE),
    ({"scp": ["Devices.Register"]}, NO_SCOPE),
    ({"scp": None, "azp": None, "nonce": "an-id-token"}, NO_SCOPE),
    ({"azp": OTHER}, NO_CLIENT),
    ({"azp": None, "appid": CLIENT}, NO_CLIENT),
]


@pytest.mark.parametrize(("claims", "expected"), ENTRA, ids=str)
def test_an_entra_token_with_another_claim(target, claims, expected):
    """Signed by Entra's own key, and refused for what it says."""
    assert_problem(target.ask("device_registration", target.entra(claims)), *expected)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", [str(2**31), 10**30, -1, True, [1], {"a": 1}, 1e300, "", 0])
def test_a_time_that_is_none(target, name, value):
    """Times as text, huge, negative or of another type prove nothing, in either kind of token."""
    entra = target.entra({name: value}, now=False)
    assert_problem(target.ask("device_registration", entra), *UNAUTHENTICATED)
    firebase = token(firebase_claims(**{name: value}), {"kid": "firebase"}, "firebase")
    assert_problem(target.ask("heartbeat", firebase), *UNAUTHENTICATED)


FIREBASE = [
    {"aud": "another-project"},
    {"aud": ["demo-calliente"]},
    {"iss": "https://securetoken.google.com/another-project"},
    {"iss": "https://session.firebase.google.com/demo-calliente"},
    {"exp": -HOUR},
    {"iat": HOUR},
    {"auth_time": HOUR},
    {"firebase": None},
    {"firebase": {"sign_in_provider": "anonymous"}},
    {"firebase": {"sign_in_provider": "password"}},
    {"tenantId": OTHER},
    {"tenantId": None},
    {"tenantId": 7},
    {"tenantId": [TENANT]},
    {"tenantId": TENANT.upper(), "sub": f"{TENANT.upper()}:{DEVICE}"},
    {"deviceId": OTHER},
    {"deviceId": "../" + DEVICE, "sub": f"{TENANT}:../{DEVICE}"},
    {"sub": DEVICE},
    {"sub": f"{OTHER}:{DEVICE}"},
    {"sub": None},
]


@pytest.mark.parametrize("claims", FIREBASE, ids=str)
def test_a_firebase_token_with_another_claim(target, claims):
    """Signed by Google's own key, and refused for what it says."""
    assert_problem(target.ask("heartbeat", target.firebase(claims)), *UNAUTHENTICATED)


def forged(name, claims, kid):
    """Tokens that no honest issuer makes, by what is wrong with them."""
    canary = {"kid": kid}
    made = {f"alg {alg!r}": unsigned(claims, alg, kid) for alg in ("none", "None", "nOnE", "NONE")}
    for alg in ("RS384", "RS512", "PS256", "ES256", "HS256", "", None, ["RS256"]):
        made[f"alg {alg} with an RS256 signature"] = token(claims, {**canary, "alg": alg}, kid)
    made["HS256 keyed with the public key"] = keyed_with_public_key(claims, pem(kid), kid)
    made["HS256 keyed with nothing"] = keyed_with_public_key(claims, b"", kid)
    for crit in (["exp"], ["b64"], ["urn:unknown"], [], "exp"):
        made[f"crit {crit}"] = token(claims, {**canary, "crit": crit}, kid)
    made["another key under a known ID"] = token(claims, canary, "attacker")
    made["no key ID"] = token(claims, {"kid": None}, kid)
    made["key ID as a path"] = token(claims, {"kid": f"../{kid}"}, kid)
    made["embedded jwk"] = token(claims, {**canary, "jwk": jwk("attacker")}, "attacker")
    good = token(claims, canary, kid)
    head, body, signature = good.split(".")
    made["cut"] = f"{head}.{body}"
    made["no signature"] = f"{head}.{body}."
    made["another body"] = f"{head}.{part({**claims, 'sub': OTHER, 'tid': OTHER})}.{signature}"
    made["64 KB"] = token({**claims, "padding": "x" * 45_000}, canary, kid)
    made["10 KB"] = token({**claims, "padding": "x" * 7_000}, canary, kid)
    made["JWE"] = ".".join(
        [part({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": kid}), "a", "b", "c", "d"]
    )
    made["JWE by header alone"] = token(claims, {**canary, "enc": "A256GCM"}, kid)
    made["zipped"] = token(claims, {**canary, "zip": "DEF"}, kid)
    made["deep header"] = f"{part(b'[' * 3000)}.{body}.{signature}"
    made["claims as a list"] = token([claims], canary, kid)
    made["claims with NaN"] = token(b'{"exp": NaN}', canary, kid)
    made["no token"] = "nonsense"
    if name == "device_registration":
        made["a key without an issuer"] = token(claims, {"kid": "without-issuer"}, "without-issuer")
        made["a key of consumers"] = token(claims, {"kid": "of-consumers"}, "of-consumers")
    return made


CASES = {name: tuple(forged(name, {}, "any")) for name in PATHS}


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases]
)
def test_a_forged_token(target, name, case):
    """Whatever is wrong with the token as such, the answer is the same 401."""
    entra = name == "device_registration"
    claims = entra_claims(target.keys) if entra else firebase_claims()
    text = forged(name, claims, "good" if entra else "firebase")[case]
    answer = target.ask(name, text)
    assert_problem(answer, *UNAUTHENTICATED)
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_what_is_genuine_is_taken(target):
    """The counterpart of every case here: a good token gets past the token check."""
    answer = target.ask("device_registration", target.entra(), json={"deviceId": "none"})
    assert_problem(answer, 400, "malformed")
    answer = target.ask("heartbeat", target.firebase(), json={"outcome": "none"})
    assert_problem(answer, 400, "malformed")


def test_a_device_that_never_registered(target):
    """A genuine identity without a document is gone: a beat creates nothing."""
    claims = {"deviceId": OTHER, "sub": f"{TENANT}:{OTHER}"}
    assert_problem(target.ask("heartbeat", target.firebase(claims)), 410, "device_gone")


def test_another_tenant_than_the_devices(target):
    """A genuine identity of another tenant with the same device ID touches its own path alone."""
    claims = {"tenantId": OTHER, "sub": f"{OTHER}:{DEVICE}"}
    assert_problem(target.ask("heartbeat", target.firebase(claims)), 410, "device_gone")


def test_an_identity_cannot_be_made_without_a_signer(target):
    """Where custom tokens cannot be signed, registration is 503, and no document is left behind."""
    answer = target.ask("device_registration", target.entra(), json={"deviceId": OTHER})
    assert_problem(answer, 503, "unavailable")


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("member", ["jku", "x5u"])
def test_a_key_from_elsewhere(target, name, member):
    """A token cannot name the place of its own key: nobody goes there."""
    entra = name == "device_registration"
    mint, key = (target.entra, "good") if entra else (target.firebase, "firebase")
    elsewhere = {member: target.keys.url + CANARY}
    assert_problem(target.ask(name, mint(header=elsewhere, key="attacker")), *UNAUTHENTICATED)
    assert_problem(
        target.ask(name, mint(header={**elsewhere, "kid": "new"}, key="attacker")), *UNAUTHENTICATED
    )
    assert target.ask(name, mint(header=elsewhere, key=key), json={}).code == "malformed"
    assert target.keys.asked[CANARY] == 0


@pytest.mark.parametrize("name", PATHS)
def test_a_storm_of_unknown_key_ids(target, name):
    """500 unknown key IDs: each 401, at most one fetch of the keys per cool-down."""
    entra = name == "device_registration"
    path = ENTRA_KEYS if entra else FIREBASE_KEYS
    mint = target.entra if entra else target.firebase
    text = mint().partition(".")[2]  # the signature does not matter: the key comes first
    url = urlsplit(target.functions[name].url)
    before, started = target.keys.asked[path], time.monotonic()
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    for number in range(500):
        head = part({"alg": "RS256", "kid": f"unknown-{number}"})
        headers = {"Authorization": f"Bearer {head}.{text}", "Content-Type": "application/json"}
        connection.request("POST", PATHS[name], b"{}", headers)
        response = connection.getresponse()
        response.read()
        assert response.status == 401
    connection.close()
    allowed = 2 + (time.monotonic() - started) // COOL_DOWN_SECONDS
    assert target.keys.asked[path] - before <= allowed


def test_keys_away_cold_and_warm_then_rotated(addresses, tmp_path):
    """Cold: 503 until keys are there. Warm: known keys stay good. Rotated: the new key is found, the old one goes."""
    with ExitStack() as cleanup:
        keys = cleanup.enter_context(key_server(tmp_path))
        publish(keys)
        keys.down = True
        functions = {
            name: cleanup.enter_context(function(name, tmp_path, keys, addresses.firestore))
            for name in PATHS
        }
        asked = Target(keys, functions, addresses)

        def codes(**choices):
            mint = (asked.entra(**choices), asked.firebase(**choices))
            answers = zip(PATHS, mint, strict=True)
            return {asked.ask(name, text, json={}).code for name, text in answers}

        rotated = {"header": {"kid": "rotated"}, "key": "rotated"}
        assert codes() == {"unavailable"}
        keys.down = False
        until(lambda: codes() == {"malformed"})
        keys.down = True
        until(lambda: codes(**rotated) == {"unavailable"})
        assert codes() == {"malformed"}
        keys.down = False
        keys.keys[ENTRA_KEYS] = [jwk("rotated", issuer=f"{keys.url}/{{tenantid}}/v2.0")]
        keys.keys[FIREBASE_KEYS] = [jwk("rotated")]
        until(lambda: codes(**rotated) == {"malformed"})
        assert codes() == {"unauthenticated"}


@pytest.mark.parametrize("name", PATHS)
def test_a_token_in_the_wrong_place(target, name):
    """Only one Authorization header with one bearer token counts, genuine as the token may be."""
    text = target.entra() if name == "device_registration" else target.firebase()
    url = target.functions[name].url + PATHS[name]
    for query in ("access_token", "token", "id_token", "Authorization"):
        answer = send("POST", f"{url}?{query}={text}", json=BODIES[name])
        assert_problem(answer, *UNAUTHENTICATED)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send("POST", url, headers=form, data=f"access_token={text}")
    assert_problem(answer, *UNAUTHENTICATED)
    for header in (
        {"X-Authorization": f"Bearer {text}"},
        {"X-Forwarded-Authorization": f"Bearer {text}"},
        {"Cookie": f"Authorization=Bearer {text}"},
        {"Authorization": text},
        {"Authorization": f"Basic {text}"},
        {"Authorization": f"Bearer {text} {text}"},
        {"Authorization": f"Bearer {text},{text}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer\t{text}"},
    ):
        assert_problem(send("POST", url, headers=header, json=BODIES[name]), *UNAUTHENTICATED)


@pytest.mark.parametrize("name", PATHS)
def test_two_authorization_headers(target, name):
    """Two readers could see two tokens: refused, in either order."""
    good = target.entra() if name == "device_registration" else target.firebase()
    url = urlsplit(target.functions[name].url)
    for pair in ((good, "nonsense"), ("nonsense", good), (good, good)):
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        connection.putrequest("POST", PATHS[name])
        for text in pair:
            connection.putheader("Authorization", f"Bearer {text}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"{}")
        assert connection.getresponse().status == 401
        connection.close()


@pytest.mark.parametrize("kind", ["entra", "firebase"])
def test_one_kind_of_token_for_the_other(target, kind):
    """An Entra token is no Firebase token, and the other way round."""
    if kind == "entra":
        assert_problem(target.ask("heartbeat", target.entra()), *UNAUTHENTICATED)
    else:
        assert_problem(target.ask("device_registration", target.firebase()), *UNAUTHENTICATED)


def test_signing_out_takes_the_same_proof(target):
    """DELETE /v1/devices/self refuses what the heartbeat refuses."""
    url = target.functions["device_registration"].url + "/v1/devices/self"
    for text in (
        "",
        unsigned(firebase_claims(), kid="firebase"),
        target.firebase(key="attacker"),
        target.firebase({"exp": -HOUR}),
        target.firebase({"tenantId": OTHER}),
        target.entra(),
    ):
        assert_problem(send("DELETE", url, text), *UNAUTHENTICATED)
