"""Every order of what people, phones and two runs can do, a crash possible at each step: the promises hold in all.

What differs in names, ages or versions alone is one state, so few that all of them can be seen.
"""

from __future__ import annotations

import sys

import pytest

from tests.exploration.bugs import Bug
from tests.exploration.canonical import canonical
from tests.exploration.explore import RUN, Broken, Explorer
from tests.exploration.model import Model, follow
from tests.exploration.world import nothing

EVERYTHING = 1000  # deeper than any state lies
PHONES = {"register", "redeem", "heartbeat", "sign_out", "forget"}
STEPS = RUN - {"end"} | PHONES | {"wait", "onboard", "close", "reopen"}
LONG = [pytest.mark.long, pytest.mark.timeout(900)]
PROMISES = {
    Bug.TENANT_IN_ANY_VERSION: "what is not being purged changes",
    Bug.DOCUMENT_IN_ANY_VERSION: "what is not being purged changes",
    Bug.TOGETHER_WITH_ANY_TENANT: "what is not being purged changes",
    Bug.DOCUMENTS_FIRST: "a run leaves something",
    Bug.NEVER_MIND_THE_TIME: "a run changes what is not due",
    Bug.NO_SWEEP: "a run leaves something",
    Bug.NO_SECOND_LOOK: "what is not being purged changes",
    Bug.ANY_BOOKMARK: "a run leaves something",
    Bug.SHORT_DELAY: "a run leaves something",
}


@pytest.fixture
def explore(capsys):
    """Explores from nothing, and prints how many states there were."""

    def explored(devices, depth):
        found = Explorer(Model()).explore(nothing(*devices), depth)
        extent = "all that there are" if found.exhausted else f"{depth} steps deep"
        with capsys.disabled():
            sys.stdout.write(f"\ndevices {devices}: {found.states:,} states, {extent}\n")
        return found

    return explored


@pytest.mark.parametrize(
    ("devices", "depth"),
    [
        pytest.param((2, 2), 9, id="two tenants of two devices"),
        pytest.param((2, 2), 14, id="two tenants of two devices, deeper", marks=LONG),
    ],
)
def test_no_order_of_a_few_steps_breaks_a_promise(explore, devices, depth):
    """Whatever is due ends in nothing when a run is left alone, and nothing of anybody else changes."""
    assert not explore(devices, depth).exhausted


@pytest.mark.parametrize(
    "devices",
    [
        pytest.param((1,), id="one tenant of one device"),
        pytest.param((2,), id="one tenant of two devices"),
        pytest.param((1, 0), id="two tenants of one device", marks=LONG),
        pytest.param((1, 1), id="two tenants of a device each", marks=LONG),
    ],
)
def test_no_order_of_any_length_breaks_a_promise(explore, devices):
    """Every state that can be reached has been seen, however many lives lead there; every kind of step occurred."""
    found = explore(devices, EVERYTHING)
    assert found.exhausted
    assert found.names == STEPS


@pytest.mark.parametrize("bug", Bug, ids=lambda bug: bug.name.lower())
def test_a_planted_bug_is_found(bug):
    """With the promise that it breaks, and a shortest way to break it."""
    devices = (1, 0) if bug is Bug.DOCUMENTS_FIRST else (1,)
    with pytest.raises(Broken) as found:
        Explorer(Model(bug)).explore(nothing(*devices), EVERYTHING)
    assert found.value.promise == PROMISES[bug]
    assert found.value.labels


def test_what_differs_in_names_alone_is_one_state():
    """Two devices, and two runs, can change places; a device that a run holds differs from one that none holds."""
    model = Model()
    both = [("onboard", 0), ("register", 0, 0), ("register", 0, 1), ("close", 0), ("wait",)]
    due = follow(model, nothing(2), *both, ("wait",), ("begin_purge", 0, 0))
    held = [
        canonical(follow(model, due, ("list", run, 0, device), ("delete", run)))
        for run in (0, 1)
        for device in (0, 1)
    ]
    assert len(set(held)) == 1
    assert held[0] != canonical(due)


def test_a_tenant_connected_again_keeps_what_a_frozen_run_once_held():
    """The way of the worst case, step by step: the run wakes up in the tenant's next life, and deletes nothing."""
    model = Model()
    pages = [("open", 1), *[("take", 1), ("sweep", 1), ("sweep", 1)], ("take", 1), ("sweep", 1)]
    world = follow(
        model,
        nothing(1),
        *[("onboard", 0), ("register", 0, 0), ("redeem", 0, 0), ("close", 0), ("wait",), ("wait",)],
        *[
            ("begin_purge", 0, 0),
            ("list", 0, 0, 0),
            ("list", 1, 0, 0),
            ("delete", 1),
            ("delete", 1),
        ],
        *pages,
        ("finish", 1, 0),
        *[("onboard", 0), ("register", 0, 0), ("redeem", 0, 0)],
    )
    assert follow(model, world, ("delete", 0)).organizations == world.organizations
