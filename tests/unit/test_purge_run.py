"""The order and the limits of a scheduled run, against a database of a few lines."""

import ast
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.admin_portal import figures
from functions.tenant_purge.purge import FRUITLESS, OutOfTime, Purge, PurgeStuck
from functions.tenant_purge.run import Run, RunFailed
from shared import errors
from shared.entra.client import EntraRefused
from shared.google.old_firestore import Document
from shared.settings import PurgeSettings
from shared.store import Tenant

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
SETTINGS = PurgeSettings(
    project="unit-tests", entra_client_id=str(uuid.uuid4()), entra_client_secret="-"
)
GONE, OWN = 700016, 7000222


class Database:
    """Active tenants in memory, due for a consent check; remembers what was asked and written."""

    def __init__(self, *tenants):
        self.tenants = {tenant.path: tenant for tenant in tenants}
        self.queries = []
        self.written = []

    def query(self, collection, where=(), order_by=("__name__",), **_options):
        self.queries.append((collection, tuple(where), tuple(order_by)))
        active = any(value == "active" for _, _, value in where)
        return list(self.tenants.values()) if active else []

    def walk(self, collection, where=(), **_options):
        self.queries.append((collection, tuple(where), ("__name__",)))
        return iter(())

    def update(self, path, fields, update_time=None):
        assert update_time == self.tenants[path].update_time
        return path, fields

    def commit(self, *writes):
        self.written += writes


class Entra:
    """Refuses the tenants that have a code here; is away for those that have None."""

    def __init__(self, codes):
        self.codes = codes
        self.asked = []

    def probe_consent(self, tenant_id):
        self.asked.append(tenant_id)
        if tenant_id in self.codes:
            code = self.codes[tenant_id]
            raise EntraRefused("refused", (code,)) if code else errors.Unavailable("entra")


def active(tenant_id=None, **fields):
    stored = {"name": "Contoso", "status": "active", "consent": {"checkedAt": YESTERDAY}}
    return Document(f"tenants/{tenant_id or uuid.uuid4()}", {**stored, **fields}, 1)


def execute(database, codes=()):
    entra = Entra(dict(codes))
    run = Run(SETTINGS, database, None, entra, lambda: NOW, lambda: 0.0)
    return entra, run


def test_a_document_that_does_not_fit_stops_no_other_check():
    """A foreign document ID, or a field that the inventory lacks, is reported; the other tenants are checked."""
    sound = active()
    database = Database(active("not-a-guid"), active(email="-"), sound)
    _, run = execute(database)

    with pytest.raises(RunFailed):
        run.execute()

    assert database.written == [(sound.path, {"consent": {"checkedAt": NOW}})]


def test_one_probe_without_an_answer_is_reported_and_the_others_go_on():
    """An outage is never passed over in silence, however few tenants it met."""
    silent, sound = active(), active()
    database = Database(silent, sound)
    _, run = execute(database, {silent.id: None})

    with pytest.raises(errors.Unavailable):
        run.execute()

    assert [path for path, _ in database.written] == [sound.path]


def test_three_probes_without_an_answer_in_a_row_end_the_probing():
    """Where Entra is away, nobody else is asked in this run."""
    tenants = [active() for _ in range(9)]
    entra, run = execute(Database(*tenants), {tenant.id: None for tenant in tenants})

    with pytest.raises(errors.Unavailable):
        run.execute()

    assert len(entra.asked) == 3


def test_a_fault_of_our_own_credential_holds_back_losses_seen_before(capsys):
    """Such a run proves nothing against a tenant: it alarms, and changes none that seemed lost."""
    lost, ours, other = active(), active(), active()
    database = Database(lost, ours, other)
    entra, run = execute(database, {lost.id: GONE, ours.id: OWN})

    run.execute()

    assert database.written == []
    assert other.id not in entra.asked
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(
        (line["event"], line["severity"]) == ("entra_credential_failing", "CRITICAL")
        for line in logged
    )


