"""A deployment's commands are right, and it keeps the promises about place and privilege."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from deploy import __main__ as program
from deploy import unplan
from deploy.config import Config, ConfigError
from deploy.plan import Plan
from deploy.steps import Command, Step, StepFailed, carry_out
from local.processes import ROOT

ENVIRON = {
    "PROJECT": "calliente-test",
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "ENTRA_CREDENTIAL": "certificate",
    "ENTRA_CREDENTIAL_FILE": "README.md",
    "ALERT_EMAIL": "operators@example.com",
    "BILLING_ACCOUNT": "000000-000000-000000",
    "DRY_RUN": "1",
}
NO_ACCOUNT = "You do not currently have an active account selected"


def plan(**changes: str) -> list[Step]:
    return Plan(Config.read({**ENVIRON, **changes})).steps()


def commands(steps: Iterable[Step]) -> list[Command]:
    return [command for step in steps for command in step.commands()]


def deployed(entry_point: str, **changes: str) -> str:
    found = [
        " ".join(one) for one in commands(plan(**changes)) if f"--entry-point={entry_point}" in one
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="needs gcloud")
def test_gcloud_takes_every_command(tmp_path: Path):
    """gcloud's own parser accepts each printed command: it gets as far as missing an account, without a network."""
    every = commands(plan()) + commands(unplan.steps(Config.read(ENVIRON, undeploy=True)))
    gcloud = [one for one in every if one[0] == "gcloud"]
    wrong = ("gcloud", "functions", "list", "--no-such-flag")
    *answers, refusal = gcloud_answers([*gcloud, wrong], tmp_path)
    assert "unrecognized arguments" in refusal
    faults = zip(gcloud, answers, strict=True)
    assert [(" ".join(one), said) for one, said in faults if NO_ACCOUNT not in said] == []


