"""tenant_purge: the scheduled run, delivered as a CloudEvent whose content says nothing that matters."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from shared.entra.client import Entra
from shared.google.firestore import Firestore
from shared.google.identity import Accounts
from shared.settings import PurgeSettings, load
from shared.web import http as web

from .run import Run

SETTINGS = load(PurgeSettings)


@cache
def database() -> Firestore:
    return Firestore(SETTINGS.project, SETTINGS.firestore_emulator)


@cache
def accounts() -> Accounts:
    return Accounts(SETTINGS.project)


@cache
def entra() -> Entra:
    return Entra(SETTINGS)


web.prepare("tenant_purge", SETTINGS.project)


@functions_framework.cloud_event
def tenant_purge(_event: CloudEvent) -> None:
    """One run. Delivered twice or at once with another, it does no harm."""
    Run(SETTINGS, database(), accounts(), entra(), lambda: datetime.now(UTC)).execute()
