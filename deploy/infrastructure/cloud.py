"""What every part of the program needs: the configuration, the provider, and the APIs that must be enabled first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_gcp as gcp

from deploy.infrastructure.config import Config

APIS = (
    "apikeys",
    "artifactregistry",
    "billingbudgets",
    "cloudbuild",
    "cloudresourcemanager",
    "cloudscheduler",
    "firebase",
    "firebaseappcheck",
    "firebaserules",
    "firestore",
    "iam",
    "iamcredentials",
    "identitytoolkit",
    "logging",
    "monitoring",
    "observability",
    "pubsub",
    "run",
    "secretmanager",
    "securetoken",
    "storage",
)
AGENTS = ("cloudscheduler", "pubsub", "run")  # identities of Google's that act in the project
SPREADING_SECONDS = 60


@dataclass(frozen=True)
class Cloud:
    """number: of the project. ready: resources that everything else waits for."""

    config: Config
    provider: gcp.Provider
    number: pulumi.Output[str]
    ready: tuple[pulumi.Resource, ...]

    @property
    def project(self) -> str:
        return self.config.stack.project

    @property
    def region(self) -> str:
        return self.config.stack.region

    def opts(
        self, *after: pulumi.Resource, protect: bool = False, replace: Iterable[str] = ()
    ) -> pulumi.ResourceOptions:
        """after: resources that must exist first. protect: from replacement and removal.

        replace: properties whose change makes the resource again.
        """
        return pulumi.ResourceOptions(
            provider=self.provider,
            depends_on=[*self.ready, *after],
            protect=protect,
            replace_on_changes=list(replace),
        )


def pause(name: str, seconds: int, *after: pulumi.Resource) -> command.local.Command:
    """Wait once, until new resources are known everywhere at Google."""
    return command.local.Command(
        f"spread-{name}",
        create=f"sleep {seconds}",
        opts=pulumi.ResourceOptions(depends_on=list(after)),
    )


def prepare(config: Config) -> Cloud:
    """Enable the APIs, make Google's service agents, and wait until both are known."""
    project = config.stack.project
    provider = gcp.Provider(
        "google",
        project=project,
        region=config.stack.region,
        user_project_override=True,  # personal credentials: the quota is the project's own
        billing_project=project,
    )
    by = pulumi.ResourceOptions(provider=provider)
    apis = [
        gcp.projects.Service(
            api,
            project=project,
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,  # others may use it
            opts=by,
        )
        for api in APIS
    ]
    agents = [
        gcp.projects.ServiceIdentity(
            name,
            project=project,
            service=f"{name}.googleapis.com",
            opts=pulumi.ResourceOptions(provider=provider, depends_on=apis),
        )
        for name in AGENTS
    ]
    described = gcp.organizations.get_project_output(
        project_id=project, opts=pulumi.InvokeOutputOptions(provider=provider)
    )
    ready = pause("apis", SPREADING_SECONDS, *apis, *agents)
    return Cloud(config, provider, described.number, (ready,))
