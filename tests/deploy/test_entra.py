"""The registration in Entra is whole: what was a manifest by hand follows from the stack."""

import pytest

from deploy.infrastructure.entra import mobile_redirects
from deploy.infrastructure.functions import FUNCTIONS, declared
from shared.entra.permissions import GRAPH_APP_ID, READING, SIGN_IN
from tests.deploy.stacks import LEFT_OUT, config, environment, of

CLIENT_ID = "99999999-0000-4000-8000-000000000000"
FEDERATED = "azuread.ApplicationFederatedIdentityCredential"


def test_the_application_is_for_any_organization_with_tokens_of_version_two():
    """No implicit grant; directory roles are in the tokens, and nothing else of a person's groups."""
    inputs = of("azuread.ApplicationRegistration")["calliente"].inputs
    assert inputs["signInAudience"] == "AzureADMultipleOrgs"
    assert inputs["requestedAccessTokenVersion"] == 2
    assert inputs["groupMembershipClaims"] == ["DirectoryRole"]
    assert inputs["implicitAccessTokenIssuanceEnabled"] is False
    assert inputs["implicitIdTokenIssuanceEnabled"] is False
    assert of("azuread.ServicePrincipal")["calliente"].inputs["clientId"] == CLIENT_ID


def test_phones_can_ask_a_token_for_our_api():
    """The scope is the one that registration wants, and the consent covers it."""
    scope = of("azuread.ApplicationPermissionScope")["register-devices"].inputs
    registration = next(one for one in FUNCTIONS if one.name == "device_registration")
    wanted = {one.metadata["variable"]: one.default for one in declared(registration)}
    assert (scope["value"], scope["type"]) == (wanted["ENTRA_DEVICE_SCOPE"], "User")
    uri = of("azuread.ApplicationIdentifierUri")["api"].inputs["identifierUri"]
    assert uri == f"api://{CLIENT_ID}"
    own = of("azuread.ApplicationApiAccess")["own-api"].inputs
    assert (own["apiClientId"], own["scopeIds"]) == (CLIENT_ID, [scope["scopeId"]])


def test_graph_is_read_with_a_person_only():
    """The delegated permissions of the declaration, and no application permission at all."""
    accesses = of("azuread.ApplicationApiAccess")
    graph = accesses["graph"].inputs
    assert graph["apiClientId"] == GRAPH_APP_ID
    assert sorted(graph["scopeIds"]) == sorted([*READING.values(), *SIGN_IN.values()])
    assert set(SIGN_IN) == {"openid", "profile", "offline_access"}
    assert not any("roleIds" in one.inputs for one in accesses.values())


def test_tokens_tell_whether_a_person_is_there():
    """`idtyp` is how registration refuses an application's own token."""
    claims = of("azuread.ApplicationOptionalClaims")["claims"].inputs
    assert [one["name"] for one in claims["accessTokens"]] == ["idtyp"]


def test_administrators_without_a_directory_role_can_be_named():
    """The app role that onboarding and the portal know."""
    role = of("azuread.ApplicationAppRole")["administrator"].inputs
    assert (role["value"], role["allowedMemberTypes"]) == ("Calliente.Admin", ["User"])


@pytest.mark.parametrize("own", ["https://connect.example.com", LEFT_OUT])
def test_redirects_follow_the_addresses_that_the_functions_are_told(own: str):
    """To the letter: what differs is refused by Entra."""
    changes = {"ONBOARDING_URL": own}
    onboarding = environment("onboarding", **changes)["ONBOARDING_URL"]
    portal = environment("admin-portal", **changes)["PORTAL_URL"]
    if own == LEFT_OUT:
        assert onboarding == "https://onboarding-123456789012.europe-west1.run.app"
    assert of("azuread.ApplicationRedirectUris", **changes)["web"].inputs["redirectUris"] == [
        f"{onboarding}/consented",
        f"{onboarding}/verified",
        f"{portal}/signed-in",
    ]


@pytest.mark.parametrize(("told", "enabled"), [("refused", False), ("allowed", True)])
def test_a_sign_in_by_device_code_is_for_staging(told: str, enabled: bool):
    """`support prove` needs it; elsewhere nobody can be talked into entering a code of ours."""
    fallback = of("azuread.ApplicationFallbackPublicClient", DEVICE_CODE=told)["device-code"]
    assert fallback.inputs["enabled"] is enabled
    unsaid = of("azuread.ApplicationFallbackPublicClient")["device-code"]
    assert unsaid.inputs["enabled"] is False


def test_phones_of_both_platforms_can_come_back():
    """MSAL's addresses, made of the app's name and its signature."""
    mobile = of("azuread.ApplicationRedirectUris")["mobile"].inputs
    assert mobile["type"] == "PublicClient"
    assert mobile["redirectUris"] == [
        "msauth://com.example.calliente/ABEiM0RVZneImaq7zN3u%2FwARIjM%3D",
        "msauth.com.example.calliente://auth",
    ]
    assert mobile_redirects(config(IOS_BUNDLE_ID=LEFT_OUT, IOS_TEAM_ID=LEFT_OUT).stack) == [
        mobile["redirectUris"][0]
    ]


@pytest.mark.parametrize(
    ("cloud", "environment_", "audience"),
    [
        ("public", "public", "api://AzureADTokenExchange"),
        ("usgov", "usgovernmentl4", "api://AzureADTokenExchangeUSGov"),
        ("china", "china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_a_cloud_of_microsofts_has_its_own_audience(cloud: str, environment_: str, audience: str):
    """One setting names the cloud; the registration and its federation follow."""
    assert of("providers.azuread", ENTRA_CLOUD=cloud)["entra"].inputs["environment"] == environment_
    for one in of(FEDERATED, ENTRA_CLOUD=cloud).values():
        assert one.inputs["audiences"] == [audience]


def test_three_identities_are_trusted_in_place_of_a_secret():
    """Those that talk to Entra, by their number, which a new account of the same name would not have."""
    federated = of(FEDERATED)
    assert set(federated) == {"onboarding", "admin-portal", "tenant-purge"}
    subjects = [one.inputs["subject"] for one in federated.values()]
    assert len(set(subjects)) == 3
    assert all(subject.isdigit() for subject in subjects)
    assert {one.inputs["issuer"] for one in federated.values()} == {"https://accounts.google.com"}


def test_the_functions_are_told_this_registration():
    """Nobody copies a client ID."""
    for name in ("onboarding", "admin-portal", "tenant-purge", "device-registration"):
        assert environment(name)["ENTRA_CLIENT_ID"] == CLIENT_ID
    assert not any(name.startswith("ENTRA_C") for name in environment("heartbeat"))


def test_the_registration_survives_undeploying():
    """Another client ID would be another application, to which every organization has to consent again."""
    assert of("azuread.ApplicationRegistration")["calliente"].protected
