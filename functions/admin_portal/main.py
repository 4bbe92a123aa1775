"""admin_portal: an administrator sees what is stored about the organization, and has it deleted."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.settings import PortalSettings, load
from shared.web.serving import prepared

from .wiring import build

application = prepared(build(load(PortalSettings)))


@functions_framework.aio.http
async def admin_portal(request: Request) -> Response:
    return await application(request)
