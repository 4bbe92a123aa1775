"""Secrets reach who reads them, and no value passes through the program."""

import pytest

from deploy.infrastructure.functions import FUNCTIONS, secret_variables
from shared import development_keys
from tests.deploy.stacks import before, environment, made, of, walk

ENTRA = {"onboarding", "admin-portal", "tenant-purge"}
VARIABLES = {"certificate": "ENTRA_CLIENT_CERTIFICATE", "secret": "ENTRA_CLIENT_SECRET"}


def readers(**changes: object) -> dict[str, set[str]]:
    """Who may read each secret: {its ID: functions}."""
    found: dict[str, set[str]] = {}
    for one in of("secretmanager.SecretIamMember", **changes).values():
        name = one.inputs["member"].partition("fn-")[2].partition("@")[0]
        found.setdefault(one.inputs["secretId"], set()).add(name)
    return found


@pytest.mark.parametrize("kind", ["federated", "certificate", "secret"])
def test_a_secret_is_readable_to_just_the_functions_that_are_told_it(kind: str):
    """What a function's environment refers to is what its identity may read."""
    told: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        for value in environment(function.service, ENTRA_CREDENTIAL=kind).values():
            if isinstance(value, dict):
                told.setdefault(value["secret"], set()).add(function.service)
    assert told == readers(ENTRA_CREDENTIAL=kind)
    assert told.keys() == of("secretmanager.Secret", ENTRA_CREDENTIAL=kind).keys()


@pytest.mark.parametrize("kind", VARIABLES)
def test_the_credential_for_entra_reaches_three_functions(kind: str):
    """Neither phone-facing function can read it, and the other kind's does not exist."""
    secrets = readers(ENTRA_CREDENTIAL=kind)
    secret = f"calliente-{VARIABLES[kind].lower().replace('_', '-')}"
    assert secrets[secret] == ENTRA
    assert len([name for name in secrets if "entra-client" in name]) == 1


def test_federation_needs_no_secret():
    """By default there is no credential for Entra at all, and whoever could read an older one no longer can."""
    assert not [name for name in readers() if "entra" in name]
    assert not [name for name in of("secretmanager.Secret") if "entra" in name]


def test_each_browser_function_has_session_keys_of_its_own():
    """One function, taken over, forges nothing of the other's."""
    assert readers()["calliente-onboarding-session-keys"] == {"onboarding"}
    assert readers()["calliente-portal-session-keys"] == {"admin-portal"}


def test_only_the_scheduled_run_can_sign_a_receipt():
    """The portal knows the public keys, which follow the signing key by themselves or are the stack's to name."""
    assert readers()["calliente-receipt-signing-key"] == {"tenant-purge"}
    assert readers()["calliente-receipt-fingerprint-key"] == {"tenant-purge"}
    assert readers()["calliente-audit-signing-key"] == {"admin-portal"}
    printed = environment("admin-portal")["RECEIPT_PUBLIC_KEYS"]
    assert printed == "printed-by-calliente-receipt-signing-key-first-version"
    named = environment("admin-portal", RECEIPT_PUBLIC_KEYS=development_keys.PUBLIC)
    assert named["RECEIPT_PUBLIC_KEYS"] == development_keys.PUBLIC


def test_phones_meet_functions_without_secrets():
    """Heartbeat and registration hold nothing that could be stolen."""
    for name in ("heartbeat", "device-registration"):
        assert not [one for one in environment(name).values() if isinstance(one, dict)]


@pytest.mark.parametrize("kind", ["federated", "certificate", "secret"])
def test_no_value_of_a_secret_is_in_the_state(kind: str):
    """Pulumi keeps the inputs of resources: none makes a version, and no variable that is secret has a plain value."""
    resources = made(ENTRA_CREDENTIAL=kind)
    assert not [one for one in resources if one.kind == "secretmanager.SecretVersion"]
    assert not [
        one for one in resources for key, _ in walk(dict(one.inputs)) if key == "secretData"
    ]
    for function in FUNCTIONS:
        for name, value in environment(function.service, ENTRA_CREDENTIAL=kind).items():
            assert isinstance(value, dict) == (name in secret_variables())


def test_a_rotation_starts_new_instances():
    """A changed SECRETS_ROTATED is a new revision of each function, which reads the newest versions."""
    for function in FUNCTIONS:
        template = of("cloudrunv2.Service", SECRETS_ROTATED="2026-11-26")[function.service].inputs
        assert template["template"]["labels"] == {"secrets-rotated": "2026-11-26"}


def test_rights_are_known_before_a_function_starts():
    """Cloud Run looks whether a function may read its secrets; on a new project that takes a while to be known."""
    everything = made()
    grants = {
        f"{one.kind} {one.name}" for one in everything if one.kind.endswith("SecretIamMember")
    }
    for name in ("onboarding", "admin-portal", "tenant-purge"):
        service = of("cloudrunv2.Service")[name]
        assert "local.Command spread-secrets" in before(service, everything)
        assert grants <= before(service, everything)


def test_secrets_have_a_version_before_they_are_read():
    """A function whose secret is empty does not start: first the version, then the function."""
    for name, one in of("local.Command").items():
        if name.endswith("-first-version"):
            readers_ = readers()[name.removesuffix("-first-version")]
            for reader in readers_:
                assert one.urn in of("cloudrunv2.Service")[reader].after
