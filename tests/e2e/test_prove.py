"""`support prove` against the whole stack: the journey of a real deployment, with people played by a browser."""

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from local.entra import Browser
from local.processes import ROOT
from support.prove.findings import CHECKS
from support.prove.unproven import BY_HAND, ITEMS

SECONDS = 120
# What the emulator does otherwise than Google says it would: decision 0020.
ONLY_IN_PRODUCTION = {"no read-write transaction"}
PURGES = "tenant_purge"


@pytest.fixture(scope="module")
def settings(running):
    """What an operator would set for a deployment, of the local stack."""
    urls = running.addresses.functions
    return {
        **running.settings,
        "REGISTRATION_URL": urls["device_registration"],
        "HEARTBEAT_URL": urls["heartbeat"],
        "PURGE_URL": urls[PURGES],
    }


@contextmanager
def proving(tenant_id, settings):
    """The command under way; its standard error is read by whoever plays the people."""
    command = [sys.executable, "-m", "support", "prove", tenant_id, "--yes", "--json"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        guard = threading.Timer(SECONDS, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def connect(running, organization, url):
    """The administrator's part."""
    with Browser(running.addresses.ca) as browser:
        page = browser.open(f"{url.rstrip('/')}/start")
        page = browser.decide(page, organization.tenant_id, organization.admin.username)
        assert page.status == 200


def enter_code(running, organization, message):
    """The part of the person with the phone."""
    match = re.search(r"open (\S+) and enter the code (\w+)", message)
    assert match, message
    where, code = match.groups()
    who = f"{organization.tenant_id}/{organization.phone_users[0].username}"
    with Browser(running.addresses.ca) as browser:
        page = browser.submit(browser.open(where), user_code=code, account=who, decision="accept")
        assert page.status == 200


def played(process, running, organization):
    """Do what the command asks of people; returns its exit code, what it found, and what it said."""
    messages = []
    for line in process.stderr:
        messages.append(line)
        if line.startswith("As an administrator"):
            connect(running, organization, line.split()[-1])
        elif line.startswith("As a person"):
            enter_code(running, organization, line)
    output = process.stdout.read()
    assert output, "".join(messages)
    return process.wait(), json.loads(output), "".join(messages)


@pytest.fixture(scope="module")
def newcomer(running):
    """An organization that nobody has connected."""
    return running.entra.add_tenant("Proving Ground", phones=1)


@pytest.fixture(scope="module")
def journey(running, newcomer, settings):
    """The whole journey, once: exit code, findings, and what was said to people."""
    with proving(newcomer.tenant_id, settings) as process:
        return played(process, running, newcomer)


def test_the_whole_journey(journey):
    """Every check is made in its order and holds, but for what the emulator cannot show."""
    code, report, messages = journey
    assert [check["check"] for check in report["checks"]] == list(CHECKS)
    failed = {
        check["check"]: check["detail"] for check in report["checks"] if check["ok"] is not True
    }
    # The audit looks at all that the stack stores, and so at what other tests have left.
    assert failed.keys() <= ONLY_IN_PRODUCTION | {"audit"}, (failed, messages)
    assert failed.keys() >= ONLY_IN_PRODUCTION
    assert code == (1 if "audit" in failed else 0)


def test_nothing_is_left_of_it(journey, newcomer, database):
    """The organization of the journey is gone when it ends, whoever looks."""
    assert journey
    assert database.get(f"tenants/{newcomer.tenant_id}") is None


def test_nothing_secret_is_said(journey, newcomer):
    """What is printed can be shown to anybody: no token, no name of a person."""
    _code, report, messages = journey
    text = json.dumps(report) + messages
    assert not re.search(r"eyJ[A-Za-z0-9_-]{10}[A-Za-z0-9_.-]{40}", text)
    assert newcomer.phone_users[0].username not in text
    assert newcomer.admin.username not in text


def test_emulators_decide_nothing_about_the_vendors(journey):
    """Each open question is listed, and stays open on a local stack."""
    _code, report, _messages = journey
    assert {check["item"]: check["holds"] for check in report["unproven"]} == dict.fromkeys(
        (*ITEMS, *BY_HAND)
    )


def test_a_function_that_is_away_ends_it(running, organization, settings):
    """What was not reached is said so, check by check, and the exit code is not 0."""
    broken = {**settings, "HEARTBEAT_URL": "http://localhost:1"}
    with proving(organization.id, broken) as process:
        code, report, messages = played(process, running, organization.tenant)
    assert code == 1
    assert {check["ok"] for check in report["checks"]} == {None}
    assert "Stopped" in messages
