"""Deleting what one tenant has: all of it, nothing of others, in whatever state it is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from functions.tenant_purge.run import RunFailed
from shared import errors
from shared.google.users import MAX_UID_LENGTH, QuotaExceeded
from shared.store import TenantStore
from tests.helpers import tenants, virtual
from tests.helpers.fakes import FakeFirestore, FakeUsers
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

ABORTED, DENIED = 10, 7  # gRPC status codes of single writes


def below(project, path):
    return [found for found in project.database.documents if found.startswith(path)]


@in_virtual_time
async def test_everything_of_a_tenant_goes_and_nothing_of_another():
    """Documents at any depth and Auth users; the other tenant, with the same device IDs, keeps its own."""
    project = Scheduled()
    path, other = project.tenant(tenants.closing()), project.tenant(tenants.active())
    for number in range(3):
        device = f"0b0c1f6e-7a51-4a0e-9d0c-{number:012d}"
        project.device(path, device)
        project.device(other, device)
    project.database.put(f"{path}/devices/x/more/y", {"a": 1})
    project.database.put(f"{path}/unknown/z", {})
    await project.run()
    assert below(project, path) == []
    assert len(below(project, other)) == 4
    assert {uid.partition(":")[0] for uid in project.users.uids} == {other.partition("/")[2]}


@in_virtual_time
async def test_a_tenant_that_is_not_due_is_left_alone():
    """One second before its time nothing goes; at its time everything does."""
    project = Scheduled()
    path = project.tenant(tenants.closing(project.now() + timedelta(seconds=1)), devices=2)
    await project.run()
    assert len(below(project, path)) == 3
    await asyncio.sleep(1)
    await project.run()
    assert below(project, path) == []


@in_virtual_time
async def test_a_document_that_no_user_can_belong_to_goes_too():
    """A device ID that would make a uid of more than 128 characters is deleted with the others."""
    project = Scheduled()
    path = project.tenant(tenants.purging(), devices=2)
    project.database.put(f"{path}/devices/{'x' * MAX_UID_LENGTH}", {})
    await project.run()
    assert (below(project, path), project.users.uids) == ([], set())


class Beating(FakeFirestore):
    """A phone that beats between each look at its document and its deletion."""

    phone = ""

    async def delete_batch(self, documents):
        for document in documents:
            if document.path == self.phone and self.phone in self.kept:
                self.put(self.phone, {"lastHeartbeatAt": self.now})
        return await super().delete_batch(documents)


@in_virtual_time
async def test_a_phone_that_beats_in_every_pass_is_deleted_all_the_same():
    """Where a pass was in vain, the document goes in a transaction: in this run, not in some later one."""
    database = Beating()
    project = Scheduled(database)
    path = project.tenant(tenants.purging(), devices=3)
    database.phone = project.device(path)
    await project.run()
    assert (below(project, path), project.users.uids) == ([], set())


@in_virtual_time
async def test_a_beat_of_a_deleted_device_brings_nothing_back():
    """An update that never creates: the phone hears that it is gone."""
    project = Scheduled()
    path = project.tenant(tenants.purging())
    device = project.device(path)
    await project.run()
    store = TenantStore(project.database, path.partition("/")[2])
    with pytest.raises(errors.DeviceGone):
        await store.heartbeat(device.rpartition("/")[2], "succeeded", project.now())
    assert below(project, path) == []


class Refusing(FakeFirestore):
    """It answers a code for each delete of a device in the first calls, then does its work."""

    def __init__(self, code, calls):
        super().__init__()
        self.code, self.left = code, calls

    async def delete_batch(self, documents):
        if not self.left:
            return await super().delete_batch(documents)
        self.left -= 1
        return [self.code for _ in documents]


@in_virtual_time
async def test_what_was_aborted_is_taken_by_the_next_pass():
    """ABORTED is contention, no error: the same run comes back to it."""
    project = Scheduled(Refusing(ABORTED, calls=1))
    path = project.tenant(tenants.purging(), devices=3)
    await project.run()
    assert below(project, path) == []


@in_virtual_time
async def test_what_is_never_allowed_to_go_ends_the_run_in_time(logged):
    """Nothing of a page could be deleted: the run says so, and does not turn until its budget is spent."""
    project = Scheduled(Refusing(DENIED, calls=10**9))
    path = project.tenant(tenants.purging(), devices=3)
    with pytest.raises(RunFailed):
        await project.run()
    assert virtual.now() < 5
    assert len(below(project, path)) == 4
    events = {line["event"]: line for line in logged()}
    assert events["tenant_purge_failed"]["outcome"] == "stuck"
    assert events["purge_run"]["severity"] == "ERROR"


@in_virtual_time
async def test_a_user_that_firebase_keeps_keeps_its_document():
    """The document is the reminder that a user is left; the others go, and a later run takes the rest."""
    project = Scheduled()
    path = project.tenant(tenants.purging(), devices=3)
    kept = project.device(path)
    uid = f"{path.partition('/')[2]}:{kept.rpartition('/')[2]}"
    project.users.refused = {uid}
    with pytest.raises(RunFailed):
        await project.run()
    assert below(project, path) == [path, kept]
    project.users.refused = set()
    await project.run()
    assert (below(project, path), project.users.uids) == ([], set())


class OnceASecond(FakeUsers):
    """Firebase's own limit of batch deletions, however fast it is asked."""

    last = -1.0

    async def delete(self, uids):
        if virtual.now() - self.last < 1 - 1e-9:
            raise QuotaExceeded("firebase", "fake")
        self.last = virtual.now()
        return await super().delete(uids)


