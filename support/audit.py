"""Compares everything that is stored with the inventory: every document, collection, missing parent and Auth user.

The audit changes nothing. It reads each document once, and holds one page of documents in memory. Everything that the
inventory does not declare is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from shared import inventory
from shared.audit import (
    Report,
    check,
    check_below,
    check_receipt,
    check_tenant,
    check_user,
    device_path,
)
from shared.google.firestore import Document, Firestore
from shared.google.users import Users


class Audit:
    """progress: called with the number of items seen since the last call."""

    def __init__(
        self, database: Firestore, users: Users, progress: Callable[[int], None] | None = None
    ) -> None:
        self._database = database
        self._users = users
        self._progress = progress or (lambda _count: None)
        self.report = Report()

    async def run(self) -> Report:
        """Return the report of the whole audit. Raises Unavailable."""
        await self._documents()
        await self._auth_users()
        return self.report

    async def _documents(self) -> None:
        """Check every document of the database, by path: a tenant comes before the documents below it."""
        tenant = ""
        async with aclosing(self._database.stream("", below=True)) as documents:
            async for document in documents:
                self._progress(1)
                match document.path.split("/"):
                    case ["tenants", tenant_id]:
                        tenant = tenant_id
                        check_tenant(self.report, document)
                    case ["tenants", tenant_id, *_below]:
                        self._below(document, is_orphan=tenant_id != tenant)
                    case ["receipts", _receipt_id]:
                        check_receipt(self.report, document)
                    case ["state", "sweep"]:
                        check(self.report, document, inventory.SweepDocument(), "state")
                    case _:
                        self.report.note(document.path, "no document belongs here")

    def _below(self, document: Document, is_orphan: bool) -> None:
        if is_orphan:
            self.report.note(document.path, "it outlived its tenant")
        check_below(self.report, document)

    async def _auth_users(self) -> None:
        token = ""
        while True:
            page, token = await self._users.exported(token)
            await self._check_page(page)
            self._progress(len(page))
            if not token:
                return

    async def _check_page(self, page: list[Any]) -> None:
        paths = {user.uid: device_path(user.uid) for user in page}
        asked = [path for path in paths.values() if path]
        documents = await self._database.get_all(asked) if asked else []
        present = {document.path for document in documents if document}
        for user in page:
            check_user(self.report, user)
            if paths[user.uid] not in present:
                self.report.note(
                    f"auth/{user.uid}", "no registered device belongs to this Auth user"
                )


def as_json(report: Report) -> str:
    findings = [{"path": path, "finding": what} for path, what in report.findings]
    return json.dumps({"counts": dict(sorted(report.counts.items())), "findings": findings})
