"""What the example stack is made of, with settings changed: the program against Pulumi's mocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from deploy.bundle import Build
from deploy.infrastructure.config import Config
from deploy.infrastructure.images import Source
from deploy.infrastructure.preview import settings_of
from deploy.infrastructure.recording import Resource, record

PROJECT = "calliente-example"
HTTP = {"onboarding", "admin-portal", "device-registration", "heartbeat"}
LEFT_OUT = "left out"
BALANCED = {  # behind a load balancer
    "INGRESS": "load-balancer",
    "REGISTRATION_URL": "https://devices.example.com",
    "HEARTBEAT_URL": "https://beats.example.com",
}


def config(**changes: object) -> Config:
    """The example's settings with changes; LEFT_OUT takes one away."""
    settings = {**settings_of("example"), **changes}
    return Config.read("example", {n: v for n, v in settings.items() if v != LEFT_OUT})


def staged(function: str) -> Source:
    return Source(
        Path(f"../../build/{function}.zip"), f"digest-of-{function}", Build("c" * 40, "d" * 64)
    )


@cache
def _made(changes: tuple[tuple[str, object], ...]) -> tuple[Resource, ...]:
    return tuple(record(config(**dict(changes)), staged))


def made(**changes: object) -> tuple[Resource, ...]:
    return _made(tuple(sorted(changes.items())))


def of(kind: str, **changes: object) -> dict[str, Resource]:
    """All resources of a kind, by name."""
    return {one.name: one for one in made(**changes) if one.kind == kind}


def service(name: str, **changes: object) -> dict[str, Any]:
    """The inputs of a function's service."""
    return dict(of("cloudrunv2.Service", **changes)[name].inputs)


def environment(name: str, **changes: object) -> dict[str, Any]:
    """What a function is told: {variable: value}, of a secret {variable: {"secret", "version"}}."""
    (container,) = service(name, **changes)["template"]["containers"]
    return {
        one["name"]: one.get("value") or one["valueSource"]["secretKeyRef"]
        for one in container["envs"]
    }


def walk(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value in there, with the name of the key that holds it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item, path)
    else:
        yield path, value


def before(resource: Resource, resources: tuple[Resource, ...]) -> set[str]:
    """The kinds and names of all that must be there before a resource, whatever the detour."""
    by_urn = {one.urn: one for one in resources}
    seen: set[str] = set()
    waiting = [*resource.after]
    while waiting:
        urn = waiting.pop()
        if urn in by_urn and urn not in seen:
            seen.add(urn)
            waiting += by_urn[urn].after
    return {f"{by_urn[urn].kind} {by_urn[urn].name}" for urn in seen}
