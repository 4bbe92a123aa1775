"""New devices are bounded per organization and minute, and per access token; nobody else feels it."""

import pytest

from functions.device_registration import floods
from functions.device_registration.floods import Floods
from shared.errors import TooManyForToken, TooManyNewDevices
from shared.tokens import TenantProof
from tests.helpers.fakes import TENANT

OTHER = "5e1f0a10-c0de-4c02-8a02-0000fab21ca0"
NOW = 1_000_000.0


def proof(token="t1", tenant=TENANT):
    return TenantProof(tenant, token, NOW + 1800)


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def test_a_tenant_may_register_so_many_new_devices_a_minute(clock):
    """The next one is refused, and told when the minute ends."""
    limits = Floods(3, 100, clock)
    for number in range(3):
        limits.count(proof(f"t{number}"), NOW)
    clock.seconds = 20.5
    with pytest.raises(TooManyNewDevices) as refused:
        limits.count(proof("t9"), NOW)
    assert refused.value.retry_after_seconds == 40
    clock.seconds = 60.0
    limits.count(proof("t9"), NOW)


def test_another_tenant_feels_nothing(clock):
    """The limit is each organization's own."""
    limits = Floods(1, 1, clock)
    limits.count(proof(), NOW)
    limits.count(proof(tenant=OTHER), NOW)
    with pytest.raises(TooManyNewDevices):
        limits.count(proof("t2"), NOW)


def test_a_token_brings_so_many_new_devices(clock):
    """The next one waits for a fresh token, which is good from when this one ends."""
    limits = Floods(100, 2, clock)
    limits.count(proof(), NOW)
    limits.count(proof(), NOW)
    with pytest.raises(TooManyForToken) as refused:
        limits.count(proof(), NOW)
    assert refused.value.retry_after_seconds == 1800
    limits.count(proof("fresh"), NOW)


def test_a_refused_device_does_not_count(clock):
    """A token that is refused uses nothing of its organization's minute."""
    limits = Floods(2, 1, clock)
    limits.count(proof("a"), NOW)
    for _ in range(5):
        with pytest.raises(TooManyForToken):
            limits.count(proof("a"), NOW)
    limits.count(proof("b"), NOW)


def test_a_token_without_an_id_counts_under_its_tenant_alone(clock):
    """Entra does not promise the claim."""
    limits = Floods(3, 1, clock)
    for _ in range(3):
        limits.count(proof(""), NOW)
    with pytest.raises(TooManyNewDevices):
        limits.count(proof(""), NOW)


def test_a_registration_counts_once_however_often_its_transaction_is_tried(clock):
    """A contended registration is one device."""
    limits = Floods(2, 5, clock)
    entry = limits.entry(proof(), NOW)
    for _ in range(4):
        entry()
    limits.entry(proof(), NOW)()
    with pytest.raises(TooManyNewDevices):
        limits.entry(proof(), NOW)()


def test_memory_is_bounded(clock, monkeypatch):
    """Those who came first are forgotten where too many are counted."""
    monkeypatch.setattr(floods, "MOST_TENANTS", 10)
    monkeypatch.setattr(floods, "MOST_TOKENS", 20)
    limits = Floods(5, 5, clock)
    for number in range(100):
        limits.count(proof(f"t{number}", f"{number:08d}-c0de-4c01-8a01-0000c0a70500"), NOW)
    assert len(limits._tenants) == 10
    assert len(limits._tokens) == 20
