"""Which versions of the app may still call: the header Calliente-App-Version against the oldest that is served."""

from __future__ import annotations

from starlette.requests import Request

from shared.errors import AppOutdated, Malformed
from shared.parsers import app_version

HEADER = "Calliente-App-Version"
Version = tuple[int, int, int]


def parse_version(text: str) -> Version:
    """Three numbers. Raises ValueError."""
    first, second, third = map(int, app_version(text).split("."))
    return first, second, third


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
