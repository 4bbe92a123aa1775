"""The functions: built by Google's buildpacks from the staged bundles, run as Cloud Run services (decision 0022).

Sources: Cloud Run Admin API, projects.locations.builds.submit; Cloud Run, "Configure automatic base image updates"
and "Allowing public (unauthenticated) access"; Artifact Registry, "Configure cleanup policies".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_command as command
import pulumi_gcp as gcp

from deploy.bundle import Build
from deploy.infrastructure import functions
from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import FUNCTIONS, Function
from deploy.infrastructure.identities import Identities
from deploy.infrastructure.secrets import PYTHON, Secrets

INGRESS = {
    "all": "INGRESS_TRAFFIC_ALL",
    "load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}


@dataclass(frozen=True)
class Source:
    """A bundle as it is uploaded. path: of the archive. digest: SHA-256 of its bytes, in hex.

    build: what it was made of, as it tells it itself.
    """

    path: Path
    digest: str
    build: Build


Stage = Callable[[str], Source]


@dataclass(frozen=True)
class Places:
    """Where sources are uploaded, and where images are kept."""

    bucket: gcp.storage.Bucket
    repository: gcp.artifactregistry.Repository


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


def make(
    cloud: Cloud,
    identities: Identities,
    secrets: Secrets,
    client_id: pulumi.Output[str],
    stage: Stage,
    after: list[pulumi.Resource],
) -> dict[str, gcp.cloudrunv2.Service]:
    """client_id: of the Entra registration. after: what must stand before anything serves (log exclusions, rules)."""
    places = _places(cloud)
    services = {}
    for function in FUNCTIONS:
        source = stage(function.name)
        image = _image(cloud, function, places, source, identities)
        first = [*after, *identities.granted, *secrets.usable[function.name]]
        services[function.name] = _service(
            cloud,
            function,
            image,
            source.build,
            _environment(cloud, function, secrets, client_id),
            identities,
            first,
        )
        if not function.scheduled:
            _public(cloud, function, services[function.name])
    return services


def _places(cloud: Cloud) -> Places:
    bucket = gcp.storage.Bucket(
        "sources",
        project=cloud.project,
        name=f"{cloud.project}-calliente-sources",
        location=cloud.region,
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        force_destroy=True,  # all of it is in git
        lifecycle_rules=[
            gcp.storage.BucketLifecycleRuleArgs(
                action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=90),
            )
        ],
        opts=cloud.opts(),
    )
    repository = gcp.artifactregistry.Repository(
        "images",
        project=cloud.project,
        location=cloud.region,
        repository_id="calliente",
        format="DOCKER",
        cleanup_policies=[
            gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                id="keep-the-last-ten",
                action="KEEP",
                most_recent_versions=gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(
                    keep_count=10
                ),
            ),
            gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                id="delete-after-a-quarter",
                action="DELETE",
                condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                    older_than="7776000s", tag_state="ANY"
                ),
            ),
        ],
        opts=cloud.opts(),
    )
    return Places(bucket, repository)


def base_image(cloud: Cloud) -> str:
    return f"{cloud.region}-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/{functions.RUNTIME}"


def _image(
    cloud: Cloud, function: Function, places: Places, source: Source, identities: Identities
) -> pulumi.Output[str]:
    """Upload a bundle and build it. Returns the image's name with its digest."""
    uploaded = gcp.storage.BucketObject(
        f"{function.service}-source",
        bucket=places.bucket.name,
        name=f"{function.service}/{source.digest}.zip",
        source=pulumi.FileAsset(str(source.path)),
        opts=cloud.opts(places.bucket),
    )
    built = command.local.Command(
        f"{function.service}-image",
        create=f"{PYTHON} -m deploy.infrastructure.image",
        environment={
            "PROJECT": cloud.project,
            "REGION": cloud.region,
            "BUCKET": places.bucket.name,
            "OBJECT": uploaded.name,
            "IMAGE": f"{cloud.region}-docker.pkg.dev/{cloud.project}/calliente/{function.service}",
            "FUNCTION": function.name,
            "BASE_IMAGE": base_image(cloud),
            "BUILDER": identities.builder.name,
        },
        triggers=[source.digest, base_image(cloud)],
        opts=pulumi.ResourceOptions(
            depends_on=[uploaded, places.repository, *identities.granted],
            delete_before_replace=False,
        ),
    )
    return built.stdout


def _environment(
    cloud: Cloud, function: Function, secrets: Secrets, client_id: pulumi.Output[str]
) -> list[gcp.cloudrunv2.ServiceTemplateContainerEnvArgs]:
    public = addresses(cloud)
    known: dict[str, pulumi.Input[str]] = {
        "ENTRA_CLIENT_ID": client_id,
        "ONBOARDING_URL": public["onboarding"],
        "PORTAL_URL": public["admin_portal"],
        "APP_CHECK_PROJECT_NUMBER": cloud.number,
    }
    read = {one.metadata["variable"] for one in functions.declared(function)}
    known |= {
        published: secrets.published[signing]
        for published, signing in functions.PUBLISHED.items()
        if signing in secrets.published
    }
    told: dict[str, pulumi.Input[str]] = {
        **{name: value for name, value in known.items() if name in read},
        **functions.environment(function, cloud.config.told),
    }
    plain = [
        gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(name=name, value=value)
        for name, value in sorted(told.items())
    ]
    secret = [
        gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(
            name=name,
            value_source=gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceArgs(
                secret_key_ref=gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs(
                    secret=secret_id, version="latest"
                )
            ),
        )
        for name, secret_id in sorted(secrets.held[function.name].items())
    ]
    return plain + secret


def _service(
    cloud: Cloud,
    function: Function,
    image: pulumi.Output[str],
    build: Build,
    envs: list[gcp.cloudrunv2.ServiceTemplateContainerEnvArgs],
    identities: Identities,
    after: list[pulumi.Resource],
) -> gcp.cloudrunv2.Service:
    stack = cloud.config.stack
    public = not function.scheduled
    rotated = {"secrets-rotated": stack.secrets_rotated} if stack.secrets_rotated else {}
    return gcp.cloudrunv2.Service(
        function.service,
        project=cloud.project,
        location=cloud.region,
        name=function.service,
        ingress=INGRESS[stack.ingress] if public else "INGRESS_TRAFFIC_INTERNAL_ONLY",
        invoker_iam_disabled=public and stack.public_access == "unchecked",
        deletion_protection=False,
        template=gcp.cloudrunv2.ServiceTemplateArgs(
            service_account=identities.functions[function.name].email,
            labels=rotated,
            annotations={"calliente-commit": build.commit, "calliente-digest": build.digest},
            timeout=f"{function.timeout_seconds}s",
            max_instance_request_concurrency=function.concurrency,
            scaling=gcp.cloudrunv2.ServiceTemplateScalingArgs(
                min_instance_count=0, max_instance_count=function.max_instances
            ),
            containers=[
                gcp.cloudrunv2.ServiceTemplateContainerArgs(
                    image=image,
                    base_image_uri=base_image(cloud),
                    envs=envs,
                    resources=gcp.cloudrunv2.ServiceTemplateContainerResourcesArgs(
                        limits={"cpu": "1", "memory": function.memory},
                        cpu_idle=True,
                        startup_cpu_boost=True,
                    ),
                )
            ],
        ),
        traffics=[
            gcp.cloudrunv2.ServiceTrafficArgs(
                type="TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent=100
            )
        ],
        opts=cloud.opts(*after),
    )


def _public(cloud: Cloud, function: Function, service: gcp.cloudrunv2.Service) -> None:
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
