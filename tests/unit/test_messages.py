"""shared.google.messages takes Google's generated classes, and leaves Google's package as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.google.messages import CLASSES

ROOT = Path(__file__).parents[2]


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_the_client_is_not_imported() -> None:
    """Loading the messages loads neither the package's client nor its transports."""
    program = (
        "import sys, shared.google.old_firestore; "
        "print([m for m in sys.modules if m.startswith('google.cloud.firestore_v1') "
        "and not m.startswith('google.cloud.firestore_v1.types')])"
    )

    assert run(program) == "[]"


def test_the_package_can_be_imported_afterwards_and_has_the_same_classes() -> None:
    """Google's own client still works in the same process, on the very same messages."""
    program = (
        "from shared.google.messages import CLASSES; from google.cloud import firestore, firestore_v1; "
        "print(firestore_v1.types.Write.pb() is CLASSES['Write'], firestore.Client.__name__)"
    )

    assert run(program) == "True Client"


def test_the_classes_are_googles() -> None:
    """Every message is the generated one, of Firestore's own protobuf package."""
    assert {each.DESCRIPTOR.file.package for each in CLASSES.values()} == {"google.firestore.v1"}
