"""Firebase: which tokens count where, and what asks nobody."""

from __future__ import annotations

import json

import pytest

from shared import errors
from shared.google.identity import Accounts, DeviceTokens
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


def test_deleting_nobody_asks_nobody():
    """An empty list makes no call."""
    assert Accounts(PROJECT).delete([]) == []