def test_no_log_line_names_a_tenant(capsys):
    """Logs hold codes and counts: neither ID nor name of a tenant."""
    lost, odd = active(), active(email="-")
    _, run = execute(Database(lost, odd), {lost.id: GONE})
    with pytest.raises(RunFailed):
        run.execute()

    out = capsys.readouterr().out
    assert "purge_run" in out
    for secret in (lost.id, odd.id, "Contoso"):
        assert secret not in out


class Purging:
    """A tenant that is being purged, with one device; `codes` are the answers to its deletions."""

    def __init__(self, code, devices=1):
        self.code = code
        self.calls = 0
        self.path = f"tenants/{uuid.uuid4()}"
        self.left = [Document(f"{self.path}/devices/{uuid.uuid4()}", {}, 1)] * devices

    def get(self, _path):
        return [Document(self.path, {"status": "purging"}, 1)]

    def walk(self, *_arguments, **_options):
        return iter(self.left)

    def collection_ids(self, _path):
        return []

    def delete(self, path, update_time=None):
        return path, update_time

    def batch_write(self, writes):
        self.calls += 1
        return [self.code for _ in writes]


@pytest.mark.parametrize(("code", "calls"), [(9, FRUITLESS), (7, 1)])
def test_documents_of_which_none_can_be_deleted_end_the_purge(code, calls):
    """Documents that always change, or are never allowed to go, cannot hold a run until its budget is spent."""
    database = Purging(code)
    tenant = Tenant(database, database.path.partition("/")[2])
    accounts = SimpleNamespace(delete=lambda _uids: [])

    with pytest.raises(PurgeStuck):
        Purge(database, accounts, tenant, lambda: False).run()

    assert database.calls == calls


def test_the_sweep_of_auth_users_keeps_to_the_budget():
    """Paging through a large project's users stops in time even where none of them is the tenant's."""
    database = Purging(0, devices=0)
    tenant = Tenant(database, database.path.partition("/")[2])
    turned = []

    def pages():
        for number in range(100):
            turned.append(number)
            yield [SimpleNamespace(uid="somebody")]

    accounts = SimpleNamespace(pages=pages)
    with pytest.raises(OutOfTime):
        Purge(database, accounts, tenant, lambda: len(turned) > 3).run()

    assert len(turned) == 4


def test_every_query_of_the_run_has_its_index():
    """The emulators need no composite index, production does: queries and firestore.indexes.json hold together."""
    database = Database()
    execute(database)[1].execute()
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())
    composite = {
        (index["collectionGroup"], tuple(field["fieldPath"] for field in index["fields"]))
        for index in declared["indexes"]
    }
    exempt = {
        (override["collectionGroup"], override["fieldPath"])
        for override in declared["fieldOverrides"]
        if not any(index.get("order") == "ASCENDING" for index in override["indexes"])
    }

    needed = set()
    for collection, where, order_by in database.queries:
        fields = [name for name, operator, _ in where if operator == "=="]
        fields += [name for name in order_by if name != "__name__"]
        needed.add((collection.rpartition("/")[2], tuple(fields)))

    assert {need for need in needed if len(need[1]) > 1} == composite
    assert not {(group, fields[0]) for group, fields in needed if len(fields) == 1} & exempt


def test_no_other_module_asks_a_query_with_conditions():
    """The test above sees all there are: a query with conditions elsewhere needs its index checked as well."""
    place = {"query": 1, "pages": 2, "count": 1}
    asking = set()
    for folder in ("functions", "shared", "support"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    if not ast.unparse(node.func.value).endswith("database"):
                        continue
                    at = place.get(node.func.attr, 99)
                    if len(node.args) > at or any(k.arg == "where" for k in node.keywords):
                        asking.add(path.relative_to(ROOT).as_posix())
    assert asking == {"functions/tenant_purge/run.py", "functions/admin_portal/figures.py"}


def test_every_count_of_the_portal_has_its_index():
    """Each count looks at one field, which is not exempt from its own index."""
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())
    exempt = {
        override["fieldPath"]
        for override in declared["fieldOverrides"]
        if override["collectionGroup"] == "devices"
        and not any(index.get("order") == "ASCENDING" for index in override["indexes"])
    }
    asked = [{name for name, _, _ in where} for where in figures.queries(NOW).values()]

    assert all(len(names) <= 1 for names in asked)
    assert not set().union(*asked) & exempt
