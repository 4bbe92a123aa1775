"""The scheduled run of design §4, cut wherever a process can be killed or overtaken.

- A run keeps nothing between its tasks that is not stored, so what it holds is one task, and a crash drops it.
- A run looks at the tenant and deletes Auth users in one step: Firebase has no preconditions, so the gap must be small.
- A page holds one device, and a page of Auth users those of one organization.
- A pass may end those tenants whose purge had begun before it: no Auth user comes into being after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .bugs import Bug
from .lives import Lives
from .world import (
    Finishing,
    Page,
    Sweep,
    Sweeping,
    Task,
    World,
    hold,
    store_device,
    store_sweep,
    store_tenant,
)

Label = tuple[str | int, ...]
Step = tuple[Label, World]


class Run:
    def __init__(self, lives: Lives, bug: Bug | None) -> None:
        self._lives = lives
        self._bug = bug

    def steps(self, world: World, run: int) -> Iterator[Step]:
        """What a run can do next: the next part of the task that it holds, or any task that there is."""
        match world.runs[run]:
            case Page() as page:
                yield ("delete", run), self._delete(world, run, page)
                if page.half and self._bug is not Bug.DOCUMENTS_FIRST:
                    yield ("delete_together", run), self._delete_together(world, run, page)
            case Sweeping() as sweeping:
                yield ("sweep", run), self._sweep(world, run, sweeping)
            case Finishing(tenants):
                for number, version in enumerate(tenants):
                    if version:
                        yield ("finish", run, number), self._finish(world, run, tenants, number)
            case None:
                yield from self._tasks(world, run)

    def useful(self, task: Task) -> Task:
        """What of a task can still change anything: a run whose every version is stale is as good as dead."""
        if self._bug is not None:
            return task
        match task:
            case Page(same=False, half=False) | Page(same=False, current=False):
                return None
            case Sweeping(current=False, swept=True):
                return None
            case Finishing(tenants):
                return _ended(version == 2 for version in tenants)
        return task

    def _tasks(self, world: World, run: int) -> Iterator[Step]:
        purging, some_bare = [], False
        for number, (life, devices) in enumerate(world.organizations):
            begun = self._lives.after("begin_purge", life)
            if begun != life:
                yield ("begin_purge", run, number), store_tenant(world, number, begun)
            purging.append(self._lives.is_purging(life))
            listed = [index for index, device in enumerate(devices) if device.document]
            if purging[number]:
                some_bare |= not listed
                for index in listed:
                    yield ("list", run, number, index), hold(world, run, Page(number, index))
        if self._bug is Bug.NO_SWEEP:
            if some_bare:
                yield ("end", run), hold(world, run, _ended(purging))
        elif world.sweep is not None:
            yield ("take", run), hold(world, run, Sweeping(world.sweep.page))
        elif some_bare:
            yield ("open", run), store_sweep(world, Sweep(0, tuple(purging)))

    def _delete(self, world: World, run: int, page: Page) -> World:
        """The Auth user, while it is the same tenant; then the document, in the version that was listed."""
        number, index, same, current, half = page
        device = world.organizations[number].devices[index]
        after = hold(world, run, None if half else page._replace(half=True))
        if half == (self._bug is Bug.DOCUMENTS_FIRST):
            if same or self._bug is Bug.NO_SECOND_LOOK:
                return store_device(after, number, index, device._replace(user=False))
            return hold(world, run, None)
        if current or self._bug is Bug.DOCUMENT_IN_ANY_VERSION:
            return store_device(after, number, index, device._replace(document=False))
        return after

    def _delete_together(self, world: World, run: int, page: Page) -> World:
        """The document in any version, in a transaction with the tenant's: where phones beat too fast."""
        number, index, same, *_ = page
        world = hold(world, run, None)
        device = world.organizations[number].devices[index]
        if same or self._bug is Bug.TOGETHER_WITH_ANY_TENANT:
            return store_device(world, number, index, device._replace(document=False))
        return world

    def _sweep(self, world: World, run: int, task: Sweeping) -> World:
        """The users of one page that have no document; then the bookmark moves on, and is deleted at the end."""
        at_end = task.page == len(world.organizations)
        if not at_end and not task.swept:
            return self._sweep_page(hold(world, run, task._replace(swept=True)), task.page)
        sweep, world = world.sweep, hold(world, run, None)
        if sweep is None or not (task.current or self._bug is Bug.ANY_BOOKMARK):
            return world
        if not at_end:
            return store_sweep(world, Sweep(task.page + 1, sweep.before))
        return hold(store_sweep(world, None), run, _ended(sweep.before))

    def _sweep_page(self, world: World, number: int) -> World:
        life, devices = world.organizations[number]
        if self._lives.is_purging(life):
            for index, device in enumerate(devices):
                if device.user and not device.document:
                    world = store_device(world, number, index, device._replace(user=False))
        return world

    def _finish(self, world: World, run: int, tenants: tuple[int, ...], number: int) -> World:
        """The tenant's document, in the version that it had when the pass began, once it has no device."""
        left = tuple(0 if other == number else version for other, version in enumerate(tenants))
        world = hold(world, run, Finishing(left) if any(left) else None)
        has_devices = any(device.document for device in world.organizations[number].devices)
        is_current = tenants[number] == 2 or self._bug is Bug.TENANT_IN_ANY_VERSION
        return store_tenant(world, number, 0) if is_current and not has_devices else world


def _ended(before: Iterable[bool]) -> Finishing | None:
    tenants = tuple(2 * was_purging for was_purging in before)
    return Finishing(tenants) if any(tenants) else None
