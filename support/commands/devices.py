"""Commands for devices, and for what the next scheduled run deletes."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from shared import identifiers
from shared.silence import DEVICES, SOON_DAYS, silence_is_ours, silent, soon_silent
from shared.store import TenantStore, due
from support.context import (
    Context,
    awaited,
    confirm,
    facts_of,
    json_option,
    yes_option,
)


@click.command(short_help="Sign out all devices of TENANT, or one.")
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
    """Print how many devices TENANT has, and how many will soon be removed for their silence.

    With an option, sign them out. They can register again.
    """
    if revoke_all and device_id:
        raise click.UsageError("--revoke-all or --revoke, not both")
    store, read = await context.sound_tenant(tenant_id)
    if device_id:
        await _revoke(context, store, device_id.lower(), yes)
    elif revoke_all:
        if not yes:
            confirm(f"All devices of {read.tenant.name!r} will be signed out. Go on?")
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
        confirm("This device will be signed out. Go on?")
    await context.users().delete_one(f"{store.id}:{device_id}")
    await store.forget_device(device_id)


@click.command("purge-preview", short_help="What the next run would delete: a dry run.")
@json_option
@click.pass_obj
@awaited
async def purge_preview(context: Context, as_json: bool) -> None:
    """Print what the next scheduled run would delete; change nothing.

    The table lists organizations. Standard error has the number of silent devices of other organizations.
    """
    rows = [
        {**facts_of(document), "devices": await context.database.count(f"{document.path}/devices")}
        async for document in due(context.database, datetime.now(UTC))
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
