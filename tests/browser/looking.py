"""What a test does with a page: photograph it, and have it checked as a person with a reader, a phone, paper, or a
dark screen would meet it.

The checker is axe-core, from the package axe-playwright-python. It needs scripts, which are off where the pages are
walked, so it looks at the same markup and style in a tab of its own, and so does the camera.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Locator, Page, ViewportSize

from local.processes import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # what a dark screen can change
DESK: ViewportSize = {"width": 1100, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
NARROWEST: ViewportSize = {"width": 320, "height": 740}  # WCAG 1.4.10: no sideways scrolling there
# Pages of both sign-ins, by a number of Microsoft's that leads to each.
SIGN_IN_REFUSALS = {
    "account_blocked": 50057,
    "account_unknown": 50020,
    "answer_unusable": 54005,
    "cross_tenant_blocked": 500213,
    "device_required": 53000,
    "identity_provider": 50008,
    "microsoft_error": 50000,
    "more_proof": 50076,
    "network_restricted": 500021,
    "not_assigned": 50105,
    "organization_blocked": 5000225,
    "other_cloud": 90038,
    "our_mistake": 7000215,
    "partner_not_authorized": 90099,
    "security_defaults": 530035,
    "service_not_enabled": 650052,
    "sign_in_again": 50132,
    "sign_in_cancelled": 65004,
    "sign_in_failed": 50055,
    "unknown_refusal": 123456,
}


class Gallery:
    """axe-core and a camera, in a tab that reaches no network."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate(AXE)

    def check(self, html: str, where: str, picture: str = "") -> None:
        """Fails on whatever axe finds, in light or in dark. picture: its name, if it is to be photographed."""
        self._page.set_content(html)
        checks: tuple[tuple[Literal["light", "dark"], list[str]], ...]
        checks = (("dark", COLOURS), ("light", RULES))
        for scheme, rules in checks:
            self._page.emulate_media(color_scheme=scheme)
            if picture:
                photograph(self._page, f"{picture}-{scheme}")
            found = self._page.evaluate(
                "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
            )
            assert not found["violations"], f"{where}, {scheme}: {_told(found['violations'])}"

    def show(self, name: str, html: str) -> None:
        """Photograph a page as `name` in light, in dark, on a phone and on paper, and check it."""
        self.check(html, name, name)
        require_narrow(self._page, name)
        self._page.set_viewport_size(PHONE)
        photograph(self._page, f"{name}-phone")
        self._page.set_viewport_size(DESK)
        self._page.emulate_media(media="print")
        photograph(self._page, f"{name}-print")
        self._page.emulate_media(media="screen")


class Viewer:
    """One browser tab, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.faults: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    @property
    def page(self) -> Page:
        """The page once all of it is there: the portal sends its numbers after the rest."""
        self._page.wait_for_load_state()
        return self._page

    def require_sound(self) -> None:
        """Fails where the browser complained, of our own policy for one, or the page scrolls sideways."""
        require_narrow(self.page, self.page.url)
        self.page.set_viewport_size(DESK)
        assert self.faults == [], self.page.url

    def tab_to(self, target: Locator) -> None:
        """Move the focus there by Tab alone; it must be seen."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                shown = target.evaluate("element => getComputedStyle(element).outlineStyle")
                assert shown != "none", "the focus cannot be seen"
                return
        raise AssertionError("not reached by Tab")

    def press(self, name: str) -> None:
        """Press the button or link of this name, with the keyboard alone: by Tab and Enter."""
        links, buttons = (self.page.get_by_role(role, name=name) for role in ("link", "button"))
        self.tab_to(links.or_(buttons).first)
        self.page.keyboard.press("Enter")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of" not in message.text:  # a page of an error is one
            self.faults.append(message.text)


def photograph(page: Page, name: str) -> None:
    """Photograph the page as it is, from top to bottom."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


def require_narrow(page: Page, where: str) -> None:
    """Fails where the page scrolls sideways on the narrowest screen, which it leaves it on."""
    page.set_viewport_size(NARROWEST)
    width = int(page.evaluate("document.documentElement.scrollWidth"))
    assert width <= NARROWEST["width"], f"{where} scrolls sideways"


def heading(viewer: Viewer) -> str:
    """The one heading that names the page."""
    return viewer.page.get_by_role("heading", level=1).inner_text()


def decide(viewer: Viewer, organization: Any, username: str = "", button: str = "Accept") -> None:
    """On a page of the Entra stand-in: as the administrator unless told otherwise, press a button."""
    username = username or organization.tenant.admin.username
    viewer.page.get_by_label("Account").select_option(f"{organization.id}/{username}")
    viewer.page.get_by_role("button", name=button).click()


def _told(violations: list[dict[str, Any]]) -> str:
    return json.dumps(
        [
            {
                "rule": one["id"],
                "help": one["help"],
                "where": [node["html"][:200] for node in one["nodes"]],
                "why": [node.get("failureSummary", "")[:300] for node in one["nodes"]],
            }
            for one in violations
        ],
        indent=1,
    )
