"""Onboarding's decisions, without Entra: refusals, the ID token, names, words."""

from __future__ import annotations

import base64
import hashlib
import time

import pytest
from marshmallow import fields

from functions.onboarding import flow, words
from functions.onboarding.cookie import LIFETIME_SECONDS, ProgressCookie
from functions.onboarding.pages import stored_rows
from functions.onboarding.progress import Connected, Consenting, Failed, SigningIn, Waiting
from shared import errors, inventory
from shared.entra import administrators
from shared.settings import OnboardingSettings
from tests.helpers import cookies, functions
from tests.helpers.fakes import TENANT
from tests.helpers.serving import Client

CLIENT, AUTHORITY, NOW = "client", "https://login.example", 1_000_000.0
GOOD = {
    "tid": TENANT,
    "aud": CLIENT,
    "iss": f"{AUTHORITY}/{TENANT}/v2.0",
    "exp": NOW + 60,
    "nbf": NOW - 60,
    "wids": ["62e90394-69f5-4237-9190-012177145e10"],
}
MEMBER = ["b79fbf4d-3ef9-4689-8143-76b194e85509"]
OTHER = "5e1f0a10-c0de-4c02-8a02-0000fab21ca0"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"wids": ["e8611ab8-c189-46e8-94e1-60213ab1f814"]}, None),
        ({"wids": MEMBER, "roles": ["Calliente.Admin"]}, None),
        ({"wids": MEMBER}, "not_administrator"),
        ({"wids": None, "roles": "Calliente.Admin"}, "not_administrator"),
        ({"wids": "62e90394-69f5-4237-9190-012177145e10"}, "not_administrator"),
        ({"wids": [["62e90394-69f5-4237-9190-012177145e10"]]}, "not_administrator"),
        ({"roles": ["Other"], "wids": []}, "not_administrator"),
        ({"tid": OTHER}, "wrong_account"),
        ({"tid": None}, "wrong_account"),
        ({"aud": "another"}, "unexpected"),
        ({"aud": [CLIENT]}, "unexpected"),
        ({"iss": f"{AUTHORITY}/{OTHER}/v2.0"}, "unexpected"),
        ({"exp": NOW - 301}, "expired"),
        ({"exp": NOW - 299}, None),
        ({"exp": "never"}, "expired"),
        ({"nbf": NOW + 301}, "expired"),
    ],
)
def test_an_id_token_proves_an_administrator_of_the_tenant_or_nothing(changes, fault):
    """Tenant, audience, issuer, times and role are checked here: MSAL leaves them to the application."""
    assert administrators.fault({**GOOD, **changes}, TENANT, CLIENT, AUTHORITY, NOW) == fault


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "common",
        "contoso.example",
        "../x",
        "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        administrators.CONSUMERS,
        "{" + TENANT + "}",
        TENANT + "\n",
    ],
)
def test_only_a_guid_of_an_organization_is_a_tenant(value):
    """Words, domains, traversals, the nil GUID and the tenant of personal accounts are none."""
    assert administrators.tenant_of(value) is None


def test_a_tenant_in_upper_case_is_the_same_tenant():
    """GUIDs are compared in lower case, the form of the document ID."""
    assert administrators.tenant_of(TENANT.upper()) == TENANT


def leaves(schema):
    """How many fields are stored, those of its maps instead of the maps."""
    nested = [field.schema for field in schema.fields.values() if isinstance(field, fields.Nested)]
    return len(schema.fields) - len(nested) + sum(map(leaves, nested))


def test_the_first_page_lists_every_stored_field():
    """The table follows the inventory: one row per field and per document ID, in each language."""
    stored = leaves(inventory.TenantDocument()) + leaves(inventory.DeviceDocument()) + 2
    for language, said in words.STORED.items():
        assert len(stored_rows(language, 30)) == stored == len(said)


SIGNING_IN = SigningIn(TENANT, {"state": "s"}, 3)


