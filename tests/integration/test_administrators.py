"""Connecting an organization, as browsers and Microsoft make it go: tabs, reloads, challenges, accounts, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.entra import Browser
from local.entra.directory import (
    APPLICATION_ADMINISTRATOR,
    CLOUD_APPLICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    demo_tenants,
)
from shared.tenant import Reason, Status, Way
from shared.web.attempts import MOST
from tests.helpers.administrators import Site, code_of, heading_of, path_of, query_of, served

CONTOSO, FABRIKAM, _ = demo_tenants()
CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
CONNECTED = "Your organization is connected"


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with served("onboarding") as site:
        yield site


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.entra.reset()
    running.database.kept.clear()
    for tenant in (CONTOSO, FABRIKAM):
        running.entra.revoke(tenant.tenant_id)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.entra.ca_path))
    return running


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as made:
        yield made


def begin(site: Site, browser: Browser, query: str = "") -> str:
    """Where /start sends the browser, whose cookies are kept."""
    answer = browser._session.get(f"{site.url}/start{query}", allow_redirects=False, timeout=20)
    assert answer.status_code == 303
    return answer.headers["Location"]


def follow(site: Site, browser: Browser, path: str) -> requests.Response:
    """One step, with the cookies that it brings."""
    return browser._session.get(site.url + path, allow_redirects=False, timeout=20)


def sign_in_of(site: Site, browser: Browser, tenant: Any, consent: str) -> str:
    """The answer of the sign-in that follows a consent, as a path of ours."""
    sign_in = follow(site, browser, site.callback(browser, tenant, consent)).headers["Location"]
    answer = browser._session.get(
        sign_in, verify=str(site.entra.ca_path), allow_redirects=False, timeout=20
    )
    return path_of(answer.headers["Location"])


# Tabs, reloads, scanners


def test_two_tabs_both_end_well(site: Site, browser: Browser) -> None:
    """The second begins while the first is at Microsoft; each connects its own organization, and shows that one."""
    first, second = begin(site, browser), begin(site, browser)

    ends = []
    for tenant, consent in ((CONTOSO, first), (FABRIKAM, second)):
        answer = follow(site, browser, sign_in_of(site, browser, tenant, consent))
        ends.append((tenant, path_of(answer.headers["Location"])))

    for tenant, end in ends:
        page = site.get(browser, end)
        assert (page.status_code, heading_of(page.text)) == (200, CONNECTED)
        assert tenant.name in page.text
        assert site.store(tenant).tenant.status is Status.ACTIVE


def test_one_tab_ends_at_a_bare_address(site: Site, browser: Browser) -> None:
    """Where a browser has one attempt alone, no address says more than where one is."""
    assert site.connect(browser, CONTOSO).url == f"{site.url}/done"


def test_an_answer_fetched_again_says_the_same(site: Site, browser: Browser) -> None:
    """A reload or a restored tab of the sign-in's answer leads to the outcome that it had."""
    answer = sign_in_of(site, browser, CONTOSO, begin(site, browser))
    ends = [follow(site, browser, answer).headers["Location"] for _ in range(2)]

    assert ends == [f"{site.url}/done"] * 2
    assert heading_of(site.get(browser, "/done").text) == CONNECTED


def test_an_answer_fetched_twice_with_one_cookie_says_nothing_untrue(
    site: Site, browser: Browser
) -> None:
    """The second of two requests at once finds the code used: what was done stays, and so does its page."""
    answer = sign_in_of(site, browser, CONTOSO, begin(site, browser))
    before = dict(browser.cookies)
    done = follow(site, browser, answer).headers["Location"]
    again = requests.get(site.url + answer, cookies=before, allow_redirects=False, timeout=20)
    for name, value in again.cookies.items():
        browser.cookies.set(name, value)

    told = site.get(browser, path_of(again.headers["Location"]))
    assert code_of(told.text) == "answer_unusable"
    assert "What was done before stays done" in told.text
    assert 'href="/consented?attempt=' in told.text
    assert heading_of(site.get(browser, path_of(done)).text) == CONNECTED


def test_a_browser_keeps_no_more_than_a_few_attempts(site: Site, browser: Browser) -> None:
    """The oldest go; the newest still ends well."""
    last = [begin(site, browser) for _ in range(MOST + 4)][-1]
    assert (
        len([name for name in browser.cookies.get_dict() if name.startswith("onboarding-")]) == MOST
    )

    page = follow(site, browser, sign_in_of(site, browser, CONTOSO, last))
    assert heading_of(site.get(browser, path_of(page.headers["Location"])).text) == CONNECTED


