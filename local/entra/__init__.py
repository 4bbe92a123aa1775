"""A stand-in for Microsoft Entra ID and Microsoft Graph: local, over TLS, and able to misbehave on request.

No emulator knows admin consent, so the project implements what it needs of both, with the answers that real MSAL
expects. `EntraStandIn` runs it inside this process.
"""

from local.entra.clients import Browser, EntraSession, Page
from local.entra.directory import (
    CONTOSO,
    FABRIKAM,
    GLOBAL_ADMINISTRATOR,
    NORTHWIND,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    Account,
    Tenant,
)
from local.entra.registration import AppRegistration, FederatedIssuer, FederatedTrust
from local.entra.server import EntraStandIn

__all__ = [
    "CONTOSO",
    "FABRIKAM",
    "GLOBAL_ADMINISTRATOR",
    "NORTHWIND",
    "PRIVILEGED_ROLE_ADMINISTRATOR",
    "Account",
    "AppRegistration",
    "Browser",
    "EntraSession",
    "EntraStandIn",
    "FederatedIssuer",
    "FederatedTrust",
    "Page",
    "Tenant",
]
