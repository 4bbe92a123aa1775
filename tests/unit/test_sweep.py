"""Looking through all Auth users: once for all tenants, from where the last run stopped, and it always ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.google.users import User
from tests.helpers import tenants
from tests.helpers.fakes import NOW, FakeUsers
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

BOOKMARK = "state/sweep"
PAGE = 1000


class ManyUsers(FakeUsers):
    """So many users of other tenants besides, whose IDs come before and behind those of everybody else."""

    def __init__(self, many, seconds):
        super().__init__(seconds=seconds)
        self.many = many
        self.pages = 0

    async def page(self, token=""):
        await self._called("page")
        self.pages += 1
        first = int(token.partition("-")[0]) if token else 0
        last = min(first + PAGE, self.many)
        users = [User(f"{number:08d}-of-another:phone", False) for number in range(first, last)]
        if last < self.many:
            return users, f"{last:08d}-"
        return [*users, *(User(uid, False) for uid in sorted(self.uids))], ""


@pytest.mark.parametrize(
    ("users", "page_seconds", "budget_seconds", "most_runs"),
    [(60_000, 0.1, 1, 60), (1_000_000, 1.0, 480, 10)],
)
@in_virtual_time
async def test_it_ends_whatever_the_size_of_the_project(
    users, page_seconds, budget_seconds, most_runs
):
    """A million users at a second per page, or a budget of one second: each run is further than the one before."""
    project = Scheduled(
        users=ManyUsers(users, page_seconds), PURGE_BUDGET_SECONDS=str(budget_seconds)
    )
    path = project.tenant(tenants.closing(), devices=3)
    other = project.tenant(tenants.active(NOW + timedelta(days=99)), devices=1)
    runs = await project.runs_until_gone(path, most_runs)
    assert runs > 1
    assert project.users.pages <= users / PAGE + runs
    assert {uid.partition(":")[0] for uid in project.users.uids} == {other.partition("/")[2]}
    assert BOOKMARK not in project.database.documents


@in_virtual_time
async def test_a_user_without_a_document_goes_with_its_tenant():
    """A custom token that was exchanged after its device had signed out leaves one; it is found."""
    project = Scheduled()
    path = project.tenant(tenants.purging(), devices=1)
    other = project.tenant(tenants.active())
    gone, stays = (f"{one.partition('/')[2]}:without-document" for one in (path, other))
    project.users.uids |= {gone, stays}
    await project.run()
    assert path not in project.database.documents
    assert project.users.uids == {stays}


@in_virtual_time
async def test_one_look_serves_all_tenants():
    """Ten tenants that are purged in one run cost one pass over the users."""
    project = Scheduled()
    paths = [project.tenant(tenants.purging(), devices=2) for _ in range(10)]
    project.users.calls.clear()
    await project.run()
    assert project.users.calls.count("page") == 1
    assert not set(paths) & set(project.database.documents)


@in_virtual_time
async def test_what_a_phone_puts_on_its_user_is_deleted_and_alarmed(logged):
    """A user with a name of a person goes, of an active tenant too, and nothing of it is written anywhere."""
    project = Scheduled()
    path = project.tenant(tenants.active())
    plain, personal = project.device(path), project.device(path)
    uids = {one: f"{path.partition('/')[2]}:{one.rpartition('/')[2]}" for one in (plain, personal)}
    project.users.with_profile = {uids[personal]}
    project.tenant(tenants.purging())
    await project.run()
    assert project.users.uids == {uids[plain]}
    lines = logged()
    alarm = next(line for line in lines if line["event"] == "personal_data_found")
    assert (alarm["severity"], alarm["count"]) == ("CRITICAL", 1)
    assert not any(uid in str(lines) for uid in uids.values())


@in_virtual_time
async def test_once_a_day_it_looks_though_nothing_is_purged():
    """At three o'clock (UTC), so that what a phone puts on its user stays a day at most; not at other times."""
    project = Scheduled()
    path = project.tenant(tenants.active(NOW + timedelta(days=99)))
    device = project.device(path)
    project.users.with_profile = {f"{path.partition('/')[2]}:{device.rpartition('/')[2]}"}
    await project.run()
    assert len(project.users.uids) == 1
    three = NOW.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await asyncio.sleep((three - NOW).total_seconds())
    await project.run()
    assert project.users.uids == set()


@pytest.mark.parametrize(
    "bookmark",
    [
        {"pageToken": "refused", "startedAt": NOW},
        {"pageToken": "~", "startedAt": NOW - timedelta(days=1)},
        {"pageToken": "~", "startedAt": NOW + timedelta(days=1)},
        {"pageToken": 7, "startedAt": NOW},
        {"pageToken": "~", "startedAt": "yesterday"},
        {},
    ],
    ids=["refused", "a day old", "in the future", "number", "text", "empty"],
)
@in_virtual_time
async def test_a_bookmark_that_leads_nowhere_is_given_up(bookmark):
    """Refused by Firebase, a day old, from a wrong clock, or damaged: the look begins anew, and ends."""
    project = Scheduled()
    project.database.put(BOOKMARK, bookmark)
    path = project.tenant(tenants.purging(), devices=2)
    project.users.uids.add(f"{path.partition('/')[2]}:without-document")
    assert await project.runs_until_gone(path, most=2)
    assert project.users.uids == set()


@in_virtual_time
async def test_a_tenant_that_began_to_purge_during_a_pass_waits_for_the_next_one():
    """Its users before the bookmark have not been seen: only a pass that began later ends it."""
    project = Scheduled()
    project.users.uids.add("0-before:the-bookmark")
    project.database.put(BOOKMARK, {"pageToken": "1", "startedAt": NOW})
    path = project.tenant(tenants.purging(), tenant_id="0b0c1f6e-0000-4000-8000-000000000001")
    early = "0b0c1f6e-0000-4000-8000-000000000001:without-document"
    project.users.uids.add(early)
    await project.run()
    assert path in project.database.documents or early not in project.users.uids
    assert await project.runs_until_gone(path, most=2)
    assert early not in project.users.uids


class Overtaking(FakeUsers):
    """While a page is being listed, another run moves the bookmark."""

    project = None

    async def page(self, token=""):
        project, self.project = self.project, None
        if project:
            project.database.put(BOOKMARK, {"pageToken": "1", "startedAt": NOW})
        return await super().page(token)


@in_virtual_time
async def test_a_run_that_was_overtaken_ends_nothing():
    """Another run goes on with the pass: this one leaves the tenants to it."""
    users = Overtaking(page_size=1)
    project = Scheduled(users=users)
    path = project.tenant(tenants.purging(), devices=0)
    project.users.uids |= {"a:1", "b:2"}
    users.project = project
    await project.run()
    assert path in project.database.documents
    assert await project.runs_until_gone(path, most=2)
