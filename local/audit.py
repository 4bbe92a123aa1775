"""Audit the running local stack: `python -m support audit`, with the stack's addresses as its settings."""

from __future__ import annotations

import os
import subprocess
import sys

from local.addresses import Addresses
from local.processes import LocalStackError


def main() -> int:
    try:
        stack = Addresses.read()
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 2
    settings = {
        "GOOGLE_CLOUD_PROJECT": stack.project,
        "FIRESTORE_EMULATOR_HOST": stack.firestore,
        "FIREBASE_AUTH_EMULATOR_HOST": stack.auth,
    }
    command = [sys.executable, "-m", "support", "audit", *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
