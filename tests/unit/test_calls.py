"""Each function's role is what its code calls: no permission is missing, and none is there for later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.infrastructure.functions import (
    BEGIN_TRANSACTION,
    CREATE,
    DELETE,
    DELETE_USERS,
    FUNCTIONS,
    GET,
    GET_USERS,
    LIST,
    UPDATE,
    Function,
)
from shared.google.firestore import Firestore, Transaction
from shared.google.users import Users
from shared.store import TenantStore

ROOT = Path(__file__).parents[2]
# Firestore, "Security for server client libraries"; a write without a precondition creates and updates.
DATABASE = {
    **dict.fromkeys(("get", "get_all"), {GET}),
    **dict.fromkeys(("query", "walk", "stream", "count", "collection_ids"), {GET, LIST}),
    **dict.fromkeys(("update", "replace"), {UPDATE}),
    **dict.fromkeys(("delete", "delete_batch"), {DELETE}),
    "transact": {BEGIN_TRANSACTION},
    "client": set(),
}
IN_TRANSACTION = {"get": {GET}, "create": {CREATE}, "set": {CREATE, UPDATE}, "delete": {DELETE}}
USERS = {
    **dict.fromkeys(("delete", "delete_one"), {DELETE_USERS}),
    **dict.fromkeys(("page", "exported", "lookup"), {GET_USERS}),
}
CLASSES = {
    **dict.fromkeys(("database", "_database"), DATABASE),
    "transaction": IN_TRANSACTION,
    **dict.fromkeys(("users", "_users", "accounts", "_accounts"), USERS),
}
STORE = ast.parse((ROOT / "shared" / "store.py").read_text())
STORE_BODIES = {
    node.name: node for node in ast.walk(STORE) if isinstance(node, ast.AsyncFunctionDef)
}
METHODS = {name for name in vars(TenantStore) if name in STORE_BODIES}


def receiver(node: ast.expr) -> str:
    """What a method is called on: the last name of it."""
    if isinstance(node, ast.Call):
        return receiver(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def permissions(tree: ast.AST, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """What a piece of code needs for its calls, and for those of the store that they lead to."""
    inside_store = bool(seen)
    for node in ast.walk(tree):
        leads_to = ""
        if isinstance(node, ast.Attribute):  # called, or handed on to be called
            on, name = receiver(node.value), node.attr
            yield from CLASSES.get(on, {}).get(name, ())
            is_store = on in ("store", "TenantStore") or (inside_store and on == "self")
            leads_to = name if is_store and name in METHODS else ""
        elif isinstance(node, ast.Name) and node.id not in METHODS:
            leads_to = node.id if node.id in STORE_BODIES else ""
        if leads_to and leads_to not in seen:
            yield from permissions(STORE_BODIES[leads_to], seen | {leads_to})


def needed(function: Function) -> set[str]:
    found = set()
    for path in (ROOT / "functions" / function.name).rglob("*.py"):
        found |= set(permissions(ast.parse(path.read_text())))
    return found


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_role_is_what_the_code_calls(function: Function):
    """Read from the code, through the store to the calls of the database and of Firebase's users."""
    assert needed(function) == set(function.permissions)


def test_every_call_of_the_database_and_the_users_is_known():
    """A new method of theirs needs its row above."""
    for known, there in ((DATABASE, Firestore), (IN_TRANSACTION, Transaction), (USERS, Users)):
        public = {name for name in vars(there) if not name.startswith("_")}
        assert set(known) == {name for name in public if callable(getattr(there, name))}
