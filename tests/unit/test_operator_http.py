"""How the command line and `prove` ask over HTTP: statuses are told, outages are named, nothing is followed."""

import pytest
import requests

from shared.errors import Unavailable
from support.operator_http import fetching
from support.prove.http import Answer, call
from tests.helpers.answering import answering

NOBODY = "http://127.0.0.1:1/"


@pytest.fixture
def server():
    with answering() as made:
        yield made


@pytest.fixture
def fetch():
    with requests.Session() as session:
        session.trust_env = False
        yield fetching(session, "google")


def test_json_is_decoded_whatever_the_status(server, fetch):
    """The caller decides what a refusal means."""
    server.status, server.body = 403, b'{"error": "no"}'
    assert fetch(server.url) == (403, {"error": "no"})


def test_what_is_no_json_is_none(server, fetch):
    """A page of a load balancer is not a version."""
    server.body = b"<html>"
    assert fetch(server.url) == (200, None)


def test_a_redirect_is_not_followed(server, fetch):
    """What was asked has not answered, and the operator's token goes nowhere else."""
    server.status, server.headers = 302, {"Location": f"{server.url}/elsewhere"}
    assert fetch(server.url)[0] == 302
    assert server.asked == ["/"]


def test_who_does_not_answer_is_named(fetch):
    """Away, and who it is; for the phone's calls the address without its query."""
    with pytest.raises(Unavailable) as away:
        fetch(NOBODY)
    assert away.value.dependency == "google"
    with pytest.raises(Unavailable) as gone:
        call("GET", NOBODY, params={"key": "secret"})
    assert (gone.value.dependency, "secret" in str(gone.value)) == (NOBODY, False)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"code": "device_gone"}, "device_gone"),
        ({"error": {"message": "USER_NOT_FOUND", "status": "INVALID_ARGUMENT"}}, "USER_NOT_FOUND"),
        (
            {"error": {"message": "Missing or insufficient", "status": "PERMISSION_DENIED"}},
            "PERMISSION_DENIED",
        ),
        ({"error": "invalid_grant"}, ""),
        ([{"error": {}}], ""),
    ],
)
def test_a_refusal_is_told_by_its_word(body, word):
    """Ours, or Google's; never a sentence, which may hold what was asked."""
    assert Answer(400, body).code == word
