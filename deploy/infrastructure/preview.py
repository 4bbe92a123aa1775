"""`make preview STACK=example`: lists all resources of a stack, without a cloud and without credentials.

Prints a table and writes build/preview.json: {"stack", "resources": [{"kind", "name", "protected", "inputs"}]}.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pulumi
import yaml

from deploy.bundle import BUILD, ROOT, BundleError
from deploy.infrastructure.config import Config
from deploy.infrastructure.program import stage
from deploy.infrastructure.recording import Resource, record
from shared.settings import SettingsError

STACKS = ROOT / "deploy"
TELLING = (  # the inputs that say most about a resource, the first that it has
    "role",
    "permissions",
    "ingress",
    "retention",
    "retentionDays",
    "schedule",
    "pushEndpoint",
    "service",
    "fieldPath",
    "field",
    "redirectUris",
    "audiences",
    "member",
    "create",
    "filter",
    "destination",
    "locationId",
    "location",
    "secretId",
    "topic",
    "goal",
    "displayName",
    "name",
)
WIDTH = 100


def settings_of(name: str, stacks: Path = STACKS) -> dict[str, object]:
    """Read a stack's settings from its file. Raises SettingsError if there is no file, or no settings in it."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise SettingsError(["STACK must be named: make preview STACK=example"])
    path = stacks / f"Pulumi.{name}.yaml"
    try:
        document = yaml.safe_load(path.read_text())
        settings = document["config"]["calliente:settings"]
    except FileNotFoundError:
        raise SettingsError([f"there is no {path.name} in deploy/"]) from None
    except (KeyError, TypeError, yaml.YAMLError):
        raise SettingsError([f"{path.name} has no calliente:settings"]) from None
    if not isinstance(settings, dict):
        raise SettingsError([f"{path.name} has no calliente:settings"])
    return settings


def _plain(value: Any) -> Any:
    if isinstance(value, pulumi.Asset):
        return {"path": getattr(value, "path", "")}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _line(resource: Resource) -> str:
    value = next((resource.inputs[name] for name in TELLING if resource.inputs.get(name)), "")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    mark = "stays" if resource.protected else ""
    return f"{resource.kind:46} {resource.name:44} {mark:5} {text[:WIDTH]}".rstrip()


def show(config: Config, resources: list[Resource], build: Path = BUILD) -> None:
    print(f"{'resource':46} {'name':44}       its most telling input")
    for resource in resources:
        print(_line(resource))
    kinds = Counter(resource.kind for resource in resources)
    build.mkdir(parents=True, exist_ok=True)
    document = {
        "stack": config.name,
        "resources": [
            {
                "kind": resource.kind,
                "name": resource.name,
                "protected": resource.protected,
                "inputs": _plain(dict(resource.inputs)),
            }
            for resource in resources
        ],
    }
    (build / "preview.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    print(f"\n{len(resources)} resources of {len(kinds)} kinds; all of each: build/preview.json")


def main(arguments: list[str]) -> int:
    """arguments: the stack's name. Returns 0, or 2 if its settings are wrong."""
    try:
        name = arguments[0] if arguments else ""
        config = Config.read(name, settings_of(name))
        show(config, record(config, stage))
    except SettingsError as error:
        print(*error.faults, sep="\n", file=sys.stderr)
        return 2
    except BundleError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
