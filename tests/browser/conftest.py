"""Chromium on the running stack, and Firefox. Scripts are off: no page of the product needs one."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import overview
from tests.browser.looking import DESK, SCREENSHOTS, Gallery, Viewer

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOX = ("firefox-esr", "firefox")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MILLISECONDS = 20_000


@pytest.fixture(scope="package")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright):
    """The browser that is installed on this machine."""
    path = installed("CHROMIUM", CHROMIUM)
    browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def make_firefox(playwright):
    """Firefox over WebDriver BiDi, with preferences of its own."""
    path, opened = installed("FIREFOX", FIREFOX), []

    def make(**preferences):
        browser = playwright.firefox.launch(
            channel="moz-firefox", executable_path=path, firefox_user_prefs=preferences
        )
        opened.append(browser)
        return browser

    yield make
    for browser in opened:
        browser.close()


@pytest.fixture(scope="package")
def firefox(make_firefox):
    """Firefox as it is."""
    return make_firefox()


def installed(variable, usual):
    """Where a browser of this machine is; without one the test is skipped, or fails where VARIABLE_REQUIRED is set."""
    named = os.environ.get(variable, "").split() or usual
    path = next(filter(None, map(shutil.which, named)), None)
    if path is None:
        missing = pytest.fail if os.environ.get(f"{variable}_REQUIRED") else pytest.skip
        missing(f"there is no {usual[0]}: `make setup` installs it, or says how")
    return Path(path)


@pytest.fixture(scope="package", autouse=True)
def all_pictures():
    """Have one page of all pictures, once they are taken."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    yield
    overview.write(SCREENSHOTS)


@pytest.fixture(scope="package")
def gallery(chromium):
    """A tab for axe-core and the camera."""
    with chromium.new_context(offline=True, viewport=DESK) as context:
        yield Gallery(context.new_page())


@pytest.fixture
def make_viewer(chromium, entra):
    """Open a tab in a browser of its own, with no cookies, that asks for a language."""
    opened = []

    def make(language="en", scripts=False):
        context = chromium.new_context(
            ignore_https_errors=True,  # the stand-in's own certificate authority
            java_script_enabled=scripts,
            locale=language,
            viewport=DESK,
        )
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        opened.append(context)
        return Viewer(context.new_page())

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def viewer(make_viewer):
    """A tab of a person who reads English."""
    return make_viewer()


@pytest.fixture
def onboarding(addresses):
    """The address of the onboarding pages."""
    return addresses.functions["onboarding"]


@pytest.fixture
def portal(addresses):
    """The address of the administration portal."""
    return addresses.functions["admin_portal"]


@pytest.fixture
def stranger(make_organization, entra):
    """An organization that is not connected, and whose administrator has not consented."""
    made = make_organization(onboarded=False)
    entra.revoke(made.id)
    return made
