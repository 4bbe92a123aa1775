"""The images: each staged bundle is uploaded, and Google's buildpacks build it. No Docker is needed.

Sources: Cloud Run Admin API, projects.locations.builds.submit; Cloud Run, "Configure automatic base image updates";
Artifact Registry, "Configure cleanup policies".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_command as command
import pulumi_gcp as gcp

from deploy.bundle import Build
from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import RUNTIME, Function
from deploy.infrastructure.identities import Identities
from deploy.infrastructure.secrets import PYTHON


@dataclass(frozen=True)
class Source:
    """A bundle as it is uploaded. path: of the archive. digest: SHA-256 of its bytes, in hex.

    build: what it was made of, from its build.json.
    """

    path: Path
    digest: str
    build: Build


Stage = Callable[[str], Source]


@dataclass(frozen=True)
class Places:
    """The bucket of uploaded sources, and the repository of images."""

    bucket: gcp.storage.Bucket
    repository: gcp.artifactregistry.Repository


def make_places(cloud: Cloud) -> Places:
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
    return f"{cloud.region}-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/{RUNTIME}"


def make(
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
