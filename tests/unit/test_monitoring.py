"""Metrics count what the functions really log, and no line that alarms goes uncounted."""

from __future__ import annotations

import ast
import json
import operator
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.infrastructure.metrics import ALARMS, BY_NAME
from functions.tenant_purge.run import RunFailed
from shared.entra import sign_in
from shared.entra.client import EntraRefused
from shared.entra.meanings import Step
from shared.keys import KeyCache
from tests.helpers import functions, minting, tenants
from tests.helpers.fakes import DEVICE, NOW, TENANT, FakeFirestore, FakeTokens
from tests.helpers.functions import ENVIRONMENT
from tests.helpers.scheduled import Scheduled
from tests.helpers.serving import Client
from tests.helpers.virtual import in_virtual_time

ROOT = Path(__file__).parents[2]
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL")
CONDITION = re.compile(
    r'(NOT )?(jsonPayload\.\w+|severity|resource\.type)(>=|<=|=|>|<)("[^"]*"|\w+)'
)
COMPARE = {
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
LONG_AGO = NOW - timedelta(days=40)
GONE, OWN_SECRET = 700016, 7000222


def matches(wanted: str, line: dict) -> bool:
    """Whether a filter of Cloud Logging's language, as far as ours use it, takes a line of a function."""
    return all(_holds(condition, line) for condition in wanted.split(" AND "))


def _holds(condition: str, line: dict) -> bool:
    found = CONDITION.fullmatch(condition)
    assert found, f"not understood: {condition}"
    negated, name, comparison, value = found.groups()
    if name == "resource.type":
        return value == '"cloud_run_revision"'
    if name == "severity":
        here, there = SEVERITIES.index(line["severity"]), SEVERITIES.index(value)
        return COMPARE[comparison](here, there)
    stored = line.get(name.removeprefix("jsonPayload."))
    held = stored is not None and COMPARE[comparison](stored, json.loads(value))
    return held != bool(negated)


def counted(lines: list[dict]) -> dict[str, int]:
    """How many lines each metric takes, without those that take none; what it reads stands in each."""
    found = {}
    for name, metric in BY_NAME.items():
        taken = [line for line in lines if matches(metric.filter, line)]
        assert all(member in line for line in taken for member in metric.extractors())
        found[name] = len(taken)
    return {name: number for name, number in found.items() if number}


async def entra_keys():
    return [minting.jwk("good", issuer=f"{ENVIRONMENT['ENTRA_AUTHORITY']}/{{tenantid}}/v2.0")]


def entra_token() -> str:
    client_id, now = ENVIRONMENT["ENTRA_CLIENT_ID"], int(NOW.timestamp())
    issuer = f"{ENVIRONMENT['ENTRA_AUTHORITY']}/{TENANT}/v2.0"
    claims = {"aud": client_id, "azp": client_id, "iss": issuer, "tid": TENANT}
    times = {"iat": now, "exp": now + 3600}
    return minting.token({**claims, **times, "scp": "Devices.Register", "ver": "2.0"})


def test_phones_are_counted(logged):
    """A new device, a beat, and a refusal, each once."""
    database = FakeFirestore()
    database.put(f"tenants/{TENANT}", tenants.active())
    registration = Client(functions.registration(database, entra_keys=KeyCache(entra_keys)))
    heartbeat = Client(functions.heartbeat(database))
    entra = {"Authorization": f"Bearer {entra_token()}"}
    answer = registration.post("/v1/devices", json={"deviceId": DEVICE}, headers=entra)
    assert answer.status_code == 201
    signed_in = {"Authorization": "Bearer id-token"}
    heartbeat.post("/v1/heartbeats", json={"outcome": "failed"}, headers=signed_in)
    heartbeat.post("/v1/heartbeats", json={"outcome": "failed"})
    assert counted(logged()) == {"registrations": 1, "heartbeats": 1, "refusals": 1}


def test_what_alarms_at_a_phones_call_is_counted(logged):
    """A phone that finds something strange in its documents, and a fault of ours."""
    database = FakeFirestore()
    database.put(f"tenants/{TENANT}/devices/{DEVICE}", {"lastHeartbeatAt": NOW})
    signed_in = {"Authorization": "Bearer id-token"}
    beat = {"json": {"outcome": "inventory_mismatch"}, "headers": signed_in}
    Client(functions.heartbeat(database)).post("/v1/heartbeats", **beat)
    assert counted(logged()) == {"inventory_mismatch": 1, "heartbeats": 1}

    class Broken(FakeTokens):
        async def verify(self, token, most_age_seconds=None):
            raise RuntimeError

    Client(functions.heartbeat(database, tokens=Broken())).post("/v1/heartbeats", **beat)
    assert counted(logged()) == {"crashes": 1, "refusals": 1}


@pytest.mark.parametrize(("number", "found"), [(50011, {"entra_refuses_us": 1}), (65004, {})])
def test_only_refusals_that_are_our_fault_are_counted(logged, number, found):
    """A redirect address that is not registered is ours; a person who declines is nobody's."""
    sign_in.noted(EntraRefused("invalid_request", (number,)), Step.CONSENT)
    assert counted(logged()) == found


@in_virtual_time
async def test_a_good_run_is_counted(logged):
    """With how long the oldest tenant has been due."""
    project = Scheduled()
    project.tenant(tenants.closing(), devices=1)
    await project.run()
    assert counted(logged()) == {"purge_runs": 1, "purge_age": 1}


@in_virtual_time
async def test_a_run_that_must_be_looked_at_is_no_good_run(logged):
    """A record that nobody can read leaves it uncounted among the good ones; its age is kept."""
    project = Scheduled()
    project.tenant({"name": "Contoso", "status": "purging", "closing": None})
    with suppress(RunFailed):
        await project.run()
    assert counted(logged()) == {"purge_age": 1}


@in_virtual_time
@pytest.mark.parametrize(
    ("answer", "found"),
    [(GONE, {"consent_lost": 1}), (OWN_SECRET, {"credential_failing": 1})],
)
async def test_consents_are_counted(logged, answer, found):
    """One that is gone, and our own secret that has expired."""
    project = Scheduled()
    path = project.tenant(tenants.active(LONG_AGO))
    project.entra.answers[path.partition("/")[2]] = answer
    await project.run()
    assert counted(logged()) == {"purge_runs": 1, "purge_age": 1, **found}


@in_virtual_time
async def test_many_consents_that_are_over_are_counted(logged):
    """More than a run may close."""
    project = Scheduled()
    for _ in range(9):
        path = project.tenant(tenants.active(LONG_AGO, lost_at=LONG_AGO))
        project.entra.answers[path.partition("/")[2]] = GONE
    await project.run()
    assert counted(logged())["mass_consent_loss"] == 1


@in_virtual_time
async def test_answers_that_stay_unclear_are_counted(logged):
    """A code that says nothing about the consent, for a day."""
    project = Scheduled()
    path = project.tenant(tenants.active(LONG_AGO, unknown_at=LONG_AGO))
    project.entra.answers[path.partition("/")[2]] = 999_999
    await project.run()
    assert counted(logged())["consent_unclear"] == 1


def alarming() -> set[str]:
    """The events that the code writes as CRITICAL."""
    found = set()
    for folder in ("functions", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and len(node.args) > 1:
                    name, severity = node.args[:2]
                    if isinstance(severity, ast.Constant) and severity.value == "CRITICAL":
                        assert isinstance(name, ast.Constant), f"{path}: an event without a name"
                        found.add(name.value)
    return found


def test_every_critical_line_raises_an_alarm():
    """CRITICAL means that somebody must look: one line is enough, whatever the function."""
    watched = {
        found[1]
        for alarm in ALARMS
        if (found := re.search(r'jsonPayload\.event="(\w+)"', BY_NAME[alarm.metric].filter))
    }
    assert alarming() <= watched


def test_no_alarm_waits_for_a_line_that_nobody_writes():
    """Each event that a filter names is written somewhere, or is the line of a function's request."""
    sources = "".join(
        path.read_text()
        for folder in ("functions", "shared")
        for path in (ROOT / folder).rglob("*.py")
    )
    for metric in BY_NAME.values():
        for event in re.findall(r'jsonPayload\.event="(\w+)"', metric.filter):
            assert f'"{event}"' in sources or (ROOT / "functions" / event).is_dir(), event
