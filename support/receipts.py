"""Receipts of purges, read from the log lines of the scheduled run.

Of a purged organization nothing is stored, and no log names it: whoever holds a receipt ID can still be shown that this
deletion ended, when, and how much it took.
Sources: Cloud Logging API reference, "Method: entries.list"; Cloud Logging documentation, "Logging query language".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import google.auth
import google.auth.exceptions
import google.auth.transport.requests
import requests

from shared import errors
from shared.receipts import PURGE_ENDED, PURGE_STEP

PURGED, UNFINISHED = "purged", "unfinished"
HOST = "https://logging.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/logging.read"
PAGE = 1000
CALL_SECONDS = 20.0
TOTAL_SECONDS = 120.0
STATUSES_REFUSED = (400, 401, 403, 404)
NO_CREDENTIALS = (
    google.auth.exceptions.DefaultCredentialsError,
    google.auth.exceptions.RefreshError,
)

Entry = Mapping[str, Any]  # a LogEntry: jsonPayload, and timestamp where it came from Cloud Logging


class LogsRefused(errors.Problem):
    code = "logs_refused"
    title = "Cloud Logging refuses: is GOOGLE_CLOUD_PROJECT right, and do you have the role Logs Viewer in it?"


@dataclass
class Receipt:
    """One deletion, over all runs that worked on it.

    outcome: `purged`, or `unfinished`. at: time of that line (RFC 3339), or empty: files have none.
    users, documents: Auth users and documents deleted, those included that were gone already.
    """

    receipt: str
    outcome: str = UNFINISHED
    at: str = ""
    users: int = 0
    documents: int = 0


def receipts(entries: Iterable[Entry], receipt_id: str = "") -> list[Receipt]:
    """The receipts in `entries` (oldest first), or the one. A purge that ended stays so, whatever follows."""
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
    """Entries from lines of text: a function's own JSON lines, or exported LogEntries; other text is passed over."""
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line if "jsonPayload" in line else {"jsonPayload": line}


def query(since: datetime, receipt_id: str = "") -> str:
    """since: aware."""
    wanted = [
        'resource.type="cloud_run_revision"',
        f'jsonPayload.event=("{PURGE_STEP}" OR "{PURGE_ENDED}")',
        f'timestamp>="{since.isoformat()}"',
    ]
    wanted.append(f'jsonPayload.receipt="{receipt_id}"' if receipt_id else "jsonPayload.receipt:*")
    return " AND ".join(wanted)


class CloudLogging:
    """A project's logs, all buckets of it. session: an AuthorizedSession; by default with the default credentials."""

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
        """What matches the query `wanted`, oldest first. Raises LogsRefused, Unavailable.

        A page may be empty and still name a next one: Cloud Logging had no time to search further.
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
        try:
            self._session = self._session or _session()
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
        except NO_CREDENTIALS:
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


def _session() -> requests.Session:
    credentials, _project = google.auth.default(scopes=[SCOPE])
    authorize: Any = google.auth.transport.requests.AuthorizedSession
    session: requests.Session = authorize(credentials, refresh_timeout=CALL_SECONDS)
    return session
