"""What browsers do by themselves, before a person has clicked."""

from __future__ import annotations

from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from shared.web.app import Handler

_PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")


def not_ahead(handler: Handler) -> Handler:
    """Prefetches get 204 and change nothing."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        purposes = (request.headers.get(name, "") for name in _PURPOSES)
        if any("prefetch" in purpose.lower() for purpose in purposes):
            return Response(status_code=204)
        return await handler(request)

    return handle
