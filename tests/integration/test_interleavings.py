"""Whatever happens in whatever order to three organizations, the promises hold after every single step.

Organizations share their device IDs, on purpose. A purge can die before any of its outside calls.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from functions.device_registration.sign_out import SignOut
from functions.tenant_purge.budget import Budget
from functions.tenant_purge.deletion import Deletion
from functions.tenant_purge.pace import PacedUsers
from local import contents, emulators
from local.addresses import Addresses
from shared import errors
from shared.google.custom_tokens import CustomTokens
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.pace import Pace
from shared.store import TenantStore
from shared.tenant import NotDue, Reason, Status
from shared.tokens import DeviceIdentity
from support.audit import Audit
from tests.helpers.dying import Death
from tests.helpers.loop import run
from tests.helpers.stores import Store

TENANTS = tuple(f"5e1f0a10-c0de-4c0{number}-8a01-0000c0a70500" for number in (1, 2, 3))
DEVICES = tuple(f"0b0c1f6e-7a51-4a0e-9d0{number}-3f1f6a6f2b11" for number in (1, 2, 3))
LIMIT = 2
SOON, LATER = timedelta(seconds=-1), timedelta(minutes=65)
UNENDING = 10**6  # calls that no purge makes
FAST = 1000.0  # batches a second; the emulator takes any
ACTIVE, CLOSING, PURGING = Status
tenants, devices = st.sampled_from(TENANTS), st.sampled_from(DEVICES)


class Model:
    """What one organization should look like: its status, and its registered devices."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self.due = False
        self.devices: set[str] = set()


