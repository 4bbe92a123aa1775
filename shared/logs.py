"""One JSON line per event on stdout, in the field names that Cloud Logging reads.

Logs are storage, so `event` is the only way to write one and takes only words of our own, numbers, and a trace ID.
Messages of libraries, their warnings too, can carry URLs, tokens and bodies: `quiet_libraries` reduces them to who
spoke and how loud.
Source of the field names: Cloud Logging documentation, "Structured logging".
"""

from __future__ import annotations

import json
import logging
import re
import sys

from shared.errors import Unavailable

TRACE = re.compile(r"([0-9a-f]{32})(?:[/-].*)?", re.IGNORECASE)


def event(name: str, severity: str = "INFO", **fields: str | int | float | None) -> None:
    """Write one line. `fields` hold outcome codes, counts and durations; never input of a caller."""
    line: dict[str, object] = {"severity": severity, "event": name, "message": name}
    line.update({key: value for key, value in fields.items() if value is not None})
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def away(error: Unavailable) -> None:
    """Write the line of a service that did not answer."""
    event("dependency_away", "ERROR", dependency=error.dependency, reason=error.reason)


def trace_name(project: str, header: str | None) -> str | None:
    """Return the trace of a request in Cloud Logging's form, from X-Cloud-Trace-Context or traceparent, or None."""
    match = TRACE.fullmatch((header or "").removeprefix("00-"))
    return f"projects/{project}/traces/{match[1].lower()}" if match else None


class _NamesOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event("library", record.levelname, logger=record.name.partition(".")[0])


def quiet_libraries() -> None:
    """Make every library's logger write only its name and the severity, from warnings on."""
    root = logging.getLogger()
    root.handlers[:] = [_NamesOnly(logging.WARNING)]
    root.setLevel(logging.WARNING)
    # Unless it has a level, Google's clients take this logger away from the root: what it says would be written whole.
    logging.getLogger("google").setLevel(logging.WARNING)
    logging.captureWarnings(True)
