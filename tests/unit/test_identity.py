"""Firebase: which tokens count where, odd answers of the key server, and a signer that is away."""

from __future__ import annotations

import json
import socket

import firebase_admin._token_gen
import pytest

from shared import errors
from shared.identity import Accounts, DeviceTokens, FirebaseKeys
from shared.tokens import DeviceIdentity
from tests.unit.answering import answering
from tests.unit.minting import jwk, token, unsigned
from tests.unit.test_tokens import DEVICE, FIREBASE, NOW, PROJECT, TENANT

IDENTITY = DeviceIdentity(TENANT, DEVICE)


@pytest.fixture
def issuer():
    with answering() as made:
        made.body = json.dumps({"keys": [jwk("good")]}).encode()
        yield made


def test_a_signed_token_counts_where_no_emulator_is(issuer):
    """Google's key is fetched once, and what it signed is taken."""
    device_tokens = DeviceTokens(PROJECT, issuer.url, clock=lambda: NOW)
    assert device_tokens.verify(token(FIREBASE)) == IDENTITY
    assert device_tokens.verify(token(FIREBASE)) == IDENTITY
    assert len(issuer.asked) == 1
    with pytest.raises(errors.Unauthenticated):
        device_tokens.verify(unsigned(FIREBASE))


def test_an_unsigned_token_counts_with_the_emulator_alone(issuer):
    """With an emulator its tokens count, signed ones do not, and no key is asked for."""
    device_tokens = DeviceTokens(PROJECT, issuer.url, emulator="127.0.0.1:1", clock=lambda: NOW)
    assert device_tokens.verify(unsigned(FIREBASE)) == IDENTITY
    with pytest.raises(errors.Unauthenticated):
        device_tokens.verify(token(FIREBASE))
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"keys": []}'),
        (403, b'{"keys": []}'),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b"{}"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": "all"}'),
        (200, b"\xff\xfe"),
    ],
)
def test_keys_that_are_none(issuer, status, body):
    """An answer that holds no keys is an outage, and never a verdict or a crash."""
    issuer.status, issuer.body = status, body
    issuer.headers = {"Location": f"{issuer.url}/elsewhere"} if status == 302 else {}
    with pytest.raises(errors.Unavailable) as caught:
        FirebaseKeys(issuer.url)()
    assert caught.value.dependency == "firebase"
    assert "/elsewhere" not in issuer.asked


def test_what_is_no_key_among_keys_is_passed_over(issuer):
    """One odd entry does not take the others with it."""
    issuer.body = json.dumps({"keys": [1, None, "x", jwk("good")]}).encode()
    assert [key["kid"] for key in FirebaseKeys(issuer.url)()] == ["good"]


def test_a_key_server_that_hangs_up(free_port):
    """Nobody there: an outage."""
    with pytest.raises(errors.Unavailable):
        FirebaseKeys(f"http://127.0.0.1:{free_port}/keys")()


@pytest.fixture
def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_signer_that_is_away_is_an_outage(tmp_path, monkeypatch, free_port):
    """Where the metadata server does not say who signs, a custom token is unavailable: 503, and no crash."""
    user = {"type": "authorized_user", "client_id": "x", "client_secret": "x", "refresh_token": "x"}
    (tmp_path / "user.json").write_text(json.dumps(user))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "user.json"))
    away = f"http://127.0.0.1:{free_port}/"
    monkeypatch.setattr(firebase_admin._token_gen, "METADATA_SERVICE_URL", away)
    with pytest.raises(errors.Unavailable) as caught:
        Accounts(PROJECT).custom_token(IDENTITY)
    assert (caught.value.dependency, caught.value.reason) == ("firebase", "signer")


def test_deleting_nobody_asks_nobody():
    """An empty list makes no call."""
    assert Accounts(PROJECT).delete([]) == []
