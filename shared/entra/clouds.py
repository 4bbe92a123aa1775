"""Microsoft's clouds: the addresses of sign-in and Graph, and the audience of federated credentials in each.

The three belong together: no cloud accepts a token of another. One setting names the cloud; addresses that are set
beside it take precedence, also for the values that follow from them.
Sources: Microsoft Graph, "Microsoft Graph national cloud deployments" and "Access national cloud deployments with the
Microsoft Graph SDKs"; Microsoft Entra Workload ID, "Workload identity federation: important considerations"
(the audience of each cloud); Microsoft identity platform, "National clouds".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cloud:
    """authorities: hosts of its sign-in, the usual one first. graphs: hosts of its Graph, the usual one first."""

    authorities: tuple[str, ...]
    graphs: tuple[str, ...]
    federation_audience: str

    @property
    def authority(self) -> str:
        return f"https://{self.authorities[0]}"

    @property
    def graph_endpoint(self) -> str:
        return f"https://{self.graphs[0]}"

    def graph_scope(self, graph_endpoint: str) -> str:
        """Return the `.default` scope of the Graph at this address.

        A host that is none of Microsoft's stands in for the cloud's own Graph, and so does its scope.
        """
        host = urlsplit(graph_endpoint).hostname
        known = host in {name for cloud in CLOUDS.values() for name in cloud.graphs}
        return f"https://{host if known else self.graphs[0]}/.default"


CLOUDS: Mapping[str, Cloud] = {
    "public": Cloud(
        (
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
        ),
        ("graph.microsoft.com",),
        "api://AzureADTokenExchange",
    ),
    "usgov": Cloud(  # GCC High; the Department of Defense has the second Graph
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
        ("graph.microsoft.us", "dod-graph.microsoft.us"),
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
        ("microsoftgraph.chinacloudapi.cn",),
        "api://AzureADTokenExchangeChina",
    ),
}


def of(name: str, authority: str = "") -> Cloud:
    """The cloud whose sign-in the authority is; the one of this name for an authority of none, or without one."""
    host = urlsplit(authority).hostname
    return next((cloud for cloud in CLOUDS.values() if host in cloud.authorities), CLOUDS[name])
