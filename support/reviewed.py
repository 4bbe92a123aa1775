"""Compares the commit and digest of each reviewed bundle with those of what a deployment serves.

The bundles are staged from the reviewed commit (`make build`); they are the same wherever they are built. An HTTP
function answers its own commit and digest at GET /version. The purge has no public address, so the deployment also
notes both at each revision, which Cloud Run's interface shows.
Sources: Cloud Run Admin API v2, projects.locations.services (trafficStatuses, uri) and
projects.locations.services.revisions (annotations).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN = "https://run.googleapis.com/v2"
NOTES = {"commit": "calliente-commit", "digest": "calliente-digest"}
PRIVATE = "tenant-purge"
BUILD_FILE = "build.json"
ADVICE_ROLE = "your role: Cloud Run Viewer"

_COMMIT = re.compile(r"[0-9a-f]{40}")
Fetch = Callable[[str], tuple[int, Any]]  # an address → status and decoded JSON


@dataclass(frozen=True)
class Build:
    """What a bundle was made of; `unknown` if nothing says it."""

    commit: str
    digest: str

    @classmethod
    def of(cls, document: Any, keys: Mapping[str, str] | None = None) -> Build:
        """Read a build from a JSON object. keys: of `commit` and `digest` in it, if they have others."""
        stated = document if isinstance(document, Mapping) else {}
        values = {name: stated.get((keys or {}).get(name, name)) for name in NOTES}
        return cls(**{name: str(value or "unknown") for name, value in values.items()})

    def __str__(self) -> str:
        return f"{self.commit[:12]} sha256:{self.digest[:12]}"


@dataclass(frozen=True)
class Finding:
    """function: with hyphens, as the service. detail: what runs, or what is wrong."""

    function: str
    check: str
    ok: bool
    detail: str


class NoBundles(Exception):
    """No bundle is staged where they should be."""


def reviewed(folder: Path) -> dict[str, Build]:
    """Return the builds of the staged bundles, by service name. Raises NoBundles."""
    builds = {
        path.parent.name.replace("_", "-"): Build.of(json.loads(path.read_text()))
        for path in sorted(folder.glob(f"*/{BUILD_FILE}"))
    }
    if not builds:
        raise NoBundles(f"no bundle in {folder}: check the reviewed commit out, and make build")
    return builds


@dataclass(frozen=True)
class Deployment:
    """ask: Cloud Run's interface, as the operator. fetch: a function, as anybody.

    addresses: of functions that are reached at a domain of their own, by service name. run: Cloud Run's interface.
    """

    project: str
    region: str
    ask: Fetch
    fetch: Fetch
    addresses: Mapping[str, str]
    run: str = RUN

    def compare(self, expected: Mapping[str, Build]) -> Iterator[Finding]:
        """Yield for each function whether it runs, and what its revisions are made of; then which others run."""
        status, listed = self.ask(f"{self.run}/{self._place}/services?pageSize=100")
        if status != 200:
            advice = ADVICE_ROLE if status in (401, 403) else "is the project right?"
            yield Finding("all", "listed", False, f"Cloud Run answers {status}; {advice}")
            return
        running = {
            service["name"].rpartition("/")[2]: service for service in listed.get("services", [])
        }
        for name, build in expected.items():
            if not _COMMIT.fullmatch(build.commit):
                what = f"the bundle here is of no commit: {build.commit[:60]}"
                yield Finding(name, "reviewed", False, what)
            if name not in running:
                yield Finding(name, "runs", False, f"is not among the services in {self.region}")
                continue
            yield from self._revisions(name, running[name], build)
            if name != PRIVATE:
                yield self._version(name, running[name], build)
        for name in sorted(running.keys() - expected.keys()):
            yield Finding(name, "reviewed", False, "runs, and no reviewed bundle has its name")

    @property
    def _place(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"

    def _revisions(self, name: str, service: Mapping[str, Any], build: Build) -> Iterator[Finding]:
        """What was noted at each revision that gets traffic."""
        targets = [target for target in service.get("trafficStatuses", []) if target.get("percent")]
        if not targets:
            yield Finding(name, "serves", False, "no revision gets traffic")
        for target in targets:
            revision = target.get("revision") or service["latestReadyRevision"].rpartition("/")[2]
            url = f"{self.run}/{self._place}/services/{name}/revisions/{revision}"
            status, document = self.ask(url)
            if status != 200:
                yield Finding(name, revision, False, f"Cloud Run answers {status}")
                continue
            noted = Build.of(document.get("annotations"), NOTES)
            yield Finding(name, revision, noted == build, _comparison(noted, build))

    def _version(self, name: str, service: Mapping[str, Any], build: Build) -> Finding:
        """What the function answers at GET /version."""
        status, document = self.fetch(
            f"{self.addresses.get(name) or service.get('uri', '')}/version"
        )
        if status != 200:
            what = f"answers {status}; behind a load balancer name its domain: --address"
            return Finding(name, "GET /version", False, what)
        stated = Build.of(document)
        return Finding(name, "GET /version", stated == build, _comparison(stated, build))


def _comparison(running: Build, reviewed_build: Build) -> str:
    if running == reviewed_build:
        return str(running)
    if running.digest == reviewed_build.digest:
        return f"the same bytes under another commit: {running}, reviewed {reviewed_build}"
    return f"runs {running}, reviewed {reviewed_build}"
