"""Clean environments in which a function's bundle runs: a Python, and exactly the function's requirements."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT, STATE

ENVIRONMENTS = STATE / "bundle-venvs"


def environment_for(requirements: Path, python: str = sys.executable) -> Path:
    """An environment of this Python with exactly these requirements, kept while they stay the same."""
    made_of = _version(python) + requirements.read_bytes()
    folder = ENVIRONMENTS / hashlib.sha256(made_of).hexdigest()[:16]
    if not (folder / "complete").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", python, folder], check=True)
        install = ("--quiet", "--require-hashes", "--python", folder, "-r", requirements)
        subprocess.run([uv, "pip", "install", *install], check=True, cwd=folder)
        (folder / "complete").touch()
    return folder


def python_of(version: str) -> str:
    """Where a Python of this version is; skips the test where there is none."""
    result = subprocess.run(
        [ROOT / "local/setup.sh", "find", version], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        pytest.skip(f"there is no Python {version} on this machine")
    return result.stdout.strip()


def _version(python: str) -> bytes:
    code = "import sys; print(sys.version, sys.base_prefix)"
    return subprocess.run([python, "-c", code], capture_output=True, check=True).stdout
