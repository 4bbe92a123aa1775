"""What the unit tests share: the lines of the log."""

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """The events that were written since the last look; whatever else was written fails the test."""

    def look() -> list[dict[str, Any]]:
        out, err = capfd.readouterr()
        assert err == ""
        return [json.loads(line) for line in out.splitlines()]

    return look
