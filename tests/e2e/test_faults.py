"""A part stands still or dies while the functions run: callers are told, nothing is half done, all recovers."""

from contextlib import ExitStack

import pytest

from local import contents, emulators
from local.demo import schedule_purge
from tests.e2e.parts import assert_away, documents_of, kill, paused, until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="session")
def restarts(running):
    """Where emulators that were started anew wait for the end of the stack."""
    with ExitStack() as cleanup:
        yield cleanup


def restart_firestore(addresses, restarts):
    port = int(addresses.firestore.rpartition(":")[2])
    restarts.enter_context(emulators.firestore_emulator(port=port))


def restart_auth(addresses, restarts):
    port = int(addresses.auth.rpartition(":")[2])
    restarts.enter_context(emulators.auth_emulator(port=port))


def users_of(addresses, organization):
    return {uid for uid in contents.users(addresses) if uid.startswith(organization.id)}


def test_firestore_stands_still(addresses, organization, phone, make_phone):
    """Registration and heartbeat are 503 meanwhile, leave nothing behind, and work again afterwards."""
    other = make_phone(organization, 1)
    other.entra_token()
    before = documents_of(addresses, organization)
    with paused(addresses.firestore):
        assert_away(phone.beat)
        assert_away(other.ask_to_register)
    until(lambda: phone.beat().status == 200)
    assert documents_of(addresses, organization) == before
    assert other.register().status == 201


def test_firestore_dies(addresses, make_organization, make_phone, restarts):
    """The same when connections are refused, and a new Firestore comes up at the same address."""
    phone = make_phone(make_organization())
    assert phone.register().status == 201
    kill(addresses.firestore)
    assert_away(phone.beat)
    assert_away(phone.ask_to_register)
    restart_firestore(addresses, restarts)
    until(lambda: phone.beat().status == 410)  # the new one is empty
    second = make_organization()
    assert make_phone(second).register().status == 201


def test_entra_is_down(entra, organization, make_phone):
    """Phones with tokens of known keys register; of unknown ones they are told to wait, until Entra is back."""
    phone, other = make_phone(organization), make_phone(organization, 1)
    assert phone.register().status == 201
    phone.entra_token()
    kid = entra.rotate_keys(retire=False)
    assert kid
    other.entra_token()  # signed by the new key
    entra.down()
    assert phone.ask_to_register().status == 200
    until(lambda: other.ask_to_register().status == 503)
    assert_away(other.ask_to_register)
    entra.up()
    until(lambda: other.ask_to_register().status == 201)


@pytest.mark.parametrize("fault", ["stands still", "dies"])
def test_firebase_is_away(addresses, database, organization, phone, restarts, fault):
    """Signing out is 503, and keeps the document, so that the next try or a purge finds both."""
    path = f"tenants/{phone.tenant_id}/devices/{phone.device_id}"
    with ExitStack() as meanwhile:
        if fault == "dies":
            kill(addresses.auth)
        else:
            meanwhile.enter_context(paused(addresses.auth))
        assert_away(phone.sign_out)
        assert database.get(path) is not None
        assert phone.beat().status == 200
    if fault == "dies":
        restart_auth(addresses, restarts)
    until(lambda: phone.sign_out().status == 204)
    assert database.get(path) is None
    assert users_of(addresses, organization) == set()


@pytest.mark.parametrize("part", ["firestore", "auth"])
def test_a_purge_goes_on_where_it_was_stopped(
    running, addresses, make_organization, make_phone, close, part
):
    """A run that finds a part away fails, so that it is delivered again, and the next one finishes."""
    organization, spared = make_organization(), make_organization()
    for registered_in in (organization, spared):
        assert make_phone(registered_in).register().status == 201
    untouched = documents_of(addresses, spared)
    close(organization)
    with paused(getattr(addresses, part)):
        assert schedule_purge(running).status_code >= 500
    assert documents_of(addresses, organization)

    def purged():
        schedule_purge(running)
        return not documents_of(addresses, organization) and not users_of(addresses, organization)

    until(purged)
    assert documents_of(addresses, spared) == untouched
