"""Silent devices are removed, and only when the silence is theirs."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from functions.admin_portal.figures import figures
from functions.tenant_purge import expiry as expiries
from functions.tenant_purge.budget import Budget, OutOfTime
from functions.tenant_purge.expiry import Expiry
from functions.tenant_purge.pace import PacedUsers
from functions.tenant_purge.signouts import SignOuts
from shared import development_keys
from shared.errors import Unavailable
from shared.signing import RECEIPT, public_keys, verified
from shared.store import TenantStore, to_the_hour
from shared.tenant import Tenant, onboarded, to_document
from tests.helpers import tenants
from tests.helpers.fakes import NOW, TENANT, FakeFirestore, FakeUsers
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

OTHER = "5e1f0a10-c0de-4c02-8a02-0000fab21ca0"


def device(number):
    return f"0b0c1f6e-7a51-4a0e-9d0c-{number:012d}"


@pytest.fixture
def database():
    return FakeFirestore()


@pytest.fixture
def users():
    return FakeUsers()


def put(database, users, number, silent_days, tenant=TENANT):
    """A device that beat so long ago, and its Auth user."""
    beat = to_the_hour(NOW - timedelta(days=silent_days))
    database.put(f"tenants/{tenant}/devices/{device(number)}", {"lastHeartbeatAt": beat})
    users.uids.add(f"{tenant}:{device(number)}")


def expiry(database, users, days=180):
    return Expiry(database, PacedUsers(users, 1000), days, lambda: NOW)


def budget(seconds=100.0):
    return Budget(seconds, lambda: 0.0)


async def test_devices_that_have_been_silent_for_long_are_removed(database, users):
    """Document and Auth user go, in every organization; who beat since stays."""
    put(database, users, 1, 181)
    put(database, users, 2, 400, OTHER)
    put(database, users, 3, 179)
    put(database, users, 4, 0)
    work = expiry(database, users)
    await work.run(budget())
    assert work.expired == 2
    assert sorted(database.documents) == [
        f"tenants/{TENANT}/devices/{device(3)}",
        f"tenants/{TENANT}/devices/{device(4)}",
    ]
    assert users.uids == {f"{TENANT}:{device(3)}", f"{TENANT}:{device(4)}"}


async def test_nothing_expires_where_no_days_are_set(database, users):
    """0 means never."""
    put(database, users, 1, 5000)
    put(database, users, 2, 0)
    await expiry(database, users, days=0).run(budget())
    assert len(database.documents) == 2


@pytest.mark.parametrize("beating_today", [0, 4])
async def test_it_waits_while_the_silence_is_ours(database, users, beating_today, capsys):
    """Fewer than half of the week's devices have beaten in the last day: an outage, and nobody is removed."""
    put(database, users, 99, 300)
    for number in range(10):
        put(database, users, number, 0 if number < beating_today else 3)
    await expiry(database, users).run(budget())
    assert len(database.documents) == 11
    assert "expiry_waits" in capsys.readouterr().out


async def test_half_of_the_weeks_devices_is_enough(database, users):
    """Phones that beat once a day or so are no outage."""
    put(database, users, 99, 300)
    for number in range(10):
        put(database, users, number, 0 if number < 5 else 3)
    await expiry(database, users).run(budget())
    assert len(database.documents) == 10


async def test_what_will_expire_is_told_before(database, users):
    """The portal's figure counts this organization's devices alone, as early as 30 days before."""
    put(database, users, 1, 151)
    put(database, users, 2, 149)
    put(database, users, 3, 160, OTHER)
    store = TenantStore(database, TENANT)
    assert (await figures(store, NOW, 180)).expiring == 1
    assert (await figures(store, NOW, 0)).expiring == 0


async def test_a_beat_meanwhile_saves_a_device(database, users):
    """A device that beats between the look and the deletion keeps its document."""
    put(database, users, 1, 300)
    put(database, users, 2, 0)

    class BeatingMeanwhile(FakeUsers):
        async def delete(self, uids):
            put(database, users, 1, 0)
            return await users.delete(uids)

    await expiry(database, BeatingMeanwhile()).run(budget())
    assert f"tenants/{TENANT}/devices/{device(1)}" in database.documents


