"""What comes in with a request: a bounded body, JSON and forms in strict readings, the query, a bearer token.

Two readers must never see two requests: what is there twice, unknown, or not quite in its format is refused.
Sources: RFC 8259 (JSON), RFC 6750 (bearer tokens), RFC 9110 (Content-Encoding).
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from marshmallow import Schema, ValidationError
from starlette.requests import Request

from shared import errors

MAX_BODY_BYTES = 4096
BODY_SECONDS = 20.0
BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Disconnected(errors.Malformed):
    """The caller has gone, or was cut off for what is no HTTP, before all of the request was there."""

    code = "disconnected"


async def receive(request: Request, most_bytes: int = MAX_BODY_BYTES) -> bytes:
    """The whole body. Raises BodyTooLarge, as soon as that is known; Malformed when it takes 20 s; Disconnected."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most_bytes:
        raise errors.BodyTooLarge
    body, has_more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while has_more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                body += message.get("body", b"")
                has_more = message.get("more_body", False)
                if len(body) > most_bytes:
                    raise errors.BodyTooLarge
    except TimeoutError:
        raise errors.Malformed from None
    return bytes(body)


def load_json(request: Request, body: bytes, schema: Schema) -> dict[str, Any]:
    """The JSON object in the body, checked by `schema`.

    Raises UnsupportedMediaType, or Malformed (also for unknown fields, duplicate keys, NaN and nesting beyond what the
    parser takes).
    """
    _require_media_type(request, "application/json")
    try:
        text = body.removeprefix(_BYTE_ORDER_MARK).decode("utf-8")
        return dict(schema.load(_STRICT_JSON.decode(text)))
    except ValidationError as fault:
        known = sorted(set(schema.fields) & set(fault.messages_dict))
        raise errors.Malformed(tuple(known)) from None
    except (ValueError, RecursionError):
        raise errors.Malformed from None


def load_form(request: Request, body: bytes, most_fields: int) -> dict[str, str]:
    """The fields of a form, each once. Raises UnsupportedMediaType, Malformed."""
    _require_media_type(request, "application/x-www-form-urlencoded")
    try:
        text = body.decode("ascii")
    except ValueError:
        raise errors.Malformed from None
    return _pairs(text, most_fields, strict=True)


def load_query(request: Request, most_fields: int = 20) -> dict[str, str]:
    """The query's values, each once. Raises Malformed."""
    return _pairs(request.scope["query_string"].decode("latin-1"), most_fields, strict=False)


def bearer(request: Request) -> str:
    """The token of the one Authorization header. Raises Unauthenticated."""
    values = request.headers.getlist("authorization")
    if not any(values):
        raise errors.Unauthenticated
    match = BEARER.fullmatch(", ".join(values))
    if match is None:
        raise errors.Unauthenticated("not_a_bearer_token")
    return match[1]


def _require_media_type(request: Request, expected: str) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encodings = [value.strip().lower() for value in request.headers.getlist("content-encoding")]
    if media_type != expected or any(encoding not in ("", "identity") for encoding in encodings):
        raise errors.UnsupportedMediaType


def _pairs(text: str, most_fields: int, strict: bool) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=strict,
            errors="strict" if strict else "replace",
            max_num_fields=most_fields,
        )
    except ValueError:
        raise errors.Malformed from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise errors.Malformed
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _refuse_constant(_name: str) -> None:
    raise ValueError("not JSON")


_STRICT_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
