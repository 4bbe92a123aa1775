"""All that can happen to organizations that share a project: from one state of the world to each that can follow.

Decisions about a tenant are `shared.tenant`'s own; around it stand people, phones, a clock, and the runs of `run.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .bugs import Bug
from .lives import WAIT, Lives
from .run import Label, Run, Step
from .world import Device, Organization, World, hold, store_device, store_tenant, touch_device

TOKEN_MINUTES = 60
WAIT_MINUTES = int(WAIT.total_seconds()) // 60


class Model:
    """bug: what its runs do wrong."""

    def __init__(self, bug: Bug | None = None) -> None:
        self.lives = Lives(bug)
        self.run = Run(self.lives, bug)

    def steps(self, world: World) -> Iterator[Step]:
        """Everything that can happen next; a step may change nothing."""
        yield ("wait",), self._wait(world)
        for number, (life, devices) in enumerate(world.organizations):
            for transition in ("onboard", "close", "reopen"):
                after = self.lives.after(transition, life)
                if after != life:
                    yield (transition, number), store_tenant(world, number, after)
            for index, device in enumerate(devices):
                yield from self._phone(world, number, index, device)
        for run, task in enumerate(world.runs):
            yield from self.run.steps(world, run)
            if task is not None:
                yield ("crash", run), hold(world, run, None)

    def _phone(self, world: World, number: int, index: int, device: Device) -> Iterator[Step]:
        def becomes(label: str, after: Device) -> Step:
            return (label, number, index), store_device(world, number, index, after)

        if self.lives.registers(world.organizations[number].life):
            yield becomes("register", device._replace(document=True, token=TOKEN_MINUTES))
        if device.token:
            yield becomes("redeem", device._replace(user=True))
        if device.document:
            yield ("heartbeat", number, index), touch_device(world, number, index)
        if device.document or device.user:
            yield becomes("sign_out", device._replace(user=False, leaving=True))
        if device.leaving:
            yield becomes("forget", device._replace(document=False, leaving=False))

    def _wait(self, world: World) -> World:
        """No request outlives it; a run that was frozen does."""
        organizations = tuple(
            Organization(
                self.lives.after("wait", life), tuple(_older(device) for device in devices)
            )
            for life, devices in world.organizations
        )
        return world._replace(organizations=organizations)


def follow(model: Model, world: World, *labels: Label) -> World:
    """The world after these steps. Raises StopIteration where one of them cannot happen."""
    for label in labels:
        world = next(after for name, after in model.steps(world) if name == label)
    return world


def _older(device: Device) -> Device:
    return Device(device.document, device.user, max(0, device.token - WAIT_MINUTES))
