"""What a phone may find about itself, for phones that check it: public, and from the inventory itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from shared.inventory import DeviceDocument, digest
from shared.web.answers import json_answer

CACHED_SECONDS = 3600


async def published_inventory(_request: Request) -> Response:
    """GET /v1/inventory → {device: [field], digest}: the fields that the phone's own document may have."""
    answer = json_answer({"device": sorted(DeviceDocument().fields), "inventory": digest()})
    answer.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
    return answer
