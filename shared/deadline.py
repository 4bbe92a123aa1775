"""Deadlines: every call to a service is made within one, and a service that does not answer by then is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import Unavailable


@asynccontextmanager
async def deadline(seconds: float, dependency: str) -> AsyncIterator[None]:
    """Cancel what is awaited inside after `seconds`, and raise Unavailable(dependency)."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unavailable(dependency, "deadline") from None
