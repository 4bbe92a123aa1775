"""Signing in to the portal, as browsers and Microsoft make it go, and what it says of a withdrawn deletion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import requests

from local.entra import Browser
from local.entra.directory import (
    APPLICATION_ADMINISTRATOR,
    CLOUD_APPLICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    demo_tenants,
)
from shared.tenant import Status, Way
from shared.web.attempts import MOST
from tests.helpers.administrators import Site, code_of, heading_of, path_of, query_of, served

CONTOSO, FABRIKAM, _ = demo_tenants()
CLAIMS = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with served("portal") as site:
        yield site


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.entra.reset()
    running.database.kept.clear()
    for tenant in (CONTOSO, FABRIKAM):
        running.entra.grant(tenant.tenant_id)
        running.store(tenant).onboard(tenant.name)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.entra.ca_path))
    return running


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as made:
        yield made


def sign_in(site: Site, browser: Browser, tenant: object = CONTOSO, start: str = "/sign-in"):
    return site.connect(browser, tenant, start=site.url + start)


def begin(site: Site, browser: Browser) -> str:
    """Where /sign-in sends the browser, whose cookies are kept."""
    answer = browser._session.get(f"{site.url}/sign-in", allow_redirects=False, timeout=20)
    return answer.headers["Location"]


def follow(site: Site, browser: Browser, path: str) -> requests.Response:
    return browser._session.get(site.url + path, allow_redirects=False, timeout=20)


def test_two_tabs_both_sign_in(site, browser):
    """The second begins before the first has ended; each answer is taken, and the last one's organization is shown."""
    first, second = begin(site, browser), begin(site, browser)
    for tenant, address in ((CONTOSO, first), (FABRIKAM, second)):
        answer = follow(site, browser, site.callback(browser, tenant, address))
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{site.url}/")
        assert heading_of(site.get(browser, "/").text) == tenant.name


def test_an_answer_fetched_again_leads_home(site, browser):
    """A reload of the sign-in's answer shows the organization, in the session that it made."""
    answer = site.callback(browser, CONTOSO, begin(site, browser))
    for _ in range(2):
        again = follow(site, browser, answer)
        assert (again.status_code, again.headers["Location"]) == (303, f"{site.url}/")
    assert heading_of(site.get(browser, "/").text) == CONTOSO.name


def test_scanners_of_links_use_nothing_up(site, browser):
    """Without cookies, twice, with GET and HEAD: the person's own browser still signs in."""
    answer = site.callback(browser, CONTOSO, begin(site, browser))
    for method in ("GET", "HEAD") * 2:
        assert site.get(None, answer, method).status_code in (400, 405)
    assert code_of(site.get(None, answer).text) == "no_cookie"
    assert follow(site, browser, answer).status_code == 303


def test_a_browser_keeps_no_more_than_a_few_sign_ins(site, browser):
    """The oldest go."""
    for _ in range(MOST + 3):
        begin(site, browser)
    names = [name for name in browser.cookies.get_dict() if name.startswith("portal-sign-in-")]
    assert len(names) == MOST


def test_a_state_with_words_after_it_is_nobodys(site, browser):
    """No page of Microsoft's appends anything at a sign-in."""
    answer = site.callback(browser, CONTOSO, begin(site, browser))
    state = query_of(answer)["state"]
    page = follow(site, browser, answer.replace(state, f"{state}x"))
    assert (page.status_code, code_of(page.text)) == (400, "invalid_state")


def test_claims_that_are_asked_for_are_brought_by_another_sign_in(site, browser):
    """Once, and without asking for the account again."""
    site.entra.challenge(CONTOSO.tenant_id, CLAIMS)
    site.entra.reset_counters()
    page = sign_in(site, browser)
    assert heading_of(page.text) == CONTOSO.name
    assert site.entra.counters()["token"] == 2


def test_a_challenge_is_answered_once(site, browser):
    """What a second sign-in does not cure is told."""
    site.entra.fail_sign_in(CONTOSO.tenant_id, 50076)
    page = sign_in(site, browser)
    assert (page.status, code_of(page.text)) == (403, "more_proof")


