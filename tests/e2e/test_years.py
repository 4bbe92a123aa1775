"""Phones over years: whoever is blocked loses access, whoever is gone begins anew, and no more is stored for it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from local import contents
from local.firebase_session import FirebaseUserGone
from local.phone import SignInNeeded
from shared.inventory import DOCUMENTS
from shared.tokens import MOST_PROOF_AGE_SECONDS
from tests.e2e.parts import assert_problem

PROOF = timedelta(seconds=MOST_PROOF_AGE_SECONDS)
A_DAY = timedelta(days=1)


def grow_older(addresses, phone, age):
    """The phone last signed in so long ago, and has renewed its token ever since."""
    uid = f"{phone.tenant_id}:{phone.device_id}"
    contents.sign_in_earlier(addresses, uid, datetime.now(UTC) - age)
    phone.firebase.renew()


def stored_of(addresses, organization):
    """Field names by path, and the Auth users, of one organization."""
    documents = contents.documents(addresses)
    return (
        {
            path: set(document.get("fields", {}))
            for path, document in documents.items()
            if path.startswith(f"tenants/{organization.id}")
        },
        {
            uid: set(user)
            for uid, user in contents.users(addresses).items()
            if uid.startswith(organization.id)
        },
    )


def test_whoever_is_blocked_at_entra_loses_access_within_30_days(
    addresses, entra, organization, phone
):
    """Until then the phone beats and reads; from then on it does neither, however often it renews its token."""
    entra.fail_sign_in(organization.id, 50057)
    grow_older(addresses, phone, PROOF - A_DAY)
    assert phone.beat().status == 200
    assert phone.read_device().status == 200

    grow_older(addresses, phone, PROOF + A_DAY)

    assert_problem(phone.beat(), 401, "reauthenticate")
    assert phone.read_device().status == 403
    phone._entra_renew_at = 0.0  # its access token lived an hour
    with pytest.raises(SignInNeeded):
        phone.sync()
    phone.firebase.renew()
    assert_problem(phone.beat(), 401, "reauthenticate")
    assert phone.sign_out().status == 204  # forgetting a device needs no fresh proof


def test_whoever_is_still_there_goes_on_under_the_same_id(addresses, organization, phone):
    """A fresh access token and one registration, and everything is as before; nothing more is stored."""
    phone.sync()
    before, device = stored_of(addresses, organization), phone.device_id

    grow_older(addresses, phone, PROOF + A_DAY)

    assert phone.sync().status == 200
    assert phone.device_id == device
    assert phone.read_device().status == 200
    assert stored_of(addresses, organization) == before


@pytest.mark.parametrize("fault", ["deleted", "disabled"])
def test_a_phone_whose_user_is_gone_registers_under_a_new_id_once(
    addresses, database, organization, phone, fault
):
    """Its renewal fails before it ever asks us; after one registration it beats, and does so no second time."""
    uid, old = f"{phone.tenant_id}:{phone.device_id}", phone.device_id
    if fault == "deleted":
        contents.delete_user(addresses, uid)
        database.delete(phone.path)
    else:
        contents.set_disabled(addresses, uid)
    phone.firebase.renew_at_next_use()
    with pytest.raises(FirebaseUserGone):
        phone.beat()

    assert phone.sync().status == 200

    new = phone.device_id
    assert new != old
    assert phone.sync().status == 200
    assert phone.device_id == new
    assert phone.read_device().status == 200


def test_what_is_stored_stays_what_the_inventory_names(addresses, organization, phone):
    """Through a renewed proof, a mismatch told and a new ID: the fields of the schemas, two claims, and no more."""
    grow_older(addresses, phone, PROOF + A_DAY)
    phone.sync()
    assert phone.beat("inventory_mismatch").status == 200
    phone.register_anew()
    phone.sync()
    documents, users = stored_of(addresses, organization)
    for path, names in documents.items():
        kind = (
            "tenants/{tenantId}/devices/{deviceId}" if "/devices/" in path else "tenants/{tenantId}"
        )
        assert names <= set(DOCUMENTS[kind]().fields)
    assert len(users) == len(documents) - 1
    for uid in users:
        assert f"tenants/{organization.id}/devices/{uid.partition(':')[2]}" in documents


def test_a_field_that_nobody_published_is_noticed(addresses, organization, phone):
    """The phone compares its own document with the published inventory, and tells; its last sync stays as it was."""
    assert phone.sync("failed").status == 200
    before = contents.documents(addresses)[phone.path]["fields"]
    assert phone.unpublished() == []
    contents.write(addresses, phone.path, {**before, "lastPlace": {"stringValue": "somewhere"}})

    assert phone.unpublished() == ["lastPlace"]
    assert phone.beat("inventory_mismatch").status == 200

    after = contents.documents(addresses)[phone.path]["fields"]
    assert after["lastOutcome"] == before["lastOutcome"]
    assert "lastSyncAt" not in after


def test_a_flood_from_one_token_beside_another_organization(make_organization, make_phone):
    """The sixth ID of one access token is refused; what is known, and everybody else, feels nothing."""
    flooded = make_organization()
    phone, colleague, stranger = (
        make_phone(flooded),
        make_phone(flooded, 1),
        make_phone(make_organization()),
    )
    assert phone.register().status == 201
    for _ in range(4):
        assert phone.sign_out().status == 204
        assert phone.register_anew().status == 201
    known, phone.device_id = phone.device_id, str(uuid.uuid4())

    refused = phone.ask_to_register()

    assert_problem(refused, 429, "too_many_for_token")
    assert 1 <= int(refused.headers["Retry-After"]) <= 2 * 3600
    phone.device_id = known
    assert phone.register().status == 200
    assert phone.sync().status == 200
    assert (colleague.register().status, stranger.register().status) == (201, 201)
