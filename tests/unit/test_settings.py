"""Settings: every fault at once, by name, never by value."""

from __future__ import annotations

import dataclasses

import pytest

from shared.settings import (
    MINIMUM_PURGE_DELAY_SECONDS,
    HeartbeatSettings,
    OnboardingSettings,
    PortalSettings,
    PurgeSettings,
    RegistrationSettings,
    SettingsError,
    SupportSettings,
    load,
)

CLIENT = "ca111e47-e000-4000-8000-0000000000a1"
KEY = "k" * 32
COMPLETE = {
    "GOOGLE_CLOUD_PROJECT": "demo",
    "ENTRA_CLIENT_ID": CLIENT,
    "ONBOARDING_URL": "https://connect.example/",
    "SESSION_KEYS": KEY,
}
EMULATORS = {
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:2",
}


def faults(group, environ):
    with pytest.raises(SettingsError) as caught:
        load(group, environ)
    return caught.value.faults


def names(group, environ):
    return sorted(fault.partition(" ")[0].rstrip(",") for fault in faults(group, environ))


@pytest.mark.parametrize(
    ("group", "missing"),
    [
        (HeartbeatSettings, ["GOOGLE_CLOUD_PROJECT"]),
        (RegistrationSettings, ["ENTRA_CLIENT_ID", "GOOGLE_CLOUD_PROJECT"]),
        (
            OnboardingSettings,
            ["ENTRA_CLIENT_ID", "GOOGLE_CLOUD_PROJECT", "ONBOARDING_URL", "SESSION_KEYS"],
        ),
        (
            PortalSettings,
            ["ENTRA_CLIENT_ID", "GOOGLE_CLOUD_PROJECT", "PORTAL_URL", "SESSION_KEYS"],
        ),
        (PurgeSettings, ["ENTRA_CLIENT_ID", "GOOGLE_CLOUD_PROJECT"]),
        (SupportSettings, ["GOOGLE_CLOUD_PROJECT"]),
    ],
)
def test_a_function_asks_for_what_it_needs(group, missing):
    """In an empty environment, each group names all that it needs, and nothing that it does not."""
    assert names(group, {}) == missing
    assert names(group, dict.fromkeys(COMPLETE, "  ")) == missing


def test_everything_wrong_is_said_at_once_and_without_values():
    """Missing and bad variables come in one error, which shows no value."""
    wrong = {
        "ENTRA_CLIENT_ID": "canary-id",
        "ENTRA_AUTHORITY": "http://canary.example",
        "GRAPH_ENDPOINT": "https://canary@graph.example?canary#canary",
        "ENTRA_CREDENTIAL": "canary-credential",
        "ONBOARDING_URL": "canary",
        "SESSION_KEYS": f"{KEY},canary",
    }
    with pytest.raises(SettingsError) as caught:
        load(OnboardingSettings, wrong)
    assert len(caught.value.faults) == 7
    for name in (*wrong, "GOOGLE_CLOUD_PROJECT"):
        assert sum(name in fault for fault in caught.value.faults) == 1
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENTRA_CLIENT_ID", f"{{{CLIENT}}}"),
        ("ENTRA_CLIENT_ID", f"{CLIENT},{CLIENT}"),
        ("ENTRA_MOBILE_CLIENT_IDS", f"{CLIENT},nonsense"),
        ("ENTRA_AUTHORITY", "login.example"),
        ("ENTRA_AUTHORITY", "https://"),
        ("ENTRA_AUTHORITY", "ftp://login.example"),
        ("ENTRA_AUTHORITY", "http://login.example"),
        ("ENTRA_AUTHORITY", "http://localhost.example"),
        ("ENTRA_AUTHORITY", "https://[half"),
        ("FIREBASE_KEYS_URL", "http://keys.example"),
        ("MAX_DEVICES_PER_TENANT", "0"),
        ("MAX_DEVICES_PER_TENANT", "-1"),
        ("MAX_DEVICES_PER_TENANT", "1e3"),
        ("MAX_DEVICES_PER_TENANT", "1_000"),
        ("MAX_DEVICES_PER_TENANT", "٣"),
        ("MAX_DEVICES_PER_TENANT", "9" * 5000),
        ("HEARTBEAT_INTERVAL_SECONDS", "0"),
        ("HEARTBEAT_INTERVAL_SECONDS", "3.5"),
    ],
)
def test_a_bad_value(name, value):
    """One bad value is one fault, under the variable's name."""
    assert names(RegistrationSettings, {**COMPLETE, name: value}) == [name]


