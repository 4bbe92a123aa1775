"""Firebase ID tokens: which ones count where."""

from __future__ import annotations

import json

import pytest

from shared import errors
from shared.google.id_tokens import DeviceTokens
from shared.tokens import DeviceIdentity
from tests.helpers.answering import answering
from tests.helpers.minting import jwk, token, unsigned
from tests.unit.test_tokens import DEVICE, FIREBASE, NOW, PROJECT, TENANT

IDENTITY = DeviceIdentity(TENANT, DEVICE)


@pytest.fixture
def issuer():
    with answering() as made:
        made.body = json.dumps({"keys": [jwk("good")]}).encode()
        yield made


async def test_a_signed_token_counts_where_no_emulator_is(issuer):
    """Google's key is fetched once, and what it signed is taken."""
    device_tokens = DeviceTokens(PROJECT, issuer.url, clock=lambda: NOW)
    assert await device_tokens.verify(token(FIREBASE)) == IDENTITY
    assert await device_tokens.verify(token(FIREBASE)) == IDENTITY
    assert len(issuer.asked) == 1
    with pytest.raises(errors.Unauthenticated):
        await device_tokens.verify(unsigned(FIREBASE))


async def test_an_unsigned_token_counts_with_the_emulator_alone(issuer):
    """With an emulator its tokens count, signed ones do not, and no key is asked for."""
    device_tokens = DeviceTokens(PROJECT, issuer.url, emulator="127.0.0.1:1", clock=lambda: NOW)
    assert await device_tokens.verify(unsigned(FIREBASE)) == IDENTITY
    with pytest.raises(errors.Unauthenticated):
        await device_tokens.verify(token(FIREBASE))
    assert issuer.asked == []
