"""The deletions of a run: many tenants at once, broken ones beside sound ones, and runs that meet or die."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from functions.tenant_purge.run import RunFailed
from shared.receipts import path_of
from tests.helpers import functions, tenants, virtual
from tests.helpers.dying import Death
from tests.helpers.fakes import NOW, FakeFirestore
from tests.helpers.scheduled import Scheduled
from tests.helpers.tenants import RECEIPT
from tests.helpers.virtual import in_virtual_time

OTHER_RECEIPT = "aaaaaaaa-0d3c-4a57-9a55-0a4f6b1c2d3e"
SOUND = "5e1f0a10-c0de-4c01-8a01-0000c0a70500"


@in_virtual_time
async def test_a_hundred_tenants_at_once_take_one_run():
    """Their users share the calls: 2,000 devices cost some calls, not a hundred."""
    project = Scheduled()
    for _ in range(100):
        project.tenant(tenants.closing(), devices=20)
    await project.run()
    assert [path for path in project.database.documents if path.startswith("tenants/")] == []
    assert project.users.uids == set()
    assert project.users.calls.count("delete") <= 2 * 100 / 8


@in_virtual_time
async def test_time_that_is_short_ends_some_tenants_and_carries_on_with_the_others():
    """A budget for a part of them: each run ends some, nobody is ended twice, and the runs succeed."""
    project = Scheduled(FakeFirestore(seconds=0.05), PURGE_BUDGET_SECONDS="20")
    for _ in range(60):
        project.tenant(tenants.closing(), devices=2)
    left = 60
    while left:
        await project.run()
        now_left = sum(
            path.count("/") == 1 for path in project.database.documents if "tenants/" in path
        )
        assert now_left < left
        left = now_left
    assert project.users.uids == set()


@pytest.mark.parametrize("devices", [6000, 8000, 8500, 9000])
@in_virtual_time
async def test_a_small_tenant_beside_a_large_one_is_ended_once(devices, logged):
    """Time that is left goes to the large one; at its end the small one, which went before, is not ended again."""
    project = Scheduled(PURGE_BUDGET_SECONDS="20")
    small = project.tenant(tenants.closing(), devices=1)
    large = project.tenant(tenants.closing(receipt=OTHER_RECEIPT), devices=devices)
    await project.runs_until_gone(large, most=3)
    assert small not in project.database.documents
    ends = [line["receipt"] for line in logged() if line["event"] == "tenant_purged"]
    assert sorted(ends) == [RECEIPT, OTHER_RECEIPT]


BROKEN = {
    "closing null": {"name": "Contoso", "status": "purging", "closing": None},
    "closing a text": {"name": "Contoso", "status": "purging", "closing": "soon"},
    "no consent": {"name": "Contoso", "status": "closing", "closing": {"purgeAt": NOW}},
    "status unknown": {**tenants.purging(), "status": "deleted"},
    "status a number": {**tenants.purging(), "status": 7},
    "no name": {**tenants.purging(), "name": None},
    "time a text": {**tenants.closing(), "closing": {"purgeAt": "now", "reason": "requested"}},
    "active and closing": {**tenants.closing(), "status": "active"},
    "nothing": {},
}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=BROKEN)
@in_virtual_time
async def test_a_broken_record_stops_nobody_else(fields, logged):
    """The sound one is purged; the broken one stays, is counted, and is named nowhere; the run says that it failed."""
    project = Scheduled()
    sound = project.tenant(tenants.closing(), devices=2, tenant_id=SOUND)
    broken = project.tenant(fields, tenant_id="00000000-c0de-4c01-8a01-0000c0a70500")
    with pytest.raises(RunFailed):
        await project.run()
    assert sound not in project.database.documents
    assert project.database.documents[broken] == fields
    lines = logged()
    (report,) = [line for line in lines if line["event"] == "purge_run"]
    assert (report["severity"], report["purged"]) == ("ERROR", 1)
    assert report["broken"] >= 1
    assert "00000000-c0de" not in json.dumps(lines)
    assert "Contoso" not in json.dumps(lines)


@pytest.mark.parametrize("tenant_id", ["not-a-guid", "00000000-0000-0000-0000-000000000000"])
@in_virtual_time
async def test_a_foreign_document_id_stops_nobody_else(tenant_id):
    """An operator's document under another name is no tenant."""
    project = Scheduled()
    project.tenant(tenants.closing(), tenant_id=tenant_id)
    sound = project.tenant(tenants.closing(), devices=1)
    with pytest.raises(RunFailed):
        await project.run()
    assert sound not in project.database.documents
    assert f"tenants/{tenant_id}" in project.database.documents


