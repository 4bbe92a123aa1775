"""The whole app registration in Microsoft Entra: nobody edits a manifest by hand.

Sources: Microsoft identity platform, "Application manifest", "Configure an app to trust an external identity provider",
"Optional claims reference", "National clouds"; MSAL, "Redirect URI configuration" for Android and iOS.
"""

from __future__ import annotations

import base64
from urllib.parse import quote

import pulumi
import pulumi_azuread as azuread

from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.config import Stack
from deploy.infrastructure.functions import FUNCTIONS
from deploy.infrastructure.identities import Identities
from shared.entra import clouds
from shared.entra.permissions import GRAPH_APP_ID, READING, SIGN_IN

SCOPE_ID = "6f1b2a0e-5a0d-4f0e-9d57-2a7d0f5f3c01"
ADMIN_ROLE_ID = "0b7e6f64-2f0b-4b6c-8a57-7c1d9b1c5e02"
ENVIRONMENTS = {"public": "public", "usgov": "usgovernmentl4", "china": "china"}


def mobile_redirects(stack: Stack) -> list[str]:
    """Return the redirect URIs of MSAL on phones, for the apps that the stack names."""
    redirects = []
    if stack.android_package:
        signature = base64.b64encode(bytes.fromhex(stack.android_sha1.replace(":", ""))).decode()
        redirects.append(f"msauth://{stack.android_package}/{quote(signature, safe='')}")
    if stack.ios_bundle_id:
        redirects.append(f"msauth.{stack.ios_bundle_id}://auth")
    return redirects


def make(
    cloud: Cloud, identities: Identities, addresses: dict[str, pulumi.Output[str]]
) -> pulumi.Output[str]:
    """Return the application (client) ID."""
    stack = cloud.config.stack
    provider = azuread.Provider(
        "entra",
        tenant_id=stack.entra_tenant_id,
        environment=ENVIRONMENTS[stack.entra_cloud],
    )
    by = pulumi.ResourceOptions(provider=provider)
    name = "Calliente" if cloud.config.name == "production" else f"Calliente ({cloud.config.name})"
    application = azuread.ApplicationRegistration(
        "calliente",
        display_name=name,
        sign_in_audience="AzureADMultipleOrgs",
        requested_access_token_version=2,
        group_membership_claims=["DirectoryRole"],
        implicit_access_token_issuance_enabled=False,
        implicit_id_token_issuance_enabled=False,
        # A registration made anew has another client ID: every organization would have to consent again.
        opts=pulumi.ResourceOptions(provider=provider, protect=True),
    )
    scope = _interface(application, by)
    _permissions(application, scope, provider)
    _redirects(application, addresses, mobile_redirects(stack), by)
    azuread.ApplicationFallbackPublicClient(
        "device-code",
        application_id=application.id,
        enabled=stack.device_code == "allowed",
        opts=by,
    )
    azuread.ServicePrincipal(
        "calliente",
        client_id=application.client_id,
        app_role_assignment_required=False,
        use_existing=True,
        opts=by,
    )
    if stack.entra_credential == "federated":
        _federation(application, identities, clouds.of(stack.entra_cloud).federation_audience, by)
    return application.client_id


def _interface(
    application: azuread.ApplicationRegistration, by: pulumi.ResourceOptions
) -> azuread.ApplicationPermissionScope:
    """Declare the scope of our API, the app role of administrators, and the optional claims."""
    azuread.ApplicationIdentifierUri(
        "api",
        application_id=application.id,
        identifier_uri=application.client_id.apply(lambda client_id: f"api://{client_id}"),
        opts=by,
    )
    azuread.ApplicationAppRole(
        "administrator",
        application_id=application.id,
        role_id=ADMIN_ROLE_ID,
        value="Calliente.Admin",
        display_name="Calliente administrator",
        description="May connect the organization, see what is stored about it, and have it deleted.",
        allowed_member_types=["User"],
        opts=by,
    )
    azuread.ApplicationOptionalClaims(
        "claims",
        application_id=application.id,
        access_tokens=[
            azuread.ApplicationOptionalClaimsAccessTokenArgs(name="idtyp", essential=False)
        ],
        opts=by,
    )
    return azuread.ApplicationPermissionScope(
        "register-devices",
        application_id=application.id,
        scope_id=SCOPE_ID,
        value="Devices.Register",
        type="User",
        admin_consent_display_name="Register this phone",
        admin_consent_description=(
            "Lets the Calliente app register the phone anonymously. No user data is stored."
        ),
        user_consent_display_name="Register this phone",
        user_consent_description=(
            "Lets the Calliente app register this phone anonymously. Nothing about you is stored."
        ),
        opts=by,
    )


def _permissions(
    application: azuread.ApplicationRegistration,
    scope: azuread.ApplicationPermissionScope,
    provider: azuread.Provider,
) -> None:
    """Declare the permissions that the admin consent grants: reading as a person, signing in, and our own API."""
    graph = azuread.ApplicationApiAccess(
        "graph",
        application_id=application.id,
        api_client_id=GRAPH_APP_ID,
        scope_ids=[*READING.values(), *SIGN_IN.values()],
        opts=pulumi.ResourceOptions(provider=provider),
    )
    azuread.ApplicationApiAccess(
        "own-api",
        application_id=application.id,
        api_client_id=application.client_id,
        scope_ids=[scope.scope_id],
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[graph, scope]),
    )


def _redirects(
    application: azuread.ApplicationRegistration,
    addresses: dict[str, pulumi.Output[str]],
    mobile: list[str],
    by: pulumi.ResourceOptions,
) -> None:
    web = pulumi.Output.all(addresses["onboarding"], addresses["admin_portal"]).apply(
        lambda urls: [f"{urls[0]}/consented", f"{urls[0]}/verified", f"{urls[1]}/signed-in"]
    )
    azuread.ApplicationRedirectUris(
        "web", application_id=application.id, type="Web", redirect_uris=web, opts=by
    )
    if mobile:
        azuread.ApplicationRedirectUris(
            "mobile",
            application_id=application.id,
            type="PublicClient",
            redirect_uris=mobile,
            opts=by,
        )


def _federation(
    application: azuread.ApplicationRegistration,
    identities: Identities,
    audience: str,
    by: pulumi.ResourceOptions,
) -> None:
    """Let the three functions that call Entra use their Google tokens instead of a secret."""
    for function in FUNCTIONS:
        if function.reaches_entra:
            azuread.ApplicationFederatedIdentityCredential(
                function.service,
                application_id=application.id,
                display_name=function.service,
                description=f"Google Cloud service account of {function.name}; no secret is shared",
                issuer="https://accounts.google.com",
                subject=identities.functions[function.name].unique_id,
                audiences=[audience],
                opts=by,
            )
