"""The credentials of a function's service account, and requests for them that have a deadline.

Imports google.auth only when called: half of a cold start, and nothing where an emulator stands in.
Source: google-auth user guide ("Application Default Credentials"); google-auth source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shared.errors import Unavailable

HTTP_SECONDS = 4.0

# google.auth.transport.Request: (url, method, body, headers) → status, headers, data
Request = Callable[..., Any]


def default(scopes: Sequence[str], dependency: str) -> Any:
    """google.auth's credentials for `scopes`. Raises Unavailable(dependency) where there are none."""
    import google.auth
    import google.auth.exceptions

    try:
        credentials, _project = google.auth.default(scopes=scopes)
    except google.auth.exceptions.GoogleAuthError:
        raise Unavailable(dependency, "credentials") from None
    return credentials


def credentials(scope: str, dependency: str) -> tuple[Any, Request]:
    """As `default`, and the request that refreshes them."""
    import google.auth.transport.urllib3
    import urllib3

    request_of: Any = google.auth.transport.urllib3.Request
    request = once(request_of(urllib3.PoolManager(retries=False)))
    return default([scope], dependency), request


def once(request: Request) -> Request:
    """`request` with a deadline, and without google.auth's waiting: up to 15 seconds and five times, for whoever waits.

    It waits and asks again after a TransportError and some answers of 5xx; here both are a RefreshError, which ends
    the call.
    """
    import google.auth.exceptions

    ended: Any = google.auth.exceptions.RefreshError

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = request(*args, **{**kwargs, "timeout": HTTP_SECONDS})
        except google.auth.exceptions.TransportError:
            raise ended("no answer") from None
        if answer.status >= 500:
            raise ended(f"HTTP {answer.status}")
        return answer

    return call
