"""What browsers do with the pages: the whole journey in Chromium and in Firefox, and their habits and settings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from functions.onboarding.failures import FAILURES as FAILURE_WORDS
from local.entra.directory import GLOBAL_ADMINISTRATOR, demo_tenants
from shared.tenant import Status
from tests.browser.looking import RULES, SCREENSHOTS
from tests.helpers.administrators import both_served

CONTOSO, FABRIKAM, _ = demo_tenants()
MILLISECONDS = 20_000
# WCAG 1.4.10: a screen of 1280 by 1024 at 400 %.
ZOOMED = {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4}


@pytest.fixture(scope="module")
def sites():
    with both_served() as running:
        yield running


@pytest.fixture
def onboarding(sites, monkeypatch):
    site = sites[0]
    site.entra.reset()
    site.database.kept.clear()
    for tenant in (CONTOSO, FABRIKAM):
        site.entra.revoke(tenant.tenant_id)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.entra.ca_path))
    return site


@pytest.fixture
def portal(sites, onboarding):
    return sites[1]


@pytest.fixture(params=["chromium", "firefox"])
def any_browser(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def make_page():
    """A page in a browser of its own, with no cookies."""
    opened = []

    def make(browser, **options):
        context = browser.new_context(
            ignore_https_errors=True, java_script_enabled=False, locale="en", **options
        )
        context.set_default_timeout(MILLISECONDS)
        opened.append(context)
        return context.new_page()

    yield make
    for context in opened:
        context.close()


def choose(page, tenant, username="", button="Accept"):
    """On a page of the stand-in."""
    page.get_by_label("Account").select_option(
        f"{tenant.tenant_id}/{username or tenant.admin.username}"
    )
    page.get_by_role("button", name=button).click()


def connect(page, site, tenant=CONTOSO):
    page.goto(site.url)
    page.get_by_role("link", name="Continue to Microsoft").click()
    choose(page, tenant)


def sign_in(page, site, tenant=CONTOSO):
    page.goto(site.url)
    page.get_by_role("link", name="Sign in with Microsoft").click()
    choose(page, tenant, button="Sign in")


def titled(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=MILLISECONDS)


def test_the_whole_journey(any_browser, make_page, onboarding, portal):
    """Connect, see it in the portal, ask for the deletion, connect again and be asked, withdraw, see in which way."""
    page = make_page(any_browser)
    connect(page, onboarding)
    titled(page, "Your organization is connected")
    assert page.url == f"{onboarding.url}/done"
    page.get_by_role("link", name="Open the portal").click()
    page.get_by_role("link", name="Sign in with Microsoft").click()
    choose(page, CONTOSO, button="Sign in")
    titled(page, CONTOSO.name)
    page.locator("#name-deletion").fill(CONTOSO.name)
    page.get_by_role("button", name="Request deletion").click()
    expect(page.get_by_text("About to be deleted", exact=True)).to_be_visible()

    connect(page, onboarding)
    titled(page, "This organization is about to be deleted")
    page.screenshot(path=SCREENSHOTS / f"asking-{any_browser.browser_type.name}.png")
    assert onboarding.store(CONTOSO).tenant.status is Status.CLOSING
    page.get_by_role("button", name="Withdraw the deletion and connect").click()
    titled(page, "Your organization is connected")

    page.goto(portal.url)
    expect(page.get_by_text("by connecting the organization again")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    titled(page, "Administration portal")


def test_a_guest_names_the_organization(any_browser, make_page, onboarding):
    """The form's answer leads to Microsoft: the policy of the page lets it, or Chromium would stop there."""
    onboarding.entra.add_account(
        FABRIKAM.tenant_id, CONTOSO.admin.username, wids=[GLOBAL_ADMINISTRATOR]
    )
    page = make_page(any_browser)
    page.goto(onboarding.url)
    field = page.get_by_label("Its domain or tenant ID")
    expect(field).not_to_be_visible()
    page.get_by_text("You administer another organization as a guest?").click()
    field.fill("fabrikam.example")
    page.get_by_role("button", name="Connect this organization").click()
    page.wait_for_url("**/adminconsent**")
    choose(page, FABRIKAM, CONTOSO.admin.username)
    titled(page, "Your organization is connected")
    expect(page.get_by_text(FABRIKAM.name)).to_be_visible()


def test_the_first_page_leads_on_from_another_address(any_browser, make_page, onboarding):
    """Opened under another name of the host, link and form lead to the canonical one, and so the cookies count."""
    page = make_page(any_browser)
    page.goto(onboarding.url.replace("127.0.0.1", "localhost"))
    page.get_by_text("You administer another organization as a guest?").click()
    page.get_by_label("Its domain or tenant ID").fill(CONTOSO.tenant_id)
    page.get_by_role("button", name="Connect this organization").click()
    page.wait_for_url("**/adminconsent**")
    choose(page, CONTOSO)
    titled(page, "Your organization is connected")


