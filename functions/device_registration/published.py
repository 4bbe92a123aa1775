"""What a phone may find about itself, for phones that check it: public, and from the inventory itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from shared.inventory import DeviceDocument, RegistrationAnswer, TenantDocument, digest
from shared.web.answers import json_answer

CACHED_SECONDS = 3600


async def published_inventory(_request: Request) -> Response:
    """GET /v1/inventory → {device: [field], tenant: [field], registration: [member], inventory: digest}.

    device, tenant: what the phone's own document and its organization's may have. registration: what the answer to a
    registration may tell.
    """
    answer = json_answer(
        {
            "device": sorted(DeviceDocument().fields),
            "tenant": sorted(TenantDocument().fields),
            "registration": sorted(RegistrationAnswer().fields),
            "inventory": digest(),
        }
    )
    answer.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
    return answer
