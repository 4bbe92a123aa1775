"""Asking about consents: everybody in turn, what is answered is noted, and little is destroyed at once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from functions.tenant_purge.consents import HANDFUL
from functions.tenant_purge.run import RunFailed
from shared import errors
from tests.helpers import tenants
from tests.helpers.fakes import NOW, FakeEntra
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

LOST, TENANT_GONE, DISABLED, OUR_SECRET, UNKNOWN = 700016, 90002, 7000112, 7000222, 999999
DAY = timedelta(days=1)
YESTERDAY = NOW - DAY


def due(project, count=1, **consent):
    """Tenants that are to be asked about; their IDs."""
    document = tenants.active(YESTERDAY, **consent)
    return [project.tenant(document).partition("/")[2] for _ in range(count)]


def consent_of(project, tenant_id):
    return project.database.documents[f"tenants/{tenant_id}"]["consent"]


def status_of(project, tenant_id):
    return project.database.documents[f"tenants/{tenant_id}"]["status"]


async def days(number):
    await asyncio.sleep(number * DAY.total_seconds())


@in_virtual_time
async def test_each_tenant_is_asked_about_once_a_day():
    """Yesterday's is due, the one of an hour ago is not, and nobody is asked twice."""
    project = Scheduled()
    (old,) = due(project)
    project.tenant(tenants.active(NOW - timedelta(hours=1)))
    project.tenant(tenants.closing(NOW + DAY))
    await project.run()
    await project.run()
    assert project.entra.asked == [old]
    assert consent_of(project, old) == {"checkedAt": NOW}


@in_virtual_time
async def test_an_hour_of_a_wrong_clock_is_asked_as_if_never():
    """A time in the future would otherwise keep a tenant from being asked for ever; some minutes are no fault."""
    project = Scheduled()
    ahead = project.tenant(tenants.active(NOW + timedelta(days=365))).partition("/")[2]
    project.tenant(tenants.active(NOW + timedelta(minutes=4)))
    await project.run()
    assert project.entra.asked == [ahead]
    assert consent_of(project, ahead) == {"checkedAt": NOW}


@pytest.mark.parametrize("code", [LOST, TENANT_GONE])
@in_virtual_time
async def test_a_lost_consent_is_noted_and_closes_after_the_grace(code, logged):
    """A directory that was deleted is lost like a principal that is missing: noted at once, closed after 30 days."""
    project = Scheduled()
    lost, sound = due(project, 2)
    project.entra.answers = {lost: code}
    await project.run()
    assert consent_of(project, lost) == {"checkedAt": NOW, "lostAt": NOW}
    assert consent_of(project, sound) == {"checkedAt": NOW}
    for _ in range(29):
        await days(1)
        await project.run()
    assert status_of(project, lost) == "active"
    await days(1)
    await project.run()
    assert status_of(project, lost) == "closing"
    closing = project.database.documents[f"tenants/{lost}"]["closing"]
    assert closing["reason"] == "consent_lost"
    assert closing["purgeAt"] - project.now() == timedelta(minutes=65)
    assert status_of(project, sound) == "active"
    assert lost not in json.dumps(logged())


@in_virtual_time
async def test_a_consent_that_is_seen_again_is_not_lost_any_more():
    """The grace begins anew with the next loss."""
    project = Scheduled()
    (tenant,) = due(project, lost_at=NOW - timedelta(days=29))
    await project.run()
    assert consent_of(project, tenant) == {"checkedAt": NOW}


@in_virtual_time
async def test_a_disabled_application_is_no_loss():
    """It is reversible, and our principal is there."""
    project = Scheduled()
    (tenant,) = due(project, lost_at=NOW - timedelta(days=29))
    project.entra.answers = {tenant: DISABLED}
    await project.run()
    assert consent_of(project, tenant) == {"checkedAt": NOW}


@in_virtual_time
async def test_six_lost_do_not_hold_back_two_sound_ones(logged):
    """All are asked in the first run; after the grace a handful is closed at once, the rest left to operators."""
    project = Scheduled()
    lost, sound = due(project, HANDFUL + 1), due(project, 2)
    project.entra.answers = dict.fromkeys(lost, LOST)
    await project.run()
    assert all(consent_of(project, tenant) == {"checkedAt": NOW} for tenant in sound)
    assert all("lostAt" in consent_of(project, tenant) for tenant in lost)
    await days(30)
    logged()
    await project.run()
    assert [status_of(project, tenant) for tenant in lost].count("closing") == HANDFUL
    assert all(consent_of(project, tenant) == {"checkedAt": project.now()} for tenant in sound)
    lines = logged()
    alarm = next(line for line in lines if line["event"] == "mass_consent_loss")
    assert (alarm["severity"], alarm["count"]) == ("CRITICAL", 1)
    assert sum(line["event"] == "tenant_closed" for line in lines) == HANDFUL


