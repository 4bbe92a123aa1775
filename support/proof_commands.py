"""The operators' commands that hold a deployment against what was promised of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import requests

from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.identifiers import is_tenant_id
from shared.settings import ProjectSettings, load
from support.operator_http import fetching, operator_session
from support.prove.findings import CHECKS, Finding
from support.prove.journey import Journey
from support.prove.settings import ProveSettings
from support.prove.unproven import decide
from support.reviewed import Deployment, NoBundles, reviewed

REFUSED = 1
MARKS = {True: "ok  ", False: "FAIL", None: "open"}
OTHER = "00000000-0000-4000-8000-000000000001"  # nobody's
BUNDLES = Path(__file__).parents[1] / "build"


@click.command("verify-deployment", short_help="Compare what runs with the reviewed commit.")
@click.option(
    "--bundles",
    type=click.Path(file_okay=False, path_type=Path),
    default=BUNDLES,
    help="Staged from the reviewed commit: make build.  [default: build/]",
)
@click.option("--region", envvar="REGION", default="europe-west1", show_default=True)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="FUNCTION=URL",
    help="Where a function is reached, if not at its run.app address.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_deployment(bundles: Path, region: str, addresses: Sequence[str], as_json: bool) -> None:
    """Compare commit, digest and running functions with the staged bundles; exit code 1 if they differ."""
    split = [one.partition("=") for one in addresses]
    if not all(name and url.startswith("https://") for name, _, url in split):
        raise click.BadParameter("as in heartbeat=https://…", param_hint="--address")
    try:
        expected = reviewed(bundles)
    except NoBundles as error:
        raise click.UsageError(str(error)) from None
    deployment = Deployment(
        load(ProjectSettings).project,
        region,
        fetching(operator_session(), "google"),
        fetching(requests.Session(), "functions"),
        {name.replace("_", "-"): url.rstrip("/") for name, _, url in split},
    )
    found = list(deployment.compare(expected))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            click.echo(f"{MARKS[one.ok]}  {one.function:20} {one.check}: {one.detail}")
    sys.exit(0 if all(one.ok for one in found) else REFUSED)


@click.command(short_help="The whole journey against a staging deployment, check by check.")
@click.argument("tenant_id", metavar="TENANT")
@click.option(
    "--other",
    default=OTHER,
    show_default=True,
    metavar="TENANT",
    help="Another organization, whose data must be refused; it need not be connected.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def prove(tenant_id: str, other: str, yes: bool, as_json: bool) -> None:
    """Connect, use and DELETE the organization TENANT of a staging deployment; exit code 1 if a check fails.

    A person is asked to do two things in a browser: connect the organization, and sign in as a phone.
    """
    settings = load(ProveSettings)
    for name, value in (("TENANT", tenant_id), ("--other", other)):
        if not is_tenant_id(value.lower()):
            raise click.BadParameter("must be an Entra tenant ID (a GUID)", param_hint=name)
    if not yes:
        question = f"In {settings.project}, all about {tenant_id} will be deleted. Go on?"
        click.confirm(question, abort=True, err=True)
    journey = Journey(
        settings,
        tenant_id.lower(),
        other.lower(),
        Firestore(settings.project, settings.firestore_emulator),
        Users(settings.project),
        lambda text: click.echo(text, err=True),
    )
    made = asyncio.run(_proven(journey, as_json))
    decisions = decide(journey.found.made, settings.emulated)
    if as_json:
        checks = [asdict(one) for one in made]
        click.echo(json.dumps({"checks": checks, "unproven": [asdict(one) for one in decisions]}))
    else:
        click.echo("\nWhat no document decides (docs/unproven.md):")
        for one in decisions:
            click.echo(f"{MARKS[one.holds]}  {one.item}: {one.by}")
    sys.exit(0 if journey.is_whole and all(one.ok is not False for one in made) else REFUSED)


async def _proven(journey: Journey, as_json: bool) -> list[Finding]:
    made = []
    async for one in journey.run():
        made.append(one)
        if not as_json:
            click.echo(f"{MARKS[one.ok]}  {one.check}: {CHECKS[one.check]}")
            if one.detail:
                click.echo(f"      {one.detail}")
    return made
