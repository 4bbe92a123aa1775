"""Onboarding and the portal over a socket, beside a stand-in for Microsoft, on a database in memory."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from functions.admin_portal.portal import application as portal_application
from local.entra import Browser, EntraStandIn, Page
from local.entra.registration import CLIENT_ID, CLIENT_SECRET
from shared.entra.calls import EntraCalls
from shared.entra.client import Entra
from shared.settings import OnboardingSettings, PortalSettings
from tests.helpers import functions
from tests.helpers.fakes import FakeFirestore
from tests.helpers.listening import Served, listening
from tests.helpers.stores import Store

SECONDS = 20


@dataclass
class Site:
    """One function, as its visitors meet it. url: its canonical address. database: what it stores."""

    url: str
    entra: EntraStandIn
    database: FakeFirestore = field(default_factory=FakeFirestore)

    def browser(self) -> Browser:
        return Browser(self.entra.ca_path)

    def connect(self, browser: Browser, tenant: Any, username: str = "", start: str = "") -> Page:
        """From /start to the end, as the administrator unless told otherwise."""
        page = browser.open(start or f"{self.url}/start")
        return browser.decide(page, tenant.tenant_id, username or tenant.admin.username)

    def store(self, tenant: Any) -> Store:
        return Store(self.database, tenant.tenant_id)  # type: ignore[arg-type]

    def get(self, browser: Browser | None, path: str, method: str = "GET") -> requests.Response:
        """One request with the browser's cookies, or without any; redirects are not followed."""
        return requests.request(
            method,
            self.url + path,
            cookies=browser.cookies if browser else None,
            allow_redirects=False,
            timeout=SECONDS,
        )

    def callback(self, browser: Browser, tenant: Any, address: str) -> str:
        """The path and query that Microsoft's page at this address sends the browser back to."""
        answer = browser._session.post(
            address,
            data={"account": f"{tenant.tenant_id}/{tenant.admin.username}", "decision": "accept"},
            verify=str(self.entra.ca_path),
            allow_redirects=False,
            timeout=SECONDS,
        )
        return path_of(answer.headers["Location"])


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def code_of(text: str) -> str:
    """The code for support that a page of a failure shows; '' on any other page."""
    match = re.search(r'<p class="code">[^<]*<code>([^<]*)</code>', text)
    return unescape(match[1]) if match else ""


def heading_of(text: str) -> str:
    match = re.search(r"<h1>(.*?)</h1>", text, re.S)
    return unescape(re.sub(r"<[^>]*>", "", match[1])) if match else ""


@contextmanager
def served(kind: str, base_path: str = "") -> Iterator[Site]:
    """kind: `onboarding` or `portal`. base_path: of its base URL."""
    with EntraStandIn() as entra:
        site = Site("", entra)
        with listening(lambda url: _application(kind, site, url + base_path)):
            yield site


@contextmanager
def both_served() -> Iterator[tuple[Site, Site]]:
    """Onboarding and the portal on one database; onboarding leads to the portal."""
    with EntraStandIn() as entra:
        portal = Site("", entra)
        onboarding = Site("", entra, portal.database)
        with (
            listening(lambda url: _application("portal", portal, url)),
            listening(
                lambda url: _application("onboarding", onboarding, url, PORTAL_URL=portal.url)
            ),
        ):
            yield onboarding, portal


def _application(kind: str, site: Site, url: str, **changes: str) -> Served:
    site.url = url
    variable, paths = {
        "onboarding": ("ONBOARDING_URL", ("/consented", "/verified")),
        "portal": ("PORTAL_URL", ("/signed-in",)),
    }[kind]
    for path in paths:
        site.entra.register_redirect_uri(site.url + path)
    changes |= {
        "ENTRA_CLIENT_ID": CLIENT_ID,
        "ENTRA_CLIENT_SECRET": CLIENT_SECRET,
        "ENTRA_AUTHORITY": site.entra.url,
        "GRAPH_ENDPOINT": site.entra.url,
        "SESSION_KEYS": secrets.token_hex(),
        variable: site.url,
    }
    group: Any = OnboardingSettings if kind == "onboarding" else PortalSettings
    settings = functions.settings(group, **changes)
    parts = {"settings": settings, "entra": EntraCalls(Entra(settings)), "clock": _now}
    if kind == "onboarding":
        return functions.onboarding(site.database, **parts)
    return portal_application(functions.portal(site.database, **parts))


def _now() -> datetime:
    return datetime.now(UTC)
