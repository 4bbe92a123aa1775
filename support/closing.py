"""Asking for an organization's deletion, as support does."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from shared.receipts import new_salt
from shared.store import TenantStore
from shared.tenant import Closing, Reason


async def close_tenant(store: TenantStore, delay_seconds: int, reason: Reason) -> Closing:
    """Close the tenant and return its closing; that of an earlier request, if it is closing already.

    Raises TenantNotOnboarded, TenantPurging, BrokenRecord, Unavailable.
    """
    purge_at = datetime.now(UTC) + timedelta(seconds=delay_seconds)
    wanted = Closing(purge_at, reason, str(uuid.uuid4()), new_salt())
    tenant = await store.change(lambda tenant: tenant.close(wanted))
    return tenant.closing or wanted
