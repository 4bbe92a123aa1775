"""One scheduled run: its works share the time, a fault of one stops no other, and it says how it went."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.tenant_purge.run import RunFailed
from shared import errors
from tests.helpers import tenants, virtual
from tests.helpers.fakes import NOW, FakeFirestore, FakeUsers
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

YESTERDAY = NOW - timedelta(days=1)


def report(logged):
    (found,) = [line for line in logged() if line["event"] == "purge_run"]
    return found


@in_virtual_time
async def test_a_run_with_nothing_to_do_succeeds(logged):
    """Zeros, and no alarm."""
    await Scheduled().run()
    found = report(logged)
    assert found["severity"] == "INFO"
    assert {found[name] for name in ("purged", "failed", "broken", "unavailable")} == {0}


@in_virtual_time
async def test_deletions_leave_time_for_consents():
    """However much there is to delete, consents are asked about in the same run, within the budget."""
    project = Scheduled(PURGE_BUDGET_SECONDS="20")
    project.tenant(tenants.closing(), devices=15_000)
    asked = project.tenant(tenants.active(YESTERDAY))
    await project.run()
    assert project.entra.asked == [asked.partition("/")[2]]
    assert virtual.now() <= 20 + 2


@in_virtual_time
async def test_firebase_being_away_stops_no_check_of_consents():
    """The run is delivered again for the deletions; the consents have been asked about."""
    project = Scheduled(users=FakeUsers(away=True))
    project.tenant(tenants.closing(), devices=1)
    asked = project.tenant(tenants.active(YESTERDAY))
    with pytest.raises(errors.Unavailable):
        await project.run()
    assert project.database.documents[asked]["consent"]["checkedAt"] == NOW


@in_virtual_time
async def test_firestore_being_away_is_told(logged):
    """A run that could do nothing is not a success."""
    with pytest.raises(errors.Unavailable):
        await Scheduled(FakeFirestore(away=True)).run()
    found = report(logged)
    assert (found["severity"], found["unavailable"] > 0) == ("ERROR", True)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": "gone"},
        {"status": "closing", "name": "x"},
        {"status": "active", "name": "x", "consent": {"checkedAt": "yesterday"}},
    ],
    ids=str,
)
@in_virtual_time
async def test_a_record_that_no_query_finds_is_counted(fields, logged):
    """Without a status that we know, or without its time, it would never be looked at, and nobody would know."""
    project = Scheduled()
    project.tenant(fields)
    project.tenant(tenants.active())
    with pytest.raises(RunFailed):
        await project.run()
    assert report(logged)["broken"] == 1


class Moving(FakeFirestore):
    """Between the counts of a run's end, an organization connects and another one's deletion is withdrawn."""

    def __init__(self):
        super().__init__()
        self.moves = []

    async def count(self, collection, **options):
        found = await super().count(collection, **options)
        if self.moves and collection == "tenants":
            self.moves.pop(0)()
        return found


@pytest.mark.parametrize("after_count", [0, 1, 2])
@in_virtual_time
async def test_who_moves_while_records_are_counted_is_not_broken(after_count, logged):
    """The counts are taken one after the other: what one of them missed is looked at again before it alarms."""
    database = Moving()
    project = Scheduled(database)
    path = project.tenant(tenants.closing(NOW + timedelta(days=1)))

    def nothing():
        pass

    def move():
        project.tenant(tenants.active())
        database.put(path, tenants.active())

    database.moves = [nothing] * after_count + [move]
    await project.run()
    assert report(logged)["broken"] == 0
