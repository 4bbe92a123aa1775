"""Documents of tenants, as this version stores them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shared.tenant import Closing, Consent, Reason, Status, Tenant, to_document
from tests.helpers.fakes import NOW

RECEIPT = "5c1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e"


def active(checked_at: datetime = NOW, **consent: Any) -> dict[str, Any]:
    """consent: lost_at, unknown_at."""
    return to_document(Tenant("Contoso", Status.ACTIVE, Consent(checked_at, **consent)))


def closing(
    purge_at: datetime = NOW,
    reason: Reason = Reason.REQUESTED,
    receipt: str = RECEIPT,
    status: Status = Status.CLOSING,
) -> dict[str, Any]:
    consent = Consent(NOW - timedelta(days=1))
    return to_document(Tenant("Contoso", status, consent, Closing(purge_at, reason, receipt)))


def purging(purge_at: datetime = NOW, receipt: str = RECEIPT) -> dict[str, Any]:
    return closing(purge_at, receipt=receipt, status=Status.PURGING)
