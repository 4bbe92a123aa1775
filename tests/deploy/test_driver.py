"""What surrounds Pulumi: the state's place, refusals before anything runs, and what an undeployment says at its end."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy import __main__ as driver
from deploy import bundle

PROJECT = "calliente-example"
FIRESTORE = "urn:pulumi:example::calliente::gcp:firestore/database:Database::database"
TOPIC = "urn:pulumi:example::calliente::gcp:pubsub/topic:Topic::calliente-purge"
WAIT = "urn:pulumi:example::calliente::command:local:Command::spread-apis"
GOOGLE = "urn:pulumi:example::calliente::pulumi:providers:gcp::google"
STACK = "urn:pulumi:example::calliente::pulumi:pulumi:Stack::calliente-example"
PROTECTED = {
    "urn": FIRESTORE,
    "protect": True,
    "parent": STACK,
    "provider": f"{GOOGLE}::id",
    "dependencies": [WAIT],
}
NEEDED = [{"urn": WAIT, "parent": STACK}, {"urn": GOOGLE, "parent": STACK}, {"urn": STACK}]


class Machine:
    """Runs nothing: keeps the commands, and ends those that begin in a certain way as told."""

    def __init__(self, *, missing: Sequence[str] = (), failing: str = "", left: Any = ()) -> None:
        self.commands: list[str] = []
        self.environ: dict[str, str] = {}
        self._missing, self._failing, self._left = missing, failing, left

    def __call__(
        self, command: Sequence[str], **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        text = " ".join(command)
        self.commands.append(text)
        self.environ = options.get("env") or self.environ
        failed = any(one in text for one in self._missing) or (
            bool(self._failing) and self._failing in text
        )
        exported = json.dumps({"deployment": {"resources": list(self._left)}})
        return subprocess.CompletedProcess(list(command), int(failed), exported, "")

    def index(self, words: str) -> int:
        return next(at for at, text in enumerate(self.commands) if words in text)


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A PATH on which both command lines are."""
    for name in ("pulumi", "gcloud"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return str(tmp_path)


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All bundles are those of the commit."""
    monkeypatch.setattr(bundle, "stage", lambda name: Path(name))
    monkeypatch.setattr(bundle, "build_of", lambda staged: bundle.Build("0" * 40, "digest"))


@pytest.mark.usefixtures("committed")
def test_the_state_is_the_projects_own(tools: str):
    """A bucket in the region, encrypted with a key of the project, and never Pulumi's own cloud."""
    machine = Machine(missing=["describe"])
    assert driver.main(["up", "example"], {"PATH": tools}, machine) == 0
    created = machine.commands[machine.index("buckets create")]
    assert f"gs://{PROJECT}-calliente-state" in created
    key = f"projects/{PROJECT}/locations/europe-west1/keyRings/calliente/cryptoKeys/state"
    assert f"--default-encryption-key={key}" in created
    assert "--location=europe-west1" in created
    assert "--public-access-prevention" in created
    assert machine.environ["PULUMI_BACKEND_URL"] == f"gs://{PROJECT}-calliente-state"
    selected = machine.commands[machine.index("stack select")]
    assert f"--secrets-provider=gcpkms://{key}" in selected
    assert machine.index("keys create") < machine.index("buckets create") < machine.index("pulumi ")
    assert " up --refresh" in machine.commands[-1]


@pytest.mark.usefixtures("committed")
def test_what_is_there_is_not_made_again(tools: str):
    """A deployment can be repeated."""
    machine = Machine()
    assert driver.main(["up", "example"], {"PATH": tools}, machine) == 0
    assert not [text for text in machine.commands if " create " in text and "gcloud" in text]


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("failing", ["services enable", "buckets update", "stack select", " up "])
def test_a_command_that_fails_ends_the_deployment(tools: str, failing: str, capsys):
    """With exit code 1, and nothing after it."""
    machine = Machine(failing=failing)
    assert driver.main(["up", "example"], {"PATH": tools}, machine) == 1
    assert failing in machine.commands[-1]
    assert "Stopped" in capsys.readouterr().err


def test_uncommitted_changes_are_not_deployed(tools: str, monkeypatch: pytest.MonkeyPatch, capsys):
    """What runs is what was reviewed."""
    monkeypatch.setattr(bundle, "stage", lambda name: Path(name))
    changed = bundle.Build("0" * 40 + "-modified", "digest")
    monkeypatch.setattr(bundle, "build_of", lambda staged: changed)
    machine = Machine()
    assert driver.main(["up", "example"], {"PATH": tools}, machine) == 1
    assert not machine.commands
    assert "commit" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["up", "down"])
def test_a_missing_tool_is_named_with_where_to_get_it(action: str, tmp_path: Path, capsys):
    """Before anything runs, with exit code 2."""
    machine = Machine()
    assert driver.main([action, "example"], {"PATH": str(tmp_path)}, machine) == 2
    told = capsys.readouterr().err
    assert "https://www.pulumi.com/docs/install/" in told
    assert "gcloud" in told or "Google Cloud" in told
    assert not machine.commands


def test_a_stack_that_is_not_there_is_named(tools: str, capsys):
    """Nor does a name lead out of deploy/."""
    for name in ("nowhere", "../example", ""):
        assert driver.main(["up", name], {"PATH": tools}, Machine()) == 2
        assert capsys.readouterr().err


def test_undeploying_needs_the_projects_name(tools: str, capsys):
    """Without CONFIRM nothing is taken away."""
    machine = Machine()
    assert driver.main(["down", "example"], {"PATH": tools, "CONFIRM": "another"}, machine) == 2
    assert f"CONFIRM={PROJECT}" in capsys.readouterr().err
    assert not machine.commands


def down(tools: str, machine: Machine) -> int:
    return driver.main(["down", "example"], {"PATH": tools, "CONFIRM": PROJECT}, machine)


def test_undeploying_says_what_stays(tools: str, capsys):
    """Protected data, and how to delete it too; what the data itself needs is no failure."""
    machine = Machine(left=[PROTECTED, *NEEDED])
    assert down(tools, machine) == 0
    assert "--exclude-protected" in machine.commands[machine.index("destroy")]
    said = capsys.readouterr().out
    assert "Database database" in said
    assert "firestore databases delete" in said


def test_undeploying_says_what_could_not_be_removed(tools: str, capsys):
    """By name, with exit code 1, even if Pulumi thinks that all is well."""
    machine = Machine(left=[PROTECTED, *NEEDED, {"urn": TOPIC, "parent": STACK}])
    assert down(tools, machine) == 1
    assert "could not be removed: Topic calliente-purge" in capsys.readouterr().err


@pytest.mark.parametrize("failing", ["destroy", "stack export"])
def test_undeploying_without_the_rights_for_it_fails(tools: str, failing: str):
    """Whatever is left."""
    assert down(tools, Machine(failing=failing, left=[PROTECTED, *NEEDED])) == 1
