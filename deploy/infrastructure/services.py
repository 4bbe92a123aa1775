"""The functions, run as Cloud Run services (decision 0022).

Sources: Cloud Run Admin API, projects.locations.services; Cloud Run, "Configure secrets for services" and "Restrict
network ingress for Cloud Run".
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.bundle import Build
from deploy.infrastructure import access, functions, images
from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import FUNCTIONS, Function
from deploy.infrastructure.identities import Identities
from deploy.infrastructure.secrets import Secrets

INGRESS = {
    "all": "INGRESS_TRAFFIC_ALL",
    "load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}


def make(
    cloud: Cloud,
    identities: Identities,
    secrets: Secrets,
    client_id: pulumi.Output[str],
    stage: images.Stage,
    after: list[pulumi.Resource],
) -> dict[str, gcp.cloudrunv2.Service]:
    """client_id: of the Entra registration. after: what must stand before anything serves (log exclusions, rules)."""
    places = images.make_places(cloud)
    services = {}
    for function in FUNCTIONS:
        source = stage(function.name)
        image = images.make(cloud, function, places, source, identities)
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
            access.open_to_all(cloud, function, services[function.name])
    return services


def _environment(
    cloud: Cloud, function: Function, secrets: Secrets, client_id: pulumi.Output[str]
) -> list[gcp.cloudrunv2.ServiceTemplateContainerEnvArgs]:
    public = access.addresses(cloud)
    computed: dict[str, pulumi.Input[str]] = {
        "ENTRA_CLIENT_ID": client_id,
        "ONBOARDING_URL": public["onboarding"],
        "PORTAL_URL": public["admin_portal"],
        "APP_CHECK_PROJECT_NUMBER": cloud.number,
    }
    read = {setting.metadata["variable"] for setting in functions.declared(function)}
    computed |= {
        published: secrets.published[signing]
        for published, signing in functions.PUBLISHED.items()
        if signing in secrets.published
    }
    values: dict[str, pulumi.Input[str]] = {
        **{name: value for name, value in computed.items() if name in read},
        **functions.environment(function, cloud.config.values),
    }
    plain = [
        gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(name=name, value=value)
        for name, value in sorted(values.items())
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
        for name, secret_id in sorted(secrets.by_function[function.name].items())
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
                    base_image_uri=images.base_image(cloud),
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
