"""Onboarding's decisions, without Entra: the ID token, what is named, attempts and their cookies, pages of errors."""

from __future__ import annotations

import base64
import hashlib

import pytest
from starlette.requests import Request
from starlette.responses import Response

from functions.onboarding import flow
from functions.onboarding.cookie import LIFETIME_SECONDS, ProgressCookie
from functions.onboarding.progress import (
    Asking,
    Connected,
    Consenting,
    Failed,
    SigningIn,
    Waiting,
    dump,
    parse,
)
from functions.onboarding.stored import STORED, rows_of
from shared import errors, inventory
from shared.entra import administrators
from shared.entra.organization import UnclearOrganization, named
from shared.identifiers import CONSUMER_TENANT
from shared.settings import OnboardingSettings
from shared.web.attempts import Attempt, NoCookie
from shared.web.cookies import Expired
from tests.helpers import functions
from tests.helpers.cookies import signed
from tests.helpers.fakes import TENANT
from tests.helpers.said import CATALOGS
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
    "role", ["158c047a-c907-4556-b7ef-487551a6b5f7", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"]
)
def test_administrators_of_applications_connect_and_no_more(role):
    """Cloud Application and Application Administrators may grant the consent; deleting takes a stricter role."""
    claims, roles = {**GOOD, "wids": [role.upper()]}, administrators.CONNECTING
    assert administrators.fault(claims, TENANT, CLIENT, AUTHORITY, NOW, roles) is None
    assert administrators.fault(claims, TENANT, CLIENT, AUTHORITY, NOW) == "not_administrator"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "common",
        "contoso.example",
        "../x",
        "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        CONSUMER_TENANT,
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


def test_every_stored_field_has_its_words():
    """A row for each field of the inventory and each document ID, in each language, and no words without a field."""
    fields = sum(len(inventory.paths(schema())) for schema in inventory.DOCUMENTS.values())
    for catalog in CATALOGS.values():
        rows = [row for path in inventory.DOCUMENTS for row in rows_of(path, catalog, 30, 180)]
        assert len(rows) == fields + 3 == len(STORED)
        assert all(row.label and row.purpose and row.retention and row.says for row in rows)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("  \u200b ", ""),
        ("contoso.com", "contoso.com"),
        (" Contoso.COM. ", "contoso.com"),
        ("admin@contoso.com", "contoso.com"),
        ("https://contoso.sharepoint.com/sites/x?y#z", "contoso.sharepoint.com"),
        ("{" + TENANT.upper() + "}", TENANT),
        ("\ufeff" + TENANT + "\n", TENANT),
        ("société.example", "xn--socit-esab.example"),
        ("\uff43ontoso\uff0ecom", "contoso.com"),
    ],
)
def test_an_organization_is_named_however_it_was_typed(typed, meant):
    """Domain or tenant ID, with spaces, capitals, braces and marks, in an e-mail or web address."""
    assert named(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "contoso",
        "common",
        "organizations",
        "..",
        "a..b",
        "-a.com",
        "a" * 400,
        "con toso.com",
        "@",
        "x@",
    ],
)
def test_what_names_no_organization_is_refused(typed):
    """Words of Microsoft's, single labels, and what is no name of a host."""
    with pytest.raises(UnclearOrganization):
        named(typed)


SIGNING_IN = SigningIn(TENANT, {"state": "s"}, 3)
WRONG_ACCOUNT = Failed("wrong_account", TENANT, other_account=True)


@pytest.mark.parametrize(
    ("progress", "waiting"),
    [
        (Waiting(TENANT, 2), Waiting(TENANT, 2)),
        (SIGNING_IN, Waiting(TENANT, 3)),
        (Failed("service_away", TENANT), Waiting(TENANT, 0)),
        (WRONG_ACCOUNT, Waiting(TENANT, 0, other_account=True)),
    ],
)
def test_who_waits_can_sign_in_again(progress, waiting):
    """Waiting, an abandoned sign-in, an outage and a wrong account lead back to the sign-in without a new consent."""
    assert flow.again(progress) == waiting


@pytest.mark.parametrize(
    "progress",
    [
        None,
        Consenting(),
        Failed("consent_declined"),
        Connected(TENANT, "x"),
        SigningIn(TENANT, {"state": "s"}, flow.MOST_ATTEMPTS),
    ],
)
def test_nothing_else_can(progress):
    """Without a consent in this browser, or after the last attempt, only the beginning is left."""
    with pytest.raises(flow.InvalidState):
        flow.again(progress)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ([], False),
        ([WRONG_ACCOUNT], True),
        ([WRONG_ACCOUNT, Connected(TENANT, "x")], False),
        ([Connected(TENANT, "x"), Failed("not_administrator", other_account=True)], True),
        ([None], False),
    ],
)
def test_a_start_after_the_wrong_account_asks_for_it(before, asked):
    """If that was the last attempt of this browser."""
    assert flow.start(before) == Consenting(other_account=asked)


async def test_an_answer_without_code_and_error_is_malformed():
    """The state alone leads nowhere."""
    with pytest.raises(errors.Malformed):
        await flow.verified(SIGNING_IN, {"state": "s"}, None, None, None, None)


