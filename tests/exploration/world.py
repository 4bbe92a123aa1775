"""One frozen, small state of all that matters: what is stored, what phones hold, and what two runs are doing.

Of a version, only whether it is still the current one can ever matter: whoever holds one is told so by each write.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Device(NamedTuple):
    """token: minutes for which a custom token can be redeemed. leaving: signing out, the user is deleted already."""

    document: bool = False
    user: bool = False
    token: int = 0
    leaving: bool = False


class Organization(NamedTuple):
    """life: the number of its tenant's value; 0: nothing is stored."""

    life: int
    devices: tuple[Device, ...]


class Page(NamedTuple):
    """A run has listed a device's document. same: the tenant's, current: the device's version is still the one read."""

    organization: int
    device: int
    same: bool = True
    current: bool = True
    half: bool = False  # the first of its two deletions is done


class Sweeping(NamedTuple):
    """A run has read the bookmark. current: it still has the version that was read."""

    page: int
    current: bool = True
    swept: bool = False


class Finishing(NamedTuple):
    """A pass has ended and its bookmark is deleted: these tenants may go. 2: unchanged since, 1: changed, 0: not."""

    tenants: tuple[int, ...]


class Sweep(NamedTuple):
    """The bookmark. before: the tenants whose document was last written before the pass began, by the purge's begin."""

    page: int
    before: tuple[bool, ...]


Task = Page | Sweeping | Finishing | None


class World(NamedTuple):
    organizations: tuple[Organization, ...]
    runs: tuple[Task, ...] = (None, None)
    sweep: Sweep | None = None


def nothing(*devices: int) -> World:
    """A world in which nobody has connected yet: an organization for each number of devices."""
    return World(tuple(Organization(0, (Device(),) * count) for count in devices))


def replaced(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])


def hold(world: World, run: int, task: Task) -> World:
    """The run holds this task now."""
    return world._replace(runs=replaced(world.runs, run, task))


def store_tenant(world: World, number: int, life: int) -> World:
    """Another version of the tenant's document; 0 deletes it."""
    organization = world.organizations[number]._replace(life=life)
    sweep = world.sweep
    if sweep is not None:
        sweep = Sweep(sweep.page, replaced(sweep.before, number, False))
    runs = tuple(_tenant_changed(task, number) for task in world.runs)
    return World(replaced(world.organizations, number, organization), runs, sweep)


def _tenant_changed(task: Task, number: int) -> Task:
    if isinstance(task, Finishing):
        return Finishing(replaced(task.tenants, number, min(1, task.tenants[number])))
    if isinstance(task, Page) and task.organization == number:
        return task._replace(same=False)
    return task


def store_device(world: World, number: int, index: int, device: Device) -> World:
    """What has become of a device; its document's version is another one where it comes or goes."""
    life, devices = world.organizations[number]
    if device.document != devices[index].document:
        world = touch_device(world, number, index)
    organization = Organization(life, replaced(devices, index, device))
    return world._replace(organizations=replaced(world.organizations, number, organization))


def touch_device(world: World, number: int, index: int) -> World:
    """Another version of the device's document."""
    runs = tuple(
        task._replace(current=False)
        if isinstance(task, Page) and (task.organization, task.device) == (number, index)
        else task
        for task in world.runs
    )
    return world._replace(runs=runs)


def store_sweep(world: World, sweep: Sweep | None) -> World:
    """Another version of the bookmark."""
    runs = tuple(
        task._replace(current=False) if isinstance(task, Sweeping) else task for task in world.runs
    )
    return World(world.organizations, runs, sweep)
