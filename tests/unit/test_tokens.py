"""Every way in which a token can prove nothing, or not enough, with keys of our own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from shared import errors, tokens
from shared.identifiers import CONSUMER_TENANT
from shared.keys import SigningKey
from tests.helpers.minting import (
    jwk,
    keyed_with_public_key,
    part,
    pem,
    rsa_key,
    token,
    unsigned,
)

NOW = 1_750_000_000
TENANT = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-8888-4777-8666-555555555555"
CLIENT = "ca111e47-e000-4000-8000-0000000000a1"
AUTHORITY = "https://login.example"
ISSUER = f"{AUTHORITY}/{TENANT}/v2.0"
TEMPLATE = f"{AUTHORITY}/{{tenantid}}/v2.0"
GRAPH = "00000003-0000-0000-c000-000000000000"
RULES = tokens.EntraRules(AUTHORITY, CLIENT, "Devices.Register", (CLIENT,))
CLAIMS = {
    "aud": CLIENT,
    "azp": CLIENT,
    "exp": NOW + 3600,
    "iat": NOW,
    "iss": ISSUER,
    "nbf": NOW,
    "scp": "Devices.Register",
    "tid": TENANT,
    "ver": "2.0",
    "name": "Canary Person",
    "oid": OTHER,
}
KEYS = {
    "good": SigningKey(RSAKey.import_key(rsa_key("good").public_key()), TEMPLATE),
    "of-one-tenant": SigningKey(
        RSAKey.import_key(rsa_key("good").public_key()), f"{AUTHORITY}/{OTHER}/v2.0"
    ),
    "without-issuer": SigningKey(RSAKey.import_key(rsa_key("good").public_key()), None),
    "of-consumers": SigningKey(
        RSAKey.import_key(rsa_key("good").public_key()),
        f"{AUTHORITY}/{CONSUMER_TENANT}/v2.0",
    ),
}
PROJECT = "demo"
DEVICE = "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"
FIREBASE = {
    "aud": PROJECT,
    "auth_time": NOW,
    "deviceId": DEVICE,
    "exp": NOW + 3600,
    "firebase": {"identities": {}, "sign_in_provider": "custom"},
    "iat": NOW,
    "iss": f"https://securetoken.google.com/{PROJECT}",
    "sub": f"{TENANT}:{DEVICE}",
    "tenantId": TENANT,
}


async def known(kid):
    return KEYS.get(kid)


def verdict(text, keys=known):
    """On an access token of Entra: the tenant."""
    return asyncio.run(tokens.entra_tenant(text, keys, RULES, NOW)).tenant_id


def entra(claims=None, header=None, key="good"):
    """The verdict on a good token with some claims or header members replaced; None removes one."""
    merged = {n: v for n, v in {**CLAIMS, **(claims or {})}.items() if v is not None}
    return verdict(token(merged, header, key))


def device(text, most_age_seconds=None):
    """The verdict on an ID token of Firebase."""
    return asyncio.run(tokens.firebase_device(text, known, PROJECT, NOW, most_age_seconds))


def unsigned_device(text):
    """The verdict on an ID token of the Auth emulator."""
    return tokens.unsigned_firebase_device(text, PROJECT, NOW, None)


def firebase(claims=None):
    merged = {n: v for n, v in {**FIREBASE, **(claims or {})}.items() if v is not None}
    return device(token(merged))


def test_a_good_entra_token_proves_its_tenant():
    """All else here differs from this token in one thing."""
    assert entra() == TENANT


def test_a_good_firebase_token_proves_its_device():
    """All else here differs from this token in one thing."""
    assert firebase() == tokens.DeviceIdentity(TENANT, DEVICE)
    assert firebase().uid == f"{TENANT}:{DEVICE}"


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": None},
        {"exp": None},
        {"tid": None},
        {"tid": 7},
        {"tid": [TENANT]},
        {"tid": TENANT.upper().replace("1", "A")},
        {"tid": f"{{{TENANT}}}"},
        {"tid": f"{TENANT}\n"},
        {"tid": "common", "iss": f"{AUTHORITY}/common/v2.0"},
        {"tid": "../" + TENANT},
        {"tid": "00000000-0000-0000-0000-000000000000"},
        {
            "tid": CONSUMER_TENANT,
            "iss": f"{AUTHORITY}/{CONSUMER_TENANT}/v2.0",
        },
        {"iss": None},
        {"iss": f"{AUTHORITY}/{OTHER}/v2.0"},
        {"tid": OTHER},
        {"iss": f"https://sts.windows.net/{TENANT}/", "ver": "1.0"},
        {"iss": f"https://login.microsoftonline.us/{TENANT}/v2.0"},
        {"iss": f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"iss": TEMPLATE},
        {"aud": None},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, GRAPH]},
        {"aud": GRAPH},
        {"aud": "https://graph.microsoft.com"},
        {"aud": f"api://{CLIENT}"},
        {"aud": CLIENT.upper()},
        {"ver": None},
        {"ver": "1.0"},
        {"ver": 2.0},
        {"exp": NOW - 3600},
        {"exp": NOW - tokens.LEEWAY_SECONDS},
        {"exp": str(NOW + 3600)},
        {"exp": float(NOW + 3600)},
        {"exp": True},
        {"exp": 10**30},
        {"exp": -1},
        {"exp": 0},
        {"exp": [NOW + 3600]},
        {"nbf": NOW + 3600},
        {"nbf": NOW + tokens.LEEWAY_SECONDS + 1},
        {"nbf": str(NOW)},
        {"nbf": 10**30},
        {"iat": NOW + 3600},
        {"iat": str(NOW)},
        {"iat": 10**30},
        {"iat": {"a": 1}},
    ],
    ids=str,
)
def test_an_entra_token_that_proves_nothing(claims):
    """Each of these is signed by Entra's own key, and is 401 all the same."""
    with pytest.raises(errors.Unauthenticated):
        entra(claims)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"idtyp": "app"}, errors.AppOnlyToken),
        ({"scp": None}, errors.InsufficientScope),
        ({"scp": None, "roles": ["Devices.Register"]}, errors.InsufficientScope),
        ({"scp": ""}, errors.InsufficientScope),
        ({"scp": "Devices.Register.All"}, errors.InsufficientScope),
        ({"scp": "xDevices.Register"}, errors.InsufficientScope),
        ({"scp": "devices.register"}, errors.InsufficientScope),
        ({"scp": "User.Read,Devices.Register"}, errors.InsufficientScope),
        ({"scp": "User.Read\tDevices.Register"}, errors.InsufficientScope),
        ({"scp": ["Devices.Register"]}, errors.InsufficientScope),
        ({"azp": None}, errors.ClientNotAllowed),
        ({"azp": OTHER}, errors.ClientNotAllowed),
        ({"azp": [CLIENT]}, errors.ClientNotAllowed),
        ({"azp": None, "appid": CLIENT}, errors.ClientNotAllowed),
    ],
    ids=str,
)
def test_a_genuine_entra_token_that_is_not_enough(claims, error):
    """Genuine, and 403: not a person's phone, without the scope, or made for another application."""
    with pytest.raises(error):
        entra(claims)


