"""A cache of Entra's endpoints, so that not every sign-in that a stranger begins makes a call to Microsoft.

MSAL fetches the OpenID Connect metadata of a tenant whenever an application is made. This is MSAL's HTTP client; it
answers that request from memory for an hour, for a bounded number of tenants, and makes every other request. It keeps
no token. Source: OpenID Connect Discovery 1.0, 4 ("Obtaining OpenID Provider Configuration Information").
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import requests

from .http import Session
from .refused import EntraRefused

METADATA = "/.well-known/openid-configuration"
LIFETIME_SECONDS = 3600.0
MOST_TENANTS = 500


class RememberingClient:
    """MSAL's `http_client`. Raises EntraRefused if Entra has no metadata, because it does not know the tenant."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, requests.Response]] = OrderedDict()

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        if not url.endswith(METADATA):
            return self._session.get(url, **kwargs)
        return self._remembered(url) or self._asked(url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return self._session.post(url, **kwargs)

    def close(self) -> None:
        self._session.close()

    def _remembered(self, url: str) -> requests.Response | None:
        with self._lock:
            ends, response = self._known.get(url, (0.0, None))
            if response is None or ends <= self._clock():
                return None
            self._known.move_to_end(url)
            return response

    def _asked(self, url: str, **kwargs: Any) -> requests.Response:
        response = self._session.get(url, **kwargs)
        if response.status_code != 200:
            raise EntraRefused.parse(_document(response), direct=True)
        with self._lock:
            self._known[url] = (self._clock() + LIFETIME_SECONDS, response)
            self._known.move_to_end(url)
            while len(self._known) > MOST_TENANTS:
                self._known.popitem(last=False)
        return response


def _document(response: requests.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
