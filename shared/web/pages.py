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

from shared.web.languages import lookup
from shared.web.words import LANGUAGES, LAYOUT, Message

SHARED_TEMPLATES = Path(__file__).parent / "templates"
STYLE = (SHARED_TEMPLATES / "style.css").read_text(encoding="utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
OWN_FORMS = "form-action 'self'"
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; {OWN_FORMS}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def language_of(request: Request) -> str:
    """One of LANGUAGES, by Accept-Language; English for everybody else."""
    return lookup(",".join(request.headers.getlist("accept-language")), LANGUAGES)


class Pages:
    """The pages of one function. templates: its own folder, whose pages extend the shared layout.html.

    failures: by language and code.
    """

    def __init__(self, templates: Path, failures: Mapping[str, Mapping[str, Message]]) -> None:
        self._failures = failures
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([templates, SHARED_TEMPLATES]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        self._streaming = self._environment.overlay(enable_async=True)

    def render(self, template: str, language: str, status: int = 200, **values: Any) -> Response:
        text = self._environment.get_template(template).render(**_all(language, values))
        return _finished(Response(text, status, media_type="text/html"), language)

    def stream(self, template: str, language: str, **values: Any) -> Response:
        """A page that is sent as it is made: what it waits for, it calls, and what stands above is there before."""
        page = self._streaming.get_template(template)
        pieces = page.generate_async(**_all(language, values))
        return _finished(StreamingResponse(pieces, media_type="text/html"), language)

    def failure(self, code: str, language: str, status: int, ways: Mapping[str, str]) -> Response:
        """What happened, in words, with the code for support. ways: where to go on, by label, the best first.

        code: of the words; what follows it after a space is for support alone.
        """
        messages = self._failures[language]
        message = messages.get(code.partition(" ")[0], messages["unexpected"])
        return self.render("failure.html", language, status, message=message, code=code, ways=ways)


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


def _all(language: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "language": language,
        "layout": LAYOUT[language],
        "style": Markup(STYLE),  # noqa: S704 - our own file, and the hash in the policy holds it to that
        **values,
    }


def _finished(response: Response, language: str) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response
