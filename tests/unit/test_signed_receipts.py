"""Receipts of deletions: what follows for them from a tenant's life, and what the scheduled run makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from functions.tenant_purge.budget import Budget
from functions.tenant_purge.ledger import Ledger
from shared import development_keys, receipts
from shared.inventory import ReceiptDocument, Timestamp, digest
from shared.receipts import KEPT, Counts, commitment, fingerprint
from shared.signing import RECEIPT, signer, verified
from shared.store import TenantStore
from shared.tenant import Closing, Reason, Way
from tests.helpers.fakes import NOW, TENANT, FakeFirestore
from tests.helpers.loop import run

SIGNER = signer(RECEIPT, development_keys.SIGNING["receipt"])
ROOT = Path(__file__).parents[2]
FINGERPRINT_KEY, OTHER_KEY = "f" * 32, "g" * 32
ID, OTHER_ID = "5c1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e", "7d1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e"
PATH = f"receipts/{ID}"
SALT = "s" * 32


def ledger(database, now=NOW, backup_days=7):
    return Ledger(database, SIGNER, FINGERPRINT_KEY, backup_days, lambda: now)


def connected(database):
    store = TenantStore(database, TENANT)
    run(store.onboard("Contoso", NOW))
    return store


def closed(database, receipt_id=ID):
    store = connected(database)
    closing = Closing(NOW, Reason.REQUESTED, receipt_id, SALT)
    run(store.change(lambda tenant: tenant.close(closing)))
    return store


def purging(database):
    store = closed(database)
    run(store.change(lambda tenant: tenant.begin_purge(NOW)))
    return store, run(store.read())


def said(database, path=PATH):
    return verified(RECEIPT, database.documents[path]["receipt"], [SIGNER.public])


def unlimited():
    return Budget(float("inf"))


def test_a_closing_makes_its_receipt_pending_in_the_same_commit():
    """It says when the deletion is due, and nothing of whose it is."""
    database = FakeFirestore()
    closed(database)
    assert database.documents[PATH] == {
        "state": "pending",
        "purgeAt": NOW,
        "expireAt": NOW + KEPT,
    }
    assert database.calls.count("transact") == 2  # onboarding, closing


def test_a_second_request_keeps_the_first_receipt():
    """A closing tenant keeps its closing, so no second receipt appears."""
    database = FakeFirestore()
    closed(database)
    closed_again = Closing(NOW, Reason.REQUESTED, OTHER_ID, SALT)
    store = TenantStore(database, TENANT)
    run(store.change(lambda tenant: tenant.close(closed_again)))
    assert [path for path in database.documents if path.startswith("receipts/")] == [PATH]


@pytest.mark.parametrize("way", ["portal", "onboarding"])
def test_a_withdrawal_is_noted_in_the_receipt_and_signed_by_the_next_run(way):
    """Whoever withdraws has no key; the run signs that end too, which then says that nothing was deleted."""
    database = FakeFirestore()
    store = closed(database)
    if way == "portal":
        run(store.change(lambda tenant: tenant.reopen(Way.PORTAL, NOW)))
    else:
        run(store.onboard("Contoso", NOW))
    assert database.documents[PATH] == {"state": "withdrawn", "expireAt": NOW + KEPT}

    run(ledger(database).settle(unlimited()))
    assert database.documents[PATH]["state"] == "signed"
    assert said(database)["end"] == "withdrawn"
    assert "commitment" not in said(database)


def test_the_receipt_of_a_deletion_names_nobody_and_commits_to_the_tenant():
    """Tenant's document and receipt change together; only the salt leads from the one to the other."""
    database = FakeFirestore()
    store, read = purging(database)
    run(ledger(database).end(store, read, Counts(users=25, documents=26)))

    assert list(database.documents) == [PATH]
    stored = database.documents[PATH]
    ReceiptDocument().load(stored)
    statement = said(database)
    assert statement["end"] == "deleted"
    assert statement["jti"] == ID
    assert statement["endedAt"] == NOW.isoformat(timespec="seconds")
    assert statement["inventory"] == digest()
    assert statement["counts"] == {"users": 25, "documents": 26}
    assert statement["commitment"] == commitment(SALT, TENANT)
    assert statement["backupsExpireAt"] == (NOW + timedelta(days=8)).isoformat(timespec="seconds")
    written = json.dumps({**stored, "said": statement}, default=str)
    for word in (TENANT, TENANT.replace("-", ""), SALT, "Contoso"):
        assert word not in written
    assert stored["fingerprint"] not in json.dumps(statement)


