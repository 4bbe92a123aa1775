"""What the function is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.entra.start import entra_calls
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.settings import PortalSettings, StatementSettings
from shared.signing import AUDIT, Signer, public_keys, signer
from shared.web.app import Application
from shared.web.attempts import Attempts

from . import sign_in
from .forms import Forms
from .pages import PortalPages
from .portal import Portal, application
from .proofs import Proofs
from .receipt_pages import ReceiptPages
from .receipts import Receipts
from .session import Sessions


def build(settings: PortalSettings) -> Application:
    """The function, on Entra, Firestore and Firebase."""
    keys, url = settings.session_keys, settings.portal_url
    sessions, pages = Sessions(keys, url), PortalPages(settings)
    portal = Portal(
        settings,
        entra_calls(settings),
        Firestore(settings.project, settings.firestore_emulator),
        sessions,
        Attempts("portal-sign-in", keys, url, sign_in.LIFETIME_SECONDS),
        Forms(sessions, url),
        pages,
    )
    audits = signer(AUDIT, settings.audit_signing_key)
    published = published_keys(settings, audits)
    receipts = Receipts(portal.database, ReceiptPages(pages, url), published)
    return application(portal, receipts, Proofs(portal, Users(settings.project), audits))


def published_keys(settings: StatementSettings, audits: Signer) -> list[Mapping[str, Any]]:
    """Those of the setting, and the portal's own."""
    keys = {key["kid"]: key for key in public_keys(settings.receipt_public_keys)}
    return list({**keys, audits.kid: audits.public}.values())
