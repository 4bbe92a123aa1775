"""Which commit and which bundle a function runs: `build.json`, which the deployment stages beside `shared/`."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from shared.web.answers import json_answer

BUILD = Path(__file__).parents[2] / "build.json"
UNKNOWN = "unknown"


def read_build(path: Path = BUILD) -> dict[str, str]:
    """commit and digest of the bundle; `unknown` outside one."""
    try:
        build = json.loads(path.read_text())
        return {name: str(build[name]) for name in ("commit", "digest")}
    except (OSError, ValueError, KeyError, TypeError):
        return {"commit": UNKNOWN, "digest": UNKNOWN}


async def version(_request: Request) -> Response:
    """GET /version → {commit, digest}."""
    return json_answer(read_build())
