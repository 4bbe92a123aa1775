"""Functions started by hand from the repo, with the variables of the README and no others."""

import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import bundle
from local.phone import Phone
from local.processes import HOST, ROOT, free_ports, server

FRAMEWORK = Path(sys.executable).with_name("functions-framework")
OURS = ("admin_portal", "onboarding", "device_registration", "heartbeat", "tenant_purge")


def command(name, environment, *options):
    """functions-framework in exactly this environment."""
    exact = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    variables = [f"{key}={value}" for key, value in exact.items()]
    source = ROOT / "functions" / name / "main.py"
    framework = [FRAMEWORK, "--source", source, "--target", name, "--host", HOST]
    return ["env", "-i", *variables, *map(str, framework), *options]


def refusal(name, environment):
    """What a function that refuses to start says."""
    ended = subprocess.run(
        command(name, environment, "--port", str(free_ports(1)[0])),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


def test_a_phone_is_served_by_the_repos_source(running, organization):
    """Registration and heartbeat run from the repo as they do from their bundles."""
    names = ("device_registration", "heartbeat")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    urls = {name: f"http://localhost:{port}" for name, port in ports.items()}
    user = organization.tenant.phone_users[0]
    with ExitStack() as cleanup:
        for name, port in ports.items():
            started = cleanup.enter_context(
                server(f"by-hand-{name}", command(name, running.settings, "--port", str(port)))
            )
            started.wait_until_ready(urls[name])
        phone = cleanup.enter_context(
            Phone(
                replace(running.addresses, functions=urls),
                running.entra.app.client_id,
                organization.id,
                user.username,
                user.password,
            )
        )
        assert phone.register().status == 201
        assert phone.beat().status == 200


@pytest.mark.parametrize("name", OURS)
def test_every_missing_setting_is_named_at_once(name):
    """Without its settings a function does not start, and says everything that is missing."""
    needed = {
        "admin_portal": ("ENTRA_CLIENT_ID", "PORTAL_URL", "SESSION_KEYS", "AUDIT_SIGNING_KEY"),
        "onboarding": ("ENTRA_CLIENT_ID", "ONBOARDING_URL", "SESSION_KEYS"),
        "device_registration": ("ENTRA_CLIENT_ID",),
        "heartbeat": (),
        "tenant_purge": ("ENTRA_CLIENT_ID", "RECEIPT_SIGNING_KEY", "RECEIPT_FINGERPRINT_KEY"),
    }
    said = refusal(name, {})
    for variable in ("GOOGLE_CLOUD_PROJECT", *needed[name]):
        assert f"{variable} is required" in said


def test_bad_settings_are_named_without_their_values(running):
    """A value may be a secret: what is wrong is said by the variable's name alone."""
    bad = {"SESSION_KEYS": "too-short-secret", "ENTRA_CLIENT_ID": "not-a-guid-either"}
    said = refusal("onboarding", {**running.settings, **bad})
    assert "SESSION_KEYS must" in said
    assert "ENTRA_CLIENT_ID must" in said
    assert not any(value in said for value in bad.values())


def test_an_emulator_in_the_cloud_is_refused(running):
    """With an emulator, tokens go unverified: never where Cloud Run runs the function."""
    said = refusal("heartbeat", {**running.settings, "K_SERVICE": "heartbeat"})
    emulators = "FIRESTORE_EMULATOR_HOST, FIREBASE_AUTH_EMULATOR_HOST"
    assert f"{emulators} must not be set where K_SERVICE is" in said


def test_every_function_is_covered():
    """The functions of the repo are those that these tests know."""
    assert set(bundle.functions()) == set(OURS)
