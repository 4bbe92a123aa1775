"""The official SDKs, unmodified, and our client in TypeScript, against the running stack."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import asdict

import pytest

from local import contents
from local.demo import schedule_purge
from local.processes import ROOT
from tests.e2e.parts import documents_of, paused, until

CLIENT = ROOT / "clients" / "typescript"
ANSWER_SECONDS = 60
DENIED = "permission-denied"


@pytest.fixture(scope="session")
def built():
    """The client and its programs, compiled."""
    tool = CLIENT / "node_modules" / ".bin" / "tsc"
    if not tool.exists():
        pytest.skip("what the client is built with is missing: local/setup.sh clients")
    done = subprocess.run([tool], cwd=CLIENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return CLIENT / "dist" / "tests" / "stack"


class Program:
    """A program that tells what is so, a line each, and waits for an answer before it goes on."""

    def __init__(self, process):
        self._process = process

    def line(self):
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def go_on(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ended(self):
        return self._process.wait(ANSWER_SECONDS)


@pytest.fixture
def program(running, built):
    """Run one of the programs, for the people of these organizations."""

    @contextmanager
    def run(name, *organizations, **variables):
        users = [organization.tenant.phone_users[0] for organization in organizations]
        described = {
            **asdict(running.addresses),
            "clientId": running.entra.app.client_id,
            "people": [
                {"tenantId": organization.id, "username": user.username, "password": user.password}
                for organization, user in zip(organizations, users, strict=True)
            ],
        }
        environment = {
            "PATH": os.environ["PATH"],
            "STACK": json.dumps(described),
            "NODE_EXTRA_CA_CERTS": running.addresses.ca,
            "GRPC_VERBOSITY": "NONE",
            **variables,
        }
        with subprocess.Popen(
            ["node", built / f"{name}.js"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Program(process)
            finally:
                process.kill()

    return run


def test_the_official_sdks(running, addresses, make_organization, program, close):
    """MSAL gets the access token; Firebase signs in, listens to this phone, is refused all else, renews, and is
    signed out by a purge."""
    organization, other = make_organization(), make_organization()
    with program("official", organization, other) as official:
        first = official.line()
        assert first["status"] == [201, 200]
        assert first["seen"] == ["lastHeartbeatAt", "lastOutcome", "lastSyncAt"]
        assert set(first["refusals"].values()) == {DENIED}, first["refusals"]
        assert (first["renewed"], first["claims"], first["uid"]) == ("", [True, True], True)

        close(organization)

        def purged():
            schedule_purge(running)
            return not documents_of(addresses, organization)

        until(purged)
        official.go_on()
        last = official.line()
        assert last["renewal"] in ("auth/user-token-expired", "auth/invalid-refresh-token"), last
        assert last["listener"] == DENIED or last["last"] == []
        official.go_on()
        assert official.ended() == 0


def test_our_client_while_parts_fail(addresses, entra, database, make_organization, program):
    """It registers, backs off while Firestore stands still, begins anew where it is gone, proves its access anew,
    tells of a planted field, and leaves without a trace."""
    organization = make_organization()
    with program("faulty", organization, STEPS="6") as client:
        registered = client.line()
        assert registered["step"]["kind"] == "beating"
        assert registered["name"] == organization.tenant.name
        path = f"tenants/{organization.id}/devices/{registered['deviceId']}"
        assert documents_of(addresses, organization) == {f"tenants/{organization.id}", path}

        with paused(addresses.firestore):
            client.go_on()
            away = client.line()
        assert (away["step"]["kind"], away["step"]["code"]) == ("later", "unavailable")
        assert away["deviceId"] == registered["deviceId"]

        with paused(addresses.auth):
            client.go_on()
            away = client.line()
        assert (away["step"]["kind"], away["step"]["code"]) == ("later", "no_answer")

        contents.delete_user(addresses, f"{organization.id}:{registered['deviceId']}")
        database.delete(path)
        client.go_on()
        anew = client.line()
        assert anew["step"]["kind"] == "beating"
        assert anew["deviceId"] != registered["deviceId"]
        assert anew["uid"] == f"{organization.id}:{anew['deviceId']}"

        path = f"tenants/{organization.id}/devices/{anew['deviceId']}"
        fields = contents.documents(addresses)[path]["fields"]
        contents.write(addresses, path, {**fields, "lastPlace": {"stringValue": "somewhere"}})
        log = ROOT / ".local" / "logs" / "tests-heartbeat.log"
        told_before = log.read_text().count('"inventory_mismatch"')
        client.go_on()
        assert client.line()["step"]["kind"] == "beating"
        until(lambda: log.read_text().count('"inventory_mismatch"') > told_before)

        entra.fail_sign_in(organization.id, 50057)
        client.go_on()
        assert client.line()["step"]["kind"] == "beating"  # its proof still counts
        client.go_on()
        assert client.line()["step"] == {"kind": "left"}
        assert documents_of(addresses, organization) == {f"tenants/{organization.id}"}
        client.go_on()
        assert client.ended() == 0
