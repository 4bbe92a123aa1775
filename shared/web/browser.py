"""What browsers do on their own, before a person has clicked."""

from __future__ import annotations

from functools import wraps

import flask

from shared.web import http as web

_PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")


def not_ahead(handler: web.Handler) -> web.Handler:
    """A browser that fetches ahead of a click starts nothing and uses nothing up."""

    @wraps(handler)
    def handle(request: flask.Request) -> flask.Response:
        purposes = (request.headers.get(name, "") for name in _PURPOSES)
        if any("prefetch" in purpose.lower() for purpose in purposes):
            return flask.Response(status=204)
        return handler(request)

    return handle
