"""GET /v1/inventory: what a phone may find about itself, for everybody, and from the inventory itself."""

import pytest

from shared import inventory
from shared.inventory import RegistrationAnswer
from tests.helpers.fakes import FakeFirestore
from tests.helpers.functions import registration
from tests.helpers.serving import Client


@pytest.fixture
def answer():
    database = FakeFirestore()
    found = Client(registration(database)).get("/v1/inventory")
    assert database.calls == []
    return found


def test_it_says_what_the_schemas_say(answer):
    """The fields of both documents that are about a phone, and the members of its registration's answer."""
    assert answer.status_code == 200
    assert answer.json() == {
        "device": sorted(inventory.DeviceDocument().fields),
        "tenant": sorted(inventory.TenantDocument().fields),
        "registration": sorted(RegistrationAnswer().fields),
        "inventory": inventory.digest(),
    }


def test_it_can_be_cached_by_everybody(answer):
    """The only answer that can: it is the same for all."""
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_a_field_more_is_another_inventory(monkeypatch):
    """The digest moves with every declared field, so that a phone can see that something changed."""
    before = inventory.declaration()
    changed = {**inventory.DOCUMENTS, "tenants/{tenantId}/notes/{id}": inventory.SignOut}
    monkeypatch.setattr(inventory, "DOCUMENTS", changed)
    assert inventory.declaration.__wrapped__() != before
