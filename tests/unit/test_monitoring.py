"""Metrics count what the functions really log, and alerts and the dashboard look at metrics that exist."""

import json
import operator
import re
import uuid
from types import SimpleNamespace

import pytest

from deploy.infrastructure.metrics import BY_NAME
from functions.tenant_purge.run import MassLoss, Run, RunFailed
from shared.entra.client import EntraRefused
from shared.google.old_firestore import Document
from tests.unit import purging
from tests.unit.fakes import DEVICE, TENANT, FakeAccounts, FakeFirestore, FakeTokens

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL")
CONDITION = re.compile(
    r'(NOT )?(jsonPayload\.\w+|severity|resource\.type)(>=|<=|=|>|<)("[^"]*"|\w+)'
)
COUNTED = [
    ("registrations", 1),
    ("heartbeats", 1),
    ("refusals", 2),
    ("purge_age", 5),
    ("purge_runs", 4),
    ("consent_lost", 2),
    ("credential_failing", 1),
    ("mass_consent_loss", 1),
    ("crashes", 1),
]
COMPARE = {
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def matches(wanted, line):
    """Whether a filter of Cloud Logging's language, as far as ours use it, takes a line of a function."""
    return all(_holds(condition, line) for condition in wanted.split(" AND "))


def _holds(condition, line):
    found = CONDITION.fullmatch(condition)
    assert found, f"not understood: {condition}"
    negated, name, comparison, value = found.groups()
    if name == "resource.type":
        return value == '"cloud_run_revision"'  # a function of the second generation is one
    if name == "severity":
        here, there = SEVERITIES.index(line["severity"]), SEVERITIES.index(value)
        return COMPARE[comparison](here, there)
    stored = line.get(name.removeprefix("jsonPayload."))
    held = stored is not None and COMPARE[comparison](stored, json.loads(value))
    return held != bool(negated)


class Consents(purging.Database):
    """Organizations whose consent is due for a check, and nothing to purge."""

    def __init__(self, count):
        super().__init__(str(uuid.uuid4()), 0)
        fields = {"name": "Contoso", "status": "active", "consent": {"checkedAt": purging.NOW}}
        self.tenants = [Document(f"tenants/{uuid.uuid4()}", fields, 1) for _ in range(count)]

    def walk(self, *_arguments, **_options):
        return iter(())

    def query(self, _collection, where=(), **_options):
        return self.tenants if ("status", "==", "active") in where else []

    def update(self, path, _fields, update_time=None):
        return path


class Refusing:
    """Entra, which answers each probe with one code."""

    def __init__(self, code):
        self.code = code

    def probe_consent(self, _tenant):
        raise EntraRefused("invalid_client", (self.code,))


def check_consents(count, code):
    Run(
        purging.SETTINGS, Consents(count), None, Refusing(code), lambda: purging.NOW, lambda: 0.0
    ).execute()


def broken():
    raise RuntimeError


@pytest.fixture
def real_lines(serve, monkeypatch, capsys):
    """What the functions' own code writes for each thing that is to be counted."""
    tenant = f"tenants/{TENANT}"
    database = FakeFirestore({tenant: {"name": "Contoso", "status": "active"}})
    registration, heartbeat = serve("device_registration"), serve("heartbeat")
    for served in (registration, heartbeat):
        monkeypatch.setattr(served.module, "database", lambda: database)
        monkeypatch.setattr(served.module, "device_tokens", FakeTokens)
    monkeypatch.setattr(registration.module, "accounts", FakeAccounts)
    signer = SimpleNamespace(make=lambda _identity: "made-up")
    monkeypatch.setattr(registration.module, "custom_tokens", lambda: signer)
    monkeypatch.setattr(registration.module.tokens, "entra_tenant", lambda *_arguments: TENANT)
    entra = {"Authorization": "Bearer entra-token"}
    signed_in = {"Authorization": "Bearer id-token"}
    registration.client.post("/v1/devices", json={"deviceId": DEVICE}, headers=entra)
    heartbeat.client.post("/v1/heartbeats", json={"outcome": "failed"}, headers=signed_in)
    heartbeat.client.post("/v1/heartbeats", json={"outcome": "failed"})
    monkeypatch.setattr(heartbeat.module, "database", broken)
    heartbeat.client.post("/v1/heartbeats", json={"outcome": "failed"}, headers=signed_in)

    purging.run(purging.Database(str(uuid.uuid4()), 1))
    with pytest.raises(RunFailed):
        purging.run(purging.Database(str(uuid.uuid4()), 1, purging.DENIED))
    check_consents(1, 700016)  # the application is gone there
    check_consents(1, 7000222)  # our own secret has expired
    with pytest.raises(MassLoss):
        check_consents(9, 700016)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("metric", "count"), COUNTED)
def test_a_metric_counts_what_is_logged(real_lines, metric, count):
    """Each filter takes just the lines that it is for, of all that the functions wrote."""
    taken = [line for line in real_lines if matches(BY_NAME[metric].filter, line)]
    assert len(taken) == count
    for member in BY_NAME[metric].extractors():
        assert all(member in line for line in taken)


def test_every_metric_is_tried():
    """The list above has all there are."""
    assert {metric for metric, _ in COUNTED} == set(BY_NAME)
