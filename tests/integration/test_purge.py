"""The scheduled run on real emulators: it deletes what is due, all of it, and nothing else."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import requests

from functions.tenant_purge.run import MassLoss, Run, RunFailed
from local.emulators import PROJECT
from shared import errors
from shared.entra.client import EntraRefused
from shared.google.old_firestore import Firestore
from shared.google.identity import Accounts
from shared.settings import PurgeSettings
from shared.store import Tenant
from support.audit import Audit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = PurgeSettings(
    project=PROJECT, entra_client_id=str(uuid.uuid4()), entra_client_secret="-"
)
GONE, DISABLED, OWN, UNKNOWN = 700016, 7000112, 7000222, 123456


class Probes:
    """Entra, of which only the answers to probes matter here: a refusal's code per tenant, or an outage."""

    def __init__(self, **codes: int) -> None:
        self.codes: dict[str, int] = dict(codes)
        self.asked: list[str] = []
        self.away = False

    def probe_consent(self, tenant_id: str) -> None:
        self.asked.append(tenant_id)
        if self.away:
            raise errors.Unavailable("entra", "test")
        if tenant_id in self.codes:
            raise EntraRefused("unauthorized_client", (self.codes[tenant_id],))


class World:
    def __init__(self, firestore: str, auth: str) -> None:
        self.auth = auth
        self.database = Firestore(PROJECT, firestore)
        self.accounts = Accounts(PROJECT)
        self.probes = Probes()

    def tenant(self, devices: int = 0, checked: datetime = NOW) -> Tenant:
        tenant = Tenant(self.database, str(uuid.uuid4()))
        tenant.onboard("Contoso", checked)
        ids = [str(uuid.uuid4()) for _ in range(devices)]
        for start in range(0, devices, 500):
            codes = self.database.batch_write(
                [
                    self.database.create(
                        f"{tenant.devices_path}/{i}", server_times=["lastHeartbeatAt"]
                    )
                    for i in ids[start : start + 500]
                ]
            )
            assert not any(codes)
        self.add_users([f"{tenant.id}:{i}" for i in ids])
        return tenant

    def add_users(self, uids: list[str]) -> None:
        if uids:
            url = f"http://{self.auth}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchCreate"
            users = [{"localId": uid} for uid in uids]
            made = requests.post(
                url, json={"users": users}, headers={"Authorization": "Bearer owner"}, timeout=30
            )
            made.raise_for_status()

    def users(self) -> set[str]:
        return {user.uid for page in self.accounts.pages() for user in page}

    def close(self, tenant: Tenant) -> Tenant:
        tenant.close("requested", str(uuid.uuid4()), NOW, timedelta(0))
        return tenant

    def run(self, now: datetime = NOW, **parts: Any) -> Run:
        settings = parts.pop("settings", SETTINGS)
        run = Run(
            settings,
            parts.pop("database", self.database),
            parts.pop("accounts", self.accounts),
            self.probes,  # type: ignore[arg-type]
            lambda: now,
            **parts,
        )
        run.execute()
        return run

    def paths(self, tenant: Tenant) -> list[str]:
        found = [
            document.path
            for document in self.database.walk(
                f"{tenant.path}/", keys_only=True, all_descendants=True
            )
        ]
        return found + ([tenant.path] if tenant.read() else [])

    def snapshot(self, tenant: Tenant) -> str:
        found = [tenant.read(), *self.database.walk(tenant.devices_path)]
        return json.dumps([(d.path, str(d.fields), str(d.update_time)) for d in found if d])

    def is_gone(self, tenant: Tenant) -> bool:
        return not self.paths(tenant) and not [u for u in self.users() if u.startswith(tenant.id)]


@pytest.fixture
def world(clean_firestore: str, clean_auth: str) -> World:
    return World(clean_firestore, clean_auth)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class DiesAfter:
    """Forwards every public method, and dies before the call with the given number."""

    def __init__(self, target: Any, calls: list[int], last: int) -> None:
        self._target, self._calls, self._last = target, calls, last

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        outside = {
            "query",
            "walk",
            "get",
            "commit",
            "batch_write",
            "collection_ids",
            "list_page",
            "transact",
            "delete",
        }
        if name not in outside or (name == "delete" and isinstance(self._target, Firestore)):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls[0] += 1
            if self._calls[0] > self._last:
                raise Killed
            return found(*args, **kwargs)

        return call


@pytest.mark.parametrize("devices", [0, 1, 500, 501, 1001])
def test_a_due_tenant_is_gone_and_its_neighbour_unchanged(world: World, devices: int) -> None:
    """Documents and Auth users of a due tenant go, and not a byte of another tenant's."""
    neighbour, closed = world.tenant(3), world.close(world.tenant(devices))
    before = world.snapshot(neighbour)

    world.run()

    assert world.is_gone(closed)
    assert world.snapshot(neighbour) == before
    assert len(world.users()) == 3