@in_virtual_time
async def test_the_log_names_receipts_and_counts_alone(logged):
    """Each deletion has its lines by receipt; neither ID nor name of a tenant is in any."""
    project = Scheduled()
    path = project.tenant(tenants.closing(NOW - timedelta(hours=1)), devices=3)
    await project.run()
    lines = logged()
    step = next(line for line in lines if line["event"] == "tenant_purge_step")
    assert (step["receipt"], step["users"], step["documents"]) == (RECEIPT, 3, 3)
    assert [line["receipt"] for line in lines if line["event"] == "tenant_purged"] == [RECEIPT]
    for secret in (path.partition("/")[2], "Contoso"):
        assert secret not in json.dumps(lines)


@in_virtual_time
async def test_how_long_a_deletion_is_overdue_is_told(logged):
    """An alarm watches the oldest one: what could not be done yet is told with its age, what is done is not."""
    project = Scheduled()
    project.tenant(tenants.closing(NOW - timedelta(hours=2)), devices=1)
    project.users.away = True
    with pytest.raises(Exception, match="unavailable"):
        await project.run()
    assert next(line for line in logged() if line["event"] == "purge_run")[
        "oldest_due_seconds"
    ] == pytest.approx(7200, abs=5)
    project.users.away = False
    await project.run()
    assert (
        next(line for line in logged() if line["event"] == "purge_run")["oldest_due_seconds"] == 0
    )


def another_process(project, death=None):
    """The same project, seen by a process of its own. death: of that process."""
    outside = [project.database, project.users, project.entra]
    if death:
        outside = [death.may_strike(part) for part in outside]
    return functions.purge(*outside, virtual.now, project.now)


def neighbours(project, other):
    """The stored documents of `other`, by path."""
    return {path: stored for path, stored in project.database.kept.items() if other in path}


@in_virtual_time
async def test_two_runs_at_once_converge():
    """Delivered twice: everything goes, nobody else's byte changes, and there is one receipt."""
    project = Scheduled()
    paths = [project.tenant(tenants.closing(), devices=30) for _ in range(5)]
    other = project.tenant(tenants.active(), devices=3)
    before = neighbours(project, other)
    runs = [another_process(project).new_run().execute() for _ in range(2)]
    await asyncio.gather(*runs)
    assert not any(path.startswith(tuple(paths)) for path in project.database.documents)
    assert len(project.users.uids) == 3
    assert before == neighbours(project, other)
    assert project.database.documents[path_of(RECEIPT)]["state"] == "signed"


@pytest.mark.parametrize("in_effect", [False, True], ids=["before the call", "after it"])
@in_virtual_time
async def test_a_run_that_is_killed_at_any_call_loses_nothing(in_effect):
    """Whatever its last call was, and whether that took effect: the next runs end it, and touch nobody else."""
    calls, has_died = 0, True
    while has_died:
        project = Scheduled()
        path = project.tenant(tenants.closing(), devices=3)
        other = project.tenant(tenants.active(), devices=1)
        project.users.uids.add(f"{path.partition('/')[2]}:without-document")
        death = Death(calls, in_effect=in_effect, stride=1)
        run = another_process(project, death).new_run()
        has_died = await death.live(run.execute())
        calls += 1
        if has_died:
            await asyncio.sleep(15 * 60)
        await project.run()
        await project.run()
        paths = list(project.database.documents)
        assert [left for left in paths if left.startswith(path)] == []
        assert {uid.partition(":")[0] for uid in project.users.uids} == {other.partition("/")[2]}
        assert project.database.documents[path_of(RECEIPT)]["state"] == "signed"
        assert len([left for left in paths if left.startswith(other)]) == 2
    assert calls > 20
