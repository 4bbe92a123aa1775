"""A stand-in for Microsoft Entra ID and Microsoft Graph: local, over TLS, and able to misbehave on
request.

Nothing that can be installed here knows admin consent, so the project brings what it needs of both,
in the shapes that real MSAL expects. `EntraStandIn` runs it inside this process.
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
