"""Log lines: JSON that Cloud Logging reads, words of our own, and nothing of what libraries say."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings

import pytest

from local.processes import ROOT
from shared import logs

TRACE = "0123456789abcdef0123456789abcdef"


def test_an_event_is_one_line(capsys):
    """One JSON object on one line, whatever is in a field; absent values are left out."""
    logs.event("name", "ERROR", count=3, outcome="a\nb\u2028é", nothing=None)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1
    assert out.isascii()
    assert json.loads(out) == {
        "severity": "ERROR",
        "event": "name",
        "message": "name",
        "count": 3,
        "outcome": "a\nb\u2028é",
    }


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"{TRACE}/123;o=1", TRACE),
        (TRACE, TRACE),
        (TRACE.upper(), TRACE),
        (f"00-{TRACE}-0123456789abcdef-01", TRACE),
        (None, None),
        ("", None),
        ("canary", None),
        (f"canary{TRACE}", None),
        (f"{TRACE}canary", None),
        (TRACE[:-1], None),
        (f"{TRACE[:-1]}\n", None),
    ],
)
def test_a_trace_is_hexadecimal_or_none(header, trace):
    """Only the 32 hexadecimal digits of a trace come out of a header."""
    expected = trace and f"projects/p/traces/{trace}"
    assert logs.trace_name("p", header) == expected


@pytest.fixture
def quiet():
    """The root logger as the functions have it, and as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.captureWarnings(capture=False)
    logs.quiet_libraries()
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_library_says_who_it_is_and_no_more(quiet, capfd):
    """A warning of a library is its name and severity; its text, its arguments and its traceback are dropped."""
    try:
        raise RuntimeError("canary")
    except RuntimeError:
        logging.getLogger("urllib3.connection").exception("GET %s", "https://x?token=canary")
    logging.getLogger("msal.authority").debug("canary")
    logging.getLogger("canary-free").info("canary")
    out, err = capfd.readouterr()
    assert [json.loads(line)["logger"] for line in out.splitlines()] == ["urllib3"]
    assert "canary" not in out + err


GOOGLES_WARNING = """
import asyncio, logging
from google.auth.credentials import AnonymousCredentials
from shared import logs
from shared.google import connection

async def warn():
    connection.client("project", "127.0.0.1:1", "(default)", AnonymousCredentials())
    for name in ("google.cloud.firestore_v1", "google.api_core.retry"):
        logging.getLogger(name).warning("canary")

logs.quiet_libraries()
asyncio.run(warn())
"""


def test_googles_clients_say_no_more_either():
    """They arrange their own logging when the first of a process is made."""
    done = subprocess.run(
        [sys.executable, "-c", GOOGLES_WARNING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [json.loads(line)["logger"] for line in done.stdout.splitlines()] == ["google"] * 2
    assert "canary" not in done.stdout + done.stderr


def test_a_warning_of_python_says_no_more_either(quiet, capfd):
    """A warning is a line in the log that says so, and loses its text."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("canary", UserWarning, stacklevel=1)
    out, err = capfd.readouterr()
    assert [json.loads(line)["logger"] for line in out.splitlines()] == ["py"]
    assert "canary" not in out + err
