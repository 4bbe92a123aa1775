"""Settings: every fault at once, by name, never by value."""

from __future__ import annotations

import dataclasses
import re

import pytest

from local.processes import ROOT
from shared import development_keys
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
    "RECEIPT_SIGNING_KEY": development_keys.SIGNING["receipt"],
    "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
    "RECEIPT_FINGERPRINT_KEY": KEY,
    "AUDIT_SIGNING_KEY": development_keys.SIGNING["audit"],
}
FUNCTIONS = (
    HeartbeatSettings,
    RegistrationSettings,
    OnboardingSettings,
    PortalSettings,
    PurgeSettings,
)
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
            [
                "ENTRA_CLIENT_ID",
                "GOOGLE_CLOUD_PROJECT",
                "ONBOARDING_SESSION_KEYS",
                "ONBOARDING_URL",
            ],
        ),
        (
            PortalSettings,
            [
                "AUDIT_SIGNING_KEY",
                "ENTRA_CLIENT_ID",
                "GOOGLE_CLOUD_PROJECT",
                "PORTAL_SESSION_KEYS",
                "PORTAL_URL",
                "RECEIPT_PUBLIC_KEYS",
            ],
        ),
        (
            PurgeSettings,
            [
                "ENTRA_CLIENT_ID",
                "GOOGLE_CLOUD_PROJECT",
                "RECEIPT_FINGERPRINT_KEY",
                "RECEIPT_SIGNING_KEY",
            ],
        ),
        (SupportSettings, ["GOOGLE_CLOUD_PROJECT"]),
    ],
)
def test_a_function_asks_for_what_it_needs(group, missing):
    """In an empty environment, each group names all that it needs, and nothing that it does not."""
    assert names(group, {}) == missing
    assert names(group, dict.fromkeys(COMPLETE, "  ")) == missing
    assert names(group, dict.fromkeys(COMPLETE, '""')) == missing


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
        ("GOOGLE_CLOUD_PROJECT", "projects/demo"),
        ("GOOGLE_CLOUD_PROJECT", "Demo"),
        ("GOOGLE_CLOUD_PROJECT", "“demo”"),
        ("GOOGLE_CLOUD_PROJECT", "de mo"),
        ("ENTRA_CLIENT_ID", f"{{{CLIENT}}}"),
        ("ENTRA_CLIENT_ID", f'"{CLIENT}'),
        ("ENTRA_CLIENT_ID", f"{CLIENT},{CLIENT}"),
        ("ENTRA_MOBILE_CLIENT_IDS", f"{CLIENT},nonsense"),
        ("ENTRA_AUTHORITY", "login.example"),
        ("ENTRA_AUTHORITY", "https://"),
        ("ENTRA_AUTHORITY", "ftp://login.example"),
        ("ENTRA_AUTHORITY", "http://login.example"),
        ("ENTRA_AUTHORITY", "http://localhost.example"),
        ("ENTRA_AUTHORITY", "https://[half"),
        ("ENTRA_AUTHORITY", "https://[canary]"),
        ("ENTRA_AUTHORITY", "https://login.example/common"),
        ("ENTRA_AUTHORITY", "https://login.example/v2.0/"),
        ("ENTRA_AUTHORITY", "https://login.example?"),
        ("ENTRA_AUTHORITY", "https://@login.example"),
        ("ENTRA_AUTHORITY", "https://somebody:word@login.example"),
        ("ENTRA_AUTHORITY", "https://login.example:0"),
        ("ENTRA_AUTHORITY", "https://login.example:65536"),
        ("ENTRA_AUTHORITY", "https://login.example:port"),
        ("ENTRA_AUTHORITY", "https://login.exa\nmple"),
        ("ENTRA_AUTHORITY", "https://login.example https://other.example"),
        ("ENTRA_AUTHORITY", "https://login..example"),
        ("ENTRA_AUTHORITY", "https:\\\\login.example"),
        ("ENTRA_AUTHORITY", "https://a\u2100b.example"),
        ("ENTRA_DEVICE_SCOPE", f"api://{CLIENT}/Devices.Register"),
        ("ENTRA_DEVICE_SCOPE", "Devices.Register openid"),
        ("FIRESTORE_EMULATOR_HOST", "http://127.0.0.1:8080"),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080/"),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1"),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:0"),
        ("FIRESTORE_EMULATOR_HOST", '"127.0.0.1:8080"'),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080\n"),
        ("FIRESTORE_EMULATOR_HOST", " "),
        ("FIREBASE_AUTH_EMULATOR_HOST", "\ufeff127.0.0.1:9099"),
        ("FIREBASE_KEYS_URL", "http://keys.example"),
        ("FIREBASE_KEYS_URL", "https://keys.example/schlüssel"),
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
    """One bad value is one fault, under the variable's name, and the fault does not show the value."""
    (fault,) = faults(RegistrationSettings, {**COMPLETE, name: value})
    assert fault.startswith(f"{name} must ")
    assert "canary" not in fault


