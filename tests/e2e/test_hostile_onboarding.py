"""Onboarding under attack, over HTTP: every row ends in a page, shows nothing of the input, and stores nothing."""

from __future__ import annotations

import http.client
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from local import contents
from local.entra import Browser
from tests.e2e.parts import send

OTHER = "99999999-8888-4777-8666-555555555555"
MARKUP = "canary<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}"
BIDI = "canary\u202e\u2066\u200f\ufeff"
CRLF = "canary\r\nSet-Cookie: canary=1\r\n\r\n<h1>canary</h1>"


@pytest.fixture
def url(addresses):
    return addresses.functions["onboarding"]


@pytest.fixture
def organization(make_organization):
    """An organization whose administrator consented at Microsoft, and that is not connected here."""
    return make_organization(onboarded=False)


@pytest.fixture(autouse=True)
def nothing_stored(addresses):
    """After every case the database and the accounts are as they were."""
    before = contents.documents(addresses), contents.users(addresses)
    yield
    assert (contents.documents(addresses), contents.users(addresses)) == before


@pytest.fixture
def begun(url):
    """A browser that has just been sent to Microsoft's consent page, and the state that it took along."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}/start", allow_redirects=False, timeout=30)
        assert answer.status_code == 303
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        yield session, state


def assert_page(response, status=None):
    """A page under the strict policy, without a script, without anything of what came."""
    assert 400 <= response.status_code < 500
    assert status in (None, response.status_code)
    assert response.headers["Content-Type"].startswith("text/html")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    text = response.text.lower()
    assert "canary" not in text + str(response.headers).lower()
    assert "<script" not in text
    assert "49" not in text.partition("</style>")[2]
    for letter in BIDI[6:]:
        assert letter not in response.text


@pytest.mark.parametrize(
    "query",
    [
        "error=access_denied&admin_consent=True&tenant={own}",
        "error=access_denied&error_description={markup}&admin_consent=True&tenant={own}",
        "error={markup}&error_description={markup}",
        "error=access_denied&error_description={bidi}&error_uri=https://canary.example",
        "error=access_denied&error_description={crlf}",
        "error=canary&error_codes=%C2%B2",
        "error=",
        "admin_consent=True",
        "admin_consent=False&tenant={own}",
        "tenant={own}",
        "admin_consent=True&tenant=common",
        "admin_consent=True&tenant=organizations",
        "admin_consent=True&tenant=consumers",
        "admin_consent=True&tenant=9188040d-6c67-4c5b-b112-36a304b66dad",
        "admin_consent=True&tenant=canary.onmicrosoft.com",
        "admin_consent=True&tenant=..%2F..%2Fcanary",
        "admin_consent=True&tenant={own}%2F..%2F{other}",
        "admin_consent=True&tenant={own}%00",
        "admin_consent=True&tenant={own}%0d%0aX-Canary:1",
        "admin_consent=True&tenant={{{own}}}",
        "admin_consent=True&tenant=urn:uuid:{own}",
        "admin_consent=True&tenant=00000000-0000-0000-0000-000000000000",
        "admin_consent=True&tenant={markup}",
        "admin_consent=True&tenant={own}&tenant={other}",
        "admin_consent=True&admin_consent=False&tenant={own}",
        "admin_consent=True&tenant={other}",  # a tenant that does not exist
    ],
)
def test_a_consent_answer_that_is_refused(begun, url, organization, query):
    """With the right state and the right cookie, and yet: refused in words, and nothing happens."""
    session, state = begun
    words = {"own": organization.id, "other": OTHER, "markup": quote(MARKUP)}
    words |= {"bidi": quote(BIDI), "crlf": quote(CRLF)}
    address = f"{url}/consented?{query.format(**words)}&state={state}"
    assert_page(session.get(address, allow_redirects=False, timeout=30))


@pytest.mark.parametrize("path", ["consented", "verified"])
def test_a_state_that_is_not_this_browsers(begun, url, organization, path):
    """Missing, unknown, doubled, another browser's, or with another's cookie: invalid, whatever else is there."""
    session, state = begun
    callback = f"admin_consent=True&tenant={organization.id}&code=canary"
    stranger = requests.get(f"{url}/start", allow_redirects=False, timeout=30)
    another = parse_qs(urlsplit(stranger.headers["Location"]).query)["state"][0]
    for query in (
        callback,
        f"{callback}&state=",
        f"{callback}&state=canary",
        f"{callback}&state={another}",
        f"{callback}&state={state[:-1]}",
        f"{callback}&state={state}&state={state}",
        f"{callback}&state={quote(BIDI)}",
    ):
        response = session.get(f"{url}/{path}?{query}", allow_redirects=False, timeout=30)
        assert_page(response, 400)
    without = requests.get(
        f"{url}/{path}?{callback}&state={state}", allow_redirects=False, timeout=30
    )
    assert_page(without, 400)
    theirs = {"Cookie": stranger.headers["Set-Cookie"].partition(";")[0]}
    crossed = requests.get(
        f"{url}/{path}?{callback}&state={state}", headers=theirs, allow_redirects=False, timeout=30
    )
    assert_page(crossed, 400)


def test_a_cookie_that_is_bent(begun, url, organization):
    """A cookie that was changed, cut, or made up is none."""
    session, state = begun
    (cookie,) = session.cookies
    payload, _, rest = cookie.value.partition(".")
    for value in (
        cookie.value[:-2],
        payload,
        f"{payload[::-1]}.{rest}",
        f"{payload}.{rest}.{rest}",
        "e30." + rest,
        ".." * 50,
        "x" * 3000,
    ):
        response = requests.get(
            f"{url}/consented?admin_consent=True&tenant={organization.id}&state={state}",
            headers={"Cookie": f"{cookie.name}={value}"},
            allow_redirects=False,
            timeout=30,
        )
        assert_page(response, 400)


def test_a_used_answer_is_worth_nothing(begun, url, organization):
    """The consent answer counts once: a second time, its state is not that of the attempt any more."""
    session, state = begun
    address = f"{url}/consented?admin_consent=True&tenant={organization.id}&state={state}"
    assert session.get(address, allow_redirects=False, timeout=30).status_code == 303
    assert_page(session.get(address, allow_redirects=False, timeout=30), 400)


@pytest.mark.parametrize(
    "forged",
    [
        {"Host": "canary.example"},
        {"X-Forwarded-Host": "canary.example", "X-Forwarded-Proto": "gopher"},
        {"Forwarded": "host=canary.example;proto=http"},
        {"X-Forwarded-Prefix": "/canary", "X-Original-URL": "/canary", "X-Rewrite-URL": "/canary"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Referer": "https://canary.example/"},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_forged_addresses_change_nothing(url, forged):
    """Where the answer leads is decided by the settings, never by a header."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    for path in ("/", "/start", "/consented", "/nothing"):
        connection.putrequest("GET", path, skip_host="Host" in forged)
        for name, value in forged.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        text = response.read().decode()
        assert "canary" not in text + str(response.headers)
        if path == "/start":
            back = parse_qs(urlsplit(response.headers["Location"]).query)["redirect_uri"]
            assert back == [f"{url}/consented"]
    connection.close()


