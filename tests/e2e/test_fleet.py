"""Two thousand phones for two minutes on a stack whose parts fail: every phone ends registered and beating."""

import subprocess
import sys

import pytest

from local.processes import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
SECONDS = 540


def test_no_phone_is_lost_while_everything_fails_in_turn():
    """Firestore, Firebase and both functions stand still, phones are purged, proofs grow old, keys change."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fleet_stack"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
