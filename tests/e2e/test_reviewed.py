"""What the running functions tell of themselves, held against bundles that are staged again elsewhere."""

import json
from dataclasses import replace

import pytest
import requests

from deploy import bundle
from support.operator_http import fetching
from support.reviewed import PRIVATE, Deployment, reviewed
from tests.helpers.answering import answering

PLACE = "/projects/staging/locations/europe-west1"


@pytest.fixture
def expected(tmp_path):
    """The bundles of this tree, staged in another folder than the stack's."""
    for name in bundle.functions():
        bundle.stage(name, build=tmp_path)
    return reviewed(tmp_path)


@pytest.fixture
def deployment(running, expected):
    """The stack's functions, with a Cloud Run beside them that knows their revisions."""
    with answering() as run, requests.Session() as session:
        session.trust_env = False
        services = [
            {
                "name": f"{PLACE[1:]}/services/{name}",
                "latestReadyRevision": f"{PLACE[1:]}/services/{name}/revisions/{name}-1",
                "trafficStatuses": [{"percent": 100}],
            }
            for name in expected
        ]
        run.bodies[f"{PLACE}/services?pageSize=100"] = json.dumps({"services": services}).encode()
        for name, build in expected.items():
            noted = {"calliente-commit": build.commit, "calliente-digest": build.digest}
            path = f"{PLACE}/services/{name}/revisions/{name}-1"
            run.bodies[path] = json.dumps({"annotations": noted}).encode()
        addresses = {
            name.replace("_", "-"): url for name, url in running.addresses.functions.items()
        }
        fetch = fetching(session, "functions")
        yield Deployment("staging", "europe-west1", fetch, fetch, addresses, run.url)


def test_what_runs_is_what_is_staged(deployment, expected):
    """Each public function's digest is that of a bundle made elsewhere; each revision's note too."""
    results = {
        (finding.function, finding.check): finding.ok
        for finding in deployment.compare(expected)
        if finding.check != "reviewed"  # a tree that is being worked on is of no commit
    }
    versions = {(name, "GET /version") for name in expected if name != PRIVATE}
    assert results == dict.fromkeys({*versions, *((name, f"{name}-1") for name in expected)}, True)


def test_another_bundle_would_be_found(deployment, expected):
    """One function of other bytes: what it tells and what was noted of it both differ."""
    other = {**expected, "heartbeat": replace(expected["heartbeat"], digest="0" * 64)}
    wrong = [
        (finding.function, finding.check)
        for finding in deployment.compare(other)
        if not finding.ok and finding.check != "reviewed"
    ]
    assert wrong == [("heartbeat", "heartbeat-1"), ("heartbeat", "GET /version")]
