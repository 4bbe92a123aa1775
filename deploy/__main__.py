"""`make deploy` and `make undeploy`: see deploy/README.md. DRY_RUN=1 prints every command and runs none."""

from __future__ import annotations

import os
import shutil
import sys

from deploy import bundle, unplan
from deploy.config import Config, ConfigError
from deploy.plan import Plan
from deploy.steps import StepFailed, carry_out, show
from local.processes import ROOT


def _check(config: Config) -> None:
    if config.dry_run:
        return
    missing = [one for one in ("gcloud",) if shutil.which(one) is None]
    if not (ROOT / "local/node_modules/.bin/firebase").exists():
        missing.append("local/node_modules (make setup)")
    if missing:
        raise StepFailed(f"needed: {', '.join(missing)}")


def _deploy(config: Config) -> None:
    steps = Plan(config).steps()
    if config.dry_run:
        show(steps)
        return
    for name in bundle.functions():
        bundle.stage(name)
    carry_out(steps)
    print("\nDeployed. Next: docs/entra-app-registration.md (once), then python -m support doctor")


def _undeploy(config: Config, confirmed: bool) -> None:
    steps = unplan.steps(config)
    if config.dry_run:
        show(steps)
    elif not confirmed:
        raise StepFailed(f"this takes the service away; to confirm: CONFIRM={config.project}")
    else:
        carry_out(steps)
    print(unplan.DATABASE_STAYS.format(project=config.project))


def main(arguments: list[str]) -> int:
    """arguments: `deploy` or `undeploy`. Returns 0, 1 where a command failed, 2 for a wrong or missing setting."""
    if arguments not in (["deploy"], ["undeploy"]):
        print(
            "usage: make deploy|undeploy PROJECT=… REGION=europe-west1 [DRY_RUN=1]", file=sys.stderr
        )
        return 2
    undeploy = arguments == ["undeploy"]
    try:
        config = Config.read(os.environ, undeploy=undeploy)
        _check(config)
        if undeploy:
            _undeploy(config, os.environ.get("CONFIRM") == config.project)
        else:
            _deploy(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except StepFailed as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
