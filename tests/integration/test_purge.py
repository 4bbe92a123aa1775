"""The scheduled run on real emulators: it deletes what is due, all of it, and nothing else."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from functions.tenant_purge.run import RunFailed
from local.emulators import PROJECT
from shared import errors
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.tenant import Reason, Status
from support.audit import Audit
from tests.helpers import functions
from tests.helpers.dying import Death
from tests.helpers.fakes import FakeEntra
from tests.helpers.loop import run
from tests.helpers.stores import Store, add_users, put, update

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HANDFUL = 5
GONE, DISABLED, OWN, UNKNOWN = 700016, 7000112, 7000222, 123456
AWAY = errors.Unavailable("entra", "test")


class Project:
    def __init__(self, firestore: str, auth: str) -> None:
        self.auth = auth
        self.database = Firestore(PROJECT, firestore)
        self.users = Users(PROJECT)
        self.entra = FakeEntra()

    def tenant(self, devices: int = 0, checked: datetime = NOW) -> Store:
        store = Store(self.database, str(uuid.uuid4()))
        store.onboard("Contoso", checked)
        ids = [str(uuid.uuid4()) for _ in range(devices)]
        put(
            self.database,
            {f"{store.devices_path}/{device}": {"lastHeartbeatAt": NOW} for device in ids},
        )
        add_users(self.auth, [f"{store.id}:{device}" for device in ids])
        return store

    def closed(self, devices: int = 0) -> Store:
        """One that is due."""
        store = self.tenant(devices)
        store.close(now=NOW)
        return store

    def uids(self) -> set[str]:
        found, token = run(self.users.page())
        while token:
            page, token = run(self.users.page(token))
            found += page
        return {user.uid for user in found}

    def execution(
        self,
        now: datetime = NOW,
        users: Any = None,
        database: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Coroutine[Any, Any, None]:
        """One run, to be awaited. Firebase's pace is not kept: the emulator takes any."""
        purge = functions.purge(
            database or self.database,
            users or self.users,
            self.entra,
            clock,
            lambda: now,
            USER_BATCH_DELETIONS_PER_SECOND="1000",
        )
        return purge.new_run().execute()

    def run(self, now: datetime = NOW, **parts: Any) -> None:
        run(self.execution(now, **parts))

    def paths(self, store: Store) -> list[str]:
        return store.below() + ([store.path] if store.read() else [])

    def snapshot(self, store: Store) -> str:
        found = [run(self.database.get(store.path)), *store.devices()]
        return json.dumps([(d.path, str(d.fields), str(d.version)) for d in found if d])

    def is_gone(self, store: Store) -> bool:
        return not self.paths(store) and not [u for u in self.uids() if u.startswith(store.id)]


@pytest.fixture
def project(clean_firestore: str, clean_auth: str) -> Project:
    return Project(clean_firestore, clean_auth)


@pytest.mark.parametrize("devices", [0, 1, 500, 501, 1001])
def test_a_due_tenant_is_gone_and_its_neighbour_unchanged(project: Project, devices: int) -> None:
    """Documents and Auth users of a due tenant go, and not a byte of another tenant's."""
    neighbour, closed = project.tenant(3), project.closed(devices)
    before = project.snapshot(neighbour)

    project.run()

    assert project.is_gone(closed)
    assert project.snapshot(neighbour) == before
    assert len(project.uids()) == 3


def test_a_tenant_that_is_not_due_stays(project: Project) -> None:
    """Closing alone deletes nothing: the purge waits for its time."""
    tenant = project.tenant(2)
    tenant.close(timedelta(minutes=65), now=NOW)
    before = project.snapshot(tenant)

    project.run(NOW + timedelta(minutes=64))

    assert project.snapshot(tenant) == before
    project.run(NOW + timedelta(minutes=65))
    assert project.is_gone(tenant)


