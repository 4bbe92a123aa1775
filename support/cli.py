"""The operators' commands.

Exit codes: 0 done, 1 refused or a finding, 2 wrong usage or settings, 3 a service is away.
"""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shared import errors, schemas
from shared.firestore import Document, Firestore
from shared.identity import Accounts
from shared.settings import SettingsError, SupportSettings, load
from shared.store import TENANTS, Tenant
from support.audit import Audit
from support.audit import as_json as report_json
from support.doctor import examine

REFUSED, USAGE, AWAY = 1, 2, 3
PAGE = 300


class Context:
    """What every command needs: settings, the database, and how to print."""

    def __init__(self) -> None:
        self.settings = load(SupportSettings)
        self.database = Firestore(self.settings.project, self.settings.firestore_emulator)
        self.console = Console(soft_wrap=True)

    def tenant(self, tenant_id: str) -> Tenant:
        try:
            return Tenant(self.database, tenant_id.lower())
        except ValueError:
            raise click.BadParameter(
                "must be an Entra tenant ID (a GUID)", param_hint="TENANT"
            ) from None

    def accounts(self) -> Accounts:
        return Accounts(self.settings.project)

    def show(self, facts: dict[str, Any], as_json: bool) -> None:
        if as_json:
            click.echo(json.dumps(facts))
            return
        table = Table(show_header=False)
        for name, value in facts.items():
            table.add_row(name, str(value))
        self.console.print(table)

    def table(self, rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
        if as_json:
            click.echo(json.dumps(rows))
            return
        table = Table(*columns)
        for row in rows:
            table.add_row(*(str(row.get(name, "")) for name in columns))
        self.console.print(table)


def facts_of(document: Document) -> dict[str, Any]:
    """A tenant's document as flat, printable facts."""
    fields = document.fields
    facts = {"tenant": document.id, "name": fields["name"], "status": fields["status"]}
    for group in ("closing", "consent"):
        for name, value in fields.get(group, {}).items():
            facts[name] = value.isoformat() if isinstance(value, datetime) else value
    return facts


def stop(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def commands(context: click.Context) -> None:
    """Act on deletion requests and prove what is stored."""
    if context.invoked_subcommand == "doctor":
        return  # it reports wrong settings as a finding
    try:
        context.obj = Context()
    except SettingsError as error:
        stop(str(error), USAGE)


@commands.command()
@click.argument("tenant_id", metavar="TENANT")
@click.option(
    "--reason",
    type=click.Choice([schemas.REQUESTED, schemas.CONSENT_LOST]),
    default=schemas.REQUESTED,
    show_default=True,
)
@yes_option
@json_option
@click.pass_obj
def close(context: Context, tenant_id: str, reason: str, yes: bool, as_json: bool) -> None:
    """Have all data of TENANT deleted; prints the receipt and when the purge is due."""
    tenant = context.tenant(tenant_id)
    if sys.stdin.isatty() and not yes:
        click.confirm("All data of this organization will be deleted. Go on?", abort=True)
    delay = timedelta(seconds=context.settings.purge_delay_seconds)
    closed = tenant.close(reason, str(uuid.uuid4()), datetime.now(UTC), delay)
    if as_json:
        context.show(facts_of(closed), as_json=True)
        return
    click.echo(f"receipt:   {closed.fields['closing']['receiptId']}")
    click.echo(f"purge due: {closed.fields['closing']['purgeAt'].isoformat()}")


@commands.command()
@click.argument("tenant_id", metavar="TENANT")
@json_option
@click.pass_obj
def reopen(context: Context, tenant_id: str, as_json: bool) -> None:
    """Withdraw the deletion of TENANT while it has not begun."""
    context.show(facts_of(context.tenant(tenant_id).reopen()), as_json)


@commands.command()
@click.argument("tenant_id", metavar="TENANT")
@json_option
@click.pass_obj
def show(context: Context, tenant_id: str, as_json: bool) -> None:
    """All that is stored about TENANT; of its devices the number."""
    tenant = context.tenant(tenant_id)
    document = tenant.read()
    if document is None:
        raise errors.TenantNotOnboarded
    count = context.database.count(tenant.devices_path)
    context.show({**facts_of(document), "devices": count}, as_json)


@commands.command()
@json_option
@click.pass_obj
def tenants(context: Context, as_json: bool) -> None:
    """List the connected organizations."""
    rows = [facts_of(found) for page in context.database.pages(TENANTS, PAGE) for found in page]
    context.table(rows, ("tenant", "name", "status", "purgeAt", "lostAt"), as_json)


@commands.command("purge-preview")
@json_option
@click.pass_obj
def purge_preview(context: Context, as_json: bool) -> None:
    """What the next scheduled run would delete; nothing is changed."""
    now = datetime.now(UTC)
    rows = []
    for page in context.database.pages(TENANTS, PAGE):
        for found in page:
            closing = found.fields.get("closing")
            if closing and closing["purgeAt"] <= now:
                tenant = Tenant(context.database, found.id)
                devices = context.database.count(tenant.devices_path)
                rows.append({**facts_of(found), "devices": devices})
    context.table(rows, ("tenant", "name", "status", "purgeAt", "devices"), as_json)


@commands.command()
@json_option
@click.pass_obj
def audit(context: Context, as_json: bool) -> None:
    """Compare all that is stored with the inventory; exit code 1 if anything else is found."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        report = Audit(
            context.database, context.accounts(), lambda count: progress.advance(task, count)
        ).run()
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


@commands.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, credential, keys, Graph, Firestore, rules and clock; say what to do. Exit code 1: a finding."""
    sick = False
    lines = []
    for found in examine():
        sick = sick or found.ok is False
        lines.append(asdict(found))
        if not as_json:
            mark = {True: "ok  ", False: "FAIL", None: "skip"}[found.ok]
            click.echo(f"{mark}  {found.check:14} {found.detail}")
            if found.advice:
                click.echo(f"      → {found.advice}")
    if as_json:
        click.echo(json.dumps(lines))
    sys.exit(REFUSED if sick else 0)


def main() -> None:
    try:
        commands(prog_name="python -m support")
    except errors.Unavailable as error:
        stop(f"{error.dependency} is away; try again shortly", AWAY)
    except errors.Problem as error:
        stop(f"{error.code}: {error.title}", REFUSED)
