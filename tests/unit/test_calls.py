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
READ, SEARCH, WRITE = {GET}, {GET, LIST}, {UPDATE}
DATABASE = {
    "get": READ,
    "get_all": READ,
    "query": SEARCH,
    "walk": SEARCH,
    "stream": SEARCH,
    "count": SEARCH,
    "update": WRITE,
    "replace": WRITE,
    "delete": {DELETE},
    "delete_batch": {DELETE},
    "transact": {BEGIN_TRANSACTION},
    "client": set(),
}
IN_TRANSACTION = {"get": READ, "create": {CREATE}, "set": {CREATE, UPDATE}, "delete": {DELETE}}
USERS = {
    "page": {GET_USERS},
    "exported": {GET_USERS},
    "lookup": {GET_USERS},
    "delete": {DELETE_USERS},
    "delete_one": {DELETE_USERS},
}
CLASSES = {
    "database": DATABASE,
    "_database": DATABASE,
    "transaction": IN_TRANSACTION,
    "users": USERS,
    "_users": USERS,
}
STORE = ast.parse((ROOT / "shared" / "store.py").read_text())
FREE = {node.name: node for node in STORE.body if isinstance(node, ast.AsyncFunctionDef)}
METHODS = {
    node.name: node
    for of_class in STORE.body
    if isinstance(of_class, ast.ClassDef) and of_class.name == TenantStore.__name__
    for node in of_class.body
    if isinstance(node, ast.AsyncFunctionDef)
}


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
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "shared.store"
        for alias in node.names
    }
    for node in ast.walk(tree):
        body = None
        if isinstance(node, ast.Attribute):  # called, or handed on to be called
            on, name = receiver(node.value), node.attr
            yield from CLASSES.get(on, {}).get(name, ())
            is_store = on in ("store", "TenantStore") or (inside_store and on == "self")
            body = METHODS.get(name) if is_store else None
        elif isinstance(node, ast.Name) and (inside_store or node.id in imported):
            body = FREE.get(node.id)
        if body and body.name not in seen:
            yield from permissions(body, seen | {body.name})


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
