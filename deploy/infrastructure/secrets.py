"""Secrets: their places, their readers, and a first version of each. No value passes through Pulumi or its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_gcp as gcp

from deploy.infrastructure import functions
from deploy.infrastructure.cloud import SPREADING_SECONDS, Cloud, pause
from deploy.infrastructure.identities import Identities

LASTING = ("_SIGNING_KEY", "_FINGERPRINT_KEY")  # what was signed or marked with them lives on
PYTHON = '"$DEPLOY_PYTHON"'  # the deployment's own; set by make


@dataclass(frozen=True)
class Secrets:
    """by_function: {function: {variable: secret ID}}. usable: by function, resources that must exist before it starts.

    published: by variable, the output of the first version: of a signing key the JWK set of its public key.
    """

    by_function: dict[str, dict[str, str]]
    usable: Mapping[str, Sequence[pulumi.Resource]]
    published: dict[str, pulumi.Output[str]]


def make(cloud: Cloud, identities: Identities) -> Secrets:
    credential = cloud.config.stack.entra_credential
    by_function = {
        function.name: functions.secrets(function, credential) for function in functions.FUNCTIONS
    }
    variables = {
        secret: name for secret_ids in by_function.values() for name, secret in secret_ids.items()
    }
    versions = {secret: _secret(cloud, secret, variable) for secret, variable in variables.items()}
    grants = [
        gcp.secretmanager.SecretIamMember(
            f"{name}-{secret}",
            project=cloud.project,
            secret_id=secret,
            member=identities.functions[name].member,
            role="roles/secretmanager.secretAccessor",
            opts=cloud.opts(versions[secret], identities.functions[name]),
        )
        for name, secret_ids in by_function.items()
        for secret in secret_ids.values()
    ]
    readable = pause("secrets", SPREADING_SECONDS, *grants)
    usable = {
        name: [*(versions[secret] for secret in secret_ids.values()), readable]
        if secret_ids
        else []
        for name, secret_ids in by_function.items()
    }
    published = {variable: versions[secret].stdout for secret, variable in variables.items()}
    return Secrets(by_function, usable, published)


def _secret(cloud: Cloud, secret_id: str, variable: str) -> command.local.Command:
    """Make a secret and, once, its first version; deploy/infrastructure/first_version.py makes the value."""
    secret = gcp.secretmanager.Secret(
        secret_id,
        project=cloud.project,
        secret_id=secret_id,
        replication=gcp.secretmanager.SecretReplicationArgs(
            user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(
                replicas=[
                    gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(location=cloud.region)
                ]
            )
        ),
        opts=cloud.opts(protect=variable.endswith(LASTING)),
    )
    return command.local.Command(
        f"{secret_id}-first-version",
        create=f"{PYTHON} -m deploy.infrastructure.first_version",
        environment={
            "PROJECT": cloud.project,
            "SECRET": secret_id,
            "VARIABLE": variable,
            "ENTRA_CREDENTIAL_FILE": cloud.config.stack.entra_credential_file,
        },
        logging=command.local.Logging.STDERR,
        opts=pulumi.ResourceOptions(depends_on=[secret]),
    )
