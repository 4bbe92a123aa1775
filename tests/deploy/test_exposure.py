"""Four functions answer strangers; the purge answers the schedule, and nothing else is public."""

import pytest

from deploy.infrastructure.functions import FUNCTIONS
from tests.deploy.stacks import (
    BALANCED,
    HTTP,
    PROJECT,
    before,
    environment,
    made,
    of,
    service,
    walk,
)


@pytest.mark.parametrize("access", ["unchecked", "all-users"])
def test_only_the_four_http_functions_are_public(access: str):
    """With and without the check of the invoker, the purge is none of them."""
    services = of("cloudrunv2.Service", PUBLIC_ACCESS=access)
    open_ = {name for name, one in services.items() if one.inputs["invokerIamDisabled"]}
    granted = {
        one.inputs["name"]
        for one in of("cloudrunv2.ServiceIamMember", PUBLIC_ACCESS=access).values()
        if one.inputs["member"] == "allUsers"
    }
    assert (open_, granted) == ((HTTP, set()) if access == "unchecked" else (set(), HTTP))


def test_an_organization_that_forbids_all_users_needs_none():
    """By default no resource names everybody: the organization's policy has nothing to refuse."""
    everybody = {"allUsers", "allAuthenticatedUsers"}
    assert not [
        one.name for one in made() for _, value in walk(dict(one.inputs)) if value in everybody
    ]


def test_the_purge_cannot_be_reached_from_outside():
    """Its address takes internal callers only, who must be the schedule's identity."""
    purge = service("tenant-purge")
    assert purge["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert purge["invokerIamDisabled"] is False
    invokers = {
        one.inputs["member"]
        for one in of("cloudrunv2.ServiceIamMember").values()
        if one.inputs["name"] == "tenant-purge"
    }
    assert invokers == {f"serviceAccount:calliente-trigger@{PROJECT}.iam.gserviceaccount.com"}
    assert "tenant-purge" not in of("cloudrun.DomainMapping")


def test_a_load_balancer_can_be_the_only_way_in():
    """INGRESS closes the functions' own addresses, and leaves their domains to the load balancer."""
    for name in HTTP:
        inputs = service(name, **BALANCED)
        assert inputs["ingress"] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
        assert service(name)["ingress"] == "INGRESS_TRAFFIC_ALL"
    assert not of("cloudrun.DomainMapping", **BALANCED)


def test_sources_are_not_public():
    """The bucket of the bundles can never be opened, whatever an object says."""
    bucket = of("storage.Bucket")["sources"].inputs
    assert bucket["publicAccessPrevention"] == "enforced"
    assert bucket["uniformBucketLevelAccess"] is True


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_nothing_serves_before_its_requests_go_unlogged(function):
    """Log exclusions, the place of traces and the rules stand before the first request."""
    everything = made()
    first = before(of("cloudrunv2.Service")[function.service], everything)
    assert {
        *("logging.ProjectSink logs", "observability.ProjectSettings traces"),
        "firestore.Database database",
    } <= first


def test_request_logs_and_data_access_logs_are_left_out():
    """They hold IP addresses, query strings and the paths of documents; logs go to the bucket of the region."""
    sink = of("logging.ProjectSink")["logs"].inputs
    assert sink["name"] == "_Default"
    left_out = {one["name"]: one["filter"] for one in sink["exclusions"]}
    assert 'log_id("run.googleapis.com/requests")' in left_out["request-logs"]
    assert 'log_id("cloudaudit.googleapis.com/data_access")' in left_out["data-access"]
    assert "disabled" not in sink
    assert not [one for one in sink["exclusions"] if one.get("disabled")]
    assert [one.inputs["name"] for one in of("logging.ProjectSink").values()] == ["_Default"]


def test_the_platform_adds_nothing_of_the_caller_to_our_logs():
    """LOG_EXECUTION_ID would write a header of the caller beside each line."""
    for function in FUNCTIONS:
        assert environment(function.service)["LOG_EXECUTION_ID"] == "false"


def test_traffic_goes_to_the_newest_revision():
    """A revision that somebody pinned by hand does not hide later deployments."""
    for one in of("cloudrunv2.Service").values():
        assert one.inputs["traffics"] == [
            {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
        ]


def test_the_functions_run_on_the_asynchronous_server():
    """One event loop per instance of one vCPU, many requests at once; two instances for the purge, one run in each."""
    for function in FUNCTIONS:
        told = environment(function.service)
        assert (told["FUNCTION_USE_ASGI"], told["WORKERS"]) == ("true", "1")
        template = service(function.service)["template"]
        assert template["containers"][0]["resources"]["limits"]["cpu"] == "1"
        assert template["containers"][0]["baseImageUri"].endswith("/runtimes/python313")
        if not function.scheduled:
            assert template["maxInstanceRequestConcurrency"] > 1
    purge = service("tenant-purge")["template"]
    assert purge["maxInstanceRequestConcurrency"] == 1
    assert purge["scaling"]["maxInstanceCount"] == 2


def test_each_revision_names_what_it_is_made_of():
    """The purge cannot be asked from outside: commit and digest stand at the revision too, of every function."""
    for name in {*HTTP, "tenant-purge"}:
        assert service(name)["template"]["annotations"] == {
            "calliente-commit": "c" * 40,
            "calliente-digest": "d" * 64,
        }