@pytest.mark.parametrize(
    "progress",
    [
        Consenting(other_account=True),
        SigningIn(TENANT, {"state": "s", "scope": ["a"]}, 2, is_repeated=True),
        Waiting(TENANT, 2, "graph_refuses"),
        Asking(TENANT, "Contoso", "2026-01-01T00:00:00+00:00", "requested", "r"),
        Connected(TENANT, "Contoso", "r"),
        WRONG_ACCOUNT,
    ],
)
def test_a_cookie_holds_every_step(progress):
    """And what an earlier version wrote is nothing."""
    assert parse(dump(progress)) == progress
    assert parse({"step": "Another"}) is None
    assert parse({**dump(progress), "more": 1}) is None


URL, KEYS = "https://onboarding.example", ("n" * 32, "o" * 32)


def request_with(cookies):
    value = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", value.encode())]})


def kept(cookies, attempt, before=None):
    """The cookies of a browser that had `before`, once the attempt is written; an emptied one is gone."""
    response = Response()
    cookies.write(request_with(before or {}), response, attempt)
    found = dict(before or {})
    for header in response.headers.getlist("set-cookie"):
        name, _, rest = header.partition("=")
        value = rest.partition(";")[0].strip('"')
        found.pop(name, None)
        if value:
            found[name] = value
    return found


def test_the_cookie_is_bound_to_the_host_and_to_https():
    """Where onboarding has a host of its own, the cookie has the __Host- prefix and is Secure."""
    cookie = Client(functions.onboarding()).get("/start").headers["Set-Cookie"]
    assert cookie.startswith("__Host-onboarding-")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
    assert f"Max-Age={LIFETIME_SECONDS}" in cookie
    assert "Domain" not in cookie


def test_a_cookie_of_an_older_key_counts_and_a_strangers_does_not():
    """Keys rotate: the newest signs, the others are still accepted."""
    cookies = ProgressCookie(KEYS, URL)
    for key, count in (("o", 1), ("n", 1), ("x", 0)):
        strange = ProgressCookie((key * 32,), URL)
        browser = kept(strange, strange.new("s", Waiting(TENANT, 1)))
        found = [one.payload for one in cookies.all(request_with(browser))]
        assert found == [Waiting(TENANT, 1)] * count


def test_a_cookie_under_another_attempts_name_is_nothing():
    """What it is called is part of its signature."""
    cookies = ProgressCookie(KEYS, URL)
    ((_name, value),) = kept(cookies, cookies.new("s", Waiting(TENANT, 1))).items()
    assert cookies.all(request_with({"__Host-onboarding-0123456789abcdef": value})) == []


def test_an_expired_attempt_says_so():
    """After 15 minutes the state no longer counts, even if a browser kept it."""
    cookies = ProgressCookie(KEYS, URL)
    attempt = cookies.new("s", Consenting())

    payload = [attempt.begun, attempt.state, dump(attempt.payload)]
    value = signed(payload, KEYS[0], f"calliente.onboarding-{attempt.id}", at=1_000)
    with pytest.raises(Expired):
        cookies.find(request_with({f"__Host-onboarding-{attempt.id}": value}), "s")


@pytest.mark.parametrize("state", ["", "t", "é", "sx"])
def test_an_answer_with_another_state_belongs_to_nobody(state):
    """Where there is an attempt, another one's answer is refused; where there is none, the cookie is what lacks."""
    cookies = ProgressCookie(KEYS, URL)
    browser = kept(cookies, cookies.new("s", Consenting()))
    with pytest.raises(flow.InvalidState) as refused:
        cookies.find(request_with(browser), state)
    assert not isinstance(refused.value, NoCookie)
    with pytest.raises(NoCookie):
        cookies.find(request_with({}), state)


def test_the_oldest_attempts_go():
    """A browser keeps six, whatever the number that were begun; names that are not ours stay."""
    cookies = ProgressCookie(KEYS, URL)
    browser = {"other": "x", "__Host-onboarding-nonsense": "x"}
    for number in range(9):
        attempt = Attempt(f"{number:016x}", number, f"s{number}", Consenting())
        browser = kept(cookies, attempt, browser)
    assert [one.state for one in cookies.all(request_with(browser))] == [
        f"s{n}" for n in range(3, 9)
    ]
    assert {"other", "__Host-onboarding-nonsense"} < set(browser)


def test_below_a_path_the_cookie_is_bound_to_that_path():
    """Behind a proxy that keeps a path, other functions of the host do not get the cookie."""
    settings = functions.settings(OnboardingSettings, ONBOARDING_URL="https://x.example/connect")
    client = Client(functions.onboarding(settings=settings))
    cookie = client.get("/connect/start").headers["Set-Cookie"]
    assert cookie.startswith("onboarding-")
    assert "Path=/connect" in cookie


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/start", 405),
        ("HEAD", "/done", 405),
        ("GET", "/admin", 404),
        ("GET", "/withdrawal", 405),
        ("POST", "/withdrawal", 403),
        ("HEAD", "/", 200),
    ],
)
def test_errors_are_pages_too(method, path, status):
    """No answer of this function is JSON, and none lets a script run."""
    answer = Client(functions.onboarding()).request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")


def test_the_policy_names_the_very_stylesheet_of_the_page():
    """The hash in the policy is that of the bytes between the style tags."""
    answer = Client(functions.onboarding()).get("/")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_a_forged_cookie_with_a_strange_name_is_no_matter():
    """What a browser sends under our prefix is looked at only where it could be ours."""
    strange = {"Cookie": '__Host-onboarding-a b=1; __Host-onboarding-(=2; "__Host-onboarding-"=3'}
    assert Client(functions.onboarding()).get("/start", headers=strange).status_code == 303
