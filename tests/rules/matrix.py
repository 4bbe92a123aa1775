"""Callers x operations x targets, and what the rules must answer to each.

Only reads of one document by its path can be allowed, where they lock nothing, and only on the
targets that a caller's row in world.CALLERS names; everything else is a denial. Tests and mutation
run share this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from .rest import Auth, Firestore, root
from .world import CALLERS, DEFAULT, NAMED, Caller

ALLOWED, DENIED = "allowed", "denied"
READ_ONE, READ_LOCKED, READ_MANY, WRITE = "read one", "read locked", "read many", "write"


@dataclass(frozen=True)
class Target:
    """A document that a caller aims at; `path` gets the caller's tenant and device."""

    name: str
    path: str
    database: str = DEFAULT


TARGETS = [
    Target("tenant", "tenants/{tenant}"),
    Target("device", "tenants/{tenant}/devices/{device}"),
    Target("unknown collection", "unknown/{tenant}"),
    Target("device below an unknown collection", "unknown/{tenant}/devices/{device}"),
    Target("unknown subcollection", "tenants/{tenant}/unknown/{device}"),
    Target("deeper path", "tenants/{tenant}/devices/{device}/unknown/{device}"),
    Target("tenant in a named database", "tenants/{tenant}", NAMED),
    Target("device in a named database", "tenants/{tenant}/devices/{device}", NAMED),
]


@dataclass(frozen=True)
class Attempt:
    """One caller's token aimed at one document."""

    firestore: Firestore
    token: str | None
    database: str
    path: str

    @property
    def name(self) -> str:
        return f"{root(self.database)}/{self.path}"

    @property
    def collection(self) -> tuple[str, str]:
        """Resource name of the collection's parent, and the collection's ID."""
        parent, collection, _ = f"/{self.path}".rsplit("/", 2)
        return root(self.database) + parent, collection

    def get(self) -> requests.Response:
        return self.firestore.call("GET", f"/v1/{self.name}", self.token)

    def post(self, method: str, body: Any, parent: str | None = None) -> requests.Response:
        path = f"/v1/{parent or root(self.database)}:{method}"
        return self.firestore.call("POST", path, self.token, body)

    def commit(self, *writes: dict[str, Any], **more: Any) -> requests.Response:
        return self.post("commit", {"writes": list(writes)} | more)

    def update(self, **more: Any) -> dict[str, Any]:
        """A write of one field that leaves the others as they are."""
        fields = {"lastOutcome": {"stringValue": "forged"}}
        mask = {"fieldPaths": list(fields)}
        return {"update": {"name": self.name, "fields": fields}, "updateMask": mask} | more

    def query(self, **more: Any) -> dict[str, Any]:
        _, collection = self.collection
        return {"from": [{"collectionId": collection}]} | more


def _in_transaction(
    attempt: Attempt, options: dict[str, Any], act: Callable[[str], requests.Response]
) -> requests.Response:
    begun = attempt.post("beginTransaction", {"options": options})
    if begun.status_code != requests.codes.ok:
        return begun
    transaction = begun.json()["transaction"]
    response = act(transaction)
    attempt.post("rollback", {"transaction": transaction})
    return response


def _get_in_transaction(kind: str) -> Callable[[Attempt], requests.Response]:
    def act(attempt: Attempt) -> requests.Response:
        def get(transaction: str) -> requests.Response:
            body = {"documents": [attempt.name], "transaction": transaction}
            return attempt.post("batchGet", body)

        return _in_transaction(attempt, {kind: {}}, get)

    return act


def _commit_transaction(attempt: Attempt) -> requests.Response:
    def commit(transaction: str) -> requests.Response:
        return attempt.commit(attempt.update(), transaction=transaction)

    return _in_transaction(attempt, {"readWrite": {}}, commit)


def _verify(attempt: Attempt) -> requests.Response:
    return attempt.commit({"verify": attempt.name, "currentDocument": {"exists": True}})


def _delete(attempt: Attempt) -> requests.Response:
    return attempt.firestore.call("DELETE", f"/v1/{attempt.name}", attempt.token)


def _query_by_tenant(attempt: Attempt) -> requests.Response:
    parent, _ = attempt.collection
    filter_ = {
        "fieldFilter": {
            "field": {"fieldPath": "__name__"},
            "op": "EQUAL",
            "value": {"referenceValue": attempt.name},
        }
    }
    query = attempt.query(where=filter_, limit=1)
    return attempt.post("runQuery", {"structuredQuery": query}, parent)


def _query(attempt: Attempt) -> requests.Response:
    parent, _ = attempt.collection
    return attempt.post("runQuery", {"structuredQuery": attempt.query()}, parent)


