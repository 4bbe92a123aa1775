"""Onboarding as an administrator's browser meets it, from the first page to the last."""

import re
from datetime import timedelta
from urllib.parse import urlencode, urljoin

import pytest

from local.entra import Browser
from shared.web.answers import HEADERS
from tests.e2e.parts import assert_guarded, paused, send


@pytest.fixture
def url(addresses):
    return addresses.functions["onboarding"]


@pytest.fixture
def browser(addresses):
    with Browser(addresses.ca) as opened:
        yield opened


@pytest.fixture
def stranger(make_organization):
    """An organization that is not connected, and whose administrator has not consented."""
    return make_organization(onboarded=False)


@pytest.fixture
def decide(url, browser, entra):
    """Start, and decide on the consent page; gives the page where that ends."""

    def go(organization, username="", decision="accept"):
        entra.revoke(organization.id)
        page = browser.open(f"{url}/start")
        assert "/adminconsent" in page.url
        username = username or organization.tenant.admin.username
        return browser.decide(page, organization.id, username, decision)

    return go


def assert_page(page, status):
    """A page for people: HTML under a strict policy, with no script, not kept by any cache."""
    assert page.status == status
    assert page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in page.text
    for name in HEADERS.keys() - {"Content-Security-Policy"}:
        assert name in page.headers


def assert_not_connected(organization):
    assert organization.store.read() is None


def test_the_first_page(url, browser):
    """Before anything is agreed to, the page says what happens and offers the way on."""
    page = browser.open(f"{url}/")
    assert_page(page, 200)
    assert "/start" in page.text
    assert len(browser.cookies) == 0


def test_an_administrator_connects_the_organization(url, browser, stranger, decide, make_phone):
    """Consent, sign-in, proof: the organization is stored under its name, and phones can register."""
    page = decide(stranger)
    assert page.url == f"{url}/done"  # no code, no tenant in the address
    assert_page(page, 200)
    assert stranger.tenant.name in page.text
    fields = stranger.store.document()
    assert set(fields) == {"name", "status", "consent"}
    assert (fields["name"], fields["status"]) == (stranger.tenant.name, "active")
    assert_page(browser.open(page.url), 200)  # as often as one likes
    assert make_phone(stranger).register().status == 201


def test_connecting_again_withdraws_a_closing(url, browser, organization, decide, close):
    """Where a deletion is pending, the administrator is asked; withdrawn, it is noted, with its receipt."""
    receipt = close(organization, timedelta(hours=2)).receipt_id
    page = decide(organization)
    assert_page(page, 200)
    assert receipt in page.text
    assert organization.store.tenant.status == "closing"
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    headers = {"Origin": url, "Cookie": cookies}
    answer = send("POST", f"{url}/withdrawal", headers=headers, data=page.fields)
    assert (answer.status, answer.headers["Location"]) == (303, f"{url}/done")
    fields = organization.store.document()
    assert fields["status"] == "active"
    assert "closing" not in fields
    assert (fields["withdrawn"]["way"], fields["withdrawn"]["receiptId"]) == ("onboarding", receipt)


def test_a_purge_cannot_be_stopped_by_connecting(organization, decide, close):
    """An organization that is being purged stays so, and the page says that it cannot be undone."""
    close(organization)
    organization.store.begin_purge()
    assert_page(decide(organization), 409)
    assert organization.store.tenant.status == "purging"


def test_a_declined_consent(url, browser, stranger, decide):
    """Declining ends in a page with a way to start again, and stores nothing."""
    page = decide(stranger, decision="cancel")
    assert_page(page, 403)
    assert_not_connected(stranger)
    (again,) = re.findall(r'href="([^"]+)"[^>]*>Start again<', page.text)
    assert_page(browser.open(urljoin(page.url, again)), 200)


def test_consent_by_somebody_else(stranger, decide):
    """A member of the organization cannot connect it."""
    member = next(account for account in stranger.tenant.accounts if not account.is_administrator)
    page = decide(stranger, member.username)
    assert_page(page, 403)
    assert_not_connected(stranger)


def test_a_forged_answer(url, browser, stranger, entra):
    """The answer of a consent page that this browser never asked for proves nothing."""
    forged = {"admin_consent": "True", "tenant": stranger.id, "state": "guessed"}
    page = browser.open(f"{url}/consented?{urlencode(forged)}")
    assert_page(page, 400)
    browser.open(f"{url}/start")
    assert_page(browser.open(f"{url}/consented?{urlencode(forged)}"), 400)
    assert_page(browser.open(f"{url}/verified?code=x&state=guessed"), 400)
    assert_not_connected(stranger)


def test_consent_takes_its_time(url, browser, stranger, decide, entra):
    """While Microsoft activates the consent, the page waits and tries again, until it is there."""
    entra.lag(2)
    page = decide(stranger)
    assert_page(page, 200)
    assert re.search(r'http-equiv="?refresh', page.text) or "Refresh" in page.headers
    assert_not_connected(stranger)
    for _ in range(3):
        page = browser.open(f"{url}/consented")
        if page.url == f"{url}/done":
            break
    assert stranger.tenant.name in page.text
    assert stranger.store.tenant.status == "active"


@pytest.mark.parametrize("part", ["graph", "token"])
def test_microsoft_is_away(stranger, decide, entra, part):
    """An outage ends in a page that says so, with a time to come back; nothing is stored."""
    entra.down("503", [part])
    page = decide(stranger)
    assert_page(page, 503)
    assert int(page.headers["Retry-After"]) > 0
    assert_not_connected(stranger)
    entra.up()
    assert_page(decide(stranger), 200)


@pytest.mark.faults
def test_firestore_is_away(addresses, stranger, decide):
    """The proof is there but cannot be stored: a page says so, and another try succeeds."""
    with paused(addresses.firestore):
        page = decide(stranger)
        assert_page(page, 503)
        assert int(page.headers["Retry-After"]) > 0
    assert_page(decide(stranger), 200)
    assert stranger.store.tenant.status == "active"


def test_wrong_paths_and_methods(url, browser):
    """Even a wrong address ends in a page."""
    assert_page(browser.open(f"{url}/elsewhere"), 404)
    answer = send("POST", f"{url}/start")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]
    assert_page(browser.open(f"{url}/done"), 400)


def test_the_redirects_are_guarded(url):
    """The redirect to Microsoft carries the security headers and a cookie that scripts cannot read."""
    answer = send("GET", f"{url}/start")
    assert answer.status == 303
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "samesite=lax" in answer.headers["Set-Cookie"].lower()
    assert_guarded(answer)
