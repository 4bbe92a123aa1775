"""An application behind a real socket, in this process: as the deployed server runs it, on the tests' one loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from functions_framework.aio import _create_asgi_app_with_function
from starlette.requests import Request
from starlette.responses import Response

from local.processes import HOST
from shared.web.protocol import BoundedProtocol
from tests.helpers.loop import start

Served = Callable[[Request], Awaitable[Response]]


@contextmanager
def listening(build: Callable[[str], Served]) -> Iterator[str]:
    """The address, for the length of a `with` block. build: makes the application that is reached there."""
    with socket.create_server((HOST, 0)) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        application = build(url)

        async def target(request: Request) -> Response:
            return await application(request)

        app = _create_asgi_app_with_function(target, "http", False)
        config = uvicorn.Config(app, log_config=None, lifespan="off", http=BoundedProtocol)
        server = uvicorn.Server(config)
        serving = start(server.serve(sockets=[listener]))
        try:
            yield url
        finally:
            server.should_exit = True
            try:
                serving.result(timeout=10)
            except (TimeoutError, asyncio.CancelledError):
                server.force_exit = True
                serving.result(timeout=10)
