"""tenant_purge: the scheduled run, started by a CloudEvent whose content does not matter.

It is registered as an HTTP function and reads its event itself: the framework reads events of any size, and answers a
bad one with the exception's text, which carries the event.
"""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.settings import PurgeSettings, load
from shared.web.serving import prepared

from .purge import build

application = prepared(build(load(PurgeSettings)))


@functions_framework.aio.http
async def tenant_purge(request: Request) -> Response:
    return await application(request)
