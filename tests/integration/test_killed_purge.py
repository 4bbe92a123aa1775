"""The scheduled run as a process, killed at random moments and run twice at once: it converges all the same.

Each round seeds an organization that is due beside neighbours, starts the deployed bundle, delivers the event, and
kills the process on the way. In the end a run that is left alone finishes, and no neighbour's byte has changed.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import firebase_admin
import firebase_admin.auth
import pytest
import requests

from deploy import bundle
from local import emulators
from local.processes import HOST, Server, free_ports, server
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.receipts import new_salt
from shared.schedule import ATTRIBUTES, DATA
from shared.store import to_the_hour
from shared.tenant import Closing, Reason, Tenant, onboarded, to_document
from tests.helpers.loop import Waiting

FRAMEWORK = Path(sys.executable).with_name("functions-framework")
DUE, ACTIVE, LATER = (f"5e1f0a10-c0de-4c0{number}-8a0{number}-00000000dead" for number in (1, 2, 3))
DEVICES = 12
MOST_RUN_SECONDS = 1.2  # within which a kill falls
LOCK_SECONDS = 120.0  # a transaction that nobody ends expires after 60


@dataclass
class Project:
    """The emulators' project: what is stored, and the bundle of the purge."""

    firestore: str
    auth: str
    staged: Path
    folder: Path
    receipts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Waiting(Firestore(emulators.PROJECT, self.firestore))
        self.users = Waiting(Users(emulators.PROJECT))

    def seed_neighbours(self) -> None:
        """An active organization, and one that is closing and not due."""
        now = datetime.now(UTC)
        self._put(ACTIVE, onboarded(None, "Active", now), now)
        later = Closing(now + timedelta(days=1), Reason.REQUESTED, str(uuid.uuid4()), new_salt())
        self._put(LATER, onboarded(None, "Later", now).close(later), now)

    def seed_due(self) -> None:
        """The organization that is to go, unless it is still there."""
        if self.database.get(f"tenants/{DUE}") is not None:
            return
        now = datetime.now(UTC)
        self.receipts.append(str(uuid.uuid4()))
        closing = Closing(now - timedelta(hours=1), Reason.REQUESTED, self.receipts[-1], new_salt())
        self._put(DUE, onboarded(None, "Due", now).close(closing), now)

    def _put(self, tenant_id: str, tenant: Tenant, now: datetime) -> None:
        ids = [str(uuid.uuid4()) for _ in range(DEVICES)]

        async def write(transaction: Any) -> None:
            transaction.set(f"tenants/{tenant_id}", to_document(tenant))
            for device in ids:
                path = f"tenants/{tenant_id}/devices/{device}"
                transaction.set(path, {"lastHeartbeatAt": to_the_hour(now)})

        self.database.transact(write)
        app = firebase_admin.initialize_app(
            options={"projectId": emulators.PROJECT}, name=str(uuid.uuid4())
        )
        records = [
            firebase_admin.auth.ImportUserRecord(uid=f"{tenant_id}:{device}")
            for device in [*ids, str(uuid.uuid4())]  # a user without a document, too
        ]
        firebase_admin.auth.import_users(records, app=app)

    def stored(self, tenant_id: str) -> dict[str, Any]:
        """Documents with their versions, and uids, of one organization."""
        below = self.database.stream(f"tenants/{tenant_id}", below=True)
        own = self.database.get(f"tenants/{tenant_id}")
        documents = {document.path: (document.fields, str(document.version)) for document in below}
        uids = {user.uid for user in self.users.page()[0] if user.uid.startswith(tenant_id)}
        return {"own": own and (own.fields, own.version), "below": documents, "uids": uids}

    @contextmanager
    def function(self, label: str) -> Iterator[tuple[Server, str]]:
        """The purge as it is deployed, in a process group of its own."""
        port = free_ports(1)[0]
        settings = {
            "GOOGLE_CLOUD_PROJECT": emulators.PROJECT,
            "ENTRA_CLIENT_ID": "ca111e47-e000-4000-8000-0000000000a1",
            "ENTRA_CREDENTIAL": "secret",
            "ENTRA_CLIENT_SECRET": "of-no-use",
            "ENTRA_AUTHORITY": "http://localhost:1",
            "GRAPH_ENDPOINT": "http://localhost:1",
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "FIREBASE_AUTH_EMULATOR_HOST": self.auth,
            "USER_BATCH_DELETIONS_PER_SECOND": "100",
            "PURGE_BUDGET_SECONDS": "60",
            "HOME": str(self.folder),
            "PYTHONPATH": "",
        }
        command: list[str | Path] = [FRAMEWORK, "--target", "tenant_purge", "--source"]
        command += [self.staged / "main.py", "--host", HOST, "--port", str(port)]
        with server(f"killed-{label}", command, env=settings, cwd=self.staged) as process:
            process.wait_until_ready(f"http://{HOST}:{port}/")
            yield process, f"http://{HOST}:{port}/"


@pytest.fixture
def project(clean_firestore, clean_auth, tmp_path):
    made = Project(
        clean_firestore,
        clean_auth,
        bundle.stage("tenant_purge", build=tmp_path / "build"),
        tmp_path,
    )
    made.seed_neighbours()
    return made


def deliver(url: str) -> requests.Response:
    """The scheduled event."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=DATA, headers=ATTRIBUTES, timeout=90)


def deliver_and_kill(process: Server, url: str, after_seconds: float) -> None:
    """Deliver the event, and end the whole process group in its midst."""

    def attempt() -> None:
        with contextlib.suppress(requests.RequestException):
            deliver(url)

    delivery = threading.Thread(target=attempt)
    delivery.start()
    time.sleep(after_seconds)  # the moment is what is drawn by chance, and nothing waits for it
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    delivery.join()


def kill_again_and_again(project: Project, kills: int, chance: random.Random) -> None:
    before = {tenant: project.stored(tenant) for tenant in (ACTIVE, LATER)}
    for number in range(kills):
        project.seed_due()
        with ExitStack() as processes:
            process, url = processes.enter_context(project.function("a"))
            if number % 3 == 0:  # another run at the same time, which lives
                _other, other_url = processes.enter_context(project.function("b"))
                twin = threading.Thread(target=deliver, args=(other_url,))
                twin.start()
                processes.callback(twin.join)
            deliver_and_kill(process, url, chance.uniform(0.0, MOST_RUN_SECONDS))
    with project.function("last") as (_process, url):
        ends_at = time.monotonic() + LOCK_SECONDS
        while project.database.get(f"tenants/{DUE}") is not None:
            assert time.monotonic() < ends_at
            deliver(url)  # 503 while a transaction of the dead still holds the tenant
        assert deliver(url).status_code == 204
    assert project.stored(DUE) == {"own": None, "below": {}, "uids": set()}
    assert {tenant: project.stored(tenant) for tenant in (ACTIVE, LATER)} == before
    for receipt in project.receipts:
        assert project.database.get(f"receipts/{receipt}").fields["state"] == "signed"
    assert project.database.get("state/sweep") is None


@pytest.mark.timeout(400)
def test_a_run_that_is_killed_at_random_converges(project):
    """A dozen kills, some beside a second run: all that was due is gone, with its receipt, and nothing else."""
    kill_again_and_again(project, 12, random.Random(20261126))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_run_that_is_killed_two_hundred_times_converges(project):
    """The same for two hundred moments."""
    kill_again_and_again(project, 200, random.Random())