@pytest.mark.parametrize("role", [CLOUD_APPLICATION_ADMINISTRATOR, APPLICATION_ADMINISTRATOR])
def test_administrators_of_applications_do_not_delete(site, browser, role):
    """They may connect an organization, and no more: what the portal does takes a stricter role."""
    site.entra.add_account(CONTOSO.tenant_id, "apps@contoso.example", wids=[role])
    page = site.connect(browser, CONTOSO, "apps@contoso.example", f"{site.url}/sign-in")
    assert (page.status, code_of(page.text)) == (403, "not_administrator")


def test_a_guest_administrator_names_the_organization(site, browser):
    """The sign-in then is the named organization's own, and the session is its."""
    site.entra.add_account(FABRIKAM.tenant_id, CONTOSO.admin.username, wids=[GLOBAL_ADMINISTRATOR])
    page = browser.submit(browser.open(site.url), organization="fabrikam.example")
    assert f"/{FABRIKAM.domain}/" in page.url or f"/{FABRIKAM.tenant_id}/" in page.url
    page = browser.decide(page, FABRIKAM.tenant_id, CONTOSO.admin.username)
    assert heading_of(page.text) == FABRIKAM.name


@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [("nobody.example", 403, "unknown_organization"), ("contoso", 400, "unclear_organization")],
)
def test_an_organization_that_cannot_be_meant_is_told(site, browser, typed, status, code):
    """And leads back to the portal."""
    page = browser.open(f"{site.url}/sign-in?organization={typed}")
    assert (page.status, code_of(page.text)) == (status, code)


def test_the_first_page_leads_to_the_canonical_address(site):
    """Wherever it was opened."""
    page = requests.get(site.url.replace("127.0.0.1", "localhost"), timeout=20)
    links = re.findall(r'(?:href|action)="(http[^"]*)"', page.text)
    assert [link for link in links if not link.endswith("/security")] == [f"{site.url}/sign-in"] * 2
    assert (
        f"form-action 'self' {site.url} {site.entra.url};"
        in page.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Way.ONBOARDING, "by connecting the organization again"),
        (Way.PORTAL, "in this portal"),
        (Way.SUPPORT, "by Calliente support"),
    ],
)
def test_a_withdrawn_deletion_is_shown(site, browser, way, said):
    """When, in which way, and its receipt; never by whom."""
    store = site.store(CONTOSO)
    closing = store.close()
    store.reopen(way)
    page = sign_in(site, browser).text
    assert said in page
    assert closing.receipt_id in page
    assert re.search(r"Deletion withdrawn</dt><dd>\d+ \w+ \d{4}, \d\d:\d\d UTC", page)


def test_a_withdrawal_is_logged_with_its_receipt(site, browser, capfd):
    """And with its way."""
    store = site.store(CONTOSO)
    closing = store.close()
    page = sign_in(site, browser).text
    token = re.search(
        r'action="/withdrawal"><input type="hidden" name="token" value="([^"]*)"', page
    )
    capfd.readouterr()
    browser._visit(
        "POST", f"{site.url}/withdrawal", data={"token": token[1]}, headers={"Origin": site.url}
    )
    assert store.tenant.status is Status.ACTIVE
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["event"] == "deletion_withdrawn"]
    assert (line["way"], line["receipt"]) == ("portal", closing.receipt_id)


@pytest.mark.parametrize("kept", [True, False])
def test_a_base_address_with_a_path_works_whatever_the_proxy_keeps(kept, monkeypatch):
    """With and without the prefix in what reaches the function."""
    with served("portal", "/portal/calliente") as site, site.browser() as browser:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.entra.ca_path))
        site.entra.grant(CONTOSO.tenant_id)
        site.store(CONTOSO).onboard(CONTOSO.name)
        origin = site.url.removesuffix("/portal/calliente")

        def reach(path: str) -> requests.Response:
            inside = path if kept else path.removeprefix("/portal/calliente") or "/"
            cookies = {cookie.name: cookie.value for cookie in browser.cookies}
            answer = requests.get(
                origin + inside, cookies=cookies, allow_redirects=False, timeout=20
            )
            browser.cookies.update(answer.cookies)
            return answer

        assert f'href="{site.url}/sign-in"' in reach("/portal/calliente").text
        address = reach("/portal/calliente/sign-in").headers["Location"]
        home = reach(site.callback(browser, CONTOSO, address)).headers["Location"]
        page = reach(path_of(home)).text
        assert heading_of(page) == CONTOSO.name
        assert 'action="/portal/calliente/deletion"' in page