@in_virtual_time
async def test_a_refusal_for_the_quota_costs_no_run():
    """Asked ten times as fast as Firebase allows, the run waits and goes on within its budget."""
    project = Scheduled(users=OnceASecond(), USER_BATCH_DELETIONS_PER_SECOND="10")
    path = project.tenant(tenants.purging(), devices=2500)
    await project.run()
    assert (below(project, path), project.users.uids) == ([], set())


@in_virtual_time
async def test_firebase_being_away_loses_nothing():
    """The run is delivered again, and everything is still there to be found."""
    project = Scheduled(users=FakeUsers(away=True))
    path = project.tenant(tenants.purging(), devices=3)
    with pytest.raises(errors.Unavailable):
        await project.run()
    assert len(below(project, path)) == 4
    project.users.away = False
    await project.run()
    assert below(project, path) == []


class Onboarding(FakeUsers):
    """While users are being deleted, the tenant's document is replaced by that of a new connection."""

    path = ""
    project = None

    async def delete(self, uids):
        if self.path:
            del self.project.database.kept[self.path]
            self.project.database.put(self.path, tenants.active(self.project.now()))
            self.path = ""
        return await super().delete(uids)


@in_virtual_time
async def test_a_tenant_onboarded_anew_meanwhile_is_untouched():
    """The deletion began with another document: it stops, and the new tenant stays."""
    users = Onboarding()
    project = Scheduled(users=users)
    path = project.tenant(tenants.purging(), devices=1500)
    users.path, users.project = path, project
    await project.run()
    assert project.database.documents[path]["status"] == "active"
    assert len(below(project, path)) >= 501


@in_virtual_time
async def test_a_spent_budget_leaves_the_rest_to_the_next_run(logged):
    """Fewer users and documents remain after each run, and the log says that time was short."""
    project = Scheduled(PURGE_BUDGET_SECONDS="2")
    path = project.tenant(tenants.purging(), devices=5000)
    runs, left = 0, 10_001
    while path in project.database.kept:
        await project.run()
        runs += 1
        before, left = left, len(below(project, path)) + len(project.users.uids)
        assert left < before
        await asyncio.sleep(15 * 60)
    assert runs > 1
    assert any(line["event"] == "purge_out_of_time" for line in logged())
