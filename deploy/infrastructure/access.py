"""Where strangers find the functions, and how they are let in (decision 0022).

Sources: Cloud Run, "Allowing public (unauthenticated) access", "Mapping custom domains".
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import FUNCTIONS, Function


def default_url(cloud: Cloud, function: Function) -> pulumi.Output[str]:
    """Return the address that Cloud Run gives a service by itself."""
    return cloud.number.apply(
        lambda number: f"https://{function.service}-{number}.{cloud.region}.run.app"
    )


def addresses(cloud: Cloud) -> dict[str, pulumi.Output[str]]:
    """Return the public address of each HTTP function: its domain, or what Cloud Run gives it."""
    own = cloud.config.stack.domains()
    return {
        one.name: pulumi.Output.from_input(own[one.name])
        if one.name in own
        else default_url(cloud, one)
        for one in FUNCTIONS
        if not one.scheduled
    }


def open_to_all(cloud: Cloud, function: Function, service: gcp.cloudrunv2.Service) -> None:
    """Let everybody call an HTTP function, and lead its own domain to it."""
    stack = cloud.config.stack
    if stack.public_access == "all-users":
        gcp.cloudrunv2.ServiceIamMember(
            f"{function.service}-public",
            project=cloud.project,
            location=cloud.region,
            name=service.name,
            member="allUsers",
            role="roles/run.invoker",
            opts=cloud.opts(service),
        )
    own = stack.domains().get(function.name)
    if own and stack.ingress == "all":
        gcp.cloudrun.DomainMapping(
            function.service,
            project=cloud.project,
            location=cloud.region,
            name=own.removeprefix("https://"),
            metadata=gcp.cloudrun.DomainMappingMetadataArgs(namespace=cloud.project),
            spec=gcp.cloudrun.DomainMappingSpecArgs(route_name=service.name),
            opts=cloud.opts(service),
        )
