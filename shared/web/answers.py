"""Answers: JSON, problems, redirects, and the headers that every answer carries.

Sources: RFC 9457 (problem details); OWASP, "HTTP Security Response Headers Cheat Sheet".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from shared import errors

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

Respond = Callable[[Request, errors.Problem], Response]


def json_answer(
    body: Mapping[str, object], status: int = 200, media_type: str = "application/json"
) -> Response:
    return Response(json.dumps(body), status, media_type=media_type)


def problem(_request: Request, error: errors.Problem) -> Response:
    """The error as application/problem+json."""
    return json_answer(problem_document(error), error.status, "application/problem+json")


def problem_document(error: errors.Problem) -> dict[str, object]:
    """type, title, status, code, and fields where there are any."""
    document: dict[str, object] = {
        "type": f"urn:calliente:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
    }
    if isinstance(error, errors.Malformed) and error.fields:
        document["fields"] = list(error.fields)
    return document


def see_other(address: str) -> Response:
    return Response(status_code=303, headers={"Location": address})


def add_headers(response: Response) -> None:
    """Give an answer those of HEADERS that it does not have."""
    present = {name for name, _value in response.raw_headers}
    response.raw_headers.extend(header for header in _RAW if header[0] not in present)