@pytest.mark.parametrize(
    ("devices", "step"),
    [
        (1, 1),
        pytest.param(500, 1, marks=pytest.mark.long),
        pytest.param(501, 1, marks=pytest.mark.long),
        pytest.param(1001, 1, marks=pytest.mark.long),
        pytest.param(10_000, 9, marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(600)
def test_a_run_killed_before_any_outside_call_is_finished_by_the_next(
    project: Project, devices: int, step: int
) -> None:
    """Wherever a run dies (for many devices, at every ninth call), the next converges; the neighbour never changes."""
    neighbour = project.tenant(2)
    before = project.snapshot(neighbour)
    for calls in range(0, 300, step):
        tenant, death = project.closed(devices), Death(calls)
        mortal = death.may_strike(project.database), death.may_strike(project.users)
        if not death.run(project.execution(database=mortal[0], users=mortal[1])):
            break
        project.run()
        assert project.is_gone(tenant)
    else:
        pytest.fail("the run never came to its end")
    assert calls > 8
    assert project.is_gone(tenant)
    assert project.snapshot(neighbour) == before


def test_two_runs_at_once_do_what_one_does(project: Project) -> None:
    """Two deliveries of one event at once disturb neither each other nor others; with the next, all due is gone."""
    neighbour = project.tenant(2)
    before = project.snapshot(neighbour)
    tenants = [project.closed(devices) for devices in (1, 3, 501)]
    start = Barrier(2)

    def deliver() -> None:
        start.wait(timeout=30)
        for _ in range(3):  # a delivery that ends as unavailable is made again, as Pub/Sub does
            with suppress(errors.Unavailable):
                project.run(users=Users(PROJECT))
                return
        pytest.fail("three deliveries found a service away")

    with ThreadPoolExecutor(2) as both:
        for delivered in [both.submit(deliver) for _ in range(2)]:
            delivered.result(timeout=120)
    project.run()  # where each gave way to the other

    assert all(project.is_gone(tenant) for tenant in tenants)
    assert project.snapshot(neighbour) == before


def test_strays_below_a_tenant_go_too(project: Project) -> None:
    """Unknown collections, and documents below devices that are gone, do not outlive the tenant."""
    tenant = project.closed(1)
    for path in ("notes/a", f"devices/{uuid.uuid4()}/logs/b", "notes/a/deeper/c"):
        put(project.database, {f"{tenant.path}/{path}": {}})

    project.run()

    assert project.is_gone(tenant)


def test_an_auth_user_without_a_document_goes_too(project: Project) -> None:
    """A custom token exchanged after a sign-out leaves an Auth user; the purge finds it."""
    tenant = project.closed(1)
    add_users(project.auth, [f"{tenant.id}:{uuid.uuid4()}"])

    project.run()

    assert project.is_gone(tenant)


def test_a_user_that_firebase_does_not_delete_keeps_its_document(project: Project) -> None:
    """A partial error of the user deletion is no success: document and tenant stay for the next run."""
    tenant = project.closed(5)
    stubborn = next(iter(project.uids()))

    class Partial(Users):
        async def delete(self, uids: Sequence[str]) -> set[str]:
            kept = {uid for uid in uids if uid == stubborn}
            return kept | await super().delete([uid for uid in uids if uid not in kept])

    with pytest.raises(RunFailed):
        project.run(users=Partial(PROJECT))

    assert project.uids() == {stubborn}
    assert f"{tenant.devices_path}/{stubborn.partition(':')[2]}" in project.paths(tenant)
    project.run()
    assert project.is_gone(tenant)


def test_one_poisoned_tenant_does_not_stop_nineteen_others(project: Project) -> None:
    """The fault of one tenant is reported, and the others are purged all the same."""
    tenants = [project.closed(1) for _ in range(20)]
    poisoned = tenants[7]

    class Poisoned(Users):
        async def delete(self, uids: Sequence[str]) -> set[str]:
            kept = {uid for uid in uids if uid.startswith(poisoned.id)}
            return kept | await super().delete([uid for uid in uids if uid not in kept])

    with pytest.raises(RunFailed):
        project.run(users=Poisoned(PROJECT))

    assert [project.is_gone(tenant) for tenant in tenants].count(False) == 1
    project.run()
    assert project.is_gone(poisoned)


def test_a_tenant_onboarded_again_while_a_run_was_paused_is_untouched(project: Project) -> None:
    """A run that resumes after another has finished, and the tenant came back, deletes nothing of it."""
    tenant = project.closed(3)
    store = tenant.inner

    class Paused(Users):
        async def delete(self, uids: Sequence[str]) -> set[str]:
            kept = await super().delete(uids)
            await project.execution()  # the other run, meanwhile
            await store.onboard("Contoso again", NOW)
            for device in [uid.partition(":")[2] for uid in uids] + [str(uuid.uuid4())]:
                await store.register(device, 10, NOW)
            return kept

    project.run(users=Paused(PROJECT))

    assert len(project.paths(tenant)) == 5
    assert tenant.tenant.status is Status.ACTIVE


def test_a_spent_budget_leaves_the_rest_to_the_next_run(project: Project) -> None:
    """Out of time is no failure: the run stops cleanly, and the next one goes on."""
    tenants = [project.closed(1) for _ in range(3)]
    ticks = itertools.count(0, 200)

    project.run(clock=lambda: float(next(ticks)))

    left = [tenant for tenant in tenants if not project.is_gone(tenant)]
    assert left
    project.run()
    assert all(project.is_gone(tenant) for tenant in tenants)


def test_a_consent_that_is_gone_for_the_grace_closes_the_tenant(project: Project) -> None:
    """Lost today: noted. Lost for thirty days without a break: closing."""
    tenant = project.tenant(checked=NOW)
    project.entra.answers = {tenant.id: GONE}

    for day in range(1, 32):
        project.run(NOW + timedelta(days=day))
        assert tenant.tenant.status is (Status.ACTIVE if day < 31 else Status.CLOSING)

    closing = tenant.tenant.closing
    assert closing is not None
    assert closing.reason is Reason.CONSENT_LOST


def test_a_consent_seen_again_is_not_lost_any_more(project: Project) -> None:
    """The grace counts without a break: one answer that the principal is there starts it anew."""
    tenant = project.tenant(checked=NOW)
    for day, codes in ((1, {tenant.id: GONE}), (2, {}), (3, {tenant.id: DISABLED})):
        project.entra.answers = {**codes}
        project.run(NOW + timedelta(days=day))
        assert (tenant.tenant.consent.lost_at is not None) == (day == 1)


def test_a_consent_is_asked_for_once_a_day_at_most(project: Project) -> None:
    """Two runs within a day make one probe."""
    tenant = project.tenant(checked=NOW)
    for hours in (23, 24, 25, 47):
        project.run(NOW + timedelta(hours=hours))
    assert project.entra.asked == [tenant.id]


@pytest.mark.parametrize("code", [OWN, UNKNOWN])
def test_what_says_nothing_about_a_tenant_changes_none(project: Project, code: int) -> None:
    """Our own credential's fault and unknown codes are noted as unclear, for however long, and close nothing."""
    tenant = project.tenant(checked=NOW)
    project.entra.answers = {tenant.id: code}

    for day in range(2, 40):
        project.run(NOW + timedelta(days=day))

    stored = tenant.tenant
    assert (stored.status, stored.consent.lost_at) == (Status.ACTIVE, None)
    assert stored.consent.unknown_at == NOW + timedelta(days=2)


def test_many_consents_lost_at_once_close_a_handful_and_alarm(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run closes a handful for a lost consent and no more: the others may be a fault of ours, for people to see."""
    tenants = [project.tenant(checked=NOW) for _ in range(HANDFUL + 2)]
    project.entra.answers = {tenant.id: GONE for tenant in tenants}

    project.run(NOW + timedelta(days=1))
    assert {tenant.tenant.status for tenant in tenants} == {Status.ACTIVE}
    assert "mass_consent_loss" not in capsys.readouterr().out
    project.run(NOW + timedelta(days=31))

    statuses = [tenant.tenant.status for tenant in tenants]
    assert (statuses.count(Status.CLOSING), statuses.count(Status.ACTIVE)) == (HANDFUL, 2)
    alarm = next(
        json.loads(line)
        for line in capsys.readouterr().out.splitlines()
        if "mass_consent_loss" in line
    )
    assert (alarm["severity"], alarm["count"]) == ("CRITICAL", 2)


def test_entra_away_changes_nothing_and_is_reported(project: Project) -> None:
    """An outage of Entra ends the probing as unavailable; a due purge was done before."""
    tenants = [project.tenant(checked=NOW) for _ in range(4)]
    closed = project.closed(1)
    before = [project.snapshot(tenant) for tenant in tenants]
    project.entra.answers = {tenant.id: AWAY for tenant in tenants}

    with pytest.raises(errors.Unavailable):
        project.run(NOW + timedelta(days=1))

    assert [project.snapshot(tenant) for tenant in tenants] == before
    assert project.is_gone(closed)


def test_the_audit_finds_nothing_but_the_inventory_and_everything_else(project: Project) -> None:
    """A clean database has no finding; a stray field, document, collection and Auth user each are one."""
    tenant = project.tenant(2)
    assert run(Audit(project.database, project.users).run()).findings == []

    orphan = f"tenants/{uuid.uuid4()}/devices/{uuid.uuid4()}"
    put(project.database, {"unknown/x": {}, f"{tenant.path}/notes/n": {}, orphan: {}})
    update(project.database, tenant.path, {"email": "-"})
    stray = f"{tenant.id}:{uuid.uuid4()}"
    add_users(project.auth, [stray, "somebody"])
    report = run(Audit(project.database, project.users).run())

    assert {path for path, _ in report.findings} == {
        *("unknown/x", f"{tenant.path}/notes/n", orphan, tenant.path),
        *(f"auth/{stray}", "auth/somebody"),
    }
    assert report.counts["auth users"] == 4