@pytest.mark.parametrize(
    ("progress", "waiting"),
    [
        (Waiting(TENANT, 2), Waiting(TENANT, 2)),
        (SIGNING_IN, Waiting(TENANT, 3)),
        (Failed("service_away", TENANT), Waiting(TENANT, 0)),
    ],
)
def test_who_waits_can_sign_in_again(progress, waiting):
    """The page that waits, an abandoned sign-in and an outage lead back to the sign-in without a new consent."""
    assert flow.consented(progress, {}) == waiting


@pytest.mark.parametrize(
    "progress",
    [
        None,
        Consenting("s"),
        Failed("consent_declined"),
        Connected(TENANT, "x"),
        SigningIn(TENANT, {"state": "s"}, flow.MOST_ATTEMPTS),
    ],
)
def test_nothing_else_can(progress):
    """Without a consent in this browser, or after the last attempt, only the beginning is left."""
    with pytest.raises(flow.InvalidState):
        flow.consented(progress, {})


@pytest.mark.parametrize("state", [None, "", "t", "é"])
def test_an_answer_with_another_state_belongs_to_nobody(state):
    """Neither step takes an answer whose state is not the cookie's."""
    answer = {"tenant": TENANT, "admin_consent": "True", "code": "c"}
    answer |= {} if state is None else {"state": state}
    with pytest.raises(flow.InvalidState):
        flow.consented(Consenting("s"), answer)
    with pytest.raises(flow.InvalidState):
        flow.signing_in(SIGNING_IN, answer)
    with pytest.raises(flow.InvalidState):
        flow.signing_in(Consenting("s"), answer | {"state": "s"})


def test_an_answer_without_code_and_error_is_malformed():
    """The state alone leads nowhere."""
    with pytest.raises(errors.Malformed):
        flow.signing_in(SIGNING_IN, {"state": "s"})


@pytest.fixture
def client():
    return Client(functions.onboarding())


def test_the_cookie_is_bound_to_the_host_and_to_https(client):
    """Where onboarding has a host of its own, the cookie has the __Host- prefix and is Secure."""
    cookie = client.get("/start").headers["Set-Cookie"]
    assert cookie.startswith("__Host-onboarding=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
    assert "Domain" not in cookie


def test_below_a_path_the_cookie_is_bound_to_that_path():
    """Behind a proxy that keeps a path, other functions of the host do not get the cookie."""
    settings = functions.settings(OnboardingSettings, ONBOARDING_URL="https://x.example/connect")
    cookie = (
        Client(functions.onboarding(settings=settings)).get("/connect/start").headers["Set-Cookie"]
    )
    assert cookie.startswith("onboarding=")
    assert "Path=/connect" in cookie


@pytest.mark.parametrize(
    ("key", "expected"), [("o", Waiting(TENANT, 1)), ("n", Waiting(TENANT, 1)), ("x", None)]
)
def test_a_cookie_of_an_older_key_counts_and_a_strangers_does_not(key, expected):
    """Keys rotate: the newest signs, the others are still accepted."""
    payload = {"step": "Waiting", "tenant": TENANT, "attempt": 1}
    value = cookies.signed(payload, key * 32, "calliente.onboarding")
    cookie = ProgressCookie(("n" * 32, "o" * 32), "https://onboarding.example")
    assert cookie.read(cookies.request(cookie=f"__Host-onboarding={value}")) == expected


def test_an_expired_attempt_says_so(client):
    """After 15 minutes the state no longer counts, even if a browser kept it."""
    (key,) = functions.settings(OnboardingSettings).session_keys
    long_ago = int(time.time()) - LIFETIME_SECONDS - 2
    payload = {"step": "Consenting", "state": "s"}
    value = cookies.signed(payload, key, "calliente.onboarding", at=long_ago)
    address = f"/consented?state=s&tenant={TENANT}&admin_consent=True"
    answer = client.get(address, headers={"Cookie": f"__Host-onboarding={value}"})
    assert (answer.status_code, "<code>expired</code>" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/start", 405), ("HEAD", "/done", 405), ("GET", "/admin", 404), ("HEAD", "/", 200)],
)
def test_errors_are_pages_too(client, method, path, status):
    """No answer of this function is JSON, and none lets a script run."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")


def test_the_policy_names_the_very_stylesheet_of_the_page(client):
    """The hash in the policy is that of the bytes between the style tags."""
    answer = client.get("/")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
