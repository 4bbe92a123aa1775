"""What the tests of the whole stack share beside the stack itself: connected organizations and their phones."""

from contextlib import ExitStack

import pytest

from local.phone import Phone


@pytest.fixture
def organization(make_organization):
    """A connected organization."""
    return make_organization()


@pytest.fixture
def make_phone(running):
    """A phone of an organization's person, not registered yet."""
    with ExitStack() as cleanup:

        def make(organization, person=0, **details):
            user = organization.tenant.phone_users[person]
            client = running.entra.app.client_id
            person = (organization.id, user.username, user.password)
            return cleanup.enter_context(Phone(running.addresses, client, *person, **details))

        yield make


@pytest.fixture
def phone(organization, make_phone):
    """A registered phone of `organization`."""
    phone = make_phone(organization)
    assert phone.register().status == 201
    return phone