class Organizations(RuleBasedStateMachine):
    firestore = auth = ""  # host:port, set by the test

    @initialize()
    def begin_empty(self) -> None:
        emulators.wipe_firestore(self.firestore)
        emulators.wipe_auth(self.auth)
        self.addresses = Addresses(emulators.PROJECT, {}, self.firestore, self.auth, "", "")
        self.database = Firestore(emulators.PROJECT, self.firestore)
        self.users = Users(emulators.PROJECT)
        self.models = {tenant_id: Model() for tenant_id in TENANTS}
        self.before = self.stored()
        self.touched = ""

    def store(self, tenant_id: str) -> Store:
        """The organization; only its bytes may change in this step."""
        self.touched = tenant_id
        return Store(self.database, tenant_id)

    def stored(self) -> dict[str, str]:
        """Every document of an organization and every Auth user, versions included, by its path or uid."""
        found = contents.documents(self.addresses) | contents.users(self.addresses)
        return {
            name: json.dumps(one, sort_keys=True)
            for name, one in found.items()
            if not name.startswith("receipts/")  # they outlive their organization, and name none
        }

    @rule(tenant_id=tenants)
    def onboard(self, tenant_id: str) -> None:
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        if model.status == PURGING:
            with pytest.raises(errors.TenantPurging):
                tenant.onboard("Again")
        else:
            tenant.onboard("Contoso")
            model.status = ACTIVE

    @rule(tenant_id=tenants, device_id=devices)
    def register(self, tenant_id: str, device_id: str) -> None:
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        custom_token = run(CustomTokens(self.auth).make(DeviceIdentity(tenant_id, device_id)))
        refusal: dict[Status | None, type[errors.Problem]] = {
            None: errors.TenantNotOnboarded,
            CLOSING: errors.TenantClosing,
            PURGING: errors.TenantPurging,
        }
        if model.status != ACTIVE:
            with pytest.raises(refusal[model.status]):
                tenant.register(device_id, LIMIT)
        elif device_id not in model.devices and len(model.devices) >= LIMIT:
            with pytest.raises(errors.DeviceLimit):
                tenant.register(device_id, LIMIT)
        else:
            assert tenant.register(device_id, LIMIT) is (device_id not in model.devices)
            model.devices.add(device_id)
            self.exchange(custom_token)

    @rule(tenant_id=tenants, device_id=devices, outcome=st.sampled_from(["succeeded", "failed"]))
    def beat(self, tenant_id: str, device_id: str, outcome: str) -> None:
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        if device_id in model.devices:
            tenant.heartbeat(device_id, outcome)
        else:
            with pytest.raises(errors.DeviceGone):
                tenant.heartbeat(device_id, outcome)

    @rule(tenant_id=tenants, device_id=devices)
    def leave(self, tenant_id: str, device_id: str) -> None:
        tenant = self.store(tenant_id)
        sign_out = SignOut(self.users, Pace(FAST))
        run(sign_out.sign_out(DeviceIdentity(tenant_id, device_id), tenant.inner))
        self.models[tenant_id].devices.discard(device_id)

    @rule(
        tenant_id=tenants,
        reason=st.sampled_from(list(Reason)),
        delay=st.sampled_from([SOON, LATER]),
    )
    def close(self, tenant_id: str, reason: Reason, delay: timedelta) -> None:
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        refusal = {None: errors.TenantNotOnboarded, PURGING: errors.TenantPurging}
        receipt = str(uuid.uuid4())
        if model.status in refusal:
            with pytest.raises(refusal[model.status]):
                tenant.close(delay, reason, receipt_id=receipt)
            return
        closing = tenant.close(delay, reason, receipt_id=receipt)
        assert (closing.receipt_id == receipt) is (model.status == ACTIVE)
        if model.status == ACTIVE:
            model.status, model.due = CLOSING, delay == SOON

    @rule(tenant_id=tenants)
    def reopen(self, tenant_id: str) -> None:
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        refusal = {None: errors.TenantNotOnboarded, PURGING: errors.TenantPurging}
        if model.status in refusal:
            with pytest.raises(refusal[model.status]):
                tenant.reopen()
        else:
            tenant.reopen()
            model.status = ACTIVE

    @rule(tenant_id=tenants, calls=st.none() | st.integers(1, 12))
    def purge(self, tenant_id: str, calls: int | None) -> None:
        """Only what is due is purged; a purge that dies on the way leaves something that the next one finishes."""
        tenant, model = self.store(tenant_id), self.models[tenant_id]
        may = model.status == PURGING or (model.status == CLOSING and model.due)
        if not may:
            expected = NotDue if model.status else errors.TenantNotOnboarded
            with pytest.raises(expected):
                tenant.begin_purge()
            return
        tenant.begin_purge()
        model.status = PURGING
        death = Death(UNENDING if calls is None else calls)
        if death.run(self.life_of_a_purge(tenant_id, death)):
            self.survivors(tenant, model)
        else:
            self.models[tenant_id] = Model()

    async def life_of_a_purge(self, tenant_id: str, death: Death) -> None:
        """What the scheduled run does with one tenant that is purging."""
        database, users = death.may_strike(self.database), death.may_strike(self.users)
        store = TenantStore(database, tenant_id)
        purging = await store.read()
        assert purging is not None
        paced, budget = PacedUsers(users, FAST), Budget(float("inf"))
        deletion = Deletion(database, paced, store, purging, budget)
        await deletion.empty()
        assert await deletion.is_empty()
        await store.delete(purging)

    def survivors(self, tenant: Store, model: Model) -> None:
        """After a death: fewer devices or as many, and the organization's document while anything is left."""
        found = {one.id for one in tenant.devices()}
        assert found <= model.devices
        model.devices = found
        if tenant.read() is None:
            assert found == set()
            model.status = None

    def exchange(self, custom_token: str) -> None:
        """What the phone does next: it makes the Auth user."""
        url = f"http://{self.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
        body = {"token": custom_token, "returnSecureToken": True}
        with requests.Session() as session:
            session.trust_env = False
            session.post(url, params={"key": "local"}, json=body, timeout=30).raise_for_status()

    @invariant()
    def the_promises_hold(self) -> None:
        """What is stored is what the model says; neighbours are as they were, to the byte; the audit finds nothing."""
        now = self.stored()
        expected_documents, expected_users = set(), set()
        for tenant_id, model in self.models.items():
            if model.status is not None:
                expected_documents.add(f"tenants/{tenant_id}")
            expected_documents |= {f"tenants/{tenant_id}/devices/{one}" for one in model.devices}
            expected_users |= {f"{tenant_id}:{one}" for one in model.devices}
        users = {name for name in now if ":" in name}
        assert now.keys() - users == expected_documents
        assert users <= expected_users  # never a user without a device
        purging = {one for one, model in self.models.items() if model.status == PURGING}
        assert {
            one for one in expected_users - users if one.partition(":")[0] not in purging
        } == set()
        for name in now.keys() | self.before.keys():
            if self.touched not in name:
                assert now.get(name) == self.before.get(name)
        for tenant_id, model in self.models.items():
            if model.status is not None:
                document = json.loads(now[f"tenants/{tenant_id}"])
                assert document["fields"]["status"]["stringValue"] == model.status
        self.before = now

    def teardown(self) -> None:
        if hasattr(self, "database"):
            assert run(Audit(self.database, self.users).run()).findings == []


@pytest.mark.timeout(300)
def test_any_interleaving_keeps_the_promises(clean_firestore, clean_auth):
    """Onboarding, registration, heartbeat, sign-out, closing, reopening, purges that die: in any order."""
    Organizations.firestore, Organizations.auth = clean_firestore, clean_auth
    run_state_machine_as_test(
        Organizations,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,  # the same runs for everybody
            suppress_health_check=list(HealthCheck),
        ),
    )
