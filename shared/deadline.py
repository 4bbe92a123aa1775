"""The one seam for time: every call to the outside stands in a `deadline`, and what did not answer by then is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import Unavailable


@asynccontextmanager
async def deadline(seconds: float, dependency: str) -> AsyncIterator[None]:
    """Ends what is awaited inside after `seconds`. Raises Unavailable(dependency) then."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unavailable(dependency, "deadline") from None
