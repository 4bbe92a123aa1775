"""Commands for one organization, and the list of all."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from shared.receipts import request_to_keep
from shared.store import TENANTS
from shared.tenant import Reason, Way
from support.closing import close_tenant
from support.context import (
    MALFORMED,
    Context,
    awaited,
    confirm,
    facts_of,
    json_option,
    yes_option,
)


@click.command(short_help="Have all data of TENANT deleted.")
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
    """Have all data of TENANT deleted; print receipt, due time and salt, or with --json the file for whoever asked."""
    store, read = await context.sound_tenant(tenant_id)
    if not yes:
        confirm(f"All that is stored about {read.tenant.name!r} will be deleted. Go on?")
    closing = await close_tenant(store, context.settings.purge_delay_seconds, Reason(reason))
    if as_json:
        click.echo(json.dumps(request_to_keep(store.id, closing, context.settings.portal_url)))
        return
    click.echo(f"receipt:   {closing.receipt_id}")
    click.echo(f"purge due: {closing.purge_at.isoformat()}")
    click.echo(f"salt:      {closing.salt or 'none'}")


@click.command()
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


@click.command()
@click.argument("tenant_id", metavar="TENANT")
@json_option
@click.pass_obj
@awaited
async def show(context: Context, tenant_id: str, as_json: bool) -> None:
    """Print all that is stored about TENANT, and the number of its devices."""
    store = context.tenant(tenant_id)
    document = await context.document(store)
    count = await context.database.count(store.devices_path)
    context.show({**facts_of(document), "devices": count}, as_json)


@click.command()
@click.option("--lost", is_flag=True, help="Only those whose consent is lost.")
@json_option
@click.pass_obj
@awaited
async def tenants(context: Context, lost: bool, as_json: bool) -> None:
    """List the connected organizations."""
    rows = [facts_of(document) async for document in context.database.walk(TENANTS)]
    if lost:
        rows = [row for row in rows if "lostAt" in row or MALFORMED in row]
    context.table(rows, ("tenant", "name", "status", "purgeAt", "lostAt"), as_json)
