"""Every query has its index: production refuses what the emulators answer."""

from __future__ import annotations

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest

from functions.admin_portal import figures
from tests.helpers import tenants
from tests.helpers.fakes import NOW, FakeFirestore
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

ROOT = Path(__file__).parents[2]
DECLARED = json.loads((ROOT / "firestore.indexes.json").read_text())
ASKING = {"query", "walk", "count"}


class Noting(FakeFirestore):
    """It remembers the fields of each query: equalities first, then the one that is ranged over or ordered by."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    async def query(self, collection, *, where=(), order_by="__name__", **options):
        self._note(collection, where, order_by)
        return await super().query(collection, where=where, order_by=order_by, **options)

    async def count(self, collection, *, where=(), **options):
        self._note(collection, where, "__name__")
        return await super().count(collection, where=where, **options)

    def _note(self, collection, where, order_by):
        equal = [name for name, operator, _ in where if operator == "=="]
        ranged = [name for name, operator, _ in where if operator != "=="]
        fields = dict.fromkeys([*equal, *ranged, *({order_by} - {"__name__"})])
        self.asked.add((collection.rpartition("/")[2], tuple(fields)))


@pytest.fixture
def composite():
    return {
        (index["collectionGroup"], tuple(field["fieldPath"] for field in index["fields"]))
        for index in DECLARED["indexes"]
    }


def exempt(group):
    """Fields without an ascending index of their own."""
    return {
        override["fieldPath"]
        for override in DECLARED["fieldOverrides"]
        if override["collectionGroup"] == group
        and not any(index.get("order") == "ASCENDING" for index in override["indexes"])
    }


@in_virtual_time
async def test_every_query_of_the_run_has_its_index(composite):
    """What the run asks over several fields is declared, nothing else is, and no field that it asks is exempt."""
    database = Noting()
    project = Scheduled(database)
    project.tenant(tenants.closing(), devices=1)
    project.tenant(tenants.active(NOW - timedelta(days=2)), devices=1)
    await project.run()
    assert {asked for asked in database.asked if len(asked[1]) > 1} == composite
    single = {(group, fields[0]) for group, fields in database.asked if len(fields) == 1}
    assert not {(group, name) for group, name in single if name in exempt(group)}


def test_every_count_of_the_portal_has_its_index():
    """Each count looks at one field, which is not exempt from its own index."""
    asked = [{name for name, _, _ in where} for where in figures.queries(NOW, 180).values()]
    assert all(len(names) <= 1 for names in asked)
    assert not set().union(*asked) & exempt("devices")


def test_nobody_else_asks_with_conditions():
    """The tests above see all there are: conditions elsewhere need their index checked as well."""
    asking = {
        path.relative_to(ROOT).as_posix()
        for folder in ("functions", "shared", "support")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ASKING | {"tenants"}
        and any(keyword.arg == "where" for keyword in node.keywords)
    }
    run = {
        f"functions/tenant_purge/{name}.py"
        for name in ("consents", "expiry", "finishing", "ledger", "run", "signouts")
    }
    over_one_field = {"shared/silence.py", "support/commands/devices.py", "support/restore.py"}
    seams = {"shared/store.py", "shared/google/firestore.py"}
    assert asking - seams == run | over_one_field
