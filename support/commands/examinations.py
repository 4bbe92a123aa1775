"""Commands that look for faults: in what is stored, and in a deployment."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from rich.table import Table

from support.audit import Audit
from support.audit import as_json as report_json
from support.context import (
    EXIT_REFUSED,
    MARKS,
    Context,
    awaited,
    json_option,
    progress_bar,
)
from support.doctor import examine


@click.command(short_help="Compare all that is stored with the inventory.")
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
        sys.exit(EXIT_REFUSED)


@click.command(short_help="Find what is broken in a deployment, and what to do.")
@json_option
@awaited
async def doctor(as_json: bool) -> None:
    """Check settings, credential, keys, Graph, Firestore, rules and clock, and say what to do. Exit code 1: faults."""
    sick = False
    lines = []
    async for finding in examine():
        sick = sick or finding.ok is False
        lines.append(asdict(finding))
        if not as_json:
            click.echo(f"{MARKS[finding.ok]}  {finding.check:15} {finding.detail}")
            if finding.advice:
                click.echo(f"      → {finding.advice}")
    if as_json:
        click.echo(json.dumps(lines))
    sys.exit(EXIT_REFUSED if sick else 0)
