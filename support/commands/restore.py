"""The command that keeps a restored backup from bringing purged organizations back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from shared.google.firestore import Firestore
from shared.settings import RestoreSettings, load
from support.context import (
    EXIT_REFUSED,
    Context,
    awaited,
    json_option,
    stop,
)
from support.restore import RestoreCheck

LIVE = "(default)"


@click.command("restore-check", short_help="Keep a restored database from bringing anybody back.")
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
    """List what the restored database holds that was purged since the backup; --yes deletes it. Exit code 1: any."""
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
        stop(
            f"{len(rows)} were purged and are back in {name}: --yes deletes them there",
            EXIT_REFUSED,
        )
