"""The identities: one per function, with a role for just its calls; one that delivers the schedule; one that builds."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import SPREADING_SECONDS, Cloud, pause
from deploy.infrastructure.functions import FUNCTIONS, SIGN_BLOB, Function

TRIGGER, BUILDER = "calliente-trigger", "calliente-builder"


@dataclass(frozen=True)
class Identities:
    """functions: by the function's name. granted: resources that must be known before a function starts."""

    functions: dict[str, gcp.serviceaccount.Account]
    trigger: gcp.serviceaccount.Account
    builder: gcp.serviceaccount.Account
    granted: tuple[pulumi.Resource, ...]


def _account(cloud: Cloud, account_id: str, text: str) -> gcp.serviceaccount.Account:
    return gcp.serviceaccount.Account(
        account_id,
        project=cloud.project,
        account_id=account_id,
        display_name=text,
        opts=cloud.opts(),
    )


def make(cloud: Cloud) -> Identities:
    functions = {
        function.name: _account(cloud, function.account, f"Runs {function.name}")
        for function in FUNCTIONS
    }
    trigger = _account(cloud, TRIGGER, "Delivers the schedule to the purge")
    builder = _account(cloud, BUILDER, "Builds the functions")
    grants = [_role(cloud, function, functions[function.name]) for function in FUNCTIONS]
    grants += [
        _signing(cloud, functions[function.name]) for function in FUNCTIONS if function.signs_tokens
    ]
    grants.append(
        gcp.projects.IAMMember(
            BUILDER,
            project=cloud.project,
            member=builder.member,
            role="roles/run.builder",
            opts=cloud.opts(builder),
        )
    )
    return Identities(functions, trigger, builder, (pause("roles", SPREADING_SECONDS, *grants),))


def _custom_role(
    cloud: Cloud, role_id: str, permissions: tuple[str, ...]
) -> gcp.projects.IAMCustomRole:
    return gcp.projects.IAMCustomRole(
        role_id,
        project=cloud.project,
        role_id=role_id,
        title=role_id.replace("_", " ").capitalize(),
        permissions=list(permissions),
        opts=cloud.opts(),
    )


def _role(cloud: Cloud, function: Function, account: gcp.serviceaccount.Account) -> pulumi.Resource:
    """Give a function its role in the project."""
    role = _custom_role(cloud, f"calliente_{function.name}", function.permissions)
    return gcp.projects.IAMMember(
        function.account,
        project=cloud.project,
        member=account.member,
        role=role.name,
        opts=cloud.opts(account, role),
    )


def _signing(cloud: Cloud, account: gcp.serviceaccount.Account) -> pulumi.Resource:
    """Let an identity sign as itself, and as no other."""
    role = _custom_role(cloud, "calliente_signing", (SIGN_BLOB,))
    return gcp.serviceaccount.IAMMember(
        "signing",
        service_account_id=account.name,
        member=account.member,
        role=role.name,
        opts=cloud.opts(account, role),
    )