def test_scanners_of_links_start_nothing_and_use_nothing_up(site: Site, browser: Browser) -> None:
    """GET and HEAD of every address, without cookies and twice, before the person's own browser comes to it."""
    consent = begin(site, browser)
    consented = site.callback(browser, CONTOSO, consent)
    for method in ("GET", "HEAD") * 2:
        assert site.get(None, consented, method).status_code in (400, 405)
    sign_in = follow(site, browser, consented).headers["Location"]
    verified = path_of(
        browser._session.get(
            sign_in, verify=str(site.entra.ca_path), allow_redirects=False, timeout=20
        ).headers["Location"]
    )
    for method in ("GET", "HEAD") * 2:
        assert site.get(None, verified, method).status_code in (400, 405)
        assert site.get(None, "/start", method).status_code in (303, 405)
    assert site.database.kept == {}

    follow(site, browser, verified)
    assert heading_of(site.get(browser, "/done").text) == CONNECTED


def test_a_browser_that_keeps_no_cookie_is_told(site: Site, browser: Browser) -> None:
    """At the answer of the consent and at that of the sign-in; nothing is stored."""
    consented = site.callback(browser, CONTOSO, begin(site, browser))
    for path in (consented, "/verified?code=c&state=s", "/consented"):
        page = site.get(None, path)
        assert (page.status_code, code_of(page.text)) == (400, "no_cookie")
        assert "cookies" in page.text
    assert site.database.kept == {}


def test_words_after_the_state_of_a_consent_do_no_harm(site: Site, browser: Browser) -> None:
    """Microsoft's page may append some; less than the state, or another one, is nobody's."""
    consented = site.callback(browser, CONTOSO, begin(site, browser))
    state = query_of(consented)["state"]
    for wrong in (state[:-1], "x" + state, state[:-1] + "~"):
        page = site.get(browser, consented.replace(state, wrong))
        assert (page.status_code, code_of(page.text)) == (400, "invalid_state")

    appended = consented.replace(state, f"{state}%3Fsso_reload%3Dtrue")
    assert follow(site, browser, appended).headers["Location"].startswith(site.entra.url)


# Challenges and accounts


def test_claims_that_are_asked_for_are_brought_by_another_sign_in(
    site: Site, browser: Browser
) -> None:
    """A refused redemption sends the browser back to sign in with the claims, and then connects."""
    site.entra.challenge(CONTOSO.tenant_id, CLAIMS)
    page = site.connect(browser, CONTOSO)
    assert (page.status, heading_of(page.text)) == (200, CONNECTED)


def test_a_challenge_is_answered_once(site: Site, browser: Browser) -> None:
    """What a second sign-in does not cure is told, and the sign-in alone can be repeated."""
    site.entra.fail_sign_in(CONTOSO.tenant_id, 50076)
    site.entra.reset_counters()
    page = site.connect(browser, CONTOSO)
    assert (page.status, code_of(page.text)) == (403, "more_proof")
    assert site.entra.counters()["authorize"] == 2

    site.entra.fail_sign_in(CONTOSO.tenant_id, None)
    assert heading_of(browser.open(f"{site.url}/consented").text) == CONNECTED


def test_claims_that_graph_asks_for_are_brought(site: Site, browser: Browser) -> None:
    """Its 401 names them, and so the person signs in with them; the page then says what became of it."""
    site.entra.refuse_graph(401, CLAIMS)
    site.entra.reset_counters()
    page = site.connect(browser, CONTOSO)
    assert site.entra.counters()["authorize"] == 2
    assert heading_of(page.text) == CONNECTED


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"]}, "not_administrator"),
        ({"tid": FABRIKAM.tenant_id}, "wrong_account"),
    ],
)
def test_after_the_wrong_account_the_next_one_is_asked_for(
    site: Site, browser: Browser, claims: dict[str, Any], code: str
) -> None:
    """Both by the sign-in alone, which the page offers, and by starting again."""
    site.entra.override_id_token(claims)
    page = site.connect(browser, CONTOSO)
    assert (page.status, code_of(page.text)) == (403, code)
    assert 'href="/consented"' in page.text

    site.entra.override_id_token()
    again = follow(site, browser, "/consented").headers["Location"]
    assert query_of(again)["prompt"] == "select_account"


