"""A tiny function: one route for each thing that can come in or go out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from marshmallow import RAISE, Schema, fields
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared import errors
from shared.web.answers import json_answer
from shared.web.app import Application, body_of
from shared.web.body import bearer, load_form, load_json, load_query


class Body(Schema):
    class Meta:
        unknown = RAISE

    text = fields.String(required=True)
    count = fields.Integer(strict=True)


async def echo(request: Request) -> Response:
    return json_answer(load_json(request, body_of(request), Body()))


async def form(request: Request) -> Response:
    return json_answer(load_form(request, body_of(request), most_fields=3))


async def query(request: Request) -> Response:
    return json_answer(load_query(request))


async def token(request: Request) -> Response:
    return json_answer({"length": len(bearer(request))})


async def headers(request: Request) -> Response:
    """As they have arrived."""
    return json_answer(dict(request.headers))


async def crash(request: Request) -> Response:
    raise RuntimeError("canary " + request.query_params.get("q", ""))


async def away(_request: Request) -> Response:
    raise errors.Unavailable("firestore", "deadline")


async def library(_request: Request) -> Response:
    """A library speaks of what it was given."""
    logging.getLogger("urllib3.connection").warning("GET %s", "https://canary.example/?canary")
    return Response(status_code=204)


async def empty(_request: Request) -> Response:
    return Response(status_code=204)


async def broken(_request: Request) -> Response:
    """What breaks when its beginning has been sent."""

    async def pieces() -> AsyncIterator[str]:
        yield "canary-beginning\n"
        raise RuntimeError("canary-error")

    return StreamingResponse(pieces(), media_type="text/plain")


async def endless(_request: Request) -> Response:
    """A piece after the other until the reader has gone."""

    async def pieces() -> AsyncIterator[str]:
        while True:
            yield "piece\n" * 1000
            await asyncio.sleep(0)

    return StreamingResponse(pieces(), media_type="text/plain")


application = Application(
    "tiny",
    "project-1",
    {
        "/echo": {"POST": echo},
        "/form": {"POST": form},
        "/query": {"GET": query},
        "/token": {"GET": token, "DELETE": empty},
        "/headers": {"GET": headers},
        "/crash": {"GET": crash},
        "/away": {"GET": away},
        "/library": {"GET": library},
        "/broken": {"GET": broken},
        "/endless": {"GET": endless},
    },
)
