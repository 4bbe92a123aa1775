"""Which versions of the app may still call: the header Calliente-App-Version against the oldest that is served."""

from __future__ import annotations

import re

from starlette.requests import Request

from shared.errors import AppOutdated, Malformed

HEADER = "Calliente-App-Version"
_VERSION = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})")
Version = tuple[int, int, int]


def parse_version(text: str) -> Version:
    """Three numbers. Raises ValueError."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError("must be three numbers with full stops between them, like 2.10.0")
    return int(match[1]), int(match[2]), int(match[3])


def require_current(request: Request, minimum: str) -> None:
    """A request without the header counts as current. Raises AppOutdated, Malformed."""
    text = request.headers.get(HEADER)
    if text is None:
        return
    try:
        version = parse_version(text)
    except ValueError:
        raise Malformed from None
    if minimum and version < parse_version(minimum):
        raise AppOutdated
