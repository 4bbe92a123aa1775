"""The Auth users of the project: the only module that imports firebase_admin, and only when a call needs it.

firebase_admin blocks, so each call has a thread and a deadline.
Sources: Firebase, "Manage users", "Firebase Authentication limits"; firebase_admin's source.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.errors import Unavailable
from shared.threads import Threads

HTTP_SECONDS = 20.0  # a call may carry 1,000 users
CALL_SECONDS = 25.0
SINGLE_SECONDS = 8.0  # a phone waits for it
MAX_DELETE_USERS = 1000
MAX_LOOKUP_USERS = 100
MAX_UID_LENGTH = 128
T = TypeVar("T")


class QuotaExceeded(Unavailable):
    """Firebase refuses more of these calls for now."""


class PageRefused(Exception):
    """The page token does not lead on."""


@dataclass(frozen=True)
class User:
    """has_profile: there is more on it than the uid and the two claims, which a phone can add by itself."""

    uid: str
    has_profile: bool


class Users:
    """Every method raises Unavailable when Firebase is away, and QuotaExceeded when it has had too many calls."""

    def __init__(self, project: str, threads: Threads | None = None) -> None:
        self._project = project
        self._threads = threads or Threads()
        self._app: Any = None
        self._making = threading.Lock()

    async def delete(self, uids: Sequence[str]) -> set[str]:
        """Delete Auth users (≤ 1,000), unknown ones included; returns the uids that Firebase did not delete."""
        if not uids:
            return set()
        result = await self._call(lambda auth, app: auth.delete_users(list(uids), app=app))
        return {uids[error.index] for error in result.errors}

    async def delete_one(self, uid: str) -> None:
        """Delete an Auth user by the single call, of which Firebase allows more; an unknown one is no error."""

        def delete(auth: Any, app: Any) -> None:
            try:
                auth.delete_user(uid, app=app)
            except auth.UserNotFoundError:
                return

        await self._call(delete, SINGLE_SECONDS)

    async def page(self, token: str = "") -> tuple[list[User], str]:
        """A page (≤ 1,000) of all Auth users, and the next page's token; empty at the end. Raises PageRefused."""

        def ask(auth: Any, app: Any) -> Any:
            from firebase_admin.exceptions import InvalidArgumentError

            try:
                return auth.list_users(page_token=token or None, app=app)
            except InvalidArgumentError:
                raise PageRefused from None

        page = await self._call(ask)
        users = [User(record.uid, has_profile(record)) for record in page.users]
        return users, page.next_page_token or ""

    async def exported(self, token: str = "") -> tuple[list[Any], str]:
        """A page as firebase_admin's ExportedUserRecord, for the audit."""
        page = await self._call(
            lambda auth, app: auth.list_users(page_token=token or None, app=app)
        )
        return list(page.users), page.next_page_token or ""

    async def lookup(self, uids: Sequence[str]) -> list[Any]:
        """Those of these users (≤ 100) that exist, as firebase_admin's UserRecord."""
        if not uids:
            return []

        def ask(auth: Any, app: Any) -> Any:
            return auth.get_users([auth.UidIdentifier(uid) for uid in uids], app=app)

        return list((await self._call(ask)).users)

    async def _call(self, call: Callable[[Any, Any], T], seconds: float = CALL_SECONDS) -> T:
        def bounded() -> T:
            import google.auth.exceptions
            from firebase_admin import auth, exceptions

            try:
                return call(auth, self._application())
            except exceptions.ResourceExhaustedError as error:
                raise QuotaExceeded("firebase", type(error).__name__) from None
            except (exceptions.FirebaseError, google.auth.exceptions.GoogleAuthError) as error:
                raise Unavailable("firebase", type(error).__name__) from None

        return await self._threads.run(bounded, seconds=seconds, dependency="firebase")

    def _application(self) -> Any:
        """firebase_admin's, made once; several threads may ask for it first."""
        import firebase_admin

        with self._making:
            if self._app is None:
                options = {"projectId": self._project, "httpTimeout": HTTP_SECONDS}
                name = f"calliente-{uuid.uuid4()}"
                self._app = firebase_admin.initialize_app(options=options, name=name)
            return self._app


def has_profile(record: Any) -> bool:
    """record: firebase_admin's UserRecord."""
    return any(
        (
            record.email,
            record.phone_number,
            record.display_name,
            record.photo_url,
            record.provider_data,
        )
    )