def test_counts_of_runs_that_came_to_no_end_are_in_the_receipt():
    """What a run notes is added up by the next one, and by the one that ends the deletion."""
    database = FakeFirestore()
    store, read = purging(database)
    run(ledger(database).note(read, Counts(10, 11)))
    run(ledger(database).note(read, Counts(1, 1)))
    assert said(database)["end"] == "unfinished"
    assert database.documents[PATH]["state"] == "pending"
    run(ledger(database).end(store, read, Counts(4, 5)))
    assert said(database)["counts"] == {"users": 15, "documents": 17}


def test_a_deletion_from_before_receipts_had_salts_gets_one_too():
    """There is no commitment in it, and everything else."""
    database = FakeFirestore()
    store = connected(database)
    run(store.change(lambda tenant: tenant.close(Closing(NOW, Reason.REQUESTED, ID))))
    del database.kept[PATH]
    run(store.change(lambda tenant: tenant.begin_purge(NOW)))
    run(ledger(database).end(store, run(store.read()), Counts()))
    assert said(database)["end"] == "deleted"
    assert "commitment" not in said(database)


def test_the_fingerprint_goes_when_the_last_backup_has_expired():
    """Until then it stays; afterwards the receipt is all that is left."""
    database = FakeFirestore()
    store, read = purging(database)
    run(ledger(database).end(store, read, Counts()))
    receipt = database.documents[PATH]["receipt"]

    run(ledger(database, NOW + timedelta(days=8, seconds=-1)).settle(unlimited()))
    assert database.documents[PATH]["fingerprint"] == fingerprint(FINGERPRINT_KEY, TENANT)
    run(ledger(database, NOW + timedelta(days=8)).settle(unlimited()))
    assert database.documents[PATH] == {
        "state": "signed",
        "receipt": receipt,
        "expireAt": NOW + KEPT,
    }


def test_without_backups_a_fingerprint_stays_an_hour():
    """So long old versions of a document can be read."""
    database = FakeFirestore()
    store, read = purging(database)
    run(ledger(database, backup_days=0).end(store, read, Counts()))
    assert database.documents[PATH]["fingerprintUntil"] == NOW + timedelta(hours=1)


def test_a_salt_is_of_192_random_bits():
    """Two are different, and each has 32 characters of base64url."""
    salts = {receipts.new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {32}


def test_another_salt_or_tenant_gives_another_commitment():
    """And what belongs to the salt cannot be moved over to the ID."""
    whole = commitment(SALT, TENANT)
    assert whole != commitment(SALT + TENANT[0], TENANT[1:])
    assert whole != commitment("t" * 32, TENANT)
    assert whole != commitment(SALT, TENANT.replace("0", "1"))


def test_a_fingerprint_tells_its_key_and_not_its_tenant():
    """Another key gives another name and another digest."""
    one, other = fingerprint(FINGERPRINT_KEY, TENANT), fingerprint(OTHER_KEY, TENANT)
    assert one.split(".")[0] == receipts.key_name(FINGERPRINT_KEY) != receipts.key_name(OTHER_KEY)
    assert one.split(".")[1] != other.split(".")[1]


def test_the_file_that_is_kept_has_all_that_a_proof_needs():
    """Receipt ID, due time, tenant ID, salt, and where to ask."""
    closing = Closing(NOW, Reason.REQUESTED, ID, SALT)
    assert receipts.request_to_keep(TENANT, closing, "https://portal.example") == {
        "receiptId": ID,
        "purgeDue": NOW.isoformat(timespec="seconds"),
        "tenantId": TENANT,
        "salt": SALT,
        "receipts": "https://portal.example/receipts",
        "keys": "https://portal.example/.well-known/jwks.json",
    }
    assert "salt" not in receipts.request_to_keep(TENANT, replace(closing, salt=None), "")


def test_firestore_ends_receipts_by_the_time_that_the_code_writes():
    """No emulator carries a TTL out, so the policy and the field are held together here: nothing else is to end."""
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())["fieldOverrides"]
    policies = [
        f"{each['collectionGroup']}.{each['fieldPath']}" for each in declared if each.get("ttl")
    ]
    assert policies == ["receipts.expireAt"]
    field = ReceiptDocument().fields["expireAt"]
    assert isinstance(field, Timestamp)
    assert field.required
    assert receipts.path_of(ID) == PATH
    assert timedelta(days=730) == KEPT


def test_every_field_of_a_receipt_is_looked_for_or_has_no_index():
    """A query needs the index of its field; all others would only cost."""
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())["fieldOverrides"]
    indexed = {
        each["fieldPath"]: bool(each["indexes"])
        for each in declared
        if each["collectionGroup"] == "receipts"
    }
    asked = {"state", "fingerprintUntil"}
    assert indexed == {name: name in asked for name in ReceiptDocument().fields}
