"""What every page shares: layout, stylesheet, failures, language, and a policy under which no script can run.

The stylesheet is part of the page, and the Content-Security-Policy names its hash, so that a page needs nothing else
from anywhere. Templates escape whatever they are given.
Sources: CSP Level 3 (hash sources); RFC 9110 (Accept-Language, Vary).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.web import catalogs
from shared.web.catalogs import Catalog
from shared.web.languages import lookup
from shared.web.messages import Message
from shared.web.version import read_build, shown

SHARED_TEMPLATES = Path(__file__).parent / "templates"
STYLE = (SHARED_TEMPLATES / "style.css").read_text(encoding="utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
OWN_FORMS = "form-action 'self'"
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; {OWN_FORMS}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class Pages:
    """The pages of one function. templates: its own folder, whose pages extend the shared layout.html.

    failures: by code. languages: the catalogs, by name; all of them where none are given.
    security: where the page about security is, if anywhere. build: what runs, for the end of each page.
    """

    def __init__(
        self,
        templates: Path,
        failures: Mapping[str, Message],
        languages: Mapping[str, Catalog] | None = None,
        security: str = "",
        build: Mapping[str, str] | None = None,
    ) -> None:
        self._failures = failures
        self.catalogs = languages or catalogs.load()
        loader = jinja2.FileSystemLoader([templates, SHARED_TEMPLATES])
        self._environments = {
            name: _environment(loader, catalog) for name, catalog in self.catalogs.items()
        }
        version = shown(read_build() if build is None else build)
        for environment in self._environments.values():
            environment.globals.update(security=security, version=version)
        self._streaming = {
            name: environment.overlay(enable_async=True)
            for name, environment in self._environments.items()
        }

    def catalog_of(self, request: Request) -> Catalog:
        """By Accept-Language; the first one for whoever asks for none of them."""
        asked = ",".join(request.headers.getlist("accept-language"))
        return self.catalogs[lookup(asked, list(self.catalogs))]

    def render(self, template: str, catalog: Catalog, status: int = 200, **values: Any) -> Response:
        page = self._environments[catalog.name].get_template(template)
        return _finished(Response(page.render(values), status, media_type="text/html"), catalog)

    def stream(self, template: str, catalog: Catalog, **values: Any) -> Response:
        """A page that is sent as it is made: what it waits for, it calls, and what stands above is there before."""
        pieces = self._streaming[catalog.name].get_template(template).generate_async(values)
        return _finished(StreamingResponse(pieces, media_type="text/html"), catalog)

    def failure(
        self, code: str, catalog: Catalog, status: int, ways: Mapping[str, str]
    ) -> Response:
        """What happened, in words, with the code for support. ways: where to go on, by label, the best first.

        code: of the words; what follows it after a space is for support alone.
        """
        message = self._failures.get(code.partition(" ")[0], self._failures["unexpected"])
        return self.render("failure.html", catalog, status, message=message, code=code, ways=ways)


def allow_forms(response: Response, *origins: str) -> Response:
    """The page, whose forms our own site takes, and those of these origins.

    Under no-referrer a browser sends `Origin: null` even with a form to the page's own site (Fetch, 3.1).
    """
    allowed = " ".join((OWN_FORMS, *dict.fromkeys(origins)))
    response.headers["Content-Security-Policy"] = POLICY.replace(OWN_FORMS, allowed)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _environment(loader: jinja2.BaseLoader, catalog: Catalog) -> jinja2.Environment:
    """The templates in one language. Texts of catalogs are ours and may hold markup; what is put into them may not."""
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        catalog.gettext, catalog.ngettext, newstyle=True
    )
    environment.globals.update(
        language=catalog.name,
        direction=catalog.direction,
        moment=catalog.moment,
        number=catalog.number,
        style=Markup(STYLE),  # noqa: S704 - our own file, and the hash in the policy holds it to that
    )
    return environment


def _finished(response: Response, catalog: Catalog) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Language"] = catalog.name
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response
