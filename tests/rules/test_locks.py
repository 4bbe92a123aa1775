"""A read-write transaction locks what it reads; no phone may hold its organization that way.

Whoever held a lock on a tenant's document, and renewed it, would keep every closing from being
written; and to read itself is enough, because what the rules read to decide is locked as well.
docs/decisions/0020-a-phone-reads-itself-alone.md has what Firestore and its emulator do.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .matrix import Attempt
from .rest import OWNER, Firestore
from .world import DEFAULT, DEVICE, ELSEWHERE, OTHER_TENANT, SIBLING, TENANT, seed

TENANT_PATH = f"tenants/{TENANT}"
PATHS = {
    "its organization": TENANT_PATH,
    "itself": f"{TENANT_PATH}/devices/{DEVICE}",
    "its neighbour": f"{TENANT_PATH}/devices/{SIBLING}",
    "nobody's device": f"{TENANT_PATH}/devices/{ELSEWHERE}",
    "another organization": f"tenants/{OTHER_TENANT}",
    "another organization's device": f"tenants/{OTHER_TENANT}/devices/{DEVICE}",
}
CALLERS = [
    "own device",
    "own tenant's other device",
    "proof of over 30 days",
    "no claims",
    "no token",
]
READ_WRITE: dict[str, Any] = {"readWrite": {}}


def reads(attempt: Attempt, transaction: str) -> list[requests.Response]:
    """Every way to read a document, or the collection it is in, under a lock."""
    parent, _ = attempt.collection
    query = {"structuredQuery": attempt.query()}
    counted = {**query, "aggregations": [{"alias": "n", "count": {}}]}
    return [
        attempt.post("batchGet", {"documents": [attempt.name], "transaction": transaction}),
        attempt.post("batchGet", {"documents": [attempt.name], "newTransaction": READ_WRITE}),
        attempt.post("runQuery", query | {"transaction": transaction}, parent),
        attempt.post("runQuery", query | {"newTransaction": READ_WRITE}, parent),
        attempt.post(
            "runAggregationQuery",
            {"structuredAggregationQuery": counted, "transaction": transaction},
            parent,
        ),
    ]


def write(firestore: Firestore, path: str, status: str) -> requests.Response:
    """What closing and purging do: the owner reads the tenant in a transaction and writes its status."""
    owner = Attempt(firestore, OWNER, DEFAULT, path)
    begun = owner.post("beginTransaction", {"options": READ_WRITE}).json()["transaction"]
    owner.post("batchGet", {"documents": [owner.name], "transaction": begun})
    update = {
        "update": {"name": owner.name, "fields": {"status": {"stringValue": status}}},
        "updateMask": {"fieldPaths": ["status"]},
    }
    return owner.commit(update, transaction=begun)


def delete(firestore: Firestore, *paths: str) -> requests.Response:
    """What the purge does with documents: a batch, each on its own."""
    owner = Attempt(firestore, OWNER, DEFAULT, "")
    writes = [{"delete": Attempt(firestore, OWNER, DEFAULT, path).name} for path in paths]
    return owner.post("batchWrite", {"writes": writes})


@pytest.fixture
def world(emulator: Firestore) -> Firestore:
    """Both databases in their initial state, for each test."""
    seed(emulator)
    return emulator


def test_the_emulator_locks_what_a_transaction_reads(world: Firestore) -> None:
    """Where somebody may read in a read-write transaction, a closing ends in contention: the tests below can fail."""
    owner = Attempt(world, OWNER, DEFAULT, TENANT_PATH)
    body = {"options": READ_WRITE}
    transaction = owner.post("beginTransaction", body).json()["transaction"]
    try:
        read = owner.post("batchGet", {"documents": [owner.name], "transaction": transaction})
        assert read.status_code == requests.codes.ok
        assert write(world, TENANT_PATH, "closing").status_code == requests.codes.conflict
    finally:
        owner.post("rollback", {"transaction": transaction})


@pytest.mark.parametrize("caller", CALLERS)
def test_no_phone_holds_its_organization_against_closing_and_purge(
    world: Firestore, tokens: dict[str, str | None], caller: str
) -> None:
    """Whatever is read in open read-write transactions, over and over, closing and purge are written at once."""
    held: list[Any] = []
    targets = [Attempt(world, tokens[caller], DEFAULT, path) for path in PATHS.values()]

    def try_all() -> set[int]:
        answers = [
            answer
            for attempt, transaction in zip(targets, held, strict=True)
            for answer in reads(attempt, transaction)
        ]
        return {answer.status_code for answer in answers}

    for attempt in targets:
        begin = attempt.post("beginTransaction", {"options": READ_WRITE})
        held.append(begin.json()["transaction"])
    refused = {requests.codes.forbidden}

    assert try_all() == refused
    assert write(world, TENANT_PATH, "closing").status_code == requests.codes.ok
    assert try_all() == refused
    assert write(world, TENANT_PATH, "purging").status_code == requests.codes.ok
    assert try_all() == refused
    gone = delete(world, PATHS["itself"], PATHS["its neighbour"], TENANT_PATH).json()
    assert [status.get("code", 0) for status in gone["status"]] == [0, 0, 0]
    assert try_all() == refused


def test_a_phone_writes_nothing_in_a_transaction_either(
    world: Firestore, tokens: dict[str, str | None]
) -> None:
    """A commit that verifies, touches or deletes is refused, and holds nothing afterwards."""
    phone = Attempt(world, tokens["own device"], DEFAULT, PATHS["itself"])
    organization = Attempt(world, tokens["own device"], DEFAULT, TENANT_PATH)
    for attempt in (phone, organization):
        for change in (
            {"verify": attempt.name, "currentDocument": {"exists": True}},
            {"delete": attempt.name},
            attempt.update(),
        ):
            assert attempt.commit(change).status_code == requests.codes.forbidden

    assert write(world, TENANT_PATH, "closing").status_code == requests.codes.ok
    assert delete(world, PATHS["itself"]).json()["status"] == [{}]


def test_a_read_outside_of_a_transaction_locks_nothing(
    world: Firestore, tokens: dict[str, str | None]
) -> None:
    """The phone's own `get`, and a read-only transaction of it that stays open, leave the closing alone."""
    phone = Attempt(world, tokens["own device"], DEFAULT, PATHS["itself"])
    begun = phone.post("beginTransaction", {"options": {"readOnly": {}}}).json()["transaction"]
    body = {"documents": [phone.name], "transaction": begun}

    assert phone.post("batchGet", body).status_code == requests.codes.ok
    assert phone.get().status_code == requests.codes.ok
    assert write(world, TENANT_PATH, "closing").status_code == requests.codes.ok
    assert phone.get().status_code == requests.codes.forbidden
