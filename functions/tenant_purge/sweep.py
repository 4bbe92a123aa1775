"""Looking through all Auth users of the project, once for all tenants that are being purged.

It finds users without a document (a custom token that was exchanged after its device had signed out leaves one), and
users on whom a phone has put something about a person. A pass goes on where the last run stopped; the bookmark is
Firebase's page token, the ID of the last user listed. Nobody signs in anew to a tenant that is purging, because its
closing took longer than a custom token lives: so a pass covers each tenant whose purge began before the pass did.
Source: Firebase, "Manage users" (listing all users); firebase_admin's source.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared import logs
from shared.google.firestore import (
    AlreadyExists,
    Changed,
    Document,
    Firestore,
    NotFound,
    Transaction,
)
from shared.google.users import PageRefused, User, Users

from .budget import Budget
from .pace import PacedUsers

BOOKMARK = "state/sweep"
MOST_AGE = timedelta(days=1)


class Overtaken(Exception):
    """Another run continues this pass, or has ended it."""


class NotCovered(Exception):
    """The tenant is not being purged any more."""


@dataclass(frozen=True)
class Pass:
    """began: when the bookmark was made, by Firestore's clock. version: of the bookmark."""

    token: str
    started_at: datetime
    began: datetime
    version: Any


class Sweep:
    """now: wall clock, aware."""

    def __init__(
        self,
        database: Firestore,
        users: Users,
        paced: PacedUsers,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._users = users
        self._paced = paced
        self._now = now
        self.deleted: Counter[str] = Counter()  # users, by tenant

    async def current(self) -> Pass | None:
        """Return the pass that has begun, or None; a pass that is a day old is given up. Raises Unavailable."""
        document = await self._database.get(BOOKMARK)
        if document is None:
            return None
        sweep = _read(document)
        if sweep is None or not timedelta() <= self._now() - sweep.started_at < MOST_AGE:
            await self._give_up(document.version)
            return None
        return sweep

    async def begin(self) -> Pass:
        """Begin a pass. Raises Overtaken if another run has begun one, Unavailable."""
        fields = {"pageToken": "", "startedAt": self._now()}

        async def decide(transaction: Transaction) -> None:
            if (await transaction.get(BOOKMARK))[0] is not None:
                raise Overtaken
            transaction.create(BOOKMARK, fields)

        try:
            await self._database.transact(decide)
        except AlreadyExists:
            raise Overtaken from None
        begun = await self.current()
        if begun is None:
            raise Overtaken
        return begun

    async def run(
        self,
        sweep: Pass,
        is_covered: Callable[[str], Awaitable[bool]],
        budget: Budget,
    ) -> bool:
        """Go on with a pass, for a page at least; whether it has come to its end, and its bookmark is gone.

        is_covered: whether a tenant's users are to be deleted, asked for each page. Raises Overtaken, Unavailable.
        """
        while True:
            try:
                page, token = await self._users.page(sweep.token)
            except PageRefused:
                await self._give_up(sweep.version)
                return False
            await self._delete(page, is_covered, budget)
            if not token:
                await self._give_up(sweep.version)
                return True
            sweep = await self._move(sweep, token)
            if budget.is_spent:
                return False

    async def _delete(
        self,
        page: Sequence[User],
        is_covered: Callable[[str], Awaitable[bool]],
        budget: Budget,
    ) -> None:
        """Delete the users of covered tenants, checked again right before each call, and users with a profile."""
        by_tenant: defaultdict[str, list[str]] = defaultdict(list)
        personal = [user.uid for user in page if user.has_profile]
        for user in page:
            if not user.has_profile:
                by_tenant[_tenant_of(user.uid)].append(user.uid)
        if personal:
            logs.event("personal_data_found", "CRITICAL", count=len(personal))
            self._count(personal, await self._paced.delete(personal, budget.ends_at))
        deletions = [
            self._delete_of(tenant, uids, is_covered, budget)
            for tenant, uids in by_tenant.items()
            if await is_covered(tenant)
        ]
        await asyncio.gather(*deletions)

    async def _delete_of(
        self,
        tenant: str,
        uids: list[str],
        is_covered: Callable[[str], Awaitable[bool]],
        budget: Budget,
    ) -> None:
        async def check() -> None:
            if not await is_covered(tenant):
                raise NotCovered

        try:
            kept = await self._paced.delete(uids, budget.ends_at, check)
        except NotCovered:
            return
        self._count(uids, kept)

    def _count(self, uids: list[str], kept: set[str]) -> None:
        self.deleted.update(_tenant_of(uid) for uid in uids if uid not in kept)

    async def _move(self, sweep: Pass, token: str) -> Pass:
        fields = {"pageToken": token, "startedAt": sweep.started_at}
        try:
            await self._database.replace(BOOKMARK, fields, sweep.version)
        except (Changed, NotFound):
            raise Overtaken from None
        document = await self._database.get(BOOKMARK)
        moved = _read(document) if document else None
        if moved is None or moved.token != token:
            raise Overtaken
        return moved

    async def _give_up(self, version: Any) -> None:
        try:
            await self._database.delete(BOOKMARK, version)
        except Changed:
            raise Overtaken from None


def _tenant_of(uid: str) -> str:
    return uid.partition(":")[0]


def _read(document: Document) -> Pass | None:
    token, started_at = document.fields.get("pageToken"), document.fields.get("startedAt")
    if (
        not isinstance(token, str)
        or not isinstance(started_at, datetime)
        or document.created is None
    ):
        return None
    return Pass(token, started_at, document.created, document.version)
