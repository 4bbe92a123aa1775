"""Chromium on the running stack. Scripts are off: no page of the product needs one."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.looking import DESK, Checker, Viewer

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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


@pytest.fixture(scope="session")
def chromium():
    """The browser that is installed on this machine."""
    named = os.environ.get("CHROMIUM", "").split() or CHROMIUM
    path = next(filter(None, map(shutil.which, named)), None)
    if path is None:
        missing = pytest.fail if os.environ.get("CHROMIUM_REQUIRED") else pytest.skip
        missing("there is no Chromium: `make setup` installs it, or says how")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(path), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def checker(chromium):
    """A tab for axe-core."""
    with chromium.new_context(offline=True, viewport=DESK) as context:
        yield Checker(context.new_page())


@pytest.fixture
def make_viewer(chromium, checker, entra):
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
        return Viewer(context.new_page(), checker)

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
