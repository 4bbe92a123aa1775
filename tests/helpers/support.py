"""The operators' command line, run as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys

from local.processes import ROOT

SECONDS = 60


def support(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m support`, with nobody to ask. environment: variables beside those of the tests."""
    return subprocess.run(
        [sys.executable, "-m", "support", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
