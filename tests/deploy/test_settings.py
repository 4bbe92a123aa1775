"""A setting reaches the functions that read it, and is checked by the code that checks it at their start."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from functools import cache

import pytest

from deploy import bundle
from deploy.bundle import ROOT
from deploy.infrastructure import functions
from deploy.infrastructure.config import NOT_FOR_A_STACK, Stack
from deploy.infrastructure.functions import ALWAYS, FUNCTIONS, Function
from shared import development_keys
from shared.settings import SettingsError, load
from tests.deploy.stacks import BALANCED, LEFT_OUT, config, environment, made, of

GUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
KEYS = development_keys.PUBLIC.replace("development", "2026")
CANDIDATES = (
    KEYS,
    "1",
    "2",
    "1.2.3",
    "8000",
    "https://x.example.com",
    GUID,
    "usgov",
    "certificate",
    "monitor",
    "text",
)
STAND_IN = {  # what only a deployment knows, and secrets
    **{variable: functions.stand_in(variable) for variable in functions.secret_variables()},
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
    "K_SERVICE": "heartbeat",
}


def settable() -> set[str]:
    return functions.variables() - functions.secret_variables() - NOT_FOR_A_STACK


def another_value(variable: str) -> str:
    """A value that the setting takes, and that is not its default."""
    for function in FUNCTIONS:
        for declared in fields(function.reads):
            if declared.metadata["variable"] == variable:
                for candidate in CANDIDATES:
                    try:
                        if declared.metadata["parse"](candidate) != declared.default:
                            config(**{variable: candidate})
                            return candidate
                    except (ValueError, SettingsError):
                        continue
    raise AssertionError(f"no candidate fits {variable}")


@cache
def changed() -> dict[str, str]:
    """Another value for every setting, all in one stack."""
    return {variable: another_value(variable) for variable in settable()}


def readers(variable: str) -> set[str]:
    return {
        function.service
        for function in FUNCTIONS
        if variable in {one.metadata["variable"] for one in fields(function.reads)}
    }


def refused(function: Function, environ: dict[str, str]) -> set[str]:
    """The variables that a function would not start with."""
    try:
        load(function.reads, environ)
    except SettingsError as error:
        return {fault.split(" ")[0] for fault in error.faults}
    return set()


def test_the_functions_are_those_of_the_repo():
    """A new folder of functions/ is deployed, or this says so."""
    assert sorted(one.name for one in FUNCTIONS) == bundle.functions()
    assert set(of("cloudrunv2.Service")) == {one.service for one in FUNCTIONS}


@pytest.mark.parametrize("variable", sorted(settable()))
def test_a_setting_reaches_every_function_that_reads_it(variable: str):
    """And no other; whatever is declared in shared/settings.py, without a change in deploy/."""
    told = {
        function.service
        for function in FUNCTIONS
        if environment(function.service, **changed()).get(variable) == changed()[variable]
    }
    assert told == readers(variable) != set()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_would_start_with_what_it_is_told(function: Function):
    """The environment of each function, with values for its secrets, passes the function's own check."""
    for kind in ("federated", "certificate", "secret"):
        told = environment(function.service, ENTRA_CREDENTIAL=kind)
        plain = {name: value for name, value in told.items() if isinstance(value, str)}
        plain = {name: value for name, value in plain.items() if "printed-by" not in value}
        unread = plain.keys() - {one.metadata["variable"] for one in fields(function.reads)}
        assert unread == ALWAYS.keys()
        assert refused(function, {**STAND_IN, **plain}) <= {"ENTRA_CLIENT_CERTIFICATE"}  # made up


def test_every_setting_of_the_readme_can_be_given():
    """Each variable of the table is a stack's to set, a secret, or known to the deployment."""
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    named = {
        variable
        for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        for variable in re.findall(r"`([A-Z][A-Z_]+)`", row)
    }
    assert named <= functions.variables()
    assert named - settable() <= NOT_FOR_A_STACK | functions.secret_variables()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PURGE_DELAY_SECONDS", "5"),
        ("MAX_DEVICES_PER_TENANT", "many"),
        ("HEARTBEAT_INTERVAL_SECONDS", "0"),
        ("CONSENT_GRACE_DAYS", "-1"),
        ("ENTRA_MOBILE_CLIENT_IDS", f"{GUID};SESSION_KEYS=known"),
        ("ENTRA_MOBILE_CLIENT_IDS", f"{GUID},ENTRA_AUTHORITY=https://evil.example.com"),
        ("ENTRA_MOBILE_CLIENT_IDS", f"{GUID}\nENTRA_AUTHORITY=https://evil.example.com"),
        ("ENTRA_AUTHORITY", "http://login.example.com"),
        ("GRAPH_ENDPOINT", "graph"),
    ],
)
def test_what_a_function_would_refuse_is_refused_before_anything_is_made(variable: str, value: str):
    """Nothing is deployed that does not start; the fault names the variable, never the value."""
    with pytest.raises(SettingsError) as fault:
        config(**{variable: value})
    assert variable in str(fault.value)
    assert len(value) == 1 or value not in str(fault.value)


