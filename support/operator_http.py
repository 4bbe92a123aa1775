"""The command line's HTTP: Google's interfaces with the operator's credentials, everything else without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import google.auth
import google.auth.exceptions
import google.auth.transport.requests
import requests

from shared import errors

SCOPE = "https://www.googleapis.com/auth/cloud-platform.read-only"
CALL_SECONDS = 20.0


def operator_session(scope: str = SCOPE) -> requests.Session:
    """Return a session with the default credentials. Raises Unavailable if there are none."""
    try:
        credentials, _project = google.auth.default(scopes=[scope])
    except google.auth.exceptions.GoogleAuthError:
        raise errors.Unavailable("google", "credentials") from None
    authorize: Any = google.auth.transport.requests.AuthorizedSession
    session: requests.Session = authorize(credentials, refresh_timeout=CALL_SECONDS)
    return session


def fetching(session: requests.Session, dependency: str) -> Callable[[str], tuple[int, Any]]:
    """Return a function: URL → status and decoded JSON, or None if it is not JSON. It raises Unavailable."""

    def fetch(url: str) -> tuple[int, Any]:
        try:
            answer = session.get(url, timeout=CALL_SECONDS, allow_redirects=False)
        except google.auth.exceptions.GoogleAuthError:
            raise errors.Unavailable(dependency, "credentials") from None
        except requests.RequestException as error:
            raise errors.Unavailable(dependency, type(error).__name__) from None
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, None

    return fetch
