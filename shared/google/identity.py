"""Firebase Authentication: the only module that imports firebase_admin, and only when a call needs it.

ID tokens are checked with joserfc against Google's published keys, which the Firebase documentation describes for
third-party libraries: firebase_admin parses its certificates anew on every call.
Sources: Firebase, "Verify ID tokens using a third-party JWT library"; firebase_admin source.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from shared import tokens
from shared.errors import Unavailable
from shared.keys import KeyCache, PublishedKeys
from shared.tokens import DeviceIdentity

HTTP_SECONDS = 4.0
MAX_DELETE_USERS = 1000


class DeviceTokens:
    """Checks Firebase ID tokens. With an Auth emulator, which signs nothing, it takes its unsigned tokens alone."""

    def __init__(
        self,
        project: str,
        keys_url: str,
        emulator: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._project = project
        self._emulated = bool(emulator)
        self._clock = clock
        self._keys = KeyCache(PublishedKeys(keys_url, "firebase"), time.monotonic)

    def verify(self, token: str) -> DeviceIdentity:
        """Raises Unauthenticated, Unavailable."""
        if self._emulated:
            return tokens.unsigned_firebase_device(token, self._project, self._clock())
        return tokens.firebase_device(token, self._keys.get, self._project, self._clock())


class Accounts:
    """The Auth users of the project. Every method raises Unavailable when Firebase is away."""

    def __init__(self, project: str) -> None:
        self._project = project

    def delete(self, uids: Sequence[str]) -> list[str]:
        """Delete Auth users (≤ 1,000), unknown ones included; returns the uids that Firebase did not delete."""
        if not uids:
            return []
        result = self._call(lambda auth: auth.delete_users(list(uids), app=self._app))
        return [uids[error.index] for error in result.errors]

    def pages(self) -> Iterator[list[Any]]:
        """All Auth users, a page (≤ 1,000) in memory at a time: firebase_admin's ExportedUserRecord."""
        page_token: str | None = None
        while True:
            token = page_token
            page = self._call(lambda auth: auth.list_users(page_token=token, app=self._app))  # noqa: B023 - called at once
            if page.users:
                yield page.users
            page_token = page.next_page_token
            if not page_token:
                return

    @cached_property
    def _app(self) -> Any:
        import firebase_admin

        options = {"projectId": self._project, "httpTimeout": HTTP_SECONDS}
        return firebase_admin.initialize_app(options=options, name=f"calliente-{uuid.uuid4()}")

    def _call(self, call: Callable[[Any], Any]) -> Any:
        import google.auth.exceptions
        from firebase_admin import auth, exceptions

        try:
            return call(auth)
        except (exceptions.FirebaseError, google.auth.exceptions.GoogleAuthError) as error:
            raise Unavailable("firebase", type(error).__name__) from None