@pytest.mark.parametrize(
    "path", ["/a//b", "/a b", "/a/../b", "/.", "/a;b", "/%2e", "/straße", "/a?b", "/a#b"]
)
def test_a_base_address_with_an_unusual_path_is_refused(path):
    """Its path is a cookie's and a link's: only letters, digits, dots, hyphens, underscores and tildes."""
    environ = {**COMPLETE, "ONBOARDING_URL": f"https://connect.example{path}"}
    assert names(OnboardingSettings, environ) == ["ONBOARDING_URL"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://Portal.Example", "https://portal.example"),
        ("HTTPS://portal.example", "https://portal.example"),
        ("https://portal.example:443/", "https://portal.example"),
        ("https://portal.example:/", "https://portal.example"),
        ("https://portal.example:8443", "https://portal.example:8443"),
        ("https://portal.example/Calliente/portal/", "https://portal.example/Calliente/portal"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example:443", "https://xn--strae-oqa.example"),
        ("https://xn--strae-oqa.example", "https://xn--strae-oqa.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://LOCALHOST:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_has_the_form_that_browsers_send(given, meant):
    """Host in lower case and ASCII, no default port, no slash at the end: what `Origin` is compared with."""
    environ = {**COMPLETE, "PORTAL_URL": given}
    assert load(PortalSettings, environ).portal_url == meant


def test_google_s_own_address_of_keys_may_be_given():
    """What is the default is good as a value too."""
    default = load(HeartbeatSettings, COMPLETE).firebase_keys_url
    given = {**COMPLETE, "FIREBASE_KEYS_URL": default}
    assert load(HeartbeatSettings, given).firebase_keys_url == default


@pytest.mark.parametrize(
    "around", ['"{}"', "'{}'", "\ufeff{}", "{}\r\n", " {}\t", '\ufeff"{}"\n', '" {} "', "\u200b{}"]
)
def test_what_surrounds_a_value_is_not_part_of_it(around):
    """Quotes, a byte order mark, spaces and line ends come from files and consoles; the value is meant."""
    plain = {**COMPLETE, "ENTRA_CREDENTIAL": "secret", "ENTRA_CLIENT_SECRET": "a~secret.Word_1"}
    wrapped = {name: around.format(value) for name, value in plain.items()}
    assert load(OnboardingSettings, wrapped) == load(OnboardingSettings, plain)


def test_quotes_within_a_list_are_taken_off_each_part():
    """`"one","two"` are two IDs, not one in quotes."""
    environ = {**COMPLETE, "ENTRA_MOBILE_CLIENT_IDS": f'"{CLIENT}", "{CLIENT.upper()}"'}
    assert load(RegistrationSettings, environ).mobile_client_ids == (CLIENT, CLIENT)


def test_a_secret_of_two_lines_is_refused():
    """Two lines that were pasted as one secret would be refused by Microsoft only at the first sign-in."""
    environ = {**COMPLETE, "ENTRA_CREDENTIAL": "secret", "ENTRA_CLIENT_SECRET": "one\ntwo"}
    assert names(PurgeSettings, environ) == ["ENTRA_CLIENT_SECRET"]


def test_a_choice_means_the_same_in_capitals():
    """`Secret` is `secret`."""
    environ = {**COMPLETE, "ENTRA_CREDENTIAL": "SECRET", "ENTRA_CLIENT_SECRET": "word"}
    assert load(PurgeSettings, environ).entra_credential == "secret"


def test_a_project_of_the_emulators_has_any_name():
    """The emulators take a project that Google would not; an environment for them keeps starting."""
    environ = {**COMPLETE, **EMULATORS, "GOOGLE_CLOUD_PROJECT": "Demo_1"}
    assert load(HeartbeatSettings, environ).project == "Demo_1"


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
    assert purge.backup_days == 7
    assert purge.entra_credential == "federated"


def test_values_are_brought_into_one_form():
    """IDs are lower case, URLs have no slash at the end, lists are tuples."""
    given = {
        **COMPLETE,
        "ENTRA_CLIENT_ID": CLIENT.upper(),
        "ENTRA_MOBILE_CLIENT_IDS": f" {CLIENT.upper()} , {CLIENT} ,",
    }
    assert load(RegistrationSettings, given).entra_client_id == CLIENT
    assert load(RegistrationSettings, given).mobile_client_ids == (CLIENT, CLIENT)
    onboarding = load(OnboardingSettings, given)
    assert onboarding.onboarding_url == "https://connect.example"


def test_what_does_not_fit_together_is_said_with_what_is_missing():
    """A fault between variables does not wait until all others are mended."""
    environ = {"PURGE_DELAY_SECONDS": "60", "ENTRA_CREDENTIAL": "secret", "BACKUP_DAYS": "99"}
    environ |= {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "K_SERVICE": "tenant-purge"}
    assert names(PurgeSettings, {**environ, "ENTRA_CLIENT_ID": CLIENT}) == [
        "BACKUP_DAYS",
        "ENTRA_CLIENT_SECRET",
        "FIRESTORE_EMULATOR_HOST",
        "GOOGLE_CLOUD_PROJECT",
        "PURGE_DELAY_SECONDS",
        "RECEIPT_FINGERPRINT_KEY",
        "RECEIPT_SIGNING_KEY",
    ]


@pytest.mark.parametrize("group", FUNCTIONS)
def test_beside_emulators_no_key_of_statements_is_needed(group):
    """Fixed keys, published in the code, stand in for them there; an environment of before keeps starting."""
    environ = {name: value for name, value in COMPLETE.items() if "RECEIPT" not in name}
    del environ["AUDIT_SIGNING_KEY"]
    load(group, {**environ, **EMULATORS, "PORTAL_URL": "https://portal.example"})


def session_keys(group, **variables):
    environ = {**COMPLETE, "PORTAL_URL": "https://portal.example", **variables}
    return load(group, environ).session_keys


def test_onboarding_and_portal_sign_with_different_keys():
    """Even from one setting, or from two of the same value, the keys of one function are not the other's."""
    same = {"ONBOARDING_SESSION_KEYS": KEY, "PORTAL_SESSION_KEYS": KEY}
    for variables in ({"SESSION_KEYS": KEY}, same):
        signing = session_keys(OnboardingSettings, **variables)
        assert set(signing).isdisjoint(session_keys(PortalSettings, **variables))
        assert KEY not in signing


def test_keys_of_its_own_come_before_the_shared_ones():
    """With its own variable set, a function neither signs nor accepts with what the other may know."""
    own = {"ONBOARDING_SESSION_KEYS": KEY[::-1] + "x", "SESSION_KEYS": KEY}
    signing = session_keys(OnboardingSettings, **own)
    assert len(signing) == 1
    assert signing != session_keys(OnboardingSettings, SESSION_KEYS=KEY)
    assert session_keys(OnboardingSettings, **{**own, "SESSION_KEYS": ""}) == signing


def test_keys_keep_their_order():
    """The newest key signs; a key that becomes the second one goes on being accepted."""
    newer, older = "n" * 32, "o" * 32
    both = session_keys(PortalSettings, SESSION_KEYS=f"{newer}, {older}")
    assert both == (
        *session_keys(PortalSettings, SESSION_KEYS=newer),
        *session_keys(PortalSettings, SESSION_KEYS=older),
    )


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
    environ["ONBOARDING_SESSION_KEYS"] = "canary" * 7
    assert "canary" not in repr(load(OnboardingSettings, environ))


def test_every_setting_is_documented():
    """README.md's table has each variable that a function reads, and none that nobody reads."""
    read = {
        declared.metadata["variable"]
        for group in (*FUNCTIONS, SupportSettings)
        for declared in dataclasses.fields(group)
    }
    section = (ROOT / "README.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == read
