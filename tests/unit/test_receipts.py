"""Receipts are found in what the purge really logs, locally and through Cloud Logging's interface."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import google.auth.exceptions
import pytest
import requests
from click.testing import CliRunner

from functions.tenant_purge.run import RunFailed
from shared import errors
from support import cli, receipts
from support.advice import advice_on
from tests.helpers import tenants
from tests.helpers.fakes import FakeFirestore
from tests.helpers.scheduled import Scheduled
from tests.helpers.virtual import in_virtual_time

RECEIPT = "5c1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e"
OTHER = "aaaaaaaa-0d3c-4a57-9a55-0a4f6b1c2d3e"
SINCE = datetime(2026, 2, 1, tzinfo=UTC)


class Denying(FakeFirestore):
    """It lets no document of a device go."""

    async def delete_batch(self, documents):
        return [7 for _ in documents]


@in_virtual_time
async def purge(receipt, devices, database, seconds):
    """A run of the real code over one organization."""
    project = Scheduled(database, PURGE_BUDGET_SECONDS=seconds)
    project.tenant(tenants.purging(receipt=receipt), devices=devices)
    try:
        await project.run()
    except RunFailed:
        assert isinstance(database, Denying)


@pytest.fixture
def log(capsys):
    """Run the purge's own code; returns the lines that it wrote."""

    def written(receipt, devices=2, database=None, seconds="480"):
        capsys.readouterr()
        purge(receipt, devices, database, seconds)
        return capsys.readouterr().out.splitlines()

    return written


def found(lines, receipt_id=""):
    return receipts.receipts(receipts.entries_in(lines), receipt_id)


def test_a_purge_that_ended_has_its_receipt(log):
    """The outcome and the counts are those of the run; its other lines are passed over."""
    lines = log(RECEIPT, devices=2)
    assert any('"purge_run"' in line for line in lines)
    assert found(lines) == [receipts.Receipt(RECEIPT, "purged", "", users=2, documents=2)]


def test_a_purge_over_several_runs_is_one_receipt(log):
    """What each run deleted is added up; the last outcome counts, and `purged` is final."""
    lines = log(RECEIPT, database=Denying())
    assert found(lines)[0].outcome == receipts.UNFINISHED
    lines += log(RECEIPT, devices=3)
    assert found(lines) == [receipts.Receipt(RECEIPT, "purged", "", users=3, documents=3)]
    assert found(lines + log(RECEIPT, database=Denying()))[0].outcome == "purged"


def test_a_purge_that_ran_out_of_time_is_unfinished(log):
    """A run whose budget is spent leaves no outcome, and no proof."""
    assert found(log(RECEIPT, devices=3000, seconds="2"))[0].outcome == receipts.UNFINISHED


def test_one_receipt_among_others(log):
    """Looking one up shows no other."""
    lines = log(OTHER) + log(RECEIPT)
    assert [each.receipt for each in found(lines)] == [OTHER, RECEIPT]
    assert [each.receipt for each in found(lines, RECEIPT)] == [RECEIPT]


def test_other_text_is_passed_over(log):
    """A log file holds a server's own lines and those of requests as well."""
    request = json.dumps({"event": "tenant_purge", "status": 200, "outcome": "ok"})
    noise = ["", "Serving on 127.0.0.1", "[1]", "null", '{"jsonPayload": "text"}', request]
    assert [each.receipt for each in found([*noise, *log(RECEIPT), *noise])] == [RECEIPT]


def test_exported_entries_are_read_like_lines(log):
    """Lines that Cloud Logging has exported carry their time with them."""
    exported = [
        json.dumps({"timestamp": "2026-03-01T00:00:00Z", "jsonPayload": json.loads(line)})
        for line in log(RECEIPT)
    ]
    assert found(exported)[0].at == "2026-03-01T00:00:00Z"


class Logging(HTTPServer):
    """entries:list on this machine: `answers` (status, body) one after the other; remembers what was asked."""

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers = list(answers)
        self.asked = []


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        status, answer = self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def log_message(self, *_arguments):
        pass


