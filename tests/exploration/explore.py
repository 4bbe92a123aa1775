"""Breadth first through all that the model can do, each state once, with the promises looked at after every step."""

from __future__ import annotations

from typing import Any, NamedTuple

from .canonical import canonical
from .model import Model
from .run import Label
from .world import Organization, World

UNDISTURBED = 200  # steps after which a run that nothing disturbs has long ended
RUN = {
    *("begin_purge", "list", "delete", "delete_together"),
    *("open", "take", "sweep", "end", "finish", "crash"),
}


class Broken(Exception):
    """promise: which one. labels: a shortest way there."""

    def __init__(self, promise: str, labels: list[Label]) -> None:
        super().__init__(f"{promise}, after {labels}")
        self.promise = promise
        self.labels = labels


class Explored(NamedTuple):
    """states: different ones. names: of the steps that changed anything. exhausted: there are no other states."""

    states: int
    names: set[str | int]
    exhausted: bool


class Explorer:
    """Remembers of each state its hash, and the states of the last level alone."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._ended: set[int] = set()

    def explore(self, root: World, depth: int) -> Explored:
        """Raises Broken."""
        seen, names = {hash(root)}, set()
        level: list[tuple[World, Any]] = [(root, None)]  # with the way there, backwards
        for _ in range(depth):
            following = []
            for world, way in level:
                for label, after in self._model.steps(world):
                    if after == world:
                        continue
                    names.add(label[0])
                    self._check_step(world, label, after, way)
                    state = self._state(after)
                    if (key := hash(state)) not in seen:
                        seen.add(key)
                        self._check_state(state, (way, label))
                        following.append((state, (way, label)))
            level = following
        return Explored(len(seen), names, exhausted=not level)

    def _state(self, world: World) -> World:
        useful = self._model.run.useful
        return canonical(world._replace(runs=tuple(useful(task) for task in world.runs)))

    def _check_step(self, before: World, label: Label, after: World, way: Any) -> None:
        """Nothing of another organization changes, and purging only goes forward."""
        if label[0] == "wait":
            return
        broken_by = self._broken_by_run if label[0] in RUN else self._broken_by_people
        for number, was in enumerate(before.organizations):
            now = after.organizations[number]
            if now != was and (promise := broken_by(label, number, was, now)):
                raise Broken(promise, _labels((way, label)))

    def _broken_by_run(
        self, label: Label, _: int, was: Organization, now: Organization
    ) -> str | None:
        lives = self._model.lives
        if label[0] == "begin_purge":
            return None if lives.is_due(was.life) else "a purge begins before it is due"
        if not lives.is_purging(was.life):
            return "what is not being purged changes"
        return None if now.life in (was.life, 0) else "there is a way back from purging"

    def _broken_by_people(
        self, label: Label, number: int, was: Organization, now: Organization
    ) -> str | None:
        lives = self._model.lives
        if number != label[1]:
            return "another organization changes"
        if now.life != was.life and lives.is_purging(was.life):
            return "there is a way back from purging"
        if now.life != was.life and label[0] == "close" and not lives.registers(was.life):
            return "a closing does not keep its time"
        return None

    def _check_state(self, world: World, way: Any) -> None:
        """Where nothing is stored of an organization, nothing is left; and every purge ends."""
        for organization in world.organizations:
            if organization.life == 0 and not _is_bare(organization):
                raise Broken("something is left of a tenant that is gone", _labels(way))
        key = hash((world.organizations, world.sweep))
        if key not in self._ended:
            self._ended.add(key)
            self._check_end(world, way)

    def _check_end(self, world: World, way: Any) -> None:
        """What a run makes of it that nothing disturbs, after all others have died."""
        end = world._replace(runs=(None,) * len(world.runs))
        for _ in range(UNDISTURBED):
            following = next(self._model.run.steps(end, 0), None)
            if following is None:
                break
            end = following[1]
        else:
            raise Broken("a run does not end", _labels(way))
        if end.sweep is not None:
            raise Broken("the bookmark stays", _labels(way))
        for number, organization in enumerate(world.organizations):
            left = end.organizations[number]
            if self._model.lives.is_due(organization.life):
                if left.life != 0 or not _is_bare(left):
                    raise Broken("a run leaves something", _labels(way))
            elif left != organization:
                raise Broken("a run changes what is not due", _labels(way))


def _is_bare(organization: Organization) -> bool:
    return not any(device.document or device.user for device in organization.devices)


def _labels(way: Any) -> list[Label]:
    labels: list[Label] = []
    while way is not None:
        way, label = way
        labels.append(label)
    return labels[::-1]