def test_an_id_token_is_no_access_token():
    """It has our client ID as audience too, and no scope."""
    with pytest.raises(errors.InsufficientScope):
        entra({"scp": None, "azp": None, "nonce": "n", "preferred_username": "a@example"})


@pytest.mark.parametrize("scope", ["Devices.Register", "openid Devices.Register User.Read"])
def test_the_scope_among_others(scope):
    """Scopes are words between spaces, in any order."""
    assert entra({"scp": scope}) == TENANT


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - tokens.LEEWAY_SECONDS + 1},
        {"nbf": NOW + tokens.LEEWAY_SECONDS},
        {"iat": NOW + tokens.LEEWAY_SECONDS},
        {"nbf": None},
    ],
    ids=str,
)
def test_clocks_may_differ_by_the_leeway(claims):
    """Up to the leeway, and no second more, on either side; nbf may be missing."""
    assert entra(claims) == TENANT


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "RS256 ", "rs256"])
def test_no_signature(alg):
    """A token without a signature proves nothing, however it spells that."""
    with pytest.raises(errors.Unauthenticated):
        verdict(unsigned(CLAIMS, alg))


@pytest.mark.parametrize("header", [{"alg": "HS256"}, {"alg": "none"}, {"crit": ["exp"]}], ids=str)
def test_no_key_is_looked_up_for_what_is_refused_anyway(header):
    """A header that can't be right costs the issuer no question, whatever key it names."""

    async def asked(_kid):
        raise AssertionError

    with pytest.raises(errors.Unauthenticated):
        verdict(token(CLAIMS, header), asked)


