"""The command that finds deletions in the logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TextIO

import click

from shared import identifiers
from support.context import (
    EXIT_REFUSED,
    Context,
    json_option,
    progress_bar,
    stop,
)
from support.receipts import PURGED, CloudLogging, Entry, entries_in, query, receipts

LOG_DAYS = 30


@click.command("receipts", short_help="Deletions that ended, from the logs.")
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
    """Print the deletions that ended, from the logs; exit code 1 if there is none."""
    receipt_id = receipt_id.lower()
    if receipt_id and not identifiers.is_device_id(receipt_id):
        raise click.BadParameter("must be a receipt ID (a random UUID)", param_hint="--receipt")
    if file is not None and since is not None:
        raise click.UsageError("--since is for Cloud Logging; lines in a file have no time")
    if file is None and context.settings.firestore_emulator:
        raise click.UsageError("the local stack logs to files: --file .local/logs/tenant_purge.log")
    with progress_bar("reading") as advance:
        entries = entries_in(file) if file is not None else _logged(context, receipt_id, since)
        ended = receipts(_counted(entries, advance), receipt_id)
    if ended or as_json:
        rows = [asdict(receipt) for receipt in ended]
        context.table(rows, ("receipt", "outcome", "at", "users", "documents"), as_json)
    if not any(receipt.outcome == PURGED for receipt in ended):
        stop("no purge that ended is in these logs", EXIT_REFUSED)


def _logged(context: Context, receipt_id: str, since: datetime | None) -> Iterator[Entry]:
    start = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - timedelta(days=LOG_DAYS)
    return CloudLogging(context.settings.project).entries(query(start, receipt_id))


def _counted(entries: Iterator[Entry], advance: Callable[[int], None]) -> Iterator[Entry]:
    for entry in entries:
        advance(1)
        yield entry