@in_virtual_time
async def test_a_fault_of_our_own_credential_says_nothing_about_a_tenant(logged):
    """It alarms, and a consent that seemed lost before is neither closed nor found again by it."""
    project = Scheduled()
    lost_at = NOW - timedelta(days=31)
    (tenant,) = due(project, lost_at=lost_at)
    project.entra.answers = {tenant: OUR_SECRET}
    await project.run()
    assert status_of(project, tenant) == "active"
    assert consent_of(project, tenant)["lostAt"] == lost_at
    alarm = next(line for line in logged() if line["event"] == "entra_credential_failing")
    assert alarm["severity"] == "CRITICAL"


@in_virtual_time
async def test_an_unclear_answer_alarms_when_it_lasts_a_day(logged):
    """Noted the first time, in silence; a day later an alarm; a clear answer ends it."""
    project = Scheduled()
    (tenant,) = due(project)
    project.entra.answers = {tenant: UNKNOWN}
    await project.run()
    assert consent_of(project, tenant) == {"checkedAt": NOW, "unknownAt": NOW}
    assert not [line for line in logged() if line["event"] == "consent_unclear"]
    await days(1)
    await project.run()
    alarm = next(line for line in logged() if line["event"] == "consent_unclear")
    assert (alarm["severity"], alarm["count"]) == ("CRITICAL", 1)
    project.entra.answers = {}
    await days(1)
    await project.run()
    assert consent_of(project, tenant) == {"checkedAt": project.now()}


@in_virtual_time
async def test_one_probe_without_an_answer_is_reported_and_the_others_go_on():
    """An outage is never passed over in silence, however few tenants it met."""
    project = Scheduled()
    silent, sound = due(project, 2)
    project.entra.answers = {silent: errors.Unavailable("entra")}
    with pytest.raises(errors.Unavailable):
        await project.run()
    assert consent_of(project, sound) == {"checkedAt": NOW}
    assert consent_of(project, silent) == {"checkedAt": YESTERDAY}


@in_virtual_time
async def test_probes_without_an_answer_end_the_probing():
    """Where Entra is away, a whole project of tenants is not asked about in vain."""
    project = Scheduled()
    silent = due(project, 40)
    project.entra.answers = dict.fromkeys(silent, errors.Unavailable("entra"))
    with pytest.raises(errors.Unavailable):
        await project.run()
    assert len(project.entra.asked) <= 4


@pytest.mark.parametrize(
    "broken",
    [
        {**tenants.active(YESTERDAY), "name": 7},
        {"status": "active", "consent": {"checkedAt": YESTERDAY}},
        {**tenants.active(YESTERDAY), "closing": "soon"},
    ],
    ids=["name", "no name", "closing"],
)
@in_virtual_time
async def test_a_record_that_does_not_fit_stops_no_other_check(broken):
    """It is counted, and the run says so; the other tenants are asked about."""
    project = Scheduled()
    project.tenant(broken)
    (sound,) = due(project)
    with pytest.raises(RunFailed):
        await project.run()
    assert consent_of(project, sound) == {"checkedAt": NOW}


@in_virtual_time
async def test_what_a_later_version_stored_is_carried_along():
    """Two revisions run side by side during a roll-out: a check leaves alone what it does not know."""
    project = Scheduled()
    later = {**tenants.active(YESTERDAY), "region": "west"}
    later["consent"] = {**later["consent"], "seenBy": "2"}
    path = project.tenant(later)
    await project.run()
    assert project.database.documents[path] == {
        **later,
        "consent": {"checkedAt": NOW, "seenBy": "2"},
    }


class Connecting(FakeEntra):
    """While Entra answers, an administrator connects the organization again."""

    project = None

    async def probe_consent(self, tenant_id):
        self.project.database.put(f"tenants/{tenant_id}", tenants.active(self.project.now()))
        await super().probe_consent(tenant_id)


@in_virtual_time
async def test_a_tenant_connected_again_meanwhile_is_not_overwritten():
    """What was asked of the old consent says nothing about the new one, though its grace was over."""
    entra = Connecting()
    entra.project = project = Scheduled(entra=entra)
    (tenant,) = due(project, lost_at=NOW - timedelta(days=31))
    entra.answers = {tenant: LOST}
    await project.run()
    assert project.database.documents[f"tenants/{tenant}"] == tenants.active(NOW)
