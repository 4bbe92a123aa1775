"""`make deploy STACK=…` and `make undeploy STACK=…`: the steps around Pulumi. See deploy/README.md.

Pulumi's state is kept in a bucket of the project, in its region, encrypted with a key of the project's Cloud KMS.
Sources: Pulumi, "DIY backends" and "Secrets providers"; Cloud Storage, "Use customer-managed encryption keys".
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy import bundle
from deploy.bundle import ROOT
from deploy.infrastructure.config import Config
from deploy.infrastructure.preview import settings_of
from shared.settings import SettingsError

TOOLS = {
    "pulumi": "the Pulumi command line: https://www.pulumi.com/docs/install/",
    "gcloud": "the Google Cloud command line: https://cloud.google.com/sdk/docs/install",
}
FIRST_APIS = ("cloudkms", "cloudresourcemanager", "serviceusage", "storage")
KEY_RING, KEY = "calliente", "state"
STAYS = """
The database with its backups, the logs, Firebase's users and the registration in Entra stay. To delete all data:
  gcloud firestore databases update --database='(default)' --no-delete-protection --project={project}
  gcloud firestore databases delete --database='(default)' --project={project}
and the users in the Firebase console, under Authentication."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Stopped(Exception):
    """The deployment did not begin, or did not end. The text says why."""


@dataclass(frozen=True)
class Deployment:
    """One stack. run: runs a command, as subprocess.run does."""

    config: Config
    run: Run = subprocess.run

    @property
    def project(self) -> str:
        return self.config.stack.project

    @property
    def key(self) -> str:
        place = f"projects/{self.project}/locations/{self.config.stack.region}"
        return f"{place}/keyRings/{KEY_RING}/cryptoKeys/{KEY}"

    @property
    def bucket(self) -> str:
        return f"gs://{self.project}-calliente-state"

    def up(self) -> None:
        """Deploy the stack as its file declares it. Raises Stopped."""
        self._staged()
        self._prepare_state()
        self._pulumi("up", "--refresh")

    def down(self) -> str:
        """Remove what is not protected; return what stays. Raises Stopped, which names what could not be removed."""
        self._prepare_state()
        failed = self._call(self._words("destroy", "--exclude-protected", "--continue-on-error"))
        exported = self._output(self._words("stack", "export"))
        stays, stuck = left(json.loads(exported)["deployment"].get("resources", []))
        if failed or stuck:
            raise Stopped("could not be removed: " + (", ".join(stuck) or "see above"))
        return "These stay, protected: " + ", ".join(stays) + STAYS.format(project=self.project)

    def _staged(self) -> None:
        """Stage all bundles. Raises Stopped if a file differs from the commit."""
        for name in bundle.functions():
            build = bundle.build_of(bundle.stage(name))
            if build.commit.endswith("-modified"):
                raise Stopped(f"functions/{name} or shared/ differs from the commit; commit first")

    def _prepare_state(self) -> None:
        """Make the bucket and the key of Pulumi's state, where they are missing, and select the stack."""
        here, region = f"--project={self.project}", self.config.stack.region
        at = (f"--location={region}", here)
        apis = [f"{api}.googleapis.com" for api in FIRST_APIS]
        self._gcloud("services", "enable", *apis, here)
        self._unless(
            ("kms", "keyrings", "describe", KEY_RING, *at),
            ("kms", "keyrings", "create", KEY_RING, *at),
        )
        key = (KEY, f"--keyring={KEY_RING}", *at)
        self._unless(
            ("kms", "keys", "describe", *key),
            ("kms", "keys", "create", *key, "--purpose=encryption"),
        )
        self._gcloud("storage", "service-agent", f"--authorize-cmek={self.key}", here)
        self._unless(
            ("storage", "buckets", "describe", self.bucket, here),
            (
                *("storage", "buckets", "create", self.bucket, *at),
                *("--uniform-bucket-level-access", "--public-access-prevention"),
                f"--default-encryption-key={self.key}",
            ),
        )
        self._gcloud("storage", "buckets", "update", self.bucket, "--versioning", here)
        self._pulumi("stack", "select", "--create", f"--secrets-provider=gcpkms://{self.key}")

    def _unless(self, look: Sequence[str], make: Sequence[str]) -> None:
        exists = self.run(
            ["gcloud", *look, "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if exists.returncode:
            self._gcloud(*make)

    def _gcloud(self, *words: str) -> None:
        if self._call(["gcloud", *words, "--quiet"]):
            raise Stopped(f"gcloud {' '.join(words[:3])} … failed; what it says is above")

    def _pulumi(self, *words: str) -> None:
        if self._call(self._words(*words)):
            raise Stopped(f"pulumi {words[0]} failed; what it says is above. It can be repeated.")

    def _words(self, *words: str) -> list[str]:
        return ["pulumi", "--cwd", str(ROOT / "deploy"), *words, "--stack", self.config.name]

    def _call(self, command: Sequence[str]) -> int:
        return self.run(command, cwd=ROOT, env=self._environ(), check=False).returncode

    def _output(self, command: Sequence[str]) -> str:
        result = self.run(
            command, cwd=ROOT, env=self._environ(), stdout=subprocess.PIPE, text=True, check=False
        )
        if result.returncode:
            raise Stopped("pulumi stack export failed: what is left is not known")
        return result.stdout

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "PULUMI_BACKEND_URL": self.bucket,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "DEPLOY_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
        }


def left(resources: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the names of protected resources, and of those that are left and neither protected nor needed by one."""
    by_urn = {resource["urn"]: resource for resource in resources}
    needed = {urn for urn, resource in by_urn.items() if resource.get("protect")}
    stays, waiting = sorted(needed), list(needed)
    while waiting:
        resource = by_urn[waiting.pop()]
        provider = resource.get("provider", "").rpartition("::")[0]
        for urn in {
            *resource.get("dependencies", []),
            resource.get("parent", ""),
            provider,
        } & by_urn.keys():
            if urn not in needed:
                needed.add(urn)
                waiting.append(urn)
    return [_name(urn) for urn in stays], sorted(_name(urn) for urn in by_urn.keys() - needed)


def _name(urn: str) -> str:
    _, _, kind, name = urn.rsplit("::", 3)
    return f"{kind.rpartition(':')[2]} {name}"


def main(arguments: Sequence[str], environ: Mapping[str, str], run: Run = subprocess.run) -> int:
    """arguments: up or down, and the stack. Returns 0, 1 if something failed, 2 if a setting is wrong or missing."""
    try:
        action, name = arguments
        deployment = Deployment(Config.read(name, settings_of(name)), run)
        missing = [
            what
            for tool, what in TOOLS.items()
            if shutil.which(tool, path=environ.get("PATH")) is None
        ]
        if missing:
            raise SettingsError([f"needed: {what}" for what in missing])
        if action == "down" and environ.get("CONFIRM") != deployment.project:
            raise SettingsError(
                [f"this takes the service away; to confirm: CONFIRM={deployment.project}"]
            )
        if action == "up":
            deployment.up()
            print(
                "Deployed. Next: deploy/README.md, 'Once, by hand', then python -m support doctor"
            )
        else:
            print(deployment.down())
    except SettingsError as error:
        print(*error.faults, sep="\n", file=sys.stderr)
        return 2
    except (Stopped, bundle.BundleError) as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
