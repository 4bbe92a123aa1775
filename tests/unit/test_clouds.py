"""Which cloud of Microsoft's is meant, and what follows from it."""

from __future__ import annotations

import pytest

from shared.entra.client import Entra
from shared.settings import EntraSettings, RegistrationSettings, SettingsError, load

BASE = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
}
PUBLIC = (
    "https://login.microsoftonline.com",
    "https://graph.microsoft.com",
    "https://graph.microsoft.com/.default",
    "api://AzureADTokenExchange",
)
US = (
    "https://login.microsoftonline.us",
    "https://graph.microsoft.us",
    "https://graph.microsoft.us/.default",
    "api://AzureADTokenExchangeUSGov",
)
DEFENSE = (
    US[0],
    "https://dod-graph.microsoft.us",
    "https://dod-graph.microsoft.us/.default",
    US[3],
)
CHINA = (
    "https://login.partner.microsoftonline.cn",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://microsoftgraph.chinacloudapi.cn/.default",
    "api://AzureADTokenExchangeChina",
)
LOCAL = "https://localhost:4443"


def addresses(**environ):
    settings = load(EntraSettings, {**BASE, **environ})
    return (
        settings.entra_authority,
        settings.graph_endpoint,
        settings.graph_scope,
        settings.federation_audience,
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, PUBLIC),
        ({"ENTRA_CLOUD": "public"}, PUBLIC),
        ({"ENTRA_CLOUD": "usgov"}, US),
        ({"ENTRA_CLOUD": "china"}, CHINA),
        ({"ENTRA_CLOUD": "usgov", "GRAPH_ENDPOINT": DEFENSE[1]}, DEFENSE),
        ({"ENTRA_AUTHORITY": US[0], "GRAPH_ENDPOINT": US[1]}, US),
        ({"ENTRA_AUTHORITY": US[0], "GRAPH_ENDPOINT": DEFENSE[1]}, DEFENSE),
        ({"ENTRA_AUTHORITY": US[0]}, US),
        ({"ENTRA_AUTHORITY": CHINA[0], "ENTRA_CLOUD": "usgov"}, CHINA),
        ({"ENTRA_AUTHORITY": LOCAL, "GRAPH_ENDPOINT": LOCAL}, (LOCAL, LOCAL, *PUBLIC[2:])),
        (
            {"ENTRA_CLOUD": "china", "ENTRA_AUTHORITY": LOCAL, "GRAPH_ENDPOINT": LOCAL},
            (LOCAL, LOCAL, *CHINA[2:]),
        ),
    ],
)
def test_authority_graph_scope_and_audience_are_of_one_cloud(environ, expected):
    """One setting decides all four; an address that is set beside it wins, and takes along what follows from it."""
    assert addresses(**environ) == expected


@pytest.mark.parametrize("name", ["gcc", "USGOV!", "public,china"])
def test_a_cloud_that_there_is_not_is_refused_at_start(name):
    """By the setting's name."""
    with pytest.raises(SettingsError) as caught:
        load(EntraSettings, {**BASE, "ENTRA_CLOUD": name})
    assert [fault.split()[0] for fault in caught.value.faults] == ["ENTRA_CLOUD"]


def test_phones_tokens_are_checked_against_the_same_cloud():
    """Registration, which calls neither Graph nor Entra in its own name, takes keys and issuer from the setting too."""
    settings = load(RegistrationSettings, {**BASE, "ENTRA_CLOUD": "china"})
    assert settings.entra_keys_url == f"{CHINA[0]}/common/discovery/v2.0/keys"


def test_consent_is_asked_for_in_the_clouds_own_graph():
    """The consent page's address and scope are of one cloud; a named organization has its own page."""
    entra = Entra(load(EntraSettings, {**BASE, "ENTRA_CLOUD": "usgov"}))
    address = entra.admin_consent_url("s", "https://a.example/b")
    assert address.startswith(f"{US[0]}/organizations/v2.0/adminconsent?")
    assert "scope=https%3A%2F%2Fgraph.microsoft.us%2F.default" in address
    named = entra.admin_consent_url("s", "https://a.example/b", "contoso.example")
    assert named.startswith(f"{US[0]}/contoso.example/v2.0/adminconsent?")
    typed = entra.admin_consent_url("s", "https://a.example/b", "../x?y#z")
    assert typed.startswith(f"{US[0]}/..%2Fx%3Fy%23z/v2.0/adminconsent?")