def test_a_fresh_start_after_the_wrong_account_asks_for_it_too(
    site: Site, browser: Browser
) -> None:
    """A consent refused to one account is followed by a sign-in that asks which one; without a refusal none does."""
    consented = site.callback(browser, CONTOSO, begin(site, browser))
    assert "prompt" not in query_of(follow(site, browser, consented).headers["Location"])

    site.entra.refuse_consent(CONTOSO.tenant_id, 90094)
    assert code_of(site.connect(browser, CONTOSO).text) == "not_administrator"
    site.entra.refuse_consent(CONTOSO.tenant_id, None)
    consented = site.callback(browser, CONTOSO, begin(site, browser))
    sign_in = follow(site, browser, consented).headers["Location"]
    assert query_of(sign_in)["prompt"] == "select_account"


@pytest.mark.parametrize("role", [CLOUD_APPLICATION_ADMINISTRATOR, APPLICATION_ADMINISTRATOR])
def test_who_may_consent_may_connect(site: Site, browser: Browser, role: str) -> None:
    """The administrators of applications grant the consent, and so connect the organization."""
    site.entra.add_account(CONTOSO.tenant_id, "apps@contoso.example", wids=[role])
    page = site.connect(browser, CONTOSO, "apps@contoso.example")
    assert (page.status, heading_of(page.text)) == (200, CONNECTED)


def test_without_a_name_the_tenant_id_stands_in(site: Site, browser: Browser) -> None:
    """Graph that refuses for good is asked three times; then the organization is connected, and the page says so."""
    site.entra.refuse_graph(403)
    page = site.connect(browser, CONTOSO)
    assert heading_of(page.text) == "Microsoft does not name the organization yet"
    assert "Attempt 1 of 3" in page.text
    assert "still activating" not in page.text
    browser.open(f"{site.url}/consented")
    page = browser.open(f"{site.url}/consented")

    assert heading_of(page.text) == CONNECTED
    assert "its tenant ID stands in for it" in page.text
    assert site.store(CONTOSO).tenant.name == CONTOSO.tenant_id


def test_a_name_that_is_known_outlives_a_graph_that_refuses(site: Site, browser: Browser) -> None:
    """Connecting again without a name changes none."""
    site.store(CONTOSO).onboard("Contoso, as it was")
    site.entra.refuse_graph(403)
    site.connect(browser, CONTOSO)
    browser.open(f"{site.url}/consented")
    page = browser.open(f"{site.url}/consented")
    assert "Contoso, as it was" in page.text
    assert site.store(CONTOSO).tenant.name == "Contoso, as it was"


# Naming the organization


@pytest.mark.parametrize(
    "typed", ["fabrikam.example", FABRIKAM.tenant_id, "guest@Fabrikam.example"]
)
def test_a_guest_administrator_names_the_organization(
    site: Site, browser: Browser, typed: str
) -> None:
    """An administrator of one organization, who is a guest administrator of another, connects that other one."""
    site.entra.add_account(FABRIKAM.tenant_id, CONTOSO.admin.username, wids=[GLOBAL_ADMINISTRATOR])
    page = browser.open(site.url)
    page = browser.submit(page, organization=typed)
    assert "/adminconsent" in page.url
    assert page.url.startswith(f"{site.entra.url}/{typed.lower().rpartition('@')[2]}/")
    page = browser.decide(page, FABRIKAM.tenant_id, CONTOSO.admin.username)

    assert heading_of(page.text) == CONNECTED
    assert FABRIKAM.name in page.text
    assert set(site.database.kept) == {f"tenants/{FABRIKAM.tenant_id}"}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("contoso", "unclear_organization"),
        ("common", "unclear_organization"),
        ("../../x", "unclear_organization"),
        ("nobody.example", "unknown_organization"),
        ("00000000-1111-2222-3333-444444444444", "unknown_organization"),
    ],
)
def test_an_organization_that_cannot_be_meant_is_told_here(
    site: Site, browser: Browser, typed: str, code: str
) -> None:
    """Before Microsoft's page, from which no way leads back; nothing is begun."""
    page = browser.open(f"{site.url}/start?organization={typed}")
    assert (page.status, code_of(page.text)) == (400, code)
    assert not browser.cookies


def test_the_first_page_leads_to_the_canonical_address(site: Site) -> None:
    """Wherever it was opened; its policy lets the form go there, and on to Microsoft."""
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    page = requests.get(elsewhere, timeout=20)
    assert page.status_code == 200
    links = re.findall(r'(?:href|action)="(http[^"]*)"', page.text)
    assert links == [f"{site.url}/start"] * 2
    allowed = re.search(r"form-action ([^;]*);", page.headers["Content-Security-Policy"])
    assert allowed
    assert allowed[1].split() == ["'self'", site.url, site.entra.url]


