"""The event that starts a run, a CloudEvent over HTTP. Its content does not matter.

Source: CloudEvents, "HTTP Protocol Binding for CloudEvents", version 1.0.2 (binary and structured content modes).
"""

from __future__ import annotations

from cloudevents.exceptions import GenericException
from cloudevents.http import from_http
from starlette.requests import Request

from shared.errors import Malformed

MAX_EVENT_BYTES = 64 * 1024


def require_event(request: Request, body: bytes) -> None:
    """Raises Malformed if the request is not a CloudEvent."""
    try:
        from_http(dict(request.headers), body)
    except (
        GenericException,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):
        raise Malformed from None