def gcloud_answers(given: list[Command], home: Path) -> list[str]:
    environment = {
        **os.environ,
        "CLOUDSDK_CONFIG": str(home),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "NO_GCE_CHECK": "true",
    }
    places = "--format=value[separator=' '](installation.sdk_root,basic.python_location)"
    found = subprocess.run(
        ["gcloud", "info", places], env=environment, capture_output=True, text=True, check=True
    )
    sdk, python = found.stdout.split()
    done = subprocess.run(
        [python, Path(__file__).with_name("gcloud_parse.py"), sdk],
        cwd=ROOT,
        env=environment,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_dry_run_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """DRY_RUN=1 prints every command and starts none."""

    def never(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", never)
    monkeypatch.setattr(os, "environ", ENVIRON)
    assert program.main(["deploy"]) == 0
    printed = capsys.readouterr().out
    for command in commands(plan()):
        assert all(word in printed for word in command if "'" not in word and '"' not in word)


@pytest.mark.parametrize("name", ["REGION", "FIRESTORE_LOCATION"])
@pytest.mark.parametrize("place", ["us-central1", "nam5", "europe-west2", "europe-west6", ""])
def test_no_place_outside_the_eu(name: str, place: str):
    """Data stays in the European Union; London and Zurich are not in it."""
    with pytest.raises(ConfigError, match=name):
        Config.read({**ENVIRON, name: place})


def test_another_place_by_name_only():
    """A place outside the EU needs its very name in ALLOW_LOCATION."""
    assert (
        Config.read({**ENVIRON, "REGION": "us-central1", "ALLOW_LOCATION": "us-central1"}).region
        == "us-central1"
    )
    with pytest.raises(ConfigError):
        Config.read({**ENVIRON, "REGION": "us-east1", "ALLOW_LOCATION": "us-central1"})


def test_a_database_elsewhere_stops_the_deployment(tmp_path: Path):
    """A database that is already there, outside the EU, is not used."""
    step = Step("Firestore", ("false",), unless=("echo", "nam5"), allowed=frozenset({"eur3"}))
    with pytest.raises(StepFailed, match="nam5"):
        carry_out([step])


def test_what_is_done_is_not_done_again(tmp_path: Path):
    """A step whose `unless` finds something does not run, or runs its other command."""
    made, other = tmp_path / "made", tmp_path / "other"
    carry_out([Step("", ("touch", str(made)), unless=("echo", "there"))])
    carry_out(
        [Step("", ("touch", str(made)), unless=("echo", "there"), present=("touch", str(other)))]
    )
    assert (made.exists(), other.exists()) == (False, True)
    carry_out([Step("", ("touch", str(made)), unless=("false",), present=("false",))])
    assert made.exists()


def test_what_is_there_is_brought_up_to_date(tmp_path: Path):
    """The command for what is there gets its name from the look that found it."""
    update = ("touch", f"{tmp_path}/{{found}}")
    carry_out([Step("", ("false",), unless=("echo", "policy-7"), present=update)])
    assert (tmp_path / "policy-7").exists()


def test_a_captured_value_fills_later_commands(tmp_path: Path):
    """What one command answers is part of the next."""
    carry_out(
        [Step("", ("echo", "7"), capture="number"), Step("", ("touch", f"{tmp_path}/{{number}}"))]
    )
    assert (tmp_path / "7").exists()


def test_a_failing_command_stops_the_deployment(tmp_path: Path):
    """Nothing runs after a failure."""
    with pytest.raises(StepFailed):
        carry_out([Step("", ("false",)), Step("", ("touch", str(tmp_path / "after")))])
    assert not (tmp_path / "after").exists()


def permissions(entry_point: str) -> set[str]:
    """What the role of a function holds; and nothing else is granted to its identity in the project."""
    account = f"fn-{entry_point.replace('_', '-')}@calliente-test.iam.gserviceaccount.com"
    granted = [
        word.partition("=")[2]
        for one in commands(plan())
        if one[1:3] == ("projects", "add-iam-policy-binding")
        and f"--member=serviceAccount:{account}" in one
        for word in one
        if word.startswith("--role=")
    ]
    assert granted == [f"projects/calliente-test/roles/calliente_{entry_point}"]
    held = [
        set(word.partition("=")[2].split(","))
        for one in commands(plan())
        if one[1:3] == ("iam", "roles") and one[4] == f"calliente_{entry_point}"
        for word in one
        if word.startswith("--permissions=")
    ]
    assert held[0] == held[1]  # made, or brought up to date
    return held[0]


@pytest.mark.parametrize(
    ("entry_point", "calls"),
    [
        ("heartbeat", {"update"}),
        ("device_registration", {"get", "list", "create", "delete"}),
        ("onboarding", {"get", "create", "update"}),
        ("admin_portal", {"get", "list", "update"}),
        ("tenant_purge", {"get", "list", "update", "delete"}),
    ],
)
def test_each_identity_may_do_what_its_function_does(entry_point: str, calls: set[str]):
    """A function that is taken over can do no more to the database than it does by itself."""
    held = permissions(entry_point)
    assert {one for one in held if "entities" in one} == {f"datastore.entities.{c}" for c in calls}
    assert ("datastore.databases.get" in held) == (entry_point != "heartbeat")


def test_only_two_functions_reach_the_users_of_firebase():
    """Sign-out deletes a user, the purge lists and deletes them; nobody else sees any, and nobody makes one."""
    reaching = {
        name: {one for one in permissions(name) if one.startswith("firebase")}
        for name in ("heartbeat", "device_registration", "onboarding", "admin_portal")
    }
    assert reaching.pop("device_registration") == {"firebaseauth.users.delete"}
    assert not any(reaching.values())
    purge = {one for one in permissions("tenant_purge") if one.startswith("firebase")}
    assert purge == {"firebaseauth.users.get", "firebaseauth.users.delete"}


def test_each_function_is_told_what_it_reads():
    """A limit that is not the default reaches the functions that read it, and no other; it survives a deployment."""
    changed = {"MAX_DEVICES_PER_TENANT": "100000", "HEARTBEAT_INTERVAL_SECONDS": "3600"}
    told = {
        name: deployed(name, **changed)
        for name in ("heartbeat", "device_registration", "onboarding", "admin_portal")
    }
    assert {n for n, text in told.items() if "DEVICES_PER_TENANT=100000" in text} == {
        "device_registration"
    }
    assert {n for n, text in told.items() if "INTERVAL_SECONDS=3600" in text} == {
        "heartbeat",
        "device_registration",
    }
    assert "MAX_DEVICES" not in deployed("device_registration")
    assert "ENTRA" not in told["heartbeat"]
    assert (
        "ONBOARDING_URL=https://onboarding-{project_number}.europe-west1.run.app"
        in told["onboarding"]
    )
    assert (
        "PORTAL_URL=https://admin-portal-{project_number}.europe-west1.run.app"
        in told["admin_portal"]
    )
    with pytest.raises(ConfigError, match="MAX_DEVICES_PER_TENANT"):
        plan(MAX_DEVICES_PER_TENANT="many")


def test_only_registration_signs():
    """One service account may make tokens, and only for itself."""
    granting = [
        one for one in commands(plan()) if "--role=roles/iam.serviceAccountTokenCreator" in one
    ]
    assert [one[:5] for one in granting] == [
        (
            *("gcloud", "iam", "service-accounts", "add-iam-policy-binding"),
            "fn-device-registration@calliente-test.iam.gserviceaccount.com",
        )
    ]
    assert f"--member=serviceAccount:{granting[0][4]}" in granting[0]


@pytest.mark.parametrize("kind", ["certificate", "secret"])
def test_no_phone_facing_function_gets_the_credential(kind: str):
    """Neither phone-facing function can read or is given the credential for Entra."""
    readers = {
        word.partition(":")[2].partition("@")[0]
        for one in commands(plan(ENTRA_CREDENTIAL=kind))
        if one[1:4] == ("secrets", "add-iam-policy-binding", "calliente-entra-credential")
        for word in one
        if word.startswith("--member=")
    }
    assert readers == {"fn-onboarding", "fn-admin-portal", "fn-tenant-purge"}
    for name in ("heartbeat", "device_registration"):
        assert "entra-credential" not in deployed(name, ENTRA_CREDENTIAL=kind)
        assert "ENTRA_CREDENTIAL" not in deployed(name, ENTRA_CREDENTIAL=kind)


def test_federation_needs_no_secret():
    """By default there is no Entra secret at all."""
    assert not [
        one
        for one in commands(plan(ENTRA_CREDENTIAL="federated"))
        if "calliente-entra-credential" in one
    ]


def test_request_logs_are_excluded_before_any_function_runs():
    """The platform's request logs hold IP addresses and query strings; not one is kept."""
    titles = [" ".join(step.run) for step in plan()]
    exclusion = next(at for at, text in enumerate(titles) if "run.googleapis.com/requests" in text)
    assert exclusion < min(at for at, text in enumerate(titles) if "functions deploy" in text)


def test_the_purge_is_not_public():
    """Only the schedule reaches the purge; a failed run is delivered again."""
    command = deployed("tenant_purge")
    assert "--no-allow-unauthenticated" in command
    assert "--ingress-settings=internal-only" in command
    assert "--retry" in command


def test_undeploying_needs_the_projects_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Without CONFIRM nothing is taken away; the database never is."""
    monkeypatch.setattr(program, "_check", lambda config: None)
    monkeypatch.setattr(os, "environ", {**ENVIRON, "DRY_RUN": "", "CONFIRM": "another"})
    assert program.main(["undeploy"]) == 1
    assert "CONFIRM=calliente-test" in capsys.readouterr().err
    taken = commands(unplan.steps(Config.read(ENVIRON, undeploy=True)))
    assert not [one for one in taken if "databases" in one]


def test_every_fault_of_the_settings_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Missing and wrong settings are reported together, with exit code 2."""
    monkeypatch.setattr(os, "environ", {"REGION": "us-central1", "ENTRA_CREDENTIAL": "password"})
    assert program.main(["deploy"]) == 2
    told = capsys.readouterr().err
    assert all(
        name in told for name in ("PROJECT", "REGION", "ENTRA_CLIENT_ID", "ENTRA_CREDENTIAL")
    )