def test_two_tabs_of_one_browser(any_browser, make_page, onboarding):
    """Each ends with its own organization."""
    first = make_page(any_browser)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(onboarding.url)
        page.get_by_role("link", name="Continue to Microsoft").click()
        page.wait_for_url("**/adminconsent**")
    for page, tenant in ((second, FABRIKAM), (first, CONTOSO)):
        choose(page, tenant)
        page.wait_for_url(re.compile(r"/(verified|done|authorize)"))
        if "/authorize" in page.url:  # the other tab's account is signed in
            choose(page, tenant, button="Sign in")
        titled(page, "Your organization is connected")
        expect(page.get_by_text(tenant.name)).to_be_visible()
        page.reload()
        expect(page.get_by_text(tenant.name)).to_be_visible()


def test_back_after_signing_out_shows_nothing(any_browser, make_page, onboarding, portal):
    """No browser has kept the organization's page: what comes back is the way to sign in."""
    onboarding.entra.grant(CONTOSO.tenant_id)
    onboarding.store(CONTOSO).onboard(CONTOSO.name)
    page = make_page(any_browser)
    sign_in(page, portal)
    titled(page, CONTOSO.name)
    page.goto(onboarding.url)
    other_tab = page.context.new_page()
    other_tab.goto(portal.url)
    other_tab.get_by_role("button", name="Sign out", exact=True).click()
    titled(other_tab, "Administration portal")
    page.go_back()
    titled(page, "Administration portal")
    expect(page.get_by_text(CONTOSO.tenant_id)).to_have_count(0)


def test_a_browser_that_blocks_cookies_is_told(make_firefox, make_page, onboarding):
    """Firefox with all cookies blocked: the page after the consent says so, and nothing is stored."""
    page = make_page(make_firefox(**{"network.cookie.cookieBehavior": 2}))
    connect(page, onboarding)
    titled(page, FAILURE_WORDS["no_cookie"].title)
    assert onboarding.database.kept == {}


def pages_of(page, onboarding, portal):
    """Every kind of page that this journey has, one after another."""
    page.goto(onboarding.url)
    page.get_by_text("You administer another organization as a guest?").click()
    yield "landing"
    page.goto(f"{onboarding.url}/security")
    yield "security"
    onboarding.store(CONTOSO).onboard(CONTOSO.name)
    onboarding.store(CONTOSO).close()
    connect(page, onboarding)
    titled(page, "This organization is about to be deleted")
    yield "asking"
    page.get_by_role("button", name="Withdraw the deletion and connect").click()
    titled(page, "Your organization is connected")
    yield "connected"
    page.goto(f"{onboarding.url}/start?organization=x")
    yield "failure"
    page.goto(portal.url)
    yield "sign-in"
    sign_in(page, portal)
    titled(page, CONTOSO.name)
    yield "portal"


def test_zoomed_to_400_percent_nothing_scrolls_sideways(chromium, make_page, onboarding, portal):
    """And everything can still be pressed."""
    page = make_page(chromium, **ZOOMED)
    for name in pages_of(page, onboarding, portal):
        page.wait_for_load_state()
        page.screenshot(path=SCREENSHOTS / f"zoomed-{name}.png")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= ZOOMED["viewport"]["width"], name


def test_in_forced_colours_everything_is_seen(chromium, gallery, make_page, onboarding, portal):
    """Cards and buttons keep an edge, and the checker finds nothing, in colours that a person has chosen."""
    page = make_page(chromium, forced_colors="active")
    for name in pages_of(page, onboarding, portal):
        page.wait_for_load_state()
        page.screenshot(path=SCREENSHOTS / f"forced-{name}.png", full_page=True)
        for edged in page.locator(".card, .button").all():
            if edged.is_visible():
                style = edged.evaluate("one => getComputedStyle(one).borderTopStyle")
                assert style == "solid", name
        gallery.check(page.content(), f"{name} {RULES[0]}")


def test_what_a_browser_fetches_ahead_counts_for_nothing(chromium, make_page, onboarding):
    """Chromium's own prefetch of the button's address begins no attempt; the click does."""
    page = make_page(chromium)
    ahead = page.request.get(
        f"{onboarding.url}/start", headers={"Sec-Purpose": "prefetch;prerender"}
    )
    assert ahead.status == 204
    assert page.context.cookies() == []
    connect(page, onboarding)
    titled(page, "Your organization is connected")
