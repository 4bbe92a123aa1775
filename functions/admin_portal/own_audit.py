"""The audit that an administrator runs: all that is stored about one organization, and nobody else, by the inventory.

Its documents, and the Auth users of its devices. Users without a device are not looked for: Firebase lists all users of
a project, or those whose IDs one knows, and nothing between; the scheduled run finds and deletes those of a tenant that
is purged. Some documents are in memory at a time, and at most so many findings.
Source: Firebase, "Retrieve user data in bulk" (100 identifiers a call).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from shared import inventory, logs
from shared.audit import Report, check_below, check_tenant, check_user, declared, is_uid
from shared.errors import Unavailable
from shared.google.firestore import Firestore
from shared.google.users import MAX_LOOKUP_USERS, Users
from shared.store import TenantStore

AT_ONCE = 5  # calls to Firebase
MOST_FINDINGS = 100
MOST_LETTERS = 300  # of a path or a finding: both can hold names that somebody chose
NOT_COVERED = (
    "Auth users without a device: the scheduled run deletes those of an organization with it"
)


class OwnAudit:
    """`progress` first, to its end; then `statement`."""

    def __init__(self, database: Firestore, users: Users, store: TenantStore) -> None:
        self._database = database
        self._users = users
        self._store = store
        self._without_user = 0
        self.report = Report(MOST_FINDINGS)
        self.is_complete = False

    async def progress(self) -> AsyncGenerator[int, None]:
        """How many devices are checked so far, each time some more are. It ends early where a service is away."""
        try:
            async with aclosing(self._checked()) as counts:
                async for count in counts:
                    yield count
            self.is_complete = True
        except Unavailable as away:
            logs.away(away)

    def statement(self, now: datetime) -> dict[str, Any]:
        """What was found, to be signed."""
        report, fields = self.report, declared()
        return {
            "iat": int(now.timestamp()),
            "checkedAt": now.isoformat(timespec="seconds"),
            "tenantId": self._store.id,
            "inventory": inventory.digest(),
            "documents": {name: report.counts[name] for name in ("tenants", "devices")},
            "fields": {name: report.counts[name] for name in fields},
            "authUsers": {"found": report.counts["auth users"], "absent": self._without_user},
            "findings": [
                {"path": path[:MOST_LETTERS], "finding": what[:MOST_LETTERS]}
                for path, what in report.findings
            ],
            "moreFindings": report.unnamed,
            "notCovered": NOT_COVERED,
        }

    async def _checked(self) -> AsyncGenerator[int, None]:
        tenant = await self._database.get(self._store.path)
        if tenant is not None:
            check_tenant(self.report, tenant)
        uids: list[str] = []
        async with aclosing(self._database.stream(self._store.path, below=True)) as documents:
            async for document in documents:
                check_below(self.report, document)
                uid = f"{self._store.id}:{document.id}"
                if document.path == f"{self._store.devices_path}/{document.id}" and is_uid(uid):
                    uids.append(uid)
                if len(uids) == AT_ONCE * MAX_LOOKUP_USERS:
                    await self._check_users(uids)
                    uids = []
                    yield self.report.counts["devices"]
        await self._check_users(uids)
        yield self.report.counts["devices"]

    async def _check_users(self, uids: Sequence[str]) -> None:
        """Raises Unavailable."""
        pages = [
            uids[start : start + MAX_LOOKUP_USERS]
            for start in range(0, len(uids), MAX_LOOKUP_USERS)
        ]
        for found in await asyncio.gather(*map(self._users.lookup, pages)):
            for user in found:
                check_user(self.report, user)
            self._without_user -= len(found)
        self._without_user += len(uids)
