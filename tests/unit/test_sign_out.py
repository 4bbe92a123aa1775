"""Signing out: at Firebase's pace for single deletions, and what has no turn soon comes back later."""

from __future__ import annotations

import asyncio
import random
import uuid

import pytest

from functions.device_registration.sign_out import MOST_WAIT_SECONDS, RETRY_SECONDS, SignOut
from shared.errors import Unavailable
from shared.pace import Pace
from shared.store import TenantStore
from shared.tokens import DeviceIdentity
from tests.helpers import virtual
from tests.helpers.fakes import IDENTITY, TENANT, FakeFirestore, FakeUsers
from tests.helpers.virtual import in_virtual_time

PER_SECOND = 10


class StrictUsers(FakeUsers):
    """Firebase that refuses the eleventh single deletion of a second."""

    def __init__(self):
        super().__init__()
        self.seconds_used = {}

    async def delete_one(self, uid):
        second = int(virtual.now() + 1e-6)
        self.seconds_used[second] = self.seconds_used.get(second, 0) + 1
        assert self.seconds_used[second] <= PER_SECOND
        await super().delete_one(uid)


@in_virtual_time
async def test_a_whole_company_signs_out_at_once():
    """2,000 phones: each is gone, or told to come back; those who return as told are gone after some rounds."""
    users, database = StrictUsers(), FakeFirestore()
    chance = random.Random(1).random
    sign_out = SignOut(users, Pace(PER_SECOND, virtual.now), chance)
    phones = [DeviceIdentity(TENANT, str(uuid.uuid4())) for _ in range(2000)]
    store = TenantStore(database, TENANT)
    first_answers = []

    async def leave(phone):
        for tries in range(100):
            began = virtual.now()
            try:
                await sign_out.sign_out(phone, store)
                answer = None
            except Unavailable as later:
                answer = later
            assert virtual.now() - began <= MOST_WAIT_SECONDS
            if not tries:
                first_answers.append(answer)
            if answer is None:
                return
            await asyncio.sleep(answer.retry_after_seconds)
        raise AssertionError("it never left")

    for phone in phones:
        users.uids.add(phone.uid)
        database.put(f"tenants/{TENANT}/devices/{phone.device_id}", {})
    await asyncio.gather(*map(leave, phones))
    refused = [answer for answer in first_answers if answer is not None]
    assert 1900 < len(refused) < 2000
    assert all(answer.status == 503 for answer in refused)
    waits = [int(answer.headers["Retry-After"]) for answer in refused]
    earliest, latest = RETRY_SECONDS
    assert all(earliest <= seconds < latest for seconds in waits)
    most_at_once = max(waits.count(second) for second in set(waits))
    assert most_at_once < 2 * PER_SECOND
    assert (users.uids, database.documents) == (set(), {})
    assert virtual.now() < 30 * 60


@in_virtual_time
async def test_a_quota_that_others_have_spent_is_told_with_a_time():
    """Firebase's refusal is 503 with a time to come back, and the document stays as the reminder."""
    users, database = FakeUsers(quota=0), FakeFirestore()
    path = f"tenants/{TENANT}/devices/{IDENTITY.device_id}"
    database.put(path, {})
    sign_out = SignOut(users, Pace(PER_SECOND, virtual.now), chance=lambda: 0.5)
    with pytest.raises(Unavailable) as caught:
        await sign_out.sign_out(IDENTITY, TenantStore(database, TENANT))
    assert caught.value.headers == {"Retry-After": "160"}
    assert path in database.documents


@in_virtual_time
async def test_the_auth_user_goes_before_the_document():
    """Killed between the two, the document is the reminder that a user may be left."""
    users, database = FakeUsers(uids={IDENTITY.uid}, away=True), FakeFirestore()
    path = f"tenants/{TENANT}/devices/{IDENTITY.device_id}"
    database.put(path, {})
    sign_out = SignOut(users, Pace(PER_SECOND, virtual.now))
    with pytest.raises(Unavailable):
        await sign_out.sign_out(IDENTITY, TenantStore(database, TENANT))
    assert path in database.documents
    users.away = False
    await sign_out.sign_out(IDENTITY, TenantStore(database, TENANT))
    assert (users.uids, database.documents) == (set(), {})