def test_a_request_without_a_path(url):
    """An absolute request line without a path gets a page, and no redirect to its host."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.putrequest("GET", "http://canary.example", skip_host=True)
    connection.putheader("Host", "canary.example")
    connection.endheaders()
    response = connection.getresponse()
    assert "canary" not in response.read().decode() + str(response.headers)
    connection.close()


@pytest.mark.parametrize("path", ["/start", "/consented", "/verified"])
def test_looking_does_nothing(url, path):
    """HEAD and prefetching use nothing up and set no cookie."""
    head = send("HEAD", url + path)
    assert head.status == 405
    assert "Set-Cookie" not in head.headers
    for header in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        ahead = send("GET", url + path, headers=header)
        assert ahead.status == 204
        assert "Set-Cookie" not in ahead.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods(url, method):
    """Pages are read: everything else is 405, in a page."""
    response = requests.request(method, f"{url}/start", data=MARKUP, timeout=30)
    assert_page(response, 405)


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"wids": None}, 403),
        ({"wids": []}, 403),
        ({"wids": "62e90394-69f5-4237-9190-012177145e10"}, 403),
        ({"wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"]}, 403),
        ({"wids": None, "roles": ["calliente.admin"]}, 403),
        ({"tid": OTHER}, None),
        ({"tid": None}, None),
        ({"aud": OTHER}, None),
        ({"nonce": "canary"}, None),
        ({"exp": 1}, None),
    ],
    ids=str,
)
def test_a_sign_in_that_proves_no_administrator(
    url, addresses, entra, organization, claims, status
):
    """Consent was given; the sign-in is by somebody else, of elsewhere, or not this one: nothing is connected."""
    entra.override_id_token(claims)
    with Browser(addresses.ca) as browser:
        page = browser.open(f"{url}/start")
        page = browser.decide(page, organization.id, organization.tenant.admin.username)
    assert urlsplit(page.url).netloc == urlsplit(url).netloc
    assert status in (None, page.status)
    assert page.status >= 400
    assert "canary" not in page.text