def test_a_tenant_that_is_not_due_stays(world: World) -> None:
    """Closing alone deletes nothing: the purge waits for its time."""
    tenant = world.tenant(2)
    tenant.close("requested", str(uuid.uuid4()), NOW, timedelta(minutes=65))
    before = world.snapshot(tenant)

    world.run(NOW + timedelta(minutes=64))

    assert world.snapshot(tenant) == before
    world.run(NOW + timedelta(minutes=65))
    assert world.is_gone(tenant)


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
    world: World, devices: int, step: int
) -> None:
    """Wherever a run dies (for many devices, at every ninth call), the next converges; the neighbour never changes."""
    neighbour = world.tenant(2)
    before = world.snapshot(neighbour)
    for last in range(0, 200, step):
        tenant = world.close(world.tenant(devices))
        calls = [0]
        database: Any = DiesAfter(world.database, calls, last)
        try:
            world.run(database=database, accounts=DiesAfter(world.accounts, calls, last))
        except Killed:
            world.run()
            assert world.is_gone(tenant)
        else:
            break
    else:
        pytest.fail("the run never came to its end")
    assert last > 8
    assert world.snapshot(neighbour) == before


def test_two_runs_at_once_do_what_one_does(world: World) -> None:
    """Two deliveries of one event at the same time purge all that is due, and disturb neither each other nor others."""
    neighbour = world.tenant(2)
    before = world.snapshot(neighbour)
    tenants = [world.close(world.tenant(devices)) for devices in (1, 3, 501)]
    start = Barrier(2)

    def deliver() -> None:
        start.wait(timeout=30)
        for _ in range(3):  # a delivery that ends as unavailable is made again, as Pub/Sub does
            with suppress(errors.Unavailable):
                world.run(accounts=Accounts(PROJECT))
                return
        pytest.fail("three deliveries found a service away")

    with ThreadPoolExecutor(2) as both:
        for delivered in [both.submit(deliver) for _ in range(2)]:
            delivered.result(timeout=120)

    assert all(world.is_gone(tenant) for tenant in tenants)
    assert world.snapshot(neighbour) == before


def test_strays_below_a_tenant_go_too(world: World) -> None:
    """Unknown collections, and documents below devices that are gone, do not outlive the tenant."""
    tenant = world.close(world.tenant(1))
    for path in ("notes/a", f"devices/{uuid.uuid4()}/logs/b", "notes/a/deeper/c"):
        world.database.commit(world.database.create(f"{tenant.path}/{path}"))

    world.run()

    assert world.is_gone(tenant)


def test_an_auth_user_without_a_document_goes_too(world: World) -> None:
    """A custom token exchanged after a sign-out leaves an Auth user; the purge finds it."""
    tenant = world.close(world.tenant(1))
    world.add_users([f"{tenant.id}:{uuid.uuid4()}"])

    world.run()

    assert world.is_gone(tenant)


def test_a_user_that_firebase_does_not_delete_keeps_its_document(world: World) -> None:
    """A partial error of the user deletion is no success: document and tenant stay for the next run."""
    tenant = world.close(world.tenant(5))
    stubborn = next(iter(world.users()))

    class Partial(Accounts):
        def delete(self, uids: Any) -> list[str]:
            kept = [uid for uid in uids if uid == stubborn]
            return kept + super().delete([uid for uid in uids if uid != stubborn])

    with pytest.raises(RunFailed):
        world.run(accounts=Partial(PROJECT))

    assert world.users() == {stubborn}
    assert f"{tenant.devices_path}/{stubborn.partition(':')[2]}" in world.paths(tenant)
    world.run()
    assert world.is_gone(tenant)


def test_one_poisoned_tenant_does_not_stop_nineteen_others(world: World) -> None:
    """The fault of one tenant is reported, and the others are purged all the same."""
    tenants = [world.close(world.tenant(1)) for _ in range(20)]
    poisoned = tenants[7]

    class Poisoned(Accounts):
        def delete(self, uids: Any) -> list[str]:
            return list(uids) if uids[0].startswith(poisoned.id) else super().delete(uids)

    with pytest.raises(RunFailed):
        world.run(accounts=Poisoned(PROJECT))

    assert [world.is_gone(tenant) for tenant in tenants].count(False) == 1
    world.run()
    assert world.is_gone(poisoned)