def _query_group(attempt: Attempt) -> requests.Response:
    _, collection = attempt.collection
    query = attempt.query(**{"from": [{"collectionId": collection, "allDescendants": True}]})
    return attempt.post("runQuery", {"structuredQuery": query})


def _count(attempt: Attempt) -> requests.Response:
    parent, _ = attempt.collection
    aggregation = {
        "structuredQuery": attempt.query(),
        "aggregations": [{"alias": "devices", "count": {}}],
    }
    return attempt.post("runAggregationQuery", {"structuredAggregationQuery": aggregation}, parent)


def _list(attempt: Attempt) -> requests.Response:
    parent, collection = attempt.collection
    return attempt.firestore.call("GET", f"/v1/{parent}/{collection}", attempt.token)


def _create(attempt: Attempt) -> requests.Response:
    parent, collection = attempt.collection
    return attempt.firestore.call(
        "POST", f"/v1/{parent}/{collection}", attempt.token, {"fields": {}}, documentId="new"
    )


def _patch(**query: str) -> Callable[[Attempt], requests.Response]:
    def patch(attempt: Attempt) -> requests.Response:
        body = {"fields": {"lastOutcome": {"stringValue": "forged"}}}
        return attempt.firestore.call("PATCH", f"/v1/{attempt.name}", attempt.token, body, **query)

    return patch


def _transform(attempt: Attempt) -> requests.Response:
    now = {"fieldPath": "lastHeartbeatAt", "setToServerValue": "REQUEST_TIME"}
    return attempt.commit({"transform": {"document": attempt.name, "fieldTransforms": [now]}})


def _update_transform(attempt: Attempt) -> requests.Response:
    once = {"fieldPath": "count", "increment": {"integerValue": "1"}}
    return attempt.commit(attempt.update(updateTransforms=[once]))


@dataclass(frozen=True)
class Operation:
    """One way to reach a document."""

    name: str
    kind: str
    act: Callable[[Attempt], requests.Response]


OPERATIONS = [
    Operation("get", READ_ONE, Attempt.get),
    Operation("batch get", READ_ONE, lambda a: a.post("batchGet", {"documents": [a.name]})),
    Operation("get in a transaction", READ_ONE, _get_in_transaction("readOnly")),
    Operation("verify", READ_LOCKED, _verify),
    Operation("get in a read-write transaction", READ_LOCKED, _get_in_transaction("readWrite")),
    Operation("list", READ_MANY, _list),
    Operation("query", READ_MANY, _query),
    Operation("query with a tenant filter", READ_MANY, _query_by_tenant),
    Operation("collection group query", READ_MANY, _query_group),
    Operation("count aggregation", READ_MANY, _count),
    Operation("list collections", READ_MANY, lambda a: a.post("listCollectionIds", {}, a.name)),
    Operation("create", WRITE, _create),
    Operation("create at the path", WRITE, _patch(**{"currentDocument.exists": "false"})),
    Operation("update", WRITE, _patch(**{"updateMask.fieldPaths": "lastOutcome"})),
    Operation("overwrite", WRITE, _patch()),
    Operation("delete", WRITE, _delete),
    Operation("batch", WRITE, lambda a: a.commit({"delete": f"{a.name}0"}, a.update())),
    Operation("batch write", WRITE, lambda a: a.post("batchWrite", {"writes": [a.update()]})),
    Operation("transaction", WRITE, _commit_transaction),
    Operation("field transform", WRITE, _transform),
    Operation("update with a transform", WRITE, _update_transform),
]


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    caller: Caller
    operation: Operation
    target: Target

    @property
    def expected(self) -> str:
        allowed = self.operation.kind == READ_ONE and self.target.name in self.caller.may_get
        return ALLOWED if allowed else DENIED

    def run(self, firestore: Firestore, token: str | None) -> str:
        """ALLOWED, DENIED, or a line that says what else came back."""
        path = self.target.path.format(tenant=self.caller.tenant, device=self.caller.device)
        response = self.operation.act(Attempt(firestore, token, self.target.database, path))
        if response.status_code == requests.codes.ok:
            return ALLOWED
        if response.status_code == requests.codes.forbidden:
            return DENIED if '"PERMISSION_DENIED"' in response.text else response.text
        return f"{response.status_code} {response.text}"

    def __str__(self) -> str:
        return f"{self.caller.name} / {self.operation.name} / {self.target.name}"


def cases() -> Iterator[Case]:
    """Every cell, the allowed ones of each operation first (CALLERS begins with them)."""
    for operation in OPERATIONS:
        for caller in CALLERS:
            for target in TARGETS:
                yield Case(caller, operation, target)


def sign_in_all(auth: Auth) -> dict[str, str | None]:
    """An ID token per caller name."""
    return {caller.name: caller.sign_in(auth) for caller in CALLERS}
