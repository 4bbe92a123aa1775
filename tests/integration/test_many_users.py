"""A deletion ends beside 60,000 users of others, with a second for each run."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import firebase_admin
import firebase_admin.auth
import pytest

from local import emulators
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.receipts import new_salt
from shared.store import to_the_hour
from shared.tenant import Closing, Reason, onboarded, to_document
from tests.helpers import functions
from tests.helpers.loop import Waiting, run

OTHERS, DEVICES, MOST_RUNS = 60_000, 3, 30
TENANT = "ffffffff-c0de-4c01-8a01-00000000dead"  # its users are listed last
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add_users(uids):
    app = firebase_admin.initialize_app(
        options={"projectId": emulators.PROJECT}, name=str(uuid.uuid4())
    )
    for start in range(0, len(uids), 1000):
        records = [
            firebase_admin.auth.ImportUserRecord(uid=uid) for uid in uids[start : start + 1000]
        ]
        firebase_admin.auth.import_users(records, app=app)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_deletion_ends_beside_many_users_of_others(clean_firestore, clean_auth):
    """Thirty runs of a second are enough, and the others' users are all there."""
    other = "5e1f0a10-c0de-4c02-8a02-0000fab21ca0"
    add_users([f"{other}:{uuid.uuid4()}" for _ in range(OTHERS)])
    devices = [str(uuid.uuid4()) for _ in range(DEVICES)]
    add_users([f"{TENANT}:{device}" for device in [*devices, str(uuid.uuid4())]])
    database = Firestore(emulators.PROJECT, clean_firestore)
    closing = Closing(NOW - timedelta(hours=1), Reason.REQUESTED, str(uuid.uuid4()), new_salt())

    async def seed(transaction):
        document = to_document(onboarded(None, "Due", NOW).close(closing))
        transaction.set(f"tenants/{TENANT}", document)
        for device in devices:
            fields = {"lastHeartbeatAt": to_the_hour(NOW)}
            transaction.set(f"tenants/{TENANT}/devices/{device}", fields)

    stored = Waiting(database)
    stored.transact(seed)
    users = Users(emulators.PROJECT)
    purge = functions.purge(
        database,
        users,
        None,
        time.monotonic,
        lambda: NOW,
        PURGE_BUDGET_SECONDS="1",
        USER_BATCH_DELETIONS_PER_SECOND="100",
    )
    runs = 0
    while stored.get(f"tenants/{TENANT}") is not None:
        runs += 1
        assert runs <= MOST_RUNS
        run(_one_run(purge))
    assert stored.get(f"receipts/{closing.receipt_id}").fields["state"] == "signed"
    assert not list(stored.stream(f"tenants/{TENANT}", below=True))
    assert sum(1 for uid in all_uids(users) if uid.startswith(other)) == OTHERS
    assert not [uid for uid in all_uids(users) if uid.startswith(TENANT)]


async def _one_run(purge):
    await purge.new_run().execute()


def all_uids(users):
    waiting, token = Waiting(users), ""
    while True:
        page, token = waiting.page(token)
        yield from (user.uid for user in page)
        if not token:
            return
