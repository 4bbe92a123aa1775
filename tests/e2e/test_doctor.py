"""The doctor on the whole stack: well, and with each part broken in turn."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local import emulators
from local.processes import ROOT
from support.doctor import SKEW_SECONDS

NOBODY = "localhost:1"
DATE_STEP_SECONDS = 1  # of an HTTP Date
CHECKS = {
    *("settings", "signing keys", "clock", "graph"),
    *("firestore", "firebase auth", "rules", "credential"),
}


@pytest.fixture
def doctor(running, make_organization):
    """Ask the doctor, with some settings changed; returns its exit code and its findings by check."""
    make_organization(phones=0)

    def examined(**changes):
        done = subprocess.run(
            [sys.executable, "-m", "support", "doctor", "--json"],
            cwd=ROOT,
            env={**os.environ, **running.settings, **changes},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert "Traceback" not in done.stderr
        assert running.settings["ENTRA_CLIENT_SECRET"] not in done.stdout
        return done.returncode, {each["check"]: each for each in json.loads(done.stdout)}

    return examined


def broken(findings):
    return {name for name, found in findings.items() if found["ok"] is False}


def test_a_sound_stack(doctor):
    """Nothing is found, nothing is skipped, and the exit code is 0."""
    code, findings = doctor()
    assert (code, broken(findings)) == (0, set())
    assert set(findings) == CHECKS
    assert all(found["ok"] for found in findings.values())


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("GOOGLE_CLOUD_PROJECT", "", "GOOGLE_CLOUD_PROJECT"),
        ("ENTRA_CLIENT_ID", "made-up", "ENTRA_CLIENT_ID"),
        ("ENTRA_CREDENTIAL", "password", "ENTRA_CREDENTIAL"),
        ("ENTRA_CLIENT_SECRET", "", "ENTRA_CLIENT_SECRET"),
        ("ENTRA_AUTHORITY", "http://entra.example", "ENTRA_AUTHORITY"),
        ("K_SERVICE", "heartbeat", "FIRESTORE_EMULATOR_HOST"),
    ],
)
def test_a_setting_that_is_missing_or_bad(doctor, variable, value, named):
    """The variable is named, its value is not, and the advice says where to read about it."""
    code, findings = doctor(**{variable: value})
    assert (code, broken(findings)) == (1, {"settings"})
    assert named in findings["settings"]["detail"]
    assert "README.md" in findings["settings"]["advice"]


@pytest.mark.parametrize(
    ("variable", "value", "sick", "said"),
    [
        ("ENTRA_CLIENT_SECRET", "made-up", {"credential"}, "renew it"),
        (
            "ENTRA_AUTHORITY",
            f"https://{NOBODY}",
            {"signing keys", "clock", "credential"},
            "ENTRA_AUTHORITY",
        ),
        ("GRAPH_ENDPOINT", f"https://{NOBODY}", {"graph"}, "GRAPH_ENDPOINT"),
        ("FIRESTORE_EMULATOR_HOST", NOBODY, {"firestore", "rules", "credential"}, "Firestore"),
        ("FIREBASE_AUTH_EMULATOR_HOST", NOBODY, {"firebase auth"}, "Firebase"),
        (
            "REQUESTS_CA_BUNDLE",
            "",
            {"signing keys", "clock", "graph", "credential"},
            "REQUESTS_CA_BUNDLE",
        ),
    ],
)
def test_a_part_that_is_broken(doctor, variable, value, sick, said):
    """Just the checks that need the part fail, and each says what to do."""
    code, findings = doctor(**{variable: value})
    assert (code, broken(findings)) == (1, sick)
    for name in sick:
        assert findings[name]["advice"]
    assert said in " ".join(findings[name]["advice"] for name in sick)


def test_rules_that_were_not_deployed(doctor, tmp_path):
    """A Firestore that lets anybody list organizations is found, and how to deploy the rules."""
    rules = tmp_path / "firestore.rules"
    rules.write_text(
        "rules_version = '2';\n"
        "service cloud.firestore {\n"
        "  match /databases/{database}/documents {\n"
        "    match /{document=**} { allow read, write; }\n"
        "  }\n"
        "}\n"
    )
    with emulators.firestore_emulator(rules=rules) as address:
        code, findings = doctor(FIRESTORE_EMULATOR_HOST=address)
    assert (code, broken(findings)) == (1, {"rules"})
    assert "deploy" in findings["rules"]["advice"]


def test_a_wrong_clock(doctor):
    """A clock that differs from Entra's by more than tokens allow is found, and by how much."""
    behind = 2 * SKEW_SECONDS
    started = time.time()
    with entra_with_a_clock(ahead=-behind) as url:
        _, findings = doctor(ENTRA_AUTHORITY=url)
    took = time.time() - started
    assert findings["clock"]["ok"] is False
    detail = re.search(r"by (-?\d+) s", findings["clock"]["detail"])
    assert detail
    by = int(detail[1])
    assert behind <= by <= behind + DATE_STEP_SECONDS + took
    assert "NTP" in findings["clock"]["advice"]


@contextmanager
def entra_with_a_clock(ahead):
    """What publishes keys, with a Date that is `ahead` by so many seconds."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"keys": []}')

        def date_time_string(self, timestamp=None):
            return super().date_time_string(time.time() + ahead)

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
