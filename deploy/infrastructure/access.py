"""The public addresses of the functions, and who may call them (decision 0022).

Sources: Cloud Run, "Allowing public (unauthenticated) access", "Mapping custom domains".
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import FUNCTIONS, Function


def default_url(cloud: Cloud, function: Function) -> pulumi.Output[str]:
    """Return the run.app address of a service."""
    return cloud.number.apply(
        lambda number: f"https://{function.service}-{number}.{cloud.region}.run.app"
    )


def addresses(cloud: Cloud) -> dict[str, pulumi.Output[str]]:
    """Return the public address of each HTTP function: its domain, or its run.app address."""
    domains = cloud.config.stack.domains()
    return {
        function.name: pulumi.Output.from_input(domains[function.name])
        if function.name in domains
        else default_url(cloud, function)
        for function in FUNCTIONS
        if not function.scheduled
    }


def open_to_all(cloud: Cloud, function: Function, service: gcp.cloudrunv2.Service) -> None:
    """Let everybody call an HTTP function, and map its domain to it."""
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
    domain = stack.domains().get(function.name)
    if domain and stack.ingress == "all":
        gcp.cloudrun.DomainMapping(
            function.service,
            project=cloud.project,
            location=cloud.region,
            name=domain.removeprefix("https://"),
            metadata=gcp.cloudrun.DomainMappingMetadataArgs(namespace=cloud.project),
            spec=gcp.cloudrun.DomainMappingSpecArgs(route_name=service.name),
            opts=cloud.opts(service),
        )
