"""Onboarding's decisions, without Entra: refusals, the ID token, names, words."""

from __future__ import annotations

import pytest
from itsdangerous import URLSafeTimedSerializer

from functions.onboarding import flow, naming, words
from functions.onboarding.pages import stored_rows
from functions.onboarding.progress import Connected, Consenting, Failed, SigningIn, Waiting
from shared import errors, inventory
from shared.entra import administrators
from tests.helpers.fakes import TENANT

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
    ("name", "cleaned"),
    [
        ("Contoso", "Contoso"),
        ("  Con\r\ntoso\t Ltd ", "Con toso Ltd"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "abcde"),
        ("Société Générale 日本", "Société Générale 日本"),
        ("\ud800x", "x"),
        ("\u200b\u202e \n", TENANT),
        ("", TENANT),
        ("x" * 300, "x" * inventory.NAME_LENGTH),
    ],
)
def test_a_name_keeps_what_can_be_seen(name, cleaned):
    """Control, bidi and zero-width characters go; an empty rest is replaced by the tenant ID."""
    assert naming.clean_name(name, TENANT) == cleaned


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


def test_the_first_page_lists_every_stored_field():
    """The table follows the inventory: one row per field and per document ID, in each language."""
    fields = len(inventory.Closing().fields) + len(inventory.Consent().fields)
    fields += len(inventory.Tenant().fields) - 2 + len(inventory.Device().fields) + 2
    for language, stored in words.STORED.items():
        assert len(stored_rows(language, 30)) == fields == len(stored)


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


def test_the_cookie_is_bound_to_the_host_and_to_https(serve):
    """Where onboarding has a host of its own, the cookie has the __Host- prefix and is Secure."""
    cookie = serve("onboarding").client.get("/start").headers["Set-Cookie"]
    assert cookie.startswith("__Host-onboarding=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


def test_a_cookie_of_an_older_key_counts_and_a_strangers_does_not(serve):
    """Keys rotate: the newest signs, the others are still accepted."""
    served = serve("onboarding")
    module = served.module
    cookies = module.ProgressCookie(("n" * 32, "o" * 32), "https://onboarding.example")
    payload = {"step": "Waiting", "tenant": TENANT, "attempt": 1}
    for key, expected in (("o", Waiting(TENANT, 1)), ("n", Waiting(TENANT, 1)), ("x", None)):
        signed = URLSafeTimedSerializer(key * 32, salt="calliente.onboarding")
        value = signed.dumps(payload)
        with module.flask.Flask("t").test_request_context(
            headers={"Cookie": f"__Host-onboarding={value}"}
        ):
            assert cookies.read(module.flask.request) == expected


def test_an_expired_attempt_says_so(serve, monkeypatch):
    """After 15 minutes the state no longer counts, even if a browser kept it."""
    served = serve("onboarding")
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.timed.time.time", lambda: 1_000)
        state = served.client.get("/start").location.rpartition("state=")[2]
        value = (
            served.client.get("/start").headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        )
    served.client.set_cookie("__Host-onboarding", value, domain="localhost")
    answer = served.client.get(f"/consented?state={state}&tenant={TENANT}&admin_consent=True")
    assert (answer.status_code, "<code>expired</code>" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/start", 405), ("HEAD", "/done", 405), ("GET", "/admin", 404), ("HEAD", "/", 200)],
)
def test_errors_are_pages_too(serve, method, path, status):
    """No answer of this function is JSON, and none lets a script run."""
    answer = serve("onboarding").client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")


def test_the_policy_names_the_very_stylesheet_of_the_page(serve):
    """The hash in the policy is that of the bytes between the style tags."""
    import base64
    import hashlib

    answer = serve("onboarding").client.get("/")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
