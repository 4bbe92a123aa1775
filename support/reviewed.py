"""Whether what runs is what was reviewed: commit and digest of each bundle here, and of what a deployment serves.

The bundles are staged from the reviewed commit (`make build`); they come out the same wherever that is done. An HTTP
function tells its own at GET /version. The purge has no public address, so of every function the deployment also notes
both at the revision, which Cloud Run's interface shows; what a function tells must be what was noted.
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
    """What a bundle was made of; both are `unknown` where there is no word of it."""

    commit: str
    digest: str

    @classmethod
    def of(cls, told: Any, names: Mapping[str, str] | None = None) -> Build:
        held = told if isinstance(told, Mapping) else {}
        found = {own: held.get((names or {}).get(own, own)) for own in NOTES}
        return cls(**{name: str(value or "unknown") for name, value in found.items()})

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
    """The staged bundles by service name. Raises NoBundles."""
    found = {
        path.parent.name.replace("_", "-"): Build.of(json.loads(path.read_text()))
        for path in sorted(folder.glob(f"*/{BUILD_FILE}"))
    }
    if not found:
        raise NoBundles(f"no bundle in {folder}: check the reviewed commit out, and make build")
    return found


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
        """Of each function whether it runs, in which revision, and what that is made of; then what else runs."""
        status, listed = self.ask(f"{self.run}/{self._place}/services?pageSize=100")
        if status != 200:
            advice = ADVICE_ROLE if status in (401, 403) else "is the project right?"
            yield Finding("all", "listed", False, f"Cloud Run answers {status}; {advice}")
            return
        running = {one["name"].rpartition("/")[2]: one for one in listed.get("services", [])}
        for name, build in expected.items():
            if not _COMMIT.fullmatch(build.commit):
                what = f"the bundle here is of no commit: {build.commit[:60]}"
                yield Finding(name, "reviewed", False, what)
            if name not in running:
                yield Finding(name, "runs", False, f"is not among the services in {self.region}")
                continue
            yield from self._revisions(name, running[name], build)
            if name != PRIVATE:
                yield self._told(name, running[name], build)
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
            status, found = self.ask(url)
            if status != 200:
                yield Finding(name, revision, False, f"Cloud Run answers {status}")
                continue
            noted = Build.of(found.get("annotations"), NOTES)
            yield Finding(name, revision, noted == build, _comparison(noted, build))

    def _told(self, name: str, service: Mapping[str, Any], build: Build) -> Finding:
        status, told = self.fetch(f"{self.addresses.get(name) or service.get('uri', '')}/version")
        if status != 200:
            what = f"answers {status}; behind a load balancer name its domain: --address"
            return Finding(name, "GET /version", False, what)
        stated = Build.of(told)
        return Finding(name, "GET /version", stated == build, _comparison(stated, build))


def _comparison(found: Build, build: Build) -> str:
    if found == build:
        return str(found)
    if found.digest == build.digest:
        return f"the same bytes under another commit: {found}, reviewed {build}"
    return f"runs {found}, reviewed {build}"
