"""Finds deletions in the log lines of the scheduled run.

Nothing is stored about a purged organization, and no log names it. By its receipt ID the log still shows that the
deletion ended, when, and how much was deleted.
Sources: Cloud Logging API reference, "Method: entries.list"; Cloud Logging documentation, "Logging query language".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import google.auth.exceptions
import requests

from shared import errors
from shared.receipts import PURGE_ENDED, PURGE_STEP
from support.operator_http import CALL_SECONDS, operator_session

PURGED, UNFINISHED = "purged", "unfinished"
HOST = "https://logging.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/logging.read"
PAGE = 1000
TOTAL_SECONDS = 120.0
STATUSES_REFUSED = (400, 401, 403, 404)

Entry = Mapping[str, Any]  # a LogEntry: jsonPayload, and timestamp where it came from Cloud Logging


class LogsRefused(errors.Problem):
    code = "logs_refused"
    title = "Cloud Logging refuses: is GOOGLE_CLOUD_PROJECT right, and do you have the role Logs Viewer in it?"


@dataclass
class Receipt:
    """One deletion, over all runs that worked on it.

    outcome: `purged`, or `unfinished`. at: time of that line (RFC 3339), or empty: files have none.
    users, documents: deleted Auth users and documents, also those that were gone already.
    """

    receipt: str
    outcome: str = UNFINISHED
    at: str = ""
    users: int = 0
    documents: int = 0


def receipts(entries: Iterable[Entry], receipt_id: str = "") -> list[Receipt]:
    """Return the receipts in `entries` (oldest first), or only that of `receipt_id`. A purge that ended stays ended."""
    by_id: dict[str, Receipt] = {}
    for entry in entries:
        line = entry.get("jsonPayload")
        if not isinstance(line, Mapping) or line.get("event") not in (PURGE_STEP, PURGE_ENDED):
            continue
        name = line.get("receipt")
        if not isinstance(name, str) or receipt_id not in ("", name):
            continue
        receipt = by_id.setdefault(name, Receipt(name))
        if line["event"] == PURGE_STEP:
            receipt.users += int(line["users"])
            receipt.documents += int(line["documents"])
        else:
            receipt.outcome, receipt.at = PURGED, str(entry.get("timestamp", ""))
    return list(by_id.values())


def entries_in(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries in lines of text: a function's JSON lines, or exported LogEntries; skip other text."""
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line if "jsonPayload" in line else {"jsonPayload": line}


def query(since: datetime, receipt_id: str = "") -> str:
    """Return the query for Cloud Logging. since: an aware time."""
    wanted = [
        'resource.type="cloud_run_revision"',
        f'jsonPayload.event=("{PURGE_STEP}" OR "{PURGE_ENDED}")',
        f'timestamp>="{since.isoformat()}"',
    ]
    wanted.append(f'jsonPayload.receipt="{receipt_id}"' if receipt_id else "jsonPayload.receipt:*")
    return " AND ".join(wanted)


class CloudLogging:
    """The logs of a project, in all its buckets. session: an AuthorizedSession; the operator's unless given."""

    def __init__(
        self,
        project: str,
        session: requests.Session | None = None,
        host: str = HOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._project = project
        self._session = session
        self._host = host
        self._clock = clock

    def entries(self, wanted: str) -> Iterator[Entry]:
        """Yield the entries that match the query `wanted`, oldest first. Raises LogsRefused, Unavailable.

        An empty page may name a next one, if Cloud Logging had no time to search further.
        """
        ends_at = self._clock() + TOTAL_SECONDS
        token = ""
        while True:
            answer = self._page(wanted, token)
            yield from answer.get("entries", ())
            token = answer.get("nextPageToken", "")
            if not token:
                return
            if self._clock() >= ends_at:
                raise errors.Unavailable("logging", "too slow; ask for less with --since")

    def _page(self, wanted: str, token: str) -> Mapping[str, Any]:
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": wanted,
            "orderBy": "timestamp asc",
            "pageSize": PAGE,
            **({"pageToken": token} if token else {}),
        }
        self._session = self._session or operator_session(SCOPE)
        try:
            answer = self._session.post(
                f"{self._host}/v2/entries:list",
                json=body,
                timeout=CALL_SECONDS,
                allow_redirects=False,
            )
            if answer.status_code in STATUSES_REFUSED:
                raise LogsRefused
            if answer.status_code != 200:
                raise errors.Unavailable("logging", f"answers {answer.status_code}")
            page = answer.json()
        except google.auth.exceptions.RefreshError:
            raise errors.Unavailable("logging", "credentials") from None
        except (
            requests.RequestException,
            google.auth.exceptions.GoogleAuthError,
            ValueError,
        ) as error:
            raise errors.Unavailable("logging", type(error).__name__) from None
        if not isinstance(page, dict):
            raise errors.Unavailable("logging", "not an object")
        return page
