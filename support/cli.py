"""The operators' commands.

Exit codes: 0 done, 1 refused or a finding, 2 wrong usage or settings, 3 a service is away.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, ParamSpec, TextIO

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from shared import errors, identifiers, inventory
from shared.audit import misfits
from shared.google.firestore import Document, Firestore
from shared.google.users import Users
from shared.receipts import new_salt, request_to_keep
from shared.settings import RestoreSettings, SettingsError, SupportSettings, load
from shared.signing import public_keys
from shared.silence import DEVICES, SOON_DAYS, silence_is_ours, silent, soon_silent
from shared.store import TENANTS, Stored, TenantStore, due, stored
from shared.tenant import Closing, Reason, Way
from support import verify as verifying
from support.advice import advice_on
from support.audit import Audit
from support.audit import as_json as report_json
from support.doctor import examine
from support.proof_commands import prove, verify_deployment
from support.receipts import PURGED, CloudLogging, Entry, entries_in, query, receipts
from support.restore import RestoreCheck

REFUSED, USAGE, AWAY = 1, 2, 3
COMPLETING = "_CALLIENTE_COMPLETE"
LOG_DAYS = 30
LIVE = "(default)"
MARKS = {True: "ok  ", False: "FAIL", None: "skip"}
PIPE_COLUMNS = 200  # of a table that no terminal bounds
MALFORMED = "malformed"  # the fact that names the fields which are not as in the inventory


class Context:
    """What every command needs: settings and the database, once it asks for them, and how to print."""

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
        """The tenant's document, sound or not. Raises TenantNotOnboarded."""
        document = await self.database.get(store.path)
        if document is None:
            raise errors.TenantNotOnboarded
        return document

    async def sound_tenant(self, tenant_id: str) -> tuple[TenantStore, Stored]:
        """One that can be changed: it exists, and is as in the inventory."""
        store = self.tenant(tenant_id)
        document = await self.document(store)
        wrong = facts_of(document).get(MALFORMED)
        if wrong:
            stop(f"{MALFORMED}: {wrong}; nothing was changed. Correct the document first.", REFUSED)
        return store, stored(document)

    def users(self) -> Users:
        return Users(self.settings.project)

    def show(self, facts: dict[str, Any], as_json: bool) -> None:
        """One thing. Exit code 1 where it is malformed."""
        if as_json:
            click.echo(json.dumps(facts))
        else:
            table = Table(show_header=False)
            for name, value in facts.items():
                table.add_row(name, Text(str(value)))  # a name may look like markup
            self.console.print(table)
        if MALFORMED in facts:
            sys.exit(REFUSED)

    def table(self, rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
        """Several. Exit code 1 where one is malformed."""
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
            sys.exit(REFUSED)


def facts_of(document: Document) -> dict[str, Any]:
    """A tenant's document as flat, printable facts; what does not fit the inventory is named."""
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
    """Counts on standard error, and only where a person looks."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.advance(task, count)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: --yes confirms")
    click.confirm(question, abort=True, err=True)


def stop(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


P = ParamSpec("P")


def awaited(command: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A command that is a coroutine, for click."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(command(*args, **kwargs))

    return run


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def commands(context: click.Context) -> None:
    """Act on deletion requests and prove what is stored."""
    context.obj = Context()


@commands.command(short_help="Have all data of TENANT deleted.")
@click.argument("tenant_id", metavar="TENANT")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason]),
    default=Reason.REQUESTED.value,
    show_default=True,
)
@yes_option
@json_option
@click.pass_obj
@awaited
async def close(context: Context, tenant_id: str, reason: str, yes: bool, as_json: bool) -> None:
    """Have all data of TENANT deleted; prints receipt, due time and salt; --json: a file for whoever asked."""
    store, read = await context.sound_tenant(tenant_id)
    if not yes:
        _confirm(f"All that is stored about {read.tenant.name!r} will be deleted. Go on?")
    delay = timedelta(seconds=context.settings.purge_delay_seconds)
    wanted = Closing(datetime.now(UTC) + delay, Reason(reason), str(uuid.uuid4()), new_salt())
    tenant = await store.change(lambda tenant: tenant.close(wanted))
    closing = tenant.closing or wanted
    if as_json:
        click.echo(json.dumps(request_to_keep(store.id, closing, context.settings.portal_url)))
        return
    click.echo(f"receipt:   {closing.receipt_id}")
    click.echo(f"purge due: {closing.purge_at.isoformat()}")
    click.echo(f"salt:      {closing.salt or 'none'}")


@commands.command()
@click.argument("tenant_id", metavar="TENANT")
@json_option
@click.pass_obj
@awaited
async def reopen(context: Context, tenant_id: str, as_json: bool) -> None:
    """Withdraw the deletion of TENANT while it has not begun."""
    store, _read = await context.sound_tenant(tenant_id)
    now = datetime.now(UTC)
    await store.change(lambda tenant: tenant.reopen(Way.SUPPORT, now))
    context.show(facts_of(await context.document(store)), as_json)


@commands.command()
@click.argument("tenant_id", metavar="TENANT")
@json_option
@click.pass_obj
@awaited
async def show(context: Context, tenant_id: str, as_json: bool) -> None:
    """All that is stored about TENANT; of its devices the number."""
    store = context.tenant(tenant_id)
    document = await context.document(store)
    count = await context.database.count(store.devices_path)
    context.show({**facts_of(document), "devices": count}, as_json)


@commands.command()
@click.option("--lost", is_flag=True, help="Only those whose consent is lost.")
@json_option
@click.pass_obj
@awaited
async def tenants(context: Context, lost: bool, as_json: bool) -> None:
    """List the connected organizations."""
    rows = [facts_of(found) async for found in context.database.walk(TENANTS)]
    if lost:
        rows = [row for row in rows if "lostAt" in row or MALFORMED in row]
    context.table(rows, ("tenant", "name", "status", "purgeAt", "lostAt"), as_json)


@commands.command(short_help="Sign out all devices of TENANT, or one.")
@click.argument("tenant_id", metavar="TENANT")
@click.option("--revoke-all", is_flag=True, help="All; the next scheduled run removes them.")
@click.option("--revoke", "device_id", metavar="DEVICE", default="", help="This one, at once.")
@yes_option
@json_option
@click.pass_obj
@awaited
async def devices(
    context: Context, tenant_id: str, revoke_all: bool, device_id: str, yes: bool, as_json: bool
) -> None:
    """How many devices TENANT has, and how many will soon have been silent for too long.

    With an option, sign them out. They can register again.
    """
    if revoke_all and device_id:
        raise click.UsageError("--revoke-all or --revoke, not both")
    store, read = await context.sound_tenant(tenant_id)
    if device_id:
        await _revoke(context, store, device_id.lower(), yes)
    elif revoke_all:
        if not yes:
            _confirm(f"All devices of {read.tenant.name!r} will be signed out. Go on?")
        now = datetime.now(UTC)
        await store.change(lambda tenant: tenant.ask_sign_out(now))
        click.echo("the next scheduled run removes every device registered until now", err=True)
    facts = {"tenant": store.id, "devices": await context.database.count(store.devices_path)}
    days = context.settings.device_expiry_days
    if days:
        where = soon_silent(datetime.now(UTC), days)
        expiring = await context.database.count(store.devices_path, where=where)
        facts[f"expiringWithin{SOON_DAYS}Days"] = expiring
    context.show(facts, as_json)


async def _revoke(context: Context, store: TenantStore, device_id: str, yes: bool) -> None:
    if not identifiers.is_device_id(device_id):
        raise click.BadParameter("must be a device ID (a random UUID)", param_hint="--revoke")
    if not yes:
        _confirm("This device will be signed out. Go on?")
    await context.users().delete_one(f"{store.id}:{device_id}")
    await store.forget_device(device_id)


@commands.command("purge-preview", short_help="What the next run would delete: a dry run.")
@json_option
@click.pass_obj
@awaited
async def purge_preview(context: Context, as_json: bool) -> None:
    """What the next scheduled run would delete; nothing is changed.

    The table lists organizations; how many silent devices of the others would go stands on standard error.
    """
    rows = [
        {**facts_of(found), "devices": await context.database.count(f"{found.path}/devices")}
        async for found in due(context.database, datetime.now(UTC))
    ]
    await _tell_silent(context)
    context.table(rows, ("tenant", "name", "status", "purgeAt", "devices"), as_json)


async def _tell_silent(context: Context) -> None:
    days, now = context.settings.device_expiry_days, datetime.now(UTC)
    if not days:
        return
    count = await context.database.count(DEVICES, where=silent(now, days), group=True)
    waits = count and await silence_is_ours(context.database, now)
    but = "; it waits, because too few devices beat" if waits else ""
    click.echo(f"devices that have been silent for {days} days: {count}{but}", err=True)


@commands.command("receipts", short_help="Deletions that ended, from the logs.")
@click.option("--receipt", "receipt_id", metavar="ID", default="", help="Only this one.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help=f"UTC.  [default: {LOG_DAYS} days ago, as long as logs are kept]",
)
@click.option(
    "--file",
    type=click.File(errors="replace"),
    help="Read JSON lines from here (-: standard input), not from Cloud Logging.",
)
@json_option
@click.pass_obj
def receipts_command(
    context: Context, receipt_id: str, since: datetime | None, file: TextIO | None, as_json: bool
) -> None:
    """Deletions that ended, from the logs; exit code 1 if there is none."""
    receipt_id = receipt_id.lower()
    if receipt_id and not identifiers.is_device_id(receipt_id):
        raise click.BadParameter("must be a receipt ID (a random UUID)", param_hint="--receipt")
    if file is not None and since is not None:
        raise click.UsageError("--since is for Cloud Logging; lines in a file have no time")
    if file is None and context.settings.firestore_emulator:
        raise click.UsageError("the local stack logs to files: --file .local/logs/tenant_purge.log")
    with progress_bar("reading") as advance:
        entries = entries_in(file) if file is not None else _logged(context, receipt_id, since)
        found = receipts(_counted(entries, advance), receipt_id)
    if found or as_json:
        rows = [asdict(receipt) for receipt in found]
        context.table(rows, ("receipt", "outcome", "at", "users", "documents"), as_json)
    if not any(receipt.outcome == PURGED for receipt in found):
        stop("no purge that ended is in these logs", REFUSED)


def _logged(context: Context, receipt_id: str, since: datetime | None) -> Iterator[Entry]:
    start = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - timedelta(days=LOG_DAYS)
    return CloudLogging(context.settings.project).entries(query(start, receipt_id))


def _counted(entries: Iterator[Entry], advance: Callable[[int], None]) -> Iterator[Entry]:
    for entry in entries:
        advance(1)
        yield entry


@commands.command(short_help="Check a receipt or an audit, offline.")
@click.argument("file", type=click.File())
@click.option("--tenant", "tenant_id", metavar="ID", default="", help="Whose it is to be.")
@click.option("--salt", default="", help="From the request that was kept.")
@click.option("--keys", type=click.File(), help="The published keys (jwks.json), kept in a file.")
@click.option(
    "--portal", metavar="URL", envvar="PORTAL_URL", default="", help="Where keys are fetched else."
)
@click.option(
    "--inventory",
    "published",
    type=click.File("rb"),
    help="The published inventory (inventory.json) of that day.",
)
@json_option
def verify(
    file: TextIO,
    tenant_id: str,
    salt: str,
    keys: TextIO | None,
    portal: str,
    published: BinaryIO | None,
    as_json: bool,
) -> None:
    """Check FILE (-: standard input), a signed receipt or audit: by whom, whose, what of. Exit code 1: it fails."""
    if keys is None and not portal:
        raise click.UsageError("--keys FILE or --portal URL: what is it to be checked with?")
    known = verifying.Known(tenant_id.lower(), salt, published.read() if published else b"")
    try:
        statement = verifying.statement_in(file.read())
        trusted = public_keys(keys.read()) if keys else verifying.fetched_keys(portal)
    except ValueError as fault:
        raise click.UsageError(f"the file {fault}") from None
    _print_checks(verifying.checks(statement, trusted, known), as_json)


def _print_checks(found: list[verifying.Check], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(check) for check in found]))
    else:
        for check in found:
            click.echo(f"{MARKS[check.ok]}  {check.check:11} {check.detail}")
    if any(check.ok is False for check in found):
        sys.exit(REFUSED)


@commands.command(
    "restore-check", short_help="Keep a restored database from bringing anybody back."
)
@click.option("--database", "name", required=True, help="The restored one; never the live one.")
@click.option(
    "--taken-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="When the backup was taken (UTC).  [default: whoever was ever purged counts]",
)
@click.option("--yes", is_flag=True, help="Delete them; without it nothing is changed.")
@json_option
@click.pass_obj
@awaited
async def restore_check(
    context: Context, name: str, taken_at: datetime | None, yes: bool, as_json: bool
) -> None:
    """What was purged since the backup, in the restored database; --yes deletes it there. Exit code 1: it is there."""
    settings = load(RestoreSettings)
    if name == LIVE:
        raise click.BadParameter("must not be the live database", param_hint="--database")
    live, restored = (
        Firestore(settings.project, settings.firestore_emulator, each) for each in (LIVE, name)
    )
    since = taken_at.replace(tzinfo=UTC) if taken_at else None
    check = RestoreCheck(live, restored, settings.receipt_fingerprint_keys, since)
    rows = []
    async for tenant in check.purged():
        row: dict[str, Any] = {"tenant": tenant.id}
        if yes:
            row["documents"] = await check.delete(tenant)
        rows.append(row)
    if yes:
        await check.forget_receipts()
    context.table(rows, ("tenant", "documents") if yes else ("tenant",), as_json)
    if rows and not yes:
        stop(f"{len(rows)} were purged and are back in {name}: --yes deletes them there", REFUSED)


@commands.command(short_help="Compare all that is stored with the inventory.")
@json_option
@click.pass_obj
@awaited
async def audit(context: Context, as_json: bool) -> None:
    """Compare all that is stored with the inventory; exit code 1 if anything else is found."""
    with progress_bar("reading") as advance:
        report = await Audit(context.database, context.users(), advance).run()
    if as_json:
        click.echo(report_json(report))
    else:
        table = Table("stored", "count")
        for name, count in sorted(report.counts.items()):
            table.add_row(name, str(count))
        context.console.print(table)
        for path, what in report.findings:
            click.echo(f"finding: {path}: {what}")
        click.echo(f"{len(report.findings)} findings")
    if report.findings:
        sys.exit(REFUSED)


@commands.command(short_help="Find what is broken in a deployment, and what to do.")
@json_option
@awaited
async def doctor(as_json: bool) -> None:
    """Check settings, credential, keys, Graph, Firestore, rules and clock; say what to do. Exit code 1: a finding."""
    sick = False
    lines = []
    async for found in examine():
        sick = sick or found.ok is False
        lines.append(asdict(found))
        if not as_json:
            click.echo(f"{MARKS[found.ok]}  {found.check:15} {found.detail}")
            if found.advice:
                click.echo(f"      → {found.advice}")
    if as_json:
        click.echo(json.dumps(lines))
    sys.exit(REFUSED if sick else 0)


commands.add_command(verify_deployment)
commands.add_command(prove)


def main() -> None:
    """Under the name `calliente` where that was called, or while a shell completes it (support/calliente)."""
    installed = Path(sys.argv[0]).stem == "calliente"
    name = "calliente" if installed or COMPLETING in os.environ else "python -m support"
    try:
        commands(prog_name=name, complete_var=COMPLETING)
    except SettingsError as error:
        stop(str(error), USAGE)
    except errors.Unavailable as error:
        stop(f"{error.dependency} did not answer ({error.reason}): {advice_on(error)}", AWAY)
    except errors.Problem as error:
        stop(f"{error.code}: {error.title}", REFUSED)
