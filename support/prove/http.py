"""One HTTP call of the journey, as a phone or a stranger makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from shared.errors import Unavailable

SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """body: decoded JSON, or an empty dict."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """Our stable code of a problem, or Google's word for it, or ''."""
        if not isinstance(self.body, dict):
            return ""
        error = self.body.get("error")
        if not isinstance(error, dict):
            return str(self.body.get("code", ""))
        word = str(error.get("message", "")).partition(" ")[0]
        return word if re.fullmatch(r"[A-Z_]+", word) else str(error.get("status", ""))

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()


def call(
    method: str, url: str, *, token: str = "", headers: Mapping[str, str] | None = None, **body: Any
) -> Answer:
    """body: `json` or `data`, `params`. Raises Unavailable."""
    sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        response = requests.request(
            method, url, headers=sent, timeout=SECONDS, allow_redirects=False, **body
        )
    except requests.RequestException as error:
        raise Unavailable(url.partition("?")[0], type(error).__name__) from None
    try:
        return Answer(response.status_code, response.json() if response.content else {})
    except ValueError:
        return Answer(response.status_code, {})
