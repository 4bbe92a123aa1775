"""The operators' commands.

Exit codes: 0 done, 1 refused or a finding, 2 wrong usage or settings, 3 a service is away.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from shared import errors
from shared.settings import SettingsError
from support.advice import advice_on
from support.commands import (
    deployments,
    devices,
    examinations,
    organizations,
    receipts,
    restore,
    verify,
)
from support.context import EXIT_AWAY, EXIT_REFUSED, EXIT_USAGE, Context, stop

COMPLETING = "_CALLIENTE_COMPLETE"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def commands(context: click.Context) -> None:
    """Act on deletion requests and prove what is stored."""
    context.obj = Context()


for command in (
    organizations.close,
    organizations.reopen,
    organizations.show,
    organizations.tenants,
    devices.devices,
    devices.purge_preview,
    receipts.receipts_command,
    verify.verify,
    restore.restore_check,
    examinations.audit,
    examinations.doctor,
    deployments.verify_deployment,
    deployments.prove,
):
    commands.add_command(command)


def main() -> None:
    """Run the commands, under the name `calliente` if support/calliente called them or a shell completes it."""
    installed = Path(sys.argv[0]).stem == "calliente"
    name = "calliente" if installed or COMPLETING in os.environ else "python -m support"
    try:
        commands(prog_name=name, complete_var=COMPLETING)
    except SettingsError as error:
        stop(str(error), EXIT_USAGE)
    except errors.Unavailable as error:
        stop(f"{error.dependency} did not answer ({error.reason}): {advice_on(error)}", EXIT_AWAY)
    except errors.Problem as error:
        stop(f"{error.code}: {error.title}", EXIT_REFUSED)
