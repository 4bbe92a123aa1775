"""A scheduled run of the real code over one organization in memory, for the log lines that it writes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

from functions.tenant_purge.run import Run
from shared.google.old_firestore import Document
from shared.settings import PurgeSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = PurgeSettings(
    project="unit-tests", entra_client_id=str(uuid.uuid4()), entra_client_secret="-"
)
DONE, DENIED = 0, 7  # gRPC status codes of single writes


class Database:
    """One tenant that is being purged, its devices, and nothing else. code: of each delete of a device."""

    def __init__(self, receipt, devices, code=DONE):
        closing = {"purgeAt": NOW, "reason": "requested", "receiptId": receipt}
        consent = {"checkedAt": NOW}
        fields = {"name": "Contoso", "status": "purging", "closing": closing, "consent": consent}
        self.tenant = Document(f"tenants/{uuid.uuid4()}", fields, 1)
        self.code = code
        self.devices = [
            Document(f"{self.tenant.path}/devices/{uuid.uuid4()}", {}, 1) for _ in range(devices)
        ]

    def get(self, *_paths):
        return [self.tenant]

    def walk(self, collection, *_where, **_options):
        return iter(self.devices if collection.endswith("/devices") else [self.tenant])

    def query(self, collection, *_where, **_options):
        return self.devices if collection.endswith("/devices") else []

    def transact(self, _paths, decide):
        return decide([self.tenant])[1]

    def collection_ids(self, _path):
        return []

    def delete(self, path, update_time=None):
        return path

    def batch_write(self, writes):
        if self.code == DONE:
            self.devices = [device for device in self.devices if device.path not in writes]
        return [self.code for _ in writes]

    def commit(self, *_writes):
        pass


def run(database, seconds=0.0):
    """One run. seconds: how far its clock moves at each look."""
    ticks = iter(range(1_000_000))
    accounts = SimpleNamespace(delete=lambda _uids: [], pages=lambda: iter(()))
    Run(SETTINGS, database, accounts, None, lambda: NOW, lambda: next(ticks) * seconds).execute()
