"""Runs the program against Pulumi's mocks and records what it declares, without a cloud, credentials or `pulumi`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor

from deploy.infrastructure.config import Config
from deploy.infrastructure.images import Source
from deploy.infrastructure.program import make

NUMBER = "123456789012"


@dataclass(frozen=True)
class Resource:
    """type: Pulumi's token, such as gcp:pubsub/topic:Topic. inputs: as the provider would get them.

    after: the URNs of what must be there before it. protected: whether undeploying leaves it.
    """

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    after: frozenset[str]
    protected: bool
    provider: str

    @property
    def kind(self) -> str:
        """The type in short: pubsub.Topic, azuread.ServicePrincipal."""
        package, module, name = self.type.split(":")
        part = module.split("/")[0]
        return f"{package if part == 'index' else part}.{name}"


def _made_up(args: MockResourceArgs) -> dict[str, Any]:
    """What a cloud would add to a resource, as far as the program reads it."""
    given = args.inputs
    account = f"{given.get('accountId', '')}@{given.get('project', '')}.iam.gserviceaccount.com"
    return {
        "gcp:serviceaccount/account:Account": {
            "email": account,
            "member": f"serviceAccount:{account}",
            "name": f"projects/{given.get('project')}/serviceAccounts/{account}",
            "uniqueId": f"1{sum(map(ord, account)):020d}",
        },
        "gcp:projects/iAMCustomRole:IAMCustomRole": {
            "name": f"projects/{given.get('project')}/roles/{given.get('roleId')}"
        },
        "gcp:cloudrunv2/service:Service": {"uri": f"https://{given.get('name')}-made-up.run.app"},
        "gcp:firebaserules/ruleset:Ruleset": {"name": "made-up"},
        "gcp:firebase/androidApp:AndroidApp": {"appId": "1:1:android:1"},
        "gcp:firebase/appleApp:AppleApp": {"appId": "1:1:ios:1"},
        "gcp:projects/apiKey:ApiKey": {"uid": f"key-{args.name}"},
        "gcp:monitoring/notificationChannel:NotificationChannel": {"name": "channels/made-up"},
        "gcp:monitoring/slo:Slo": {"name": f"slo/{args.name}"},
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {"uptimeCheckId": args.name},
        "azuread:index/applicationRegistration:ApplicationRegistration": {
            "clientId": "99999999-0000-4000-8000-000000000000"
        },
        "command:local:Command": {"stdout": f"printed-by-{args.name}"},
    }.get(args.typ, {})


class _Mocks(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"id-of-{args.name}", {**args.inputs, **_made_up(args)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        results = {"gcp:organizations/getProject:getProject": {"number": NUMBER}}
        return results[args.token], []


class _Monitor(MockMonitor):
    """Pulumi's mock of its engine, which also records what Mocks do not get: order and protection."""

    def __init__(self) -> None:
        super().__init__(_Mocks())
        self.registered: list[Resource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # Pulumi's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
            self.registered.append(
                Resource(
                    request.type,
                    request.name,
                    answer.urn,
                    inputs,
                    frozenset(request.dependencies),
                    request.protect,
                    request.provider,
                )
            )
        return answer


def record(config: Config, stage: Callable[[str], Source]) -> list[Resource]:
    """Run the program for a stack, and return all resources that it declares, by kind and name."""
    monitor = _Monitor()
    pulumi.runtime.set_mocks(
        _Mocks(), project="calliente", stack=config.name, preview=False, monitor=monitor
    )
    pulumi.runtime.test(lambda: make(config, stage))()  # type: ignore[no-untyped-call]
    return sorted(monitor.registered, key=lambda resource: (resource.kind, resource.name))
