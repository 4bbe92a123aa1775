"""Signing out: this device's Auth user and its document are gone."""

from __future__ import annotations

from shared.errors import Unavailable
from shared.google.identity import Accounts
from shared.store import Tenant
from shared.tokens import DeviceIdentity


def sign_out(device: DeviceIdentity, accounts: Accounts, tenant: Tenant) -> None:
    """The Auth user first: while the document stands, a purge still finds both. Harmless when repeated.

    Raises Unavailable; what is left then goes with the next try, as the ID token outlives the Auth user.
    """
    if accounts.delete([device.uid]):
        raise Unavailable("firebase", "delete")
    tenant.forget_device(device.device_id)
