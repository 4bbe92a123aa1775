"""Which commit and which bundle a function runs: `build.json`, which the deployment stages beside `shared/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from shared.web.answers import json_answer

BUILD = Path(__file__).parents[2] / "build.json"
UNKNOWN = "unknown"
SHOWN = 12  # hexadecimal digits


def read_build(path: Path = BUILD) -> dict[str, str]:
    """commit and digest of the bundle; `unknown` outside one."""
    try:
        build = json.loads(path.read_text())
        return {name: str(build[name]) for name in ("commit", "digest")}
    except (OSError, ValueError, KeyError, TypeError):
        return {"commit": UNKNOWN, "digest": UNKNOWN}


def shown(build: Mapping[str, str]) -> str:
    """The commit and the bundle's digest, each as a page has room for it; '' where neither is known."""
    known = [value for value in build.values() if value != UNKNOWN]
    parts = [value.partition("-") for value in known]  # a commit can end in `-modified`
    return " / ".join(value[:SHOWN] + dash + rest for value, dash, rest in parts)


async def version(_request: Request) -> Response:
    """GET /version → {commit, digest}."""
    return json_answer(read_build())
