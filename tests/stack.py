"""One running stack for all tests of a run that need one: staged bundles, one process per function.

Each test works in organizations of its own, so that none depends on another.
"""

import itertools
import os
from datetime import timedelta

import pytest

from deploy import bundle
from local.processes import LOGS
from local.stack import part_names, stack
from shared.google.firestore import Firestore
from tests.e2e.parts import Organization
from tests.helpers.loop import Waiting
from tests.helpers.stores import Store

DEVICES = 3  # MAX_DEVICES_PER_TENANT
LABEL = "tests-"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def log_starts():
    """Where this run's lines begin in each function's log."""
    logs = [LOGS / f"{LABEL}{name}.log" for name in bundle.functions()]
    return {log: log.stat().st_size if log.exists() else 0 for log in logs}


@pytest.fixture(scope="session")
def running(log_starts):
    """The running stack."""
    external = os.environ.pop("FIRESTORE_EMULATOR_HOST", None)  # faults need one of our own
    try:
        settings = {"MAX_DEVICES_PER_TENANT": str(DEVICES)}
        parts: list[str] = []
        with stack(describe=None, settings=settings, label=LABEL, started=parts.append) as started:
            assert sorted(parts) == sorted(part_names())  # what a progress bar counts
            yield started
    finally:
        if external:
            os.environ["FIRESTORE_EMULATOR_HOST"] = external


@pytest.fixture(scope="session")
def addresses(running):
    return running.addresses


@pytest.fixture
def entra(running):
    """The Entra stand-in, well behaved before and after the test."""
    running.entra.reset()
    running.entra.up()
    yield running.entra
    running.entra.reset()
    running.entra.up()


@pytest.fixture(scope="session")
def server_side(addresses):
    """The database as the server sees it, for the product's own coroutines."""
    return Firestore(addresses.project, addresses.firestore)


@pytest.fixture(scope="session")
def database(server_side):
    """The same, for tests, which wait."""
    return Waiting(server_side)


@pytest.fixture
def make_organization(running, entra, server_side):
    """A new organization with people who have phones; connected unless told otherwise."""

    def make(onboarded=True, phones=DEVICES + 1, name=None):
        tenant = entra.add_tenant(name or f"Organization {next(_numbers)}", phones=phones)
        entra.grant(tenant.tenant_id)
        made = Organization(tenant, Store(server_side, tenant.tenant_id))
        if onboarded:
            made.store.onboard(tenant.name)
        return made

    return make


@pytest.fixture
def close():
    """Close an organization, due at once unless told otherwise; gives the closing."""

    def close_now(organization, delay=timedelta()):
        return organization.store.close(delay)

    return close_now
