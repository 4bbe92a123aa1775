"""heartbeat: a registered phone says that it lives, and how its last sync ended. One write, no read."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.settings import HeartbeatSettings, load
from shared.web.serving import prepared

from .heartbeat import build

application = prepared(build(load(HeartbeatSettings)))


@functions_framework.aio.http
async def heartbeat(request: Request) -> Response:
    return await application(request)