def test_a_tenant_onboarded_again_while_a_run_was_paused_is_untouched(world: World) -> None:
    """A run that resumes after another has finished, and the tenant came back, deletes nothing of it."""
    tenant = world.close(world.tenant(3))
    device = str(uuid.uuid4())

    class Paused(Accounts):
        def delete(self, uids: Any) -> list[str]:
            gone = super().delete(uids)
            world.run()  # the other run, meanwhile
            tenant.onboard("Contoso again", NOW)
            for uid in uids:
                tenant.register(uid.partition(":")[2], 10)
            tenant.register(device, 10)
            return gone

    world.run(accounts=Paused(PROJECT))

    assert len(world.paths(tenant)) == 5
    document = tenant.read()
    assert document is not None
    assert document.fields["status"] == "active"


def test_a_spent_budget_leaves_the_rest_to_the_next_run(world: World) -> None:
    """Out of time is no failure: the run stops cleanly, and the next one goes on."""
    tenants = [world.close(world.tenant(1)) for _ in range(3)]
    ticks = iter(range(0, 10_000, 200))

    world.run(clock=lambda: float(next(ticks)))

    left = [tenant for tenant in tenants if not world.is_gone(tenant)]
    assert left
    world.run()
    assert all(world.is_gone(tenant) for tenant in tenants)


def test_a_consent_that_is_gone_for_the_grace_closes_the_tenant(world: World) -> None:
    """Lost today: noted. Lost for thirty days without a break: closing."""
    tenant = world.tenant(checked=NOW)
    world.probes.codes = {tenant.id: GONE}

    for day in range(1, 32):
        world.run(NOW + timedelta(days=day))
        document = tenant.read()
        assert document is not None
        assert document.fields["status"] == ("active" if day < 31 else "closing")

    assert document.fields["closing"]["reason"] == "consent_lost"


def test_a_consent_seen_again_is_not_lost_any_more(world: World) -> None:
    """The grace counts without a break: one answer that the principal is there starts it anew."""
    tenant = world.tenant(checked=NOW)
    for day, codes in ((1, {tenant.id: GONE}), (2, {}), (3, {tenant.id: DISABLED})):
        world.probes.codes = codes
        world.run(NOW + timedelta(days=day))
        document = tenant.read()
        assert document is not None
        assert ("lostAt" in document.fields["consent"]) == (day == 1)


def test_a_consent_is_asked_for_once_a_day_at_most(world: World) -> None:
    """Two runs within a day make one probe."""
    tenant = world.tenant(checked=NOW)
    for hours in (23, 24, 25, 47):
        world.run(NOW + timedelta(hours=hours))
    assert world.probes.asked == [tenant.id]


@pytest.mark.parametrize("code", [OWN, UNKNOWN])
def test_what_says_nothing_about_a_tenant_changes_none(world: World, code: int) -> None:
    """Our own credential's fault and unknown codes leave every byte as it is."""
    tenant = world.tenant(checked=NOW)
    before = world.snapshot(tenant)
    world.probes.codes = {tenant.id: code}

    world.run(NOW + timedelta(days=2))

    assert world.snapshot(tenant) == before


def test_many_consents_lost_at_once_change_nothing_and_alarm(world: World) -> None:
    """More than a handful of flips in one run are a fault of somebody's, not of the tenants."""
    tenants = [world.tenant(checked=NOW) for _ in range(7)]
    world.probes.codes = {tenant.id: GONE for tenant in tenants}
    before = [world.snapshot(tenant) for tenant in tenants]

    with pytest.raises(MassLoss):
        world.run(NOW + timedelta(days=1))

    assert [world.snapshot(tenant) for tenant in tenants] == before


def test_entra_away_changes_nothing_and_is_reported(world: World) -> None:
    """An outage of Entra ends the probing as unavailable; a due purge was done before."""
    tenants = [world.tenant(checked=NOW) for _ in range(4)]
    closed = world.close(world.tenant(1))
    before = [world.snapshot(tenant) for tenant in tenants]
    world.probes.away = True

    with pytest.raises(errors.Unavailable):
        world.run(NOW + timedelta(days=1))

    assert [world.snapshot(tenant) for tenant in tenants] == before
    assert world.is_gone(closed)


def test_the_audit_finds_nothing_but_the_inventory_and_everything_else(world: World) -> None:
    """A clean database has no finding; a stray field, document, collection and Auth user each are one."""
    tenant = world.tenant(2)
    assert Audit(world.database, world.accounts).run().findings == []

    write = world.database
    write.commit(
        write.create("unknown/x"),
        write.create(f"{tenant.path}/notes/n"),
        write.create(f"tenants/{uuid.uuid4()}/devices/{uuid.uuid4()}"),
        write.update(tenant.path, {"email": "-"}),
    )
    world.add_users([f"{tenant.id}:{uuid.uuid4()}", "somebody"])
    report = Audit(world.database, world.accounts).run()

    assert len({path for path, _ in report.findings}) == 7
    assert report.counts["auth users"] == 4
