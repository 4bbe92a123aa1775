"""The drill: a backup, a purge, a restore into a second database, and a check that nobody comes back."""

from __future__ import annotations

import json
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.emulators import PROJECT
from shared.google.firestore import Document, Firestore
from shared.google.users import Users
from shared.receipts import KEPT
from support.audit import Audit
from support.restore import RestoreCheck, UnknownKey
from tests.helpers import functions
from tests.helpers.fakes import FakeEntra
from tests.helpers.loop import Waiting, run
from tests.helpers.stores import Store, put, update
from tests.helpers.support import support

ROOT = Path(__file__).parents[2]
KEY, NEW_KEY = "a-fingerprint-key-of-this-drill-alone", "another-fingerprint-key-of-this-drill"
DEVICES = 1101  # more than two pages of deletes


class Drill:
    """live, restored: two databases of one emulator."""

    def __init__(self, emulator: str) -> None:
        self.emulator = emulator
        self.live = Firestore(PROJECT, emulator)
        self.restored = Firestore(PROJECT, emulator, "restored")
        self.users = Users(PROJECT)

    def tenant(self, devices: int = 2) -> Store:
        store = Store(self.live, str(uuid.uuid4()))
        store.onboard("Contoso")
        fields = {"lastHeartbeatAt": datetime(2026, 1, 1, tzinfo=UTC)}
        paths = [f"{store.devices_path}/{uuid.uuid4()}" for _ in range(devices)]
        put(self.live, dict.fromkeys(paths, fields))
        return store

    def restore(self) -> None:
        """What a backup of now holds, into the second database."""
        put(self.restored, {each.path: each.fields for each in everything(self.live)})

    def purge(self, *stores: Store) -> None:
        for store in stores:
            store.close()
        purge = functions.purge(
            self.live,
            self.users,
            FakeEntra(),
            lambda: 0.0,
            lambda: datetime.now(UTC),
            RECEIPT_FINGERPRINT_KEY=KEY,
            USER_BATCH_DELETIONS_PER_SECOND="1000",
        )
        run(purge.new_run().execute())
        assert not any(store.read() for store in stores)

    def check(self, *arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
        return support("restore-check", "--json", *arguments, RECEIPT_FINGERPRINT_KEY=key)


def everything(database: Firestore) -> list[Document]:
    found: list[Document] = Waiting(database).stream("", below=True)
    return found


def contents(documents: list[Document]) -> dict[str, Any]:
    return {document.path: dict(document.fields) for document in documents}


@pytest.fixture
def drill(clean_firestore: str, clean_auth: str) -> Drill:
    url = f"http://{clean_firestore}/emulator/v1/projects/{PROJECT}/databases/restored/documents"
    requests.delete(url, timeout=30).raise_for_status()
    return Drill(clean_firestore)


def test_whoever_was_purged_since_the_backup_does_not_come_back(drill: Drill) -> None:
    """The preview names them and changes nothing; --yes deletes them page by page, and nobody else's byte."""
    purged, other, stays = drill.tenant(DEVICES), drill.tenant(), drill.tenant()
    drill.restore()
    drill.purge(purged, other)
    before = contents(everything(drill.restored))

    preview = drill.check("--database", "restored")
    assert preview.returncode == 1, preview.stderr
    assert {row["tenant"] for row in json.loads(preview.stdout)} == {purged.id, other.id}
    assert contents(everything(drill.restored)) == before

    done = drill.check("--database", "restored", "--yes")
    assert done.returncode == 0, done.stderr
    deleted = {row["tenant"]: row["documents"] for row in json.loads(done.stdout)}
    assert deleted == {purged.id: DEVICES + 1, other.id: 3}
    left = contents(everything(drill.restored))
    assert left == {path: fields for path, fields in before.items() if path.startswith(stays.path)}

    again = drill.check("--database", "restored")
    assert (again.returncode, json.loads(again.stdout)) == (0, [])
    report = run(Audit(drill.restored, drill.users).run())
    assert report.findings == []
    assert report.counts["tenants"] == 1
    assert stays.read()


def test_the_live_receipts_outlive_the_restore(drill: Drill) -> None:
    """A restored receipt is older than the live one of the same ID; imported, it would take its place."""
    closing = drill.tenant()
    receipt = f"receipts/{closing.close(timedelta(days=1)).receipt_id}"
    drill.restore()
    put(drill.restored, {f"receipts/{uuid.uuid4()}": {"state": "pending"}})
    assert drill.check("--database", "restored", "--yes").returncode == 0
    receipts = [d.path for d in everything(drill.restored) if d.path.startswith("receipts/")]
    assert receipt not in receipts
    assert len(receipts) == 1


def test_an_organization_that_connected_again_before_the_backup_is_kept(drill: Drill) -> None:
    """With the time of the backup, a purge before it counts no more; without it, it does."""
    store = drill.tenant()
    drill.purge(store)
    store.onboard("Contoso")
    drill.restore()
    taken_at = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
    kept = drill.check("--database", "restored", "--taken-at", taken_at)
    assert (kept.returncode, json.loads(kept.stdout)) == (0, [])
    assert drill.check("--database", "restored").returncode == 1


def test_a_check_with_the_wrong_key_does_not_pass_for_one(drill: Drill) -> None:
    """It refuses; with the old key behind the new one it finds whom the old one knows."""
    store = drill.tenant()
    drill.restore()
    drill.purge(store)
    refused = drill.check("--database", "restored", key=NEW_KEY)
    assert refused.returncode == 1
    assert "unknown_key" in refused.stderr
    both = drill.check("--database", "restored", key=f"{NEW_KEY},{KEY}")
    assert [row["tenant"] for row in json.loads(both.stdout)] == [store.id]


def test_the_live_database_is_never_checked(drill: Drill) -> None:
    """Nothing is deleted there by mistake."""
    refused = drill.check("--database", "(default)", "--yes")
    assert refused.returncode == 2
    assert "live" in refused.stderr


def test_a_fingerprint_that_a_run_has_removed_finds_nobody(drill: Drill) -> None:
    """Once the last backup is gone, nothing leads from a receipt to an organization any more."""
    store = drill.tenant()
    drill.restore()
    drill.purge(store)
    receipt = next(d for d in everything(drill.live) if d.path.startswith("receipts/"))
    assert receipt.fields["expireAt"] - KEPT < receipt.fields["fingerprintUntil"]
    update(drill.live, receipt.path, {"fingerprintUntil": datetime.now(UTC)})
    drill.purge()  # a run with nothing due
    assert "fingerprint" not in run(drill.live.get(receipt.path)).fields
    assert json.loads(drill.check("--database", "restored").stdout) == []


def test_a_check_stops_at_a_key_that_is_missing(drill: Drill) -> None:
    """In the code as on the command line."""
    store = drill.tenant()
    drill.purge(store)
    with pytest.raises(UnknownKey):
        Waiting(RestoreCheck(drill.live, drill.restored, [NEW_KEY])).purged()
