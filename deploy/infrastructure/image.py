"""Builds a function's image from its uploaded bundle with Google's buildpacks, and prints its name with its digest.

Pulumi starts it whenever a bundle has changed. It makes the calls that `gcloud run deploy --function` makes; no Docker
is needed. Environment: PROJECT, REGION, BUCKET, OBJECT, IMAGE, FUNCTION, BASE_IMAGE, BUILDER.
Sources: Cloud Run Admin API, projects.locations.builds.submit (SubmitBuildRequest, SubmitBuildResponse); Cloud Build
API, operations.get and Results; Google Cloud's buildpacks, "Building a Python application".
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from deploy.infrastructure.first_version import Session

RUN, BUILD = "https://run.googleapis.com/v2", "https://cloudbuild.googleapis.com/v1"
PYTHON_VERSION = "3.13.x"  # of the base image; else the builder takes its newest
CALL_SECONDS = 30
LIMIT_SECONDS = 1200
POLL_SECONDS = 5


class BuildFailed(Exception):
    """The build failed, or did not end in time."""


def request(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of the request for a build."""
    return {
        "storageSource": {"bucket": environ["BUCKET"], "object": environ["OBJECT"]},
        "imageUri": environ["IMAGE"],
        "serviceAccount": environ["BUILDER"],
        "buildpackBuild": {
            "functionTarget": environ["FUNCTION"],
            "baseImage": environ["BASE_IMAGE"],
            "enableAutomaticUpdates": True,
            "environmentVariables": {"GOOGLE_PYTHON_VERSION": PYTHON_VERSION},
        },
    }


def build(
    session: Session,
    environ: Mapping[str, str],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Build, wait for the end, and return `image@sha256:…`. Raises BuildFailed."""
    place = f"{RUN}/projects/{environ['PROJECT']}/locations/{environ['REGION']}/builds:submit"
    answer = session.request("POST", place, json=request(environ), timeout=CALL_SECONDS)
    answer.raise_for_status()
    operation = answer.json()["buildOperation"]
    started = clock()
    while not operation.get("done"):
        if clock() - started > LIMIT_SECONDS:
            raise BuildFailed(f"{operation['name']} has not ended in {LIMIT_SECONDS} seconds")
        sleep(POLL_SECONDS)
        seen = session.request("GET", f"{BUILD}/{operation['name']}", timeout=CALL_SECONDS)
        seen.raise_for_status()
        operation = seen.json()
    if "error" in operation:
        log = operation.get("metadata", {}).get("build", {}).get("logUrl", "")
        raise BuildFailed(f"{operation['error'].get('message')} {log}".strip())
    for image in operation["response"].get("results", {}).get("images", []):
        if image["name"].partition(":")[0] == environ["IMAGE"]:
            return f"{environ['IMAGE']}@{image['digest']}"
    raise BuildFailed(f"{operation['name']} names no image {environ['IMAGE']}")


def main() -> None:
    from deploy.infrastructure.credentials import authorized

    try:
        sys.stdout.write(build(authorized(os.environ["PROJECT"]), os.environ))
    except BuildFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
