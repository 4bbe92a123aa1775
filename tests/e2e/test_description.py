"""docs/openapi.yaml against the running functions: whatever schemathesis makes of it is answered as described."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

SCHEMA = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs/openapi.yaml")
OPERATIONS = {}
for result in SCHEMA.get_all_operations():
    assert isinstance(result, Ok)
    OPERATIONS[result.ok().label] = result.ok()
VERSION = "Calliente-App-Version"
FUNCTIONS = {
    "POST /v1/devices": "device_registration",
    "DELETE /v1/devices/self": "device_registration",
    "POST /v1/heartbeats": "heartbeat",
}


@pytest.fixture
def tokens(phone):
    """A genuine token for each operation."""
    return {
        "POST /v1/devices": phone.entra_token(),
        "DELETE /v1/devices/self": phone.id_token(),
        "POST /v1/heartbeats": phone.id_token(),
    }


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
@pytest.mark.parametrize("label", sorted(FUNCTIONS))
def test_every_answer_is_as_described(addresses, tokens, label, mode, signed_in):
    """Status, media type and shape of every answer to generated requests, good and bad, stand in the description."""
    operation = OPERATIONS[label]
    generation = schemathesis.GenerationMode[mode]
    if mode == "NEGATIVE" and not operation.body:
        generation = schemathesis.GenerationMode.POSITIVE  # there is nothing to get wrong

    @settings(
        max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=generation), _salt=st.none())
    def ask(case, _salt):
        headers = {"Authorization": f"Bearer {tokens[label]}"} if signed_in else {}
        case.headers.pop("Authorization", None)
        response = case.call(base_url=addresses.functions[FUNCTIONS[label]], headers=headers)
        case.validate_response(response, checks=CHECKS)
        if not signed_in and VERSION not in case.headers:  # a malformed one is told to anybody
            assert response.status_code in (401, 413)

    ask()


CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.CHECKS.get_one("status_code_conformance"),
    schemathesis.checks.CHECKS.get_one("content_type_conformance"),
    schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
]