def test_defaults():
    """What need not be set has the value that the design gives."""
    registration = load(RegistrationSettings, COMPLETE)
    assert registration.entra_authority == "https://login.microsoftonline.com"
    assert registration.entra_device_scope == "Devices.Register"
    assert registration.mobile_client_ids == (CLIENT,)
    assert registration.max_devices_per_tenant == 50_000
    assert registration.heartbeat_interval_seconds == 21_600
    purge = load(PurgeSettings, COMPLETE)
    assert (purge.consent_grace_days, purge.purge_budget_seconds) == (30, 480)
    assert purge.purge_delay_seconds == MINIMUM_PURGE_DELAY_SECONDS
    assert purge.entra_credential == "federated"


def test_values_are_brought_into_one_form():
    """IDs are lower case, URLs have no slash at the end, lists are tuples."""
    given = {
        **COMPLETE,
        "ENTRA_CLIENT_ID": CLIENT.upper(),
        "ENTRA_MOBILE_CLIENT_IDS": f" {CLIENT.upper()} , {CLIENT} ,",
        "SESSION_KEYS": f"{KEY}, {KEY[::-1]}x",
    }
    assert load(RegistrationSettings, given).entra_client_id == CLIENT
    assert load(RegistrationSettings, given).mobile_client_ids == (CLIENT, CLIENT)
    onboarding = load(OnboardingSettings, given)
    assert onboarding.onboarding_url == "https://connect.example"
    assert onboarding.session_keys == (KEY, KEY + "x")


def test_a_plain_url_is_for_this_machine_alone():
    """http is taken for the local stack, and nowhere else."""
    local = {**COMPLETE, "ONBOARDING_URL": "http://127.0.0.1:8080"}
    assert load(OnboardingSettings, local).onboarding_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize("emulator", EMULATORS)
def test_an_emulator_in_the_cloud_is_refused(emulator):
    """With an emulator variable, tokens go unverified: where K_SERVICE is, the function does not start."""
    environ = {**COMPLETE, emulator: "127.0.0.1:1", "K_SERVICE": "heartbeat"}
    assert names(HeartbeatSettings, environ) == [emulator]


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"ENTRA_CREDENTIAL": "secret"}, "ENTRA_CLIENT_SECRET"),
        ({"ENTRA_CREDENTIAL": "certificate"}, "ENTRA_CLIENT_CERTIFICATE"),
        ({"ENTRA_CREDENTIAL": "secret", "ENTRA_CLIENT_CERTIFICATE": "pem"}, "ENTRA_CLIENT_SECRET"),
    ],
)
def test_the_credential_that_was_chosen_is_there(environ, name):
    """Choosing a credential without giving it is a fault, found at start and not at the first call."""
    assert names(PurgeSettings, {**COMPLETE, **environ}) == [name]


@pytest.mark.parametrize("present", [(), ("FIRESTORE_EMULATOR_HOST",), tuple(EMULATORS)])
def test_a_purge_is_never_sooner_than_a_custom_token_lives(present):
    """A shorter delay than 3,900 seconds is taken only where both emulators are in use."""
    environ = {
        **COMPLETE,
        "PURGE_DELAY_SECONDS": "1",
        **{name: EMULATORS[name] for name in present},
    }
    if len(present) == len(EMULATORS):
        assert load(SupportSettings, environ).purge_delay_seconds == 1
    else:
        assert names(SupportSettings, environ) == ["PURGE_DELAY_SECONDS"]


def test_settings_are_frozen():
    """Nobody changes them once they are read."""
    settings = load(HeartbeatSettings, COMPLETE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.project = "another"


def test_secrets_are_not_shown():
    """A settings object that ends up in a log line or a traceback shows no secret."""
    environ = {**COMPLETE, "SESSION_KEYS": "canary" * 6, "ENTRA_CLIENT_SECRET": "canary"}
    assert "canary" not in repr(load(OnboardingSettings, environ))
