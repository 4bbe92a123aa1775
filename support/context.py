"""What the operators' commands share: settings, the database, exit codes, and printing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, NoReturn, ParamSpec

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from shared import errors, identifiers, inventory
from shared.audit import misfits
from shared.google.firestore import Document, Firestore
from shared.google.users import Users
from shared.settings import SupportSettings, load
from shared.store import Stored, TenantStore, stored

EXIT_REFUSED, EXIT_USAGE, EXIT_AWAY = 1, 2, 3
MARKS = {True: "ok  ", False: "FAIL", None: "skip"}
PIPE_COLUMNS = 200  # of a table that no terminal bounds
MALFORMED = "malformed"  # the fact that names the fields which are not as in the inventory


class Context:
    """What every command needs: settings and the database, made when first used, and printing."""

    def __init__(self) -> None:
        self.console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)

    @cached_property
    def settings(self) -> SupportSettings:
        return load(SupportSettings)

    @cached_property
    def database(self) -> Firestore:
        return Firestore(self.settings.project, self.settings.firestore_emulator)

    def tenant(self, tenant_id: str) -> TenantStore:
        try:
            return TenantStore(self.database, tenant_id.lower())
        except ValueError:
            raise click.BadParameter(
                "must be an Entra tenant ID (a GUID)", param_hint="TENANT"
            ) from None

    async def document(self, store: TenantStore) -> Document:
        """Return the tenant's document, also a malformed one. Raises TenantNotOnboarded."""
        document = await self.database.get(store.path)
        if document is None:
            raise errors.TenantNotOnboarded
        return document

    async def sound_tenant(self, tenant_id: str) -> tuple[TenantStore, Stored]:
        """Return a tenant that can be changed: it exists, and is as in the inventory. Else end the command."""
        store = self.tenant(tenant_id)
        document = await self.document(store)
        wrong = facts_of(document).get(MALFORMED)
        if wrong:
            stop(
                f"{MALFORMED}: {wrong}; nothing was changed. Correct the document first.",
                EXIT_REFUSED,
            )
        return store, stored(document)

    def users(self) -> Users:
        return Users(self.settings.project)

    def show(self, facts: dict[str, Any], as_json: bool) -> None:
        """Print one record. Exit code 1 if it is malformed."""
        if as_json:
            click.echo(json.dumps(facts))
        else:
            table = Table(show_header=False)
            for name, value in facts.items():
                table.add_row(name, Text(str(value)))  # a name may look like markup
            self.console.print(table)
        if MALFORMED in facts:
            sys.exit(EXIT_REFUSED)

    def table(self, rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
        """Print records as a table. Exit code 1 if one is malformed."""
        malformed = [row for row in rows if MALFORMED in row]
        if as_json:
            click.echo(json.dumps(rows))
        elif not rows:
            click.echo("none")
        else:
            table = Table()
            for name in columns:  # IDs, which come first, stay in one piece: they are copied
                table.add_column(name, overflow="fold", no_wrap=name == columns[0])
            for row in rows:
                table.add_row(*(Text(str(row.get(name, ""))) for name in columns))
            self.console.print(table)
        for row in malformed:
            click.echo(f"{MALFORMED}: {row['tenant']}: {row[MALFORMED]}", err=True)
        if malformed:
            sys.exit(EXIT_REFUSED)


def facts_of(document: Document) -> dict[str, Any]:
    """Return a tenant's document as a flat record; `malformed` in it names what does not fit the inventory."""
    fields = document.fields
    facts = {"tenant": document.id, "name": fields.get("name"), "status": fields.get("status")}
    for group, schema in (("closing", inventory.Closing()), ("consent", inventory.Consent())):
        stored = fields.get(group)
        for name, value in stored.items() if isinstance(stored, Mapping) else ():
            if name in schema.fields:
                facts[name] = value.isoformat() if isinstance(value, datetime) else value
    wrong = misfits(document.fields, inventory.TenantDocument())
    if not identifiers.is_tenant_id(document.id):
        wrong.append("document ID")
    return {**facts, MALFORMED: ", ".join(wrong)} if wrong else facts


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int], None]]:
    """Count on standard error, if that is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.advance(task, count)


def confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: --yes confirms")
    click.confirm(question, abort=True, err=True)


def stop(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


P = ParamSpec("P")


def awaited(command: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a command of a coroutine, for click."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(command(*args, **kwargs))

    return run


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
