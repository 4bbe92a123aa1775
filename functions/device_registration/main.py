"""device_registration: an organization's phone gets an anonymous identity, and can give it back."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.settings import RegistrationSettings, load
from shared.web.serving import prepared

from .registration import build

application = prepared(build(load(RegistrationSettings)))


@functions_framework.aio.http
async def device_registration(request: Request) -> Response:
    return await application(request)
