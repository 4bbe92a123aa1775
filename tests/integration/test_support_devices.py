"""The operators' view of devices on real emulators: how many, how many expire, one and all signed out."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from local.emulators import PROJECT
from shared.google.firestore import Firestore
from tests.helpers.stores import Store
from tests.helpers.support import support

NOW = datetime.now(UTC)


@pytest.fixture
def store(clean_firestore, clean_auth):
    made = Store(Firestore(PROJECT, clean_firestore), str(uuid.uuid4()))
    made.onboard("Contoso")
    return made


def silent(store, days):
    """A device that beat so long ago; its ID."""
    device = str(uuid.uuid4())
    store.register(device, now=NOW - timedelta(days=days))
    return device


def told(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_devices_that_will_expire_are_counted(store):
    """Of this organization alone, 30 days before, by the setting; where none expires, nothing is said."""
    for days in (0, 149, 151, 200):
        silent(store, days)
    neighbour = Store(store.database, str(uuid.uuid4()))
    neighbour.onboard("Fabrikam")
    silent(neighbour, 170)
    assert told(support("devices", store.id, "--json")) == {
        "tenant": store.id,
        "devices": 4,
        "expiringWithin30Days": 2,
    }
    sooner = told(support("devices", store.id, "--json", DEVICE_EXPIRY_DAYS="30"))
    assert sooner["expiringWithin30Days"] == 4
    assert told(support("devices", store.id, "--json", DEVICE_EXPIRY_DAYS="0")) == {
        "tenant": store.id,
        "devices": 4,
    }


def test_the_preview_tells_how_many_silent_devices_go(store):
    """Beside the organizations; and that the run waits, where nobody beats any more."""
    for days in (181, 400, 179):
        silent(store, days)
    waiting = support("purge-preview", "--json")
    assert told(waiting) == []
    assert "silent for 180 days: 2; it waits" in waiting.stderr
    silent(store, 0)
    assert (
        support("purge-preview").stderr.strip() == "devices that have been silent for 180 days: 2"
    )
    assert support("purge-preview", DEVICE_EXPIRY_DAYS="0").stderr == ""


def test_one_device_is_signed_out_at_once(store):
    """By its ID; twice does no harm, and what is no ID is refused."""
    gone, left = silent(store, 0), silent(store, 0)
    for _ in range(2):
        done = support("devices", store.id, "--revoke", gone, "--yes", "--json")
        assert told(done)["devices"] == 1
    assert [device.id for device in store.devices()] == [left]
    assert support("devices", store.id, "--revoke", "all", "--yes").returncode == 2
    assert support("devices", store.id, "--revoke", left, "--revoke-all", "--yes").returncode == 2


def test_all_devices_are_asked_to_go(store):
    """The request is stored, and nothing else changes until the run."""
    silent(store, 0)
    assert support("devices", store.id, "--revoke-all").returncode == 2  # nobody confirmed
    assert store.tenant.sign_out is None
    assert told(support("devices", store.id, "--revoke-all", "--yes", "--json"))["devices"] == 1
    assert store.tenant.sign_out is not None
