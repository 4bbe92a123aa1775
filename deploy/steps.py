"""One step of a deployment: what to run, and how to see that it has been done before.

Captured values fill `{name}` in later commands, so that a plan is data: it can be printed, and parsed by a test,
without a project.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local.processes import ROOT

Command = tuple[str, ...]


class StepFailed(Exception):
    """A command ended with an error, or found what must not be."""


@dataclass(frozen=True)
class Step:
    """run: the command; empty where `unless` alone is of interest.

    unless: a command that succeeds, with some output, where `run` is not needed. present: run instead of it then, with
    that output as `{found}`.
    allowed: what the output of `unless` may be. capture: name under which `run`'s output is kept.
    stdin: makes what `run` reads. optional: whether its failure is no fault (something to delete is not there).
    """

    title: str
    run: Command = ()
    unless: Command = ()
    present: Command = ()
    allowed: frozenset[str] = frozenset()
    capture: str = ""
    stdin: Callable[[], str] | None = None
    optional: bool = False

    def commands(self) -> Iterator[Command]:
        return (one for one in (self.unless, self.run, self.present) if one)


def gcloud(*words: str) -> Command:
    return ("gcloud", *words, "--quiet")


def show(steps: Sequence[Step]) -> None:
    """Print every command, and run none."""
    for step in steps:
        print(f"\n# {step.title}")
        for command, note in (
            (step.unless, "unless: "),
            (step.run, ""),
            (step.present, "otherwise: "),
        ):
            if command:
                print(f"{'# ' + note if note else ''}{shlex.join(command)}")
        if step.capture:
            print(f"#   its output is {{{step.capture}}} below")


def carry_out(steps: Sequence[Step]) -> None:
    """Run the steps in order. Raises StepFailed; running them again goes on from there."""
    values: dict[str, str] = {}
    for step in steps:
        print(f"· {step.title}", flush=True)
        _carry_out(step, values)


def _carry_out(step: Step, values: dict[str, str]) -> None:
    found = _output(step.unless, values) if step.unless else ""
    if found and step.allowed and found not in step.allowed:
        raise StepFailed(
            f"{step.title}: found {found}, allowed is {', '.join(sorted(step.allowed))}"
        )
    command = step.present if found else step.run
    if not command:
        return
    done = subprocess.run(
        _filled(command, {**values, "found": found} if found else values),
        cwd=ROOT,
        input=step.stdin() if step.stdin else None,
        stdout=subprocess.PIPE if step.capture else sys.stderr,
        text=True,
        check=False,
    )
    if done.returncode and not step.optional:
        raise StepFailed(f"{step.title}: {shlex.join(command[:4])} … ended with {done.returncode}")
    if step.capture:
        values[step.capture] = (done.stdout or "").strip()
        if not values[step.capture] and not step.optional:
            raise StepFailed(f"{step.title}: no answer")


def _output(command: Command, values: dict[str, str]) -> str:
    done = subprocess.run(
        _filled(command, values), cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _filled(command: Command, values: dict[str, str]) -> list[str]:
    filled = []
    for word in command:
        for name, value in values.items():
            word = word.replace(f"{{{name}}}", value)
        filled.append(word)
    return filled
