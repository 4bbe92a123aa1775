"""A description that breaks the apps of the last release is refused; one that only adds is not."""

import copy

import pytest
import yaml

from docs import contract
from docs.openapi import description, to_yaml

pytestmark = pytest.mark.skipif(
    not contract.TOOL.exists(), reason="oasdiff, which `make contract` installs, needs Go"
)


@pytest.fixture
def released(tmp_path):
    path = tmp_path / "released.yaml"
    path.write_text(to_yaml(description()))
    return path


@pytest.fixture
def changed(tmp_path, released):
    """Whether today's description, changed, would break apps."""

    def breaks(change):
        document = copy.deepcopy(yaml.safe_load(released.read_text()))
        change(document)
        current = tmp_path / "current.yaml"
        current.write_text(yaml.safe_dump(document))
        return contract.breaking(released, current)

    return breaks


def schema(document, name):
    return document["components"]["schemas"][name]


def a_route_goes(document):
    del document["paths"]["/v1/inventory"]


def a_method_goes(document):
    del document["paths"]["/v1/devices/self"]["delete"]


def a_success_goes(document):
    del document["paths"]["/v1/heartbeats"]["post"]["responses"]["200"]


def a_member_of_an_answer_goes(document):
    answer = schema(document, "RegistrationAnswer")
    answer["required"].remove("organizationName")
    del answer["properties"]["organizationName"]


def a_member_of_an_answer_changes_its_type(document):
    schema(document, "HeartbeatAnswer")["properties"]["nextHeartbeatInSeconds"]["type"] = "string"


def a_member_becomes_required(document):
    body = schema(document, "HeartbeatBody")
    body["properties"]["mood"] = {"type": "string"}
    body["required"].append("mood")


def an_outcome_is_not_taken_any_more(document):
    schema(document, "HeartbeatBody")["properties"]["outcome"]["enum"].remove("failed")


def a_header_becomes_required(document):
    document["paths"]["/v1/heartbeats"]["post"]["parameters"][0]["required"] = True


def a_public_route_wants_a_token(document):
    document["paths"]["/v1/inventory"]["get"]["security"] = [{"firebase": []}]


def an_id_looks_different(document):
    schema(document, "RegistrationBody")["properties"]["deviceId"]["pattern"] = "^[0-9]+$"


def a_route_is_added(document):
    added = copy.deepcopy(document["paths"]["/v1/inventory"])
    added["get"]["operationId"] = "another"
    document["paths"]["/v1/another"] = added


def a_member_is_added(document):
    schema(document, "RegistrationAnswer")["properties"]["more"] = {"type": "string"}


def a_code_is_added(document):
    schema(document, "Problem")["properties"]["code"]["enum"].append("new_code")


def an_outcome_is_added(document):
    schema(document, "HeartbeatBody")["properties"]["outcome"]["enum"].append("skipped")


@pytest.mark.parametrize(
    "change",
    [
        a_route_goes,
        a_method_goes,
        a_success_goes,
        a_member_of_an_answer_goes,
        a_member_of_an_answer_changes_its_type,
        a_member_becomes_required,
        an_outcome_is_not_taken_any_more,
        a_header_becomes_required,
        a_public_route_wants_a_token,
        an_id_looks_different,
    ],
)
def test_what_breaks_an_app_is_refused(changed, change):
    """Each of these, and it is said which."""
    assert "error" in changed(change)


@pytest.mark.parametrize(
    "change", [a_route_is_added, a_member_is_added, a_code_is_added, an_outcome_is_added]
)
def test_what_is_only_added_breaks_nobody(changed, change):
    """Apps ignore what they do not know."""
    assert changed(change) == ""


def test_todays_description_keeps_what_was_released():
    """What is in docs/ now serves every app of the last release."""
    assert contract.breaking(contract.RELEASED, contract.CURRENT) == ""


def test_what_cannot_be_compared_is_no_success(tmp_path, released):
    """A description that is none."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("openapi: [")
    with pytest.raises(contract.CannotCompare):
        contract.breaking(released, broken)
