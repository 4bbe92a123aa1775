"""The preview shows a stack whole, without a cloud; what is wrong with it is said before."""

import json
from pathlib import Path

import pytest

from deploy.infrastructure import preview
from deploy.infrastructure.program import stage
from shared.settings import SettingsError
from tests.deploy.stacks import config, made


def test_every_resource_is_in_the_table_and_in_the_file(tmp_path: Path, capsys):
    """One line each, and all inputs in build/preview.json."""
    resources = list(made())
    preview.show(config(), resources, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    written = json.loads((tmp_path / "preview.json").read_text())
    assert written["stack"] == "example"
    assert [(one["kind"], one["name"]) for one in written["resources"]] == [
        (one.kind, one.name) for one in resources
    ]
    for one in resources:
        assert [line for line in lines if line.split()[:2] == [one.kind, one.name]]
    assert f"{len(resources)} resources" in lines[-1]


def test_a_preview_of_the_same_stack_is_the_same():
    """Two can be compared line by line."""
    first = [(one.kind, one.name, sorted(map(str, one.inputs))) for one in made()]
    assert first == [
        (one.kind, one.name, sorted(map(str, one.inputs))) for one in made(LOG_DAYS="30")
    ]


@pytest.mark.parametrize("text", ["", "config: {}", "- 1", "config: {calliente:settings: 7}", "{"])
def test_a_file_without_settings_is_named(tmp_path: Path, text: str):
    """The fault names the file."""
    (tmp_path / "Pulumi.odd.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"Pulumi\.odd\.yaml"):
        preview.settings_of("odd", tmp_path)


def test_wrong_settings_end_the_preview(capsys):
    """With exit code 2, as a stack that is not there, or none."""
    for arguments in ([], ["nowhere"], ["../example"]):
        assert preview.main(arguments) == 2
        assert capsys.readouterr().err


def test_what_is_uploaded_is_the_bundle():
    """By a path that is the same on every machine, named by the digest of its bytes."""
    source = stage("heartbeat")
    assert str(source.path) == "../../build/heartbeat.zip"
    assert len(source.digest) == 64