# A deletion that is due


def test_a_deletion_is_asked_about_before_it_is_withdrawn(
    site: Site, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who connects an organization that is closing is told when it is due, and decides; the log has the receipt."""
    store = site.store(CONTOSO)
    store.onboard("Contoso")
    closing = store.close()
    page = site.connect(browser, CONTOSO)
    assert heading_of(page.text) == "This organization is about to be deleted"
    assert f"{closing.purge_at:%H:%M} UTC" in page.text
    assert closing.receipt_id in page.text
    assert store.tenant.status is Status.CLOSING

    capfd.readouterr()
    page = browser._visit("POST", page.action or "", data=page.fields, headers={"Origin": site.url})
    assert heading_of(page.text) == CONNECTED
    assert closing.receipt_id in page.text
    tenant = store.tenant
    assert tenant.withdrawn
    assert (tenant.status, tenant.withdrawn.way) == (Status.ACTIVE, Way.ONBOARDING)
    lines = [line for line in capfd.readouterr().out.splitlines() if "deletion_withdrawn" in line]
    assert len(lines) == 1
    assert closing.receipt_id in lines[0]


def test_leaving_the_question_leaves_the_deletion(site: Site, browser: Browser) -> None:
    """The other way is a link, to where the deletion is shown."""
    store = site.store(CONTOSO)
    store.onboard("Contoso")
    store.close(reason=Reason.CONSENT_LOST)
    page = site.connect(browser, CONTOSO)
    assert "The consent in Microsoft Entra was missing for too long" in page.text
    assert 'href="https://portal.example">Leave the deletion as it is' in page.text
    assert store.tenant.status is Status.CLOSING


@pytest.mark.parametrize("spoilt", ["token", "attempt", "origin", "cookie"])
def test_a_foreign_form_withdraws_nothing(site: Site, browser: Browser, spoilt: str) -> None:
    """Token, attempt, origin and cookie have to fit one another."""
    store = site.store(CONTOSO)
    store.onboard("Contoso")
    store.close()
    page = site.connect(browser, CONTOSO)
    other = site.browser()
    fields = dict(page.fields)
    if spoilt in fields:
        fields[spoilt] = fields[spoilt][::-1]
    origin = "https://evil.example" if spoilt == "origin" else site.url
    sender = other if spoilt == "cookie" else browser
    answer = sender._visit("POST", page.action or "", data=fields, headers={"Origin": origin})
    assert (answer.status, code_of(answer.text)) == (403, "foreign_form")
    assert store.tenant.status is Status.CLOSING


def test_only_the_deletion_that_was_asked_about_is_withdrawn(site: Site, browser: Browser) -> None:
    """One that was requested since is asked about anew."""
    store = site.store(CONTOSO)
    store.onboard("Contoso")
    store.close()
    page = site.connect(browser, CONTOSO)
    store.reopen()
    second = store.close()
    page = browser._visit("POST", page.action or "", data=page.fields, headers={"Origin": site.url})
    assert heading_of(page.text) == "This organization is about to be deleted"
    assert second.receipt_id in page.text
    assert store.tenant.status is Status.CLOSING


# A base URL with a path


@pytest.mark.parametrize("kept", [True, False])
def test_a_base_address_with_a_path_works_whatever_the_proxy_keeps(
    kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without the prefix in what reaches the function, from the first page to the last."""
    with served("onboarding", "/connect/calliente") as site, site.browser() as browser:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.entra.ca_path))
        origin = site.url.removesuffix("/connect/calliente")

        def reach(path: str) -> requests.Response:
            inside = path if kept else path.removeprefix("/connect/calliente") or "/"
            cookies = {cookie.name: cookie.value for cookie in browser.cookies}
            answer = requests.get(
                origin + inside, cookies=cookies, allow_redirects=False, timeout=20
            )
            browser.cookies.update(answer.cookies)
            return answer

        assert f'href="{site.url}/start"' in reach("/connect/calliente").text
        consent = reach("/connect/calliente/start").headers["Location"]
        consented = site.callback(browser, CONTOSO, consent)
        sign_in = reach(consented).headers["Location"]
        verified = browser._session.get(
            sign_in, verify=str(site.entra.ca_path), allow_redirects=False, timeout=20
        ).headers["Location"]
        done = reach(path_of(verified)).headers["Location"]
        assert done == f"{site.url}/done"
        assert heading_of(reach(path_of(done)).text) == CONNECTED
