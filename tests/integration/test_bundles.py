"""Each bundle boots from its own folder alone, with nothing installed but its own requirements, and serves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from deploy import bundle
from local.processes import HOST, ROOT, free_ports, server
from shared import development_keys
from tests.helpers.environments import environment_for

NAMES = bundle.functions()
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": "demo-calliente",
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "ENTRA_CREDENTIAL": "secret",
    "ENTRA_CLIENT_SECRET": "made-up",
    "ONBOARDING_URL": "https://onboarding.example.com",
    "PORTAL_URL": "https://portal.example.com",
    "SESSION_KEYS": "0123456789abcdef0123456789abcdef",
    "RECEIPT_SIGNING_KEY": development_keys.SIGNING["receipt"],
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
    "RECEIPT_FINGERPRINT_KEY": development_keys.FINGERPRINT,
    "AUDIT_SIGNING_KEY": development_keys.SIGNING["audit"],
    "WORKERS": "1",
}
REQUESTS = {
    "admin_portal": ("GET", "/", 200),
    "heartbeat": ("POST", "/v1/heartbeats", 401),
    "device_registration": ("POST", "/v1/devices", 401),
    "onboarding": ("GET", "/", 200),
    "tenant_purge": ("POST", "/", 400),  # not a CloudEvent
}
TIMING = """
import sys, time
started = time.perf_counter()
from functions_framework import create_app
create_app(sys.argv[1], "main.py")
print(f"{time.perf_counter() - started:.2f}")
"""
ALLOWED = {  # what identifies a function's place in the design: who may carry what
    "msal": {"admin_portal", "onboarding", "tenant_purge"},
    "firebase-admin": {"admin_portal", "device_registration", "tenant_purge"},
}


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_serves(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The bundle answers a request as its function does, from its folder, in a clean environment."""
    staged = bundle.stage(name, build=tmp_path)
    assert (staged / "requirements.txt").read_text() == (
        ROOT / "functions" / name / "requirements.txt"
    ).read_text()
    environment = environment_for(staged / "requirements.txt")
    settings = {**SETTINGS, "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": ""}
    timing = subprocess.run(
        [environment / "bin/python", "-c", TIMING, name],
        cwd=staged,
        env=settings,
        capture_output=True,
        text=True,
        check=True,
    )
    (port,) = free_ports(1)
    framework = environment / "bin/functions-framework"
    command: list[str | Path] = [
        framework,
        "--target",
        name,
        "--source",
        staged / "main.py",
        "--host",
        HOST,
        "--port",
        str(port),
    ]
    method, path, status = REQUESTS[name]
    with server(name, command, env=settings, cwd=staged) as process:
        process.wait_until_ready(f"http://{HOST}:{port}/")
        answer = requests.request(method, f"http://{HOST}:{port}{path}", timeout=20)
    assert answer.status_code == status, answer.text
    own, installed = size_bytes(staged), size_bytes(environment)
    with capsys.disabled():
        sizes = f"{own / 1024:6.0f} KiB + {installed / 2**20:5.0f} MiB of packages"
        sys.stdout.write(f"\n  {name:20} {sizes}, {timing.stdout.strip()} s to import\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_ships_what_its_function_needs(name: str):
    """heartbeat has no business with msal, nor onboarding with Firebase's users."""
    text = (ROOT / "functions" / name / "requirements.txt").read_text()
    for package, functions in ALLOWED.items():
        assert (re.search(rf"^{package}==", text, re.MULTILINE) is not None) == (name in functions)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_has_the_tested_versions(name: str):
    """Whatever a bundle pins is pinned alike for the tests, with its hashes."""
    pin = re.compile(r"^[a-z0-9.-]+(?:\[[a-z,]+\])?==\S+", re.MULTILINE)
    tested = set(pin.findall((ROOT / "requirements.txt").read_text()))
    shipped = pin.findall((ROOT / "functions" / name / "requirements.txt").read_text())
    bare = {re.sub(r"\[.*\]", "", one) for one in shipped}
    assert bare
    assert bare <= {re.sub(r"\[.*\]", "", one) for one in tested}