def test_one_list_of_client_ids_is_one_variable():
    """Commas and spaces in a value make no variable of their own."""
    given = f"{GUID}, {GUID.replace('a', 'f')}"
    plain = environment("device-registration")
    changed = environment("device-registration", ENTRA_MOBILE_CLIENT_IDS=given)
    assert changed == {**plain, "ENTRA_MOBILE_CLIENT_IDS": given}


@pytest.mark.parametrize(
    "variable",
    sorted({*NOT_FOR_A_STACK, *functions.secret_variables(), "MAX_DEVICES", "region", "THREADS"}),
)
def test_what_is_not_for_a_stack_is_refused(variable: str):
    """Secrets, emulators, what the deployment knows itself, and misspelt names."""
    with pytest.raises(SettingsError, match=rf"^settings: {variable} is "):
        config(**{variable: "x" * 40})


def test_all_faults_are_told_at_once():
    """One round, not one per fault."""
    with pytest.raises(SettingsError) as error:
        config(REGION="us-central1", PURGE_DELAY_SECONDS="5", IOS_TEAM_ID=LEFT_OUT, NONSENSE="1")
    assert {fault.split(" ")[0] for fault in error.value.faults} == {
        *("REGION", "PURGE_DELAY_SECONDS", "IOS_BUNDLE_ID", "NONSENSE")
    }


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PROJECT", "Calliente"),
        ("BACKUP_DAYS", "99"),
        ("BACKUP_DAYS", "seven"),
        ("LOG_DAYS", "0"),
        ("PUBLIC_ACCESS", "everybody"),
        ("INGRESS", "none"),
        ("INGRESS", "load-balancer"),  # without an address for each function nobody gets in
        ("ALERT_EMAIL", "nobody"),
        ("BILLING_ACCOUNT", "mine"),
        ("BUDGET", "50"),
        ("ENTRA_TENANT_ID", "contoso.example"),
        ("ENTRA_CLOUD", "germany"),
        ("ENTRA_CREDENTIAL", "password"),
        ("ONBOARDING_URL", "https://connect.example.com/path"),
        ("ANDROID_SHA1", "00:11"),
        ("ANDROID_SHA256", LEFT_OUT),
        ("APP_CHECK", "on"),
        ("SECRETS_ROTATED", "Thursday, 26"),
    ],
)
def test_a_deployments_own_settings_are_checked(variable: str, value: str):
    """Each is refused by name."""
    with pytest.raises(SettingsError, match=variable):
        config(**{variable: value})


def test_a_domain_needs_a_region_that_can_map_it():
    """Cloud Run maps domains in some regions only; a load balancer serves the others."""
    with pytest.raises(SettingsError, match="REGION has no domain mappings"):
        config(REGION="europe-west9")
    stack = config(REGION="europe-west9", **BALANCED).stack
    assert stack.region == "europe-west9"


@pytest.mark.parametrize("declared", fields(Stack), ids=lambda one: one.metadata["variable"])
def test_every_setting_of_a_deployment_is_described(declared):
    """deploy/README.md has a row for each."""
    table = (ROOT / "deploy" / "README.md").read_text()
    assert f"`{declared.metadata['variable']}`" in table


def test_only_what_cannot_be_known_is_required():
    """A stack of two lines can be deployed."""
    required = {one.metadata["variable"] for one in fields(Stack) if one.default is MISSING}
    assert required == {"PROJECT", "ENTRA_TENANT_ID"}


def test_a_changed_setting_changes_its_resource():
    """Nothing is obeyed once: what was there becomes what is asked."""
    backups = "firestore.BackupSchedule"
    assert of(backups, BACKUP_DAYS="7")["daily-backups"].inputs["retention"] == "604800s"
    assert of(backups, BACKUP_DAYS="30")["daily-backups"].inputs["retention"] == "2592000s"
    assert not of(backups, BACKUP_DAYS="0")
    days = [
        of("logging.ProjectBucketConfig", LOG_DAYS=days)["logs"].inputs["retentionDays"]
        for days in ("30", "90")
    ]
    assert days == [30, 90]
    federated = "azuread.ApplicationFederatedIdentityCredential"
    assert not of(federated, ENTRA_CREDENTIAL="certificate")
    assert len(of(federated)) == 3
    assert not of("billing.Budget", BILLING_ACCOUNT=LEFT_OUT)
    assert not of("monitoring.NotificationChannel", ALERT_EMAIL=LEFT_OUT)


def test_two_stacks_share_nothing():
    """Staging and production are projects and registrations of their own: every name is within its project."""
    other = {one.inputs.get("project") for one in made(PROJECT="calliente-other")}
    assert other <= {"calliente-other", None}
