"""Makes the calls to Microsoft of a function that starts; a certificate that expires soon is written to the log."""

from __future__ import annotations

from datetime import UTC, datetime

from shared import logs
from shared.settings import EntraSettings

from .calls import EntraCalls
from .client import Entra

ENDING = "entra_certificate_ending"  # the event, and the name of the alert on it


def entra_calls(settings: EntraSettings, now: datetime | None = None) -> EntraCalls:
    """Return the calls to Entra and Graph, under these settings."""
    days = days_left(settings, now or datetime.now(UTC))
    if days is not None:
        logs.event(ENDING, "WARNING", days_left=days, alert=ENDING)
    return EntraCalls(Entra(settings))


def days_left(settings: EntraSettings, now: datetime) -> int | None:
    """Return the whole days until the certificate expires, if that is soon."""
    if settings.entra_credential != "certificate":
        return None
    from . import certificate  # only who has one waits for what reads it

    ours = certificate.read(settings.entra_client_certificate, now)
    return ours.days_left(now) if ours.is_ending(now) else None