def test_hs256_keyed_with_the_public_key():
    """A public key is no shared secret, in any of its spellings."""
    for secret in (pem("good"), pem("good").strip(), jwk("good")["n"].encode()):
        with pytest.raises(errors.Unauthenticated):
            verdict(keyed_with_public_key(CLAIMS, secret))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS384"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "ES256"},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
        {"alg": None},
        {"kid": None},
        {"kid": ""},
        {"kid": 7},
        {"kid": ["good"]},
        {"kid": "unknown"},
        {"kid": "../../good"},
        {"kid": "without-issuer"},
        {"kid": "of-one-tenant"},
        {"kid": "of-consumers"},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"enc": "A256GCM"},
        {"zip": "DEF"},
    ],
    ids=str,
)
def test_a_header_that_is_refused(header):
    """Signed by the right key, and yet: another algorithm, no known key, or one that is not for this issuer."""
    with pytest.raises(errors.Unauthenticated):
        entra(header=header)


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://canary.example/keys"},
        {"x5u": "https://canary.example/cert"},
        {"jwk": jwk("attacker")},
        {"x5c": ["MIIB"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_that_the_token_brings_along(header):
    """What the token says about its own key counts for nothing, signed with that key or with ours."""
    with pytest.raises(errors.Unauthenticated):
        entra(header=header, key="attacker")
    assert entra(header=header) == TENANT


def test_another_key_under_a_known_id():
    """The key ID chooses the key; it does not prove it."""
    with pytest.raises(errors.Unauthenticated):
        entra(key="attacker")


GOOD = token(CLAIMS)
HEAD, BODY, SIGNATURE = GOOD.split(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        HEAD,
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.",
        f"{HEAD}..{SIGNATURE}",
        f".{BODY}.{SIGNATURE}",
        f"{GOOD}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE}.{BODY}.{SIGNATURE}",
        f"{HEAD}.{part({**CLAIMS, 'tid': OTHER})}.{SIGNATURE}",
        f"{part([1])}.{BODY}.{SIGNATURE}",
        *(f"{part(other)}.{BODY}.{SIGNATURE}" for other in (["alg"], "alg kid", 7, None)),
        f"{part(b'nonsense')}.{BODY}.{SIGNATURE}",
        f"{part(b'[' * 5000)}.{BODY}.{SIGNATURE}",
        f"{part(bytes([0xFF, 0xFE]))}.{BODY}.{SIGNATURE}",
        token([1, 2]),
        token("text"),
        token(b"NaN"),
        token(b"[" * 5000),
        token(bytes([0xFF])),
        token({**CLAIMS, "padding": "x" * 65536}),
        "é" * 100,
        "\ud800",
    ],
    ids=range(29),
)
def test_what_is_no_token(text):
    """Cut, mixed, nested, oversized, encrypted or not a token at all: one answer, and no other exception."""
    with pytest.raises(errors.Unauthenticated):
        verdict(text)


@given(
    st.text(max_size=60)
    | st.lists(st.binary(max_size=30), max_size=5).map(
        lambda parts: ".".join(part(each) for each in parts)
    )
)
def test_no_text_is_a_token(text):
    """Whatever comes, the verdict is 'proves nothing', never another exception."""
    with pytest.raises(errors.Unauthenticated):
        verdict(text)
    with pytest.raises(errors.Unauthenticated):
        unsigned_device(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(name=st.sampled_from(["tid", "iss", "aud", "ver", "exp", "iat", "scp", "azp"]), value=JSON)
def test_no_other_value_of_a_claim_will_do(name, value):
    """A claim of any other type or content is refused with an error of ours, never with a crash."""
    if value == CLAIMS[name] and type(value) is type(CLAIMS[name]):
        return
    if name in ("exp", "iat") and isinstance(value, int) and not isinstance(value, bool):
        return  # an integer can be a time
    with pytest.raises((errors.Unauthenticated, errors.Forbidden)):
        verdict(token({**CLAIMS, name: value}))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-project"},
        {"aud": [PROJECT]},
        {"aud": None},
        {"iss": "https://securetoken.google.com/another-project"},
        {"iss": f"https://session.firebase.google.com/{PROJECT}"},
        {"iss": f"http://securetoken.google.com/{PROJECT}"},
        {"exp": NOW - 3600},
        {"iat": NOW + 3600},
        {"auth_time": NOW + 3600},
        {"auth_time": None},
        {"auth_time": str(NOW)},
        {"firebase": None},
        {"firebase": "custom"},
        {"firebase": {"sign_in_provider": "anonymous"}},
        {"firebase": {"sign_in_provider": "password"}},
        {"firebase": {"sign_in_provider": ["custom"]}},
        {"firebase": {"sign_in_provider": "custom", "tenant": "phones-x1"}},
        {"firebase": {"sign_in_provider": "custom", "tenant": None}},
        {"tenantId": None},
        {"tenantId": OTHER},
        {"tenantId": 7},
        {"tenantId": [TENANT]},
        {"tenantId": TENANT + "/devices/x", "sub": f"{TENANT}/devices/x:{DEVICE}"},
        {"deviceId": None},
        {"deviceId": DEVICE.upper(), "sub": f"{TENANT}:{DEVICE.upper()}"},
        {"deviceId": "..", "sub": f"{TENANT}:.."},
        {"sub": None},
        {"sub": DEVICE},
        {"sub": f"{OTHER}:{DEVICE}"},
    ],
    ids=str,
)
def test_a_firebase_token_that_proves_nothing(claims):
    """Signed by Google's own key, and 401: another project, provider, or identity."""
    with pytest.raises(errors.Unauthenticated):
        firebase(claims)


