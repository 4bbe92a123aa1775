"""Secrets: where they lie, who reads them, and a first version of each. No value passes through Pulumi or its state."""

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
    """held: {function: {variable: secret ID}}. usable: by function, what must be there before it starts.

    published: by variable, what the first version said of itself: of a signing key the set of its public keys.
    """

    held: dict[str, dict[str, str]]
    usable: Mapping[str, Sequence[pulumi.Resource]]
    published: dict[str, pulumi.Output[str]]


def make(cloud: Cloud, identities: Identities) -> Secrets:
    credential = cloud.config.stack.entra_credential
    held = {one.name: functions.secrets(one, credential) for one in functions.FUNCTIONS}
    variables = {secret: name for each in held.values() for name, secret in each.items()}
    made = {secret: _secret(cloud, secret, variable) for secret, variable in variables.items()}
    grants = [
        gcp.secretmanager.SecretIamMember(
            f"{name}-{secret}",
            project=cloud.project,
            secret_id=secret,
            member=identities.functions[name].member,
            role="roles/secretmanager.secretAccessor",
            opts=cloud.opts(made[secret], identities.functions[name]),
        )
        for name, each in held.items()
        for secret in each.values()
    ]
    known = pause("secrets", SPREADING_SECONDS, *grants)
    usable = {
        name: [*(made[secret] for secret in each.values()), known] if each else []
        for name, each in held.items()
    }
    published = {variable: made[secret].stdout for secret, variable in variables.items()}
    return Secrets(held, usable, published)


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
