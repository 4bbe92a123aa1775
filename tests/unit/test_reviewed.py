"""What runs is held against what was reviewed, revision by revision."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from support.commands.deployments import verify_deployment
from support.reviewed import RUN, Build, Deployment, NoBundles, reviewed

PLACE = f"{RUN}/projects/staging/locations/europe-west1"
BEAT, PURGE = Build("a" * 40, "1" * 64), Build("a" * 40, "2" * 64)
EXPECTED = {"heartbeat": BEAT, "tenant-purge": PURGE}
LATEST = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}


def service(name: str, *traffic: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"projects/staging/locations/europe-west1/services/{name}",
        "uri": f"https://{name}.run.app",
        "latestReadyRevision": f"projects/staging/locations/europe-west1/services/{name}/revisions/{name}-2",
        "trafficStatuses": list(traffic or (LATEST,)),
    }


def noted(build: Build) -> dict[str, Any]:
    return {"annotations": {"calliente-commit": build.commit, "calliente-digest": build.digest}}


@pytest.fixture
def google() -> dict[str, Any]:
    """What Cloud Run's interface says, by address, of a deployment that is as reviewed."""
    return {
        f"{PLACE}/services?pageSize=100": {
            "services": [service("heartbeat"), service("tenant-purge")]
        },
        f"{PLACE}/services/heartbeat/revisions/heartbeat-2": noted(BEAT),
        f"{PLACE}/services/tenant-purge/revisions/tenant-purge-2": noted(PURGE),
    }


@pytest.fixture
def public() -> dict[str, Any]:
    """What the functions tell."""
    return {"https://heartbeat.run.app/version": {"commit": BEAT.commit, "digest": BEAT.digest}}


@pytest.fixture
def compare(google, public):
    """The findings: [(function, check, ok)]."""

    def answering(answers: dict[str, Any]):
        return lambda url: (200, answers[url]) if url in answers else (404, None)

    def run(expected=EXPECTED, **addresses: str):
        deployment = Deployment(
            "staging", "europe-west1", answering(google), answering(public), addresses
        )
        return [(one.function, one.check, one.ok) for one in deployment.compare(expected)]

    return run


def test_a_deployment_that_is_as_reviewed(compare):
    """Each revision that gets traffic and each public function name the reviewed commit and digest."""
    assert compare() == [
        ("heartbeat", "heartbeat-2", True),
        ("heartbeat", "GET /version", True),
        ("tenant-purge", "tenant-purge-2", True),
    ]


def test_the_purge_is_never_asked_for_its_version(compare, public):
    """It has no public address; were one there, what it says would prove nothing."""
    public["https://tenant-purge.run.app/version"] = {"commit": "x", "digest": "y"}
    assert ("tenant-purge", "GET /version") not in [(name, check) for name, check, _ in compare()]


def test_other_bytes_are_found(compare, public, google):
    """A function that tells another digest fails, whatever the deployment noted of it, and the other way round."""
    public["https://heartbeat.run.app/version"] = {"commit": BEAT.commit, "digest": "9" * 64}
    google[f"{PLACE}/services/tenant-purge/revisions/tenant-purge-2"] = noted(
        Build(PURGE.commit, "9" * 64)
    )
    assert [one for one in compare() if not one[2]] == [
        ("heartbeat", "GET /version", False),
        ("tenant-purge", "tenant-purge-2", False),
    ]


def test_an_old_revision_that_still_gets_traffic_is_found(compare, google):
    """A tenth of the traffic on what nobody reviewed is a finding of its own."""
    old = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "heartbeat-1"}
    google[f"{PLACE}/services?pageSize=100"]["services"][0] = service(
        "heartbeat", {**LATEST, "percent": 90}, {**old, "percent": 10}
    )
    google[f"{PLACE}/services/heartbeat/revisions/heartbeat-1"] = noted(Build("b" * 40, "1" * 64))
    assert ("heartbeat", "heartbeat-1", False) in compare()
    assert ("heartbeat", "heartbeat-2", True) in compare()


def test_a_revision_without_a_note_is_found(compare, google):
    """What was deployed by hand says nothing of itself."""
    google[f"{PLACE}/services/tenant-purge/revisions/tenant-purge-2"] = {}
    assert ("tenant-purge", "tenant-purge-2", False) in compare()


def test_a_missing_and_a_strange_function_are_found(compare, google):
    """The functions that run are those that were reviewed, neither fewer nor more."""
    google[f"{PLACE}/services?pageSize=100"]["services"] = [service("heartbeat"), service("extra")]
    found = compare()
    assert ("tenant-purge", "runs", False) in found
    assert ("extra", "reviewed", False) in found


def test_a_function_behind_a_load_balancer_is_asked_there(compare, public):
    """Its own address refuses; the domain answers."""
    public["https://beat.example.com/version"] = public.pop("https://heartbeat.run.app/version")
    assert ("heartbeat", "GET /version", False) in compare()
    assert ("heartbeat", "GET /version", True) in compare(heartbeat="https://beat.example.com")


@pytest.mark.parametrize("commit", ["unknown", "a" * 40 + "-modified"])
def test_what_is_of_no_commit_was_not_reviewed(compare, google, public, commit):
    """A bundle of changed files passes for nothing, even where the same bytes run."""
    build = Build(commit, BEAT.digest)
    google[f"{PLACE}/services/heartbeat/revisions/heartbeat-2"] = noted(build)
    assert ("heartbeat", "reviewed", False) in compare({**EXPECTED, "heartbeat": build})


def test_bundles_are_read_where_they_are_staged(tmp_path: Path):
    """By the name of their service; an empty folder is no review."""
    with pytest.raises(NoBundles):
        reviewed(tmp_path)
    staged = tmp_path / "tenant_purge"
    staged.mkdir()
    (staged / "build.json").write_text(json.dumps({"commit": "c", "digest": "d"}))
    assert reviewed(tmp_path) == {"tenant-purge": Build("c", "d")}


@pytest.mark.parametrize(
    "address", ["heartbeat", "heartbeat=http://example.com", "=https://a.example"]
)
def test_an_address_must_be_one(address: str, tmp_path: Path):
    """Before anything is asked."""
    done = CliRunner().invoke(verify_deployment, ["--address", address, "--bundles", str(tmp_path)])
    assert done.exit_code == 2