@contextmanager
def cloud(*answers, clock=lambda: 0.0):
    with Logging(answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with requests.Session() as session:
                session.trust_env = False
                host = f"http://127.0.0.1:{server.server_port}"
                yield server, receipts.CloudLogging("a-project", session, host, clock)
        finally:
            server.shutdown()
            thread.join()


def entries(lines, at="2026-03-01T00:00:00Z"):
    return [{"timestamp": at, "jsonPayload": json.loads(line)} for line in lines]


def test_every_page_is_read(log):
    """Pages follow their tokens, empty ones too, until one names no next."""
    first, second = entries(log(OTHER)), entries(log(RECEIPT))
    pages = [
        (200, {"entries": first, "nextPageToken": "b"}),
        (200, {"nextPageToken": "c"}),
        (200, {"entries": second}),
    ]
    with cloud(*pages) as (server, logging):
        read = receipts.receipts(logging.entries(receipts.query(SINCE, RECEIPT)))
    assert [(each.receipt, each.at) for each in read] == [
        (OTHER, "2026-03-01T00:00:00Z"),
        (RECEIPT, "2026-03-01T00:00:00Z"),
    ]
    assert [body.get("pageToken") for _, body in server.asked] == [None, "b", "c"]
    path, body = server.asked[0]
    assert (path, body["resourceNames"]) == ("/v2/entries:list", ["projects/a-project"])
    assert body["orderBy"] == "timestamp asc"
    assert f'jsonPayload.receipt="{RECEIPT}"' in body["filter"]
    assert 'timestamp>="2026-02-01T00:00:00+00:00"' in body["filter"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_says_what_is_missing(status):
    """The project and the role are what can be wrong; waiting would not help."""
    with cloud((status, {"error": {}})) as (_, logging), pytest.raises(receipts.LogsRefused):
        list(logging.entries(""))


@pytest.mark.parametrize(
    "answer", [(500, {}), (503, {}), (429, {}), (302, {}), (200, b"<html>"), (200, [])]
)
def test_an_outage_is_one(answer):
    """Whatever else Cloud Logging answers, also after a first page, no list is taken for complete."""
    with (
        cloud((200, {"nextPageToken": "b"}), answer) as (_, logging),
        pytest.raises(errors.Unavailable),
    ):
        list(logging.entries(""))


def test_nobody_answers():
    """A connection that is refused is an outage."""
    with requests.Session() as session:
        session.trust_env = False
        logging = receipts.CloudLogging("a-project", session, "http://127.0.0.1:1")
        with pytest.raises(errors.Unavailable):
            list(logging.entries(""))


def test_a_search_without_end_is_given_up():
    """Pages that go on and on end in an outage after two minutes."""
    times = iter([0.0, 60.0, 121.0])
    pages = [(200, {"nextPageToken": "b"})] * 2
    with (
        cloud(*pages, clock=lambda: next(times)) as (_, logging),
        pytest.raises(errors.Unavailable),
    ):
        list(logging.entries(""))


def test_nobody_is_signed_in(monkeypatch):
    """Without default credentials the reason says so, and the command line what to do."""

    def none(**_options):
        raise google.auth.exceptions.DefaultCredentialsError

    monkeypatch.setattr(receipts.google.auth, "default", none)
    with pytest.raises(errors.Unavailable) as raised:
        list(receipts.CloudLogging("a-project").entries(""))
    assert "gcloud auth application-default login" in advice_on(raised.value)


def invoke(*arguments, lines=(), **environment):
    return CliRunner(env={"GOOGLE_CLOUD_PROJECT": "unit-tests", **environment}).invoke(
        cli.commands, ["receipts", *arguments], input="\n".join(lines)
    )


def test_the_command_reads_standard_input(log):
    """A receipt that is there exits with 0, and JSON says all of it."""
    done = invoke("--file", "-", "--receipt", RECEIPT.upper(), "--json", lines=log(RECEIPT))
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [
        {"receipt": RECEIPT, "outcome": "purged", "at": "", "users": 2, "documents": 2}
    ]


def test_no_receipt_is_told(log):
    """Neither an unknown receipt nor an unfinished purge is a proof: exit code 1, and why."""
    unknown = invoke("--file", "-", "--receipt", OTHER, lines=log(RECEIPT))
    stuck = invoke("--file", "-", lines=log(RECEIPT, database=Denying()))
    assert (unknown.exit_code, stuck.exit_code) == (1, 1)
    assert "no purge that ended" in unknown.stderr
    assert receipts.UNFINISHED in stuck.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ("--receipt", 'x" OR "'),
        ("--since", "yesterday"),
        ("--file", "-", "--since", "2026-01-01"),
        ("--file", "not/there"),
    ],
)
def test_wrong_usage(wrong):
    """What was typed wrongly is told apart from what was not found, before anything is asked."""
    assert invoke(*wrong).exit_code == 2


def test_the_local_stack_logs_to_files():
    """With an emulator nothing is asked of Google: the message names the file to read."""
    done = invoke(FIRESTORE_EMULATOR_HOST="127.0.0.1:1")
    assert (done.exit_code, "--file" in done.stderr) == (2, True)
