"""One state for all that differ in names alone: neither devices nor runs have one that matters."""

from __future__ import annotations

from typing import Any

from .world import Organization, Page, Task, World, replaced


def canonical(world: World) -> World:
    """The same world with devices and runs in order."""
    organizations, runs = world.organizations, world.runs
    for number, (life, devices) in enumerate(organizations):
        if len(devices) < 2:
            continue
        held = [_held(runs, number, index) for index in range(len(devices))]
        order = sorted(range(len(devices)), key=lambda index: (devices[index], held[index]))
        if order != list(range(len(devices))):
            moved = Organization(life, tuple(devices[index] for index in order))
            organizations = replaced(organizations, number, moved)
            runs = tuple(_renamed(task, number, order) for task in runs)
    return World(organizations, tuple(sorted(runs, key=_rank)), world.sweep)


def _held(runs: tuple[Task, ...], number: int, index: int) -> list[tuple[bool, ...]]:
    """What the runs hold of a device: it tells two devices apart that are otherwise the same."""
    return sorted(
        (task.same, task.current, task.half)
        for task in runs
        if isinstance(task, Page) and (task.organization, task.device) == (number, index)
    )


def _renamed(task: Task, number: int, order: list[int]) -> Task:
    if isinstance(task, Page) and task.organization == number:
        return task._replace(device=order.index(task.device))
    return task


def _rank(task: Task) -> tuple[int, Any]:
    """Tasks of a kind differ in length from those of another."""
    return (0, ()) if task is None else (len(task), task)
