"""Mutation test of firestore.rules: `python -m tests.rules.mutate`.

Loads each mutant into one running emulator and runs the matrix against it until a cell answers
other than the table says. Lists the mutants that nothing noticed; exit code 1 when there are any.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from local.emulators import auth_emulator, firestore_emulator

from . import world
from .matrix import Case, cases, sign_in_all
from .mutants import Mutant, mutants
from .rest import Auth, Firestore

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"


class Judge:
    """Runs the matrix against rules; cells that noticed something lately are asked first."""

    def __init__(self, firestore: Firestore, tokens: dict[str, str | None]) -> None:
        self.firestore = firestore
        self.tokens = tokens
        self.cells = list(cases())

    def objection(self, source: str) -> Case | None:
        """The first cell that answers other than the table says under `source`."""
        world.seed(self.firestore)
        world.load_rules(self.firestore, source)
        for index, cell in enumerate(self.cells):
            if cell.run(self.firestore, self.tokens[cell.caller.name]) != cell.expected:
                self.cells.insert(0, self.cells.pop(index))
                return cell
        return None


def main() -> int:
    console = Console()
    source = RULES.read_text()
    with firestore_emulator() as firestore_host, auth_emulator() as auth_host:
        judge = Judge(Firestore(firestore_host), sign_in_all(Auth(auth_host)))
        if cell := judge.objection(source):
            console.print(f"The rules themselves fail the matrix: {cell}", markup=False)
            return 1
        survivors: list[Mutant] = []
        invalid: list[Mutant] = []
        everyone = mutants(source)
        for mutant in track(everyone, "Mutants of firestore.rules", console=console):
            try:
                noticed = judge.objection(mutant.source)
            except ValueError:
                invalid.append(mutant)
                continue
            if noticed is None:
                survivors.append(mutant)
    return report(console, len(everyone), invalid, survivors)


def report(console: Console, total: int, invalid: list[Mutant], survivors: list[Mutant]) -> int:
    """Print the outcome; the exit code."""
    tried = total - len(invalid)
    killed = tried - len(survivors)
    for mutant in survivors:
        console.print(f"survived  {mutant.change}", markup=False)
    for mutant in invalid:
        console.print(f"does not compile  {mutant.change}", markup=False)
    console.print(f"{killed} of {tried} mutants killed ({100 * killed / max(tried, 1):.1f} %)")
    return 0 if tried and not survivors else 1


if __name__ == "__main__":
    sys.exit(main())
