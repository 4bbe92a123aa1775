"""A function's application, served by functions-framework's own asynchronous server, without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from functions_framework.aio import _create_asgi_app_with_function
from starlette.requests import Request
from starlette.responses import Response

from tests.helpers.loop import run


class Client:
    """Requests to an application, one at a time; cookies stay, redirects are not followed.

    request, get, post, delete: as httpx's.
    """

    def __init__(
        self,
        application: Callable[[Request], Awaitable[Response]],
        base_url: str = "https://function.example",
    ) -> None:
        async def target(request: Request) -> Response:
            return await application(request)

        transport = httpx.ASGITransport(app=_create_asgi_app_with_function(target, "http", False))
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        return run(self._client.request(method, path, **content))

    def get(self, path: str, **content: Any) -> httpx.Response:
        return self.request("GET", path, **content)

    def post(self, path: str, **content: Any) -> httpx.Response:
        return self.request("POST", path, **content)

    def delete(self, path: str, **content: Any) -> httpx.Response:
        return self.request("DELETE", path, **content)
