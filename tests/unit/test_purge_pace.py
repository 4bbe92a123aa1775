"""How fast Auth users are deleted: as fast as Firebase allows, shared by all that wait, and patient with its quota."""

from __future__ import annotations

import asyncio

import pytest

from functions.tenant_purge.pace import MOST_WAIT_SECONDS, PacedUsers
from shared.errors import Unavailable
from shared.google.users import MAX_DELETE_USERS, QuotaExceeded
from tests.helpers import virtual
from tests.helpers.fakes import FakeUsers
from tests.helpers.virtual import in_virtual_time

LATE = 1_000_000.0


class Firebase(FakeUsers):
    """It refuses a second batch deletion within a second, and remembers how many users each one had."""

    def __init__(self, seconds=0.0, **state):
        super().__init__(seconds=seconds, **state)
        self.sizes = []
        self.refusals = 0
        self._last = -1.0

    async def delete(self, uids):
        if virtual.now() - self._last < 1 - 1e-9:
            self.refusals += 1
            raise QuotaExceeded("firebase", "fake")
        self._last = virtual.now()
        self.sizes.append(len(uids))
        return await super().delete(uids)


def uids(count, prefix=""):
    return [f"{prefix}{number}" for number in range(count)]


@in_virtual_time
@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.9, 2.5])
async def test_it_uses_nine_tenths_of_its_pace_and_no_more_than_all(seconds):
    """Ten tenants with ten full batches each, however long a call takes: 100 calls in 111 seconds."""
    firebase = Firebase(seconds)
    paced = PacedUsers(firebase, 1, virtual.now)

    async def tenant(number):
        for batch in range(10):
            await paced.delete(uids(MAX_DELETE_USERS, f"{number}-{batch}-"), LATE)

    await asyncio.gather(*map(tenant, range(10)))
    assert (len(firebase.sizes), firebase.refusals) == (100, 0)
    assert 99 <= virtual.now() <= 100 / 0.9 + seconds


@in_virtual_time
async def test_tenants_that_wait_share_one_call():
    """A hundred small tenants at once cost one call, not a hundred seconds; each hears of its own users alone."""
    firebase = Firebase(refused={"a-1", "b-0"})
    paced = PacedUsers(firebase, 1, virtual.now)
    names = ["a", "b", *map(str, range(98))]
    kept = await asyncio.gather(*(paced.delete(uids(10, f"{name}-"), LATE) for name in names))
    assert firebase.sizes == [1000]
    assert kept[:2] == [{"a-1"}, {"b-0"}]
    assert not any(kept[2:])


@in_virtual_time
async def test_no_call_carries_more_than_firebase_takes():
    """What does not fit into a call goes with the next, and nobody is split."""
    firebase = Firebase()
    paced = PacedUsers(firebase, 1, virtual.now)
    await asyncio.gather(*(paced.delete(uids(600, f"{name}-"), LATE) for name in "abc"))
    assert firebase.sizes == [600, 600, 600]


@in_virtual_time
async def test_a_quota_that_others_have_spent_is_waited_for():
    """Refused, it is asked again after one second, two, four, and so on, and then goes on."""
    firebase = Firebase(quota=0)
    paced = PacedUsers(firebase, 1, virtual.now)
    deleting = asyncio.ensure_future(paced.delete(uids(1), LATE))
    await asyncio.sleep(100)
    asked = len(firebase.sizes)
    assert 1 + 2 + 4 + 8 + 16 + MOST_WAIT_SECONDS <= 100, "the 100 seconds reach the longest wait"
    assert asked <= 8
    firebase.quota = None
    await deleting
    assert virtual.now() <= 100 + MOST_WAIT_SECONDS


@in_virtual_time
async def test_the_wait_for_a_quota_ends_with_the_budget():
    """Not a second beyond it: the refusal goes to who asked, and the next one can ask again."""
    firebase = Firebase(quota=0)
    paced = PacedUsers(firebase, 1, virtual.now)
    with pytest.raises(QuotaExceeded):
        await paced.delete(uids(1), ends_at=10.0)
    assert virtual.now() <= 10
    firebase.quota = None
    assert await paced.delete(uids(1), LATE) == set()


@in_virtual_time
async def test_an_outage_goes_to_everybody_who_waits_for_that_call():
    """And to nobody else: what is asked afterwards is a new call."""
    firebase = Firebase(away=True)
    paced = PacedUsers(firebase, 1, virtual.now)
    results = await asyncio.gather(
        *(paced.delete(uids(1, name), LATE) for name in "ab"), return_exceptions=True
    )
    assert [type(result) for result in results] == [Unavailable, Unavailable]
    firebase.away = False
    assert await paced.delete(uids(1), LATE) == set()


@in_virtual_time
async def test_who_leaves_stops_nobody_else():
    """A tenant whose run has ended leaves the others their answers."""
    firebase = Firebase(seconds=0.5)
    paced = PacedUsers(firebase, 1, virtual.now)
    gone, there = (asyncio.ensure_future(paced.delete(uids(1, name), LATE)) for name in "ab")
    await asyncio.sleep(0.1)
    gone.cancel()
    assert await there == set()


@in_virtual_time
async def test_deleting_nobody_asks_nobody():
    """An empty list makes no call."""
    firebase = Firebase()
    assert await PacedUsers(firebase, 1, virtual.now).delete([], LATE) == set()
    assert firebase.sizes == []
