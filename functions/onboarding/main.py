"""onboarding: an administrator connects an organization, in a browser, and nothing is stored until that is proven."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from shared.settings import OnboardingSettings, load
from shared.web.serving import prepared

from .onboarding import build

application = prepared(build(load(OnboardingSettings)))


@functions_framework.aio.http
async def onboarding(request: Request) -> Response:
    return await application(request)