@pytest.mark.parametrize("alg", ["none", "NONE", "HS256"])
def test_an_unsigned_firebase_token(alg):
    """What the Auth emulator issues is worth nothing where no emulator is."""
    with pytest.raises(errors.Unauthenticated):
        device(unsigned(FIREBASE, alg))


def test_an_emulator_token_is_unsigned_and_no_more():
    """With the emulator, a token that claims a signature is refused, and times and identity still count."""
    assert unsigned_device(unsigned(FIREBASE)).device_id == DEVICE
    for text in (
        token(FIREBASE),
        unsigned({**FIREBASE, "exp": NOW - 3600}),
        unsigned({**FIREBASE, "aud": "another"}),
        f"{part({'alg': 'none', 'crit': ['x'], 'x': 1})}.{part(FIREBASE)}.",
    ):
        with pytest.raises(errors.Unauthenticated):
            unsigned_device(text)


DAYS_30 = tokens.MOST_PROOF_AGE_SECONDS


@pytest.mark.parametrize("age", [0, DAYS_30 - 1, DAYS_30])
def test_a_sign_in_of_30_days_still_counts(age):
    """To the second."""
    assert device(token({**FIREBASE, "auth_time": NOW - age}), DAYS_30).device_id == DEVICE


def test_an_older_sign_in_is_asked_for_anew():
    """Genuine and yet 401, with a code of its own; where age does not matter, it counts."""
    old = token({**FIREBASE, "auth_time": NOW - DAYS_30 - 1})
    with pytest.raises(errors.Reauthenticate):
        device(old, DAYS_30)
    assert device(old).device_id == DEVICE
    with pytest.raises(errors.Unauthenticated) as caught:
        device(token({**FIREBASE, "auth_time": NOW - DAYS_30 - 1, "sub": "other"}), DAYS_30)
    assert not isinstance(caught.value, errors.Reauthenticate)


@pytest.mark.parametrize(("uti", "token_id"), [("abc", "abc"), (None, ""), (7, ""), (["a"], "")])
def test_a_token_has_a_name_of_its_own(uti, token_id):
    """Its `uti` tells it from others; without one it has none, which is no fault."""
    text = token({**CLAIMS, "uti": uti} if uti is not None else CLAIMS)
    proof = asyncio.run(tokens.entra_tenant(text, known, RULES, NOW))
    assert proof == tokens.TenantProof(TENANT, token_id, NOW + 3600)


def test_an_outage_is_not_a_verdict():
    """Without keys nothing is proven or disproven: 503 goes through unchanged."""

    async def away(_kid):
        raise errors.Unavailable("entra", "test")

    with pytest.raises(errors.Unavailable):
        verdict(GOOD, away)


def test_reasons_hold_nothing_of_the_token():
    """The reason is for our log: a word of our own."""
    for claims in ({"aud": "canary-a"}, {"iss": "canary-b"}, {"tid": "canary-c"}):
        with pytest.raises(errors.Unauthenticated) as caught:
            entra(claims)
        assert caught.value.reason in {"audience", "issuer", "tenant"}
        assert "canary" not in repr(caught.value)
