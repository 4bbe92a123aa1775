"""The operators' commands that hold a deployment against what was promised of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import requests

from shared.settings import ProjectSettings, load
from support.operator_http import fetching, operator_session
from support.reviewed import Deployment, NoBundles, reviewed

REFUSED = 1
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
            mark = "ok  " if one.ok else "FAIL"
            click.echo(f"{mark}  {one.function:20} {one.check}: {one.detail}")
    sys.exit(0 if all(one.ok for one in found) else REFUSED)
