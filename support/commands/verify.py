"""The command that checks signed receipts and audits."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import BinaryIO, TextIO

import click

from shared.signing import public_keys
from support import verify as verifying
from support.context import (
    EXIT_REFUSED,
    MARKS,
    json_option,
)


@click.command(short_help="Check a receipt or an audit, offline.")
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
    """Check signature, tenant and inventory of FILE (-: standard input), a receipt or audit. Exit code 1: it fails."""
    if keys is None and not portal:
        raise click.UsageError("--keys FILE or --portal URL: what is it to be checked with?")
    known = verifying.Known(tenant_id.lower(), salt, published.read() if published else b"")
    try:
        statement = verifying.statement_in(file.read())
        trusted = public_keys(keys.read()) if keys else verifying.fetched_keys(portal)
    except ValueError as fault:
        raise click.UsageError(f"the file {fault}") from None
    _print_checks(verifying.checks(statement, trusted, known), as_json)


def _print_checks(results: list[verifying.Check], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(check) for check in results]))
    else:
        for check in results:
            click.echo(f"{MARKS[check.ok]}  {check.check:11} {check.detail}")
    if any(check.ok is False for check in results):
        sys.exit(EXIT_REFUSED)