def test_a_run_is_bounded_and_the_next_goes_on(database, users, monkeypatch):
    """So many pages, the longest silence first."""
    monkeypatch.setattr(expiries, "PAGE", 2)
    monkeypatch.setattr(expiries, "MOST_PAGES", 2)
    for number in range(1, 8):
        put(database, users, number, 200 + number)
    put(database, users, 99, 0)
    work = expiry(database, users)
    asyncio.run(work.run(budget()))
    assert work.expired == 4
    left = {f"{TENANT}:{device(number)}" for number in (1, 2, 3, 99)}
    assert users.uids == left
    asyncio.run(expiry(database, users).run(budget()))
    assert users.uids == {f"{TENANT}:{device(99)}"}


async def test_a_spent_budget_leaves_the_rest(database, users):
    """Nothing is removed after it."""
    put(database, users, 1, 300)
    put(database, users, 2, 0)
    with pytest.raises(OutOfTime):
        await expiry(database, users).run(budget(0.0))
    assert len(database.documents) == 2


async def test_a_user_that_firebase_keeps_keeps_its_document(database, users):
    """The document is the reminder that the user is left."""
    put(database, users, 1, 300)
    put(database, users, 2, 0)
    users.refused = {f"{TENANT}:{device(1)}"}
    await expiry(database, users).run(budget())
    assert f"tenants/{TENANT}/devices/{device(1)}" in database.documents


async def test_everybody_is_signed_out_who_registered_before_the_request(database, users):
    """Whoever registers afterwards stays; the request is cleared."""
    put(database, users, 1, 0)
    put(database, users, 2, 0)
    database.now = NOW + timedelta(hours=1)
    tenant: Tenant = onboarded(None, "Contoso", NOW).ask_sign_out(NOW + timedelta(minutes=30))
    database.put(f"tenants/{TENANT}", to_document(tenant))
    put(database, users, 3, 0)
    work = SignOuts(database, PacedUsers(users, 1000))
    await work.run(budget())
    assert work.removed == 2
    assert users.uids == {f"{TENANT}:{device(3)}"}
    assert "signOut" not in database.documents[f"tenants/{TENANT}"]
    assert f"tenants/{TENANT}/devices/{device(3)}" in database.documents


async def test_a_sign_out_that_is_not_done_is_asked_for_again(database, users):
    """A user that Firebase keeps leaves the request for the next run."""
    put(database, users, 1, 0)
    database.now = NOW + timedelta(hours=1)
    tenant = onboarded(None, "Contoso", NOW).ask_sign_out(NOW + timedelta(minutes=30))
    database.put(f"tenants/{TENANT}", to_document(tenant))
    users.refused = {f"{TENANT}:{device(1)}"}
    await SignOuts(database, PacedUsers(users, 1000)).run(budget())
    assert "signOut" in database.documents[f"tenants/{TENANT}"]
    users.refused = set()
    await SignOuts(database, PacedUsers(users, 1000)).run(budget())
    assert "signOut" not in database.documents[f"tenants/{TENANT}"]


class AwayOnce(FakeUsers):
    """Firebase does not answer the first deletion."""

    async def delete(self, uids):
        if "delete" not in self.calls:
            self.calls.append("delete")
            raise Unavailable("firebase", "fake")
        return await super().delete(uids)


@in_virtual_time
async def test_a_purge_counts_what_a_sign_out_would_have_removed():
    """A request to sign out takes nothing from a purge that a fault has held up: the receipt counts all of it."""
    project = Scheduled(users=AwayOnce())
    document = tenants.closing() | {"signOut": {"requestedAt": NOW + timedelta(days=1)}}
    path = project.tenant(document, devices=10)
    with suppress(Unavailable):
        await project.run()
    await project.runs_until_gone(path, 1)
    (receipt,) = (
        document["receipt"]
        for place, document in project.database.documents.items()
        if place.startswith("receipts/")
    )
    keys = public_keys(development_keys.PUBLIC)
    assert verified(RECEIPT, receipt, keys)["counts"] == {"documents": 10, "users": 10}
