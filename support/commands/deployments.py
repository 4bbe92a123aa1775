"""The operators' commands that check a whole deployment."""

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
from support.context import EXIT_REFUSED, json_option, yes_option
from support.operator_http import fetching, operator_session
from support.prove.findings import CHECKS, Finding
from support.prove.journey import Journey
from support.prove.settings import ProveSettings
from support.prove.unproven import decide
from support.reviewed import Deployment, NoBundles, reviewed

MARKS = {True: "ok  ", False: "FAIL", None: "open"}
OTHER = "00000000-0000-4000-8000-000000000001"  # nobody's
BUNDLES = Path(__file__).parents[2] / "build"


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
@json_option
def verify_deployment(bundles: Path, region: str, addresses: Sequence[str], as_json: bool) -> None:
    """Compare commit, digest and running functions with the staged bundles; exit code 1 if they differ."""
    split = [address.partition("=") for address in addresses]
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
    findings = list(deployment.compare(expected))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(
                f"{MARKS[finding.ok]}  {finding.function:20} {finding.check}: {finding.detail}"
            )
    sys.exit(0 if all(finding.ok for finding in findings) else EXIT_REFUSED)


@click.command(short_help="The whole journey against a staging deployment, check by check.")
@click.argument("tenant_id", metavar="TENANT")
@click.option(
    "--other",
    default=OTHER,
    show_default=True,
    metavar="TENANT",
    help="Another organization, whose data must be refused; it need not be connected.",
)
@yes_option
@json_option
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
    findings = asyncio.run(_proven(journey, as_json))
    decisions = decide(journey.findings.by_check, settings.emulated)
    if as_json:
        checks = [asdict(finding) for finding in findings]
        click.echo(
            json.dumps({"checks": checks, "unproven": [asdict(decision) for decision in decisions]})
        )
    else:
        click.echo("\nWhat no document decides (docs/unproven.md):")
        for decision in decisions:
            click.echo(f"{MARKS[decision.holds]}  {decision.item}: {decision.by}")
    sys.exit(
        0
        if journey.is_whole and all(finding.ok is not False for finding in findings)
        else EXIT_REFUSED
    )


async def _proven(journey: Journey, as_json: bool) -> list[Finding]:
    findings = []
    async for finding in journey.run():
        findings.append(finding)
        if not as_json:
            click.echo(f"{MARKS[finding.ok]}  {finding.check}: {CHECKS[finding.check]}")
            if finding.detail:
                click.echo(f"      {finding.detail}")
    return findings
