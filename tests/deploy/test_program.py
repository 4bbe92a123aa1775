"""The program as Pulumi runs it: a folder, its settings from the stack, and faults in words."""

import json
import runpy
import secrets
import sys
from pathlib import Path

import pulumi
import pytest
import yaml
from pulumi.runtime import Mocks
from pulumi.runtime.mocks import MockMonitor

from deploy.bundle import ROOT
from deploy.infrastructure import program
from deploy.infrastructure.preview import settings_of
from deploy.infrastructure.recording import _Mocks
from tests.deploy.stacks import staged

PROJECT = yaml.safe_load((ROOT / "deploy" / "Pulumi.yaml").read_text())
FOLDER = ROOT / "deploy" / PROJECT["main"]


def run(settings: dict[str, object], mocks: Mocks) -> MockMonitor:
    """What `pulumi up` does with the folder, against the mocks."""
    monitor = MockMonitor(mocks)
    pulumi.runtime.set_mocks(mocks, "calliente", "example", preview=False, monitor=monitor)
    pulumi.runtime.set_all_config({"calliente:settings": json.dumps(settings)})

    def started() -> None:
        runpy.run_path(str(FOLDER), run_name="__main__")

    pulumi.runtime.test(started)()  # type: ignore[no-untyped-call]
    return monitor


@pytest.fixture
def mocks(monkeypatch: pytest.MonkeyPatch) -> Mocks:
    """Pulumi's mocks, and bundles that need no staging."""
    monkeypatch.setattr(program, "stage", staged)
    return _Mocks()


def test_the_folder_declares_the_stack(mocks: Mocks):
    """All of it, from the settings that Pulumi hands over."""
    found = run(settings_of("example"), mocks).get_registered_resources()
    assert any(urn.endswith("cloudrunv2/service:Service::heartbeat") for urn in found)
    assert len(found) > 150


def test_wrong_settings_are_told_in_words(mocks: Mocks):
    """Pulumi prints the faults, and no traceback."""
    with pytest.raises(pulumi.RunError, match="REGION is not in the European Union"):
        run({**settings_of("example"), "REGION": "us-central1"}, mocks)


def test_the_folder_hides_no_module():
    """What stands beside the program is found first by every import, Python's own modules included."""
    names = {path.stem for path in FOLDER.iterdir() if path.name != "__pycache__"}
    assert names == {"__main__"}
    assert Path(str(secrets.__file__)).is_relative_to(Path(sys.base_prefix))


def test_paths_in_the_state_are_relative_to_the_folder():
    """Where Pulumi runs; so that two machines agree on the state."""
    assert program.PROGRAM == FOLDER


def test_the_environment_is_the_deployments_own():
    """Pulumi finds its packages there, and nowhere else."""
    environment = PROJECT["runtime"]["options"]["virtualenv"]
    assert (ROOT / "deploy" / environment).resolve() == (ROOT / ".local" / "deploy").resolve()
