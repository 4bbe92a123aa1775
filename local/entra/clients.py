"""Who calls the stand-in: a browser, for tests and the demo, and the session that a phone's MSAL uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT_SECONDS = 30


class EntraSession(requests.Session):
    """For MSAL's `http_client`: MSAL looks up a user's realm without the authority's port."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._portless = f"https://{urlsplit(url).hostname}/"

    def request(  # type: ignore[override]
        self, method: str, url: str, *args: Any, **kwargs: Any
    ) -> requests.Response:
        if url.startswith(self._portless):
            url = f"{self._url}/{url.removeprefix(self._portless)}"
        return super().request(method, url, *args, **kwargs)


@dataclass
class Page:
    """Where a visit ended. fields: of its first form. choices: by select, value → label.

    action: where the form goes.
    """

    url: str
    status: int
    text: str
    action: str | None = None
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Browser:
    """Follows redirects, keeps cookies, and submits the first form of a page; runs no script.

    A context manager.
    """

    def __init__(self, ca_path: str | Path) -> None:
        self._ca = str(ca_path)
        self._session = requests.Session()

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def cookies(self) -> Any:
        return self._session.cookies

    def open(self, url: str) -> Page:
        return self._visit("GET", url)

    def submit(self, page: Page, **values: str) -> Page:
        """The page's form, with these values in it, the button's among them.

        Raises ValueError if it has none.
        """
        if page.action is None:
            raise ValueError(f"no form on {page.url.partition('?')[0]}")
        data = {**page.fields, **values}
        if page.method == "get":
            return self._visit("GET", page.action, params=data)
        return self._visit("POST", page.action, data=data)

    def decide(self, page: Page, tenant_id: str, username: str, decision: str = "accept") -> Page:
        """On a page of the stand-in: as this account, 'accept' or 'cancel'."""
        return self.submit(page, account=f"{tenant_id}/{username}", decision=decision)

    def _visit(self, method: str, url: str, **content: Any) -> Page:
        response = self._session.request(
            method, url, timeout=TIMEOUT_SECONDS, verify=self._ca, **content
        )
        page = Page(response.url, response.status_code, response.text, headers=response.headers)
        _FormReader(page).feed(response.text)
        return page


class _FormReader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        page, values = self._page, {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form" and page.action is None:
            page.action = urljoin(page.url, values.get("action", "")) or page.url
            page.method = values.get("method", "get").lower()
        elif page.action is None:
            return
        elif tag == "input" and name and values.get("type") not in ("submit", "button"):
            page.fields.setdefault(name, values.get("value", ""))
        elif tag == "select":
            self._select = name
            page.choices[name] = []
        elif tag == "option" and self._select:
            page.choices[self._select].append(values.get("value", ""))
            page.fields.setdefault(self._select, values.get("value", ""))
