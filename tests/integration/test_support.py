"""The operators' command line on real emulators, as a person or a script calls it."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.emulators import PROJECT
from shared.google.firestore import Firestore
from shared.tenant import Status
from support.cli import commands
from tests.helpers.stores import Store, put
from tests.helpers.support import support

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tenant(clean_firestore: str, clean_auth: str) -> Store:
    made = Store(Firestore(PROJECT, clean_firestore), str(uuid.uuid4()))
    made.onboard("Contoso", NOW)
    return made


def stored(tenant: Store) -> dict[str, object]:
    found = tenant.document()
    assert found is not None
    return found


def test_closing_prints_the_receipt_and_when_the_purge_is_due(tenant: Store) -> None:
    """What is printed is what is stored, and the purge is 65 minutes away at least."""
    before = datetime.now(UTC)
    done = support("close", tenant.id, "--reason", "requested", "--yes", "--json")

    closing = stored(tenant)["closing"]
    assert isinstance(closing, dict)
    printed = json.loads(done.stdout)
    assert done.returncode == 0
    assert printed["receiptId"] == closing["receiptId"]
    assert closing["purgeAt"] - before >= timedelta(minutes=65)
    assert closing["receiptId"] in support("close", tenant.id, "--yes").stdout


def test_closing_asks_first(tenant: Store) -> None:
    """Where nobody can be asked and --yes was not said, nothing is closed."""
    done = support("close", tenant.id)

    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert stored(tenant)["status"] == "active"


def test_reopening_withdraws_the_closing(tenant: Store) -> None:
    """After reopening, all that is stored of the closing is that it was withdrawn, by its receipt."""
    closed = json.loads(support("close", tenant.id, "--yes", "--json").stdout)
    done = support("reopen", tenant.id)

    assert done.returncode == 0
    assert set(stored(tenant)) == {"name", "status", "consent", "withdrawn"}
    withdrawn = tenant.tenant.withdrawn
    assert withdrawn is not None
    assert (withdrawn.way, withdrawn.receipt_id) == ("support", closed["receiptId"])
    assert tenant.tenant.status is Status.ACTIVE


def test_showing_says_what_is_stored(tenant: Store) -> None:
    """A tenant is shown with the number of its devices, never with their IDs."""
    device = str(uuid.uuid4())
    tenant.register(device, 10)
    done = support("show", tenant.id, "--json")

    assert json.loads(done.stdout)["devices"] == 1
    assert json.loads(support("tenants", "--json").stdout)[0]["tenant"] == tenant.id
    assert device not in done.stdout


def test_a_purging_tenant_cannot_be_reopened(tenant: Store) -> None:
    """There is no way back: exit code 1, and the state's code."""
    tenant.close(now=NOW)
    tenant.begin_purge(NOW)
    done = support("reopen", tenant.id)

    assert (done.returncode, "tenant_purging" in done.stderr) == (1, True)
    assert stored(tenant)["status"] == "purging"


def test_the_preview_names_what_is_due_and_deletes_nothing(tenant: Store) -> None:
    """Only a tenant whose time has come is listed."""
    assert json.loads(support("purge-preview", "--json").stdout) == []
    tenant.close(now=NOW)

    assert json.loads(support("purge-preview", "--json").stdout)[0]["tenant"] == tenant.id
    assert stored(tenant)["status"] == "closing"


@pytest.mark.parametrize("fields", [{}, {"closing": "soon"}, {"name": 7, "extra": True}])
def test_a_malformed_tenant_is_named_and_the_others_are_shown(
    tenant: Store, fields: dict[str, object]
) -> None:
    """What does not fit is named, never raised; reading goes on, changing is refused; exit code 1."""
    odd = str(uuid.uuid4())
    put(tenant.database, {f"tenants/{odd}": fields})
    listed, shown = support("tenants", "--json"), support("show", odd, "--json")

    rows = {row["tenant"]: row for row in json.loads(listed.stdout)}
    assert "malformed" not in rows[tenant.id]
    assert "status" in rows[odd]["malformed"]
    assert "status" in json.loads(shown.stdout)["malformed"]
    assert f"malformed: {odd}: " in support("tenants").stderr
    for refused in (listed, shown, support("close", odd, "--yes"), support("reopen", odd)):
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)


def test_the_preview_survives_what_is_malformed(tenant: Store) -> None:
    """A due document with a foreign ID and fields is listed with the sound one that is due."""
    tenant.close(now=NOW)
    fields = {"status": "closing", "closing": {"purgeAt": NOW - timedelta(days=1)}}
    put(tenant.database, {"tenants/not-a-guid": fields})
    done = support("purge-preview", "--json")

    assert done.returncode == 1
    assert [row["tenant"] for row in json.loads(done.stdout)] == ["not-a-guid", tenant.id]


def test_markup_in_a_name_is_text(tenant: Store) -> None:
    """An organization's name is printed as it is, whatever brackets are in it."""
    tenant.onboard("[/red] [bold]Contoso", NOW)

    assert "[/red] [bold]Contoso" in support("show", tenant.id).stdout
    assert tenant.id in support("tenants").stdout


def test_the_audit_exits_with_1_and_the_path_of_a_finding(tenant: Store) -> None:
    """A clean database passes; a document that nobody declared is named."""
    assert support("audit").returncode == 0
    put(tenant.database, {f"{tenant.path}/notes/n": {}})
    done = support("audit", "--json")

    assert done.returncode == 1
    assert [each["path"] for each in json.loads(done.stdout)["findings"]] == [
        f"{tenant.path}/notes/n"
    ]


def test_wrong_usage_is_told_apart_from_a_service_that_is_away(tenant: Store) -> None:
    """2 for what was typed or set wrongly, 1 for an unknown tenant, 3 for an outage."""
    assert support("show", "contoso.example").returncode == 2
    assert support("show", str(uuid.uuid4())).returncode == 1
    assert support("tenants", GOOGLE_CLOUD_PROJECT="").returncode == 2
    assert support("tenants", FIRESTORE_EMULATOR_HOST="127.0.0.1:1").returncode == 3


@pytest.mark.parametrize(
    "command",
    [(), *((name,) for name in sorted(commands.commands))],
)
def test_help_needs_no_settings(command: tuple[str, ...]) -> None:
    """Whoever has set nothing yet can read what each command does."""
    done = support(*command, "--help", GOOGLE_CLOUD_PROJECT="")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("calliente pur", ["purge-preview"]),
        ("calliente close --re", ["--reason"]),
        ("calliente close --reason c", ["consent_lost"]),
    ],
)
def test_bash_completes(typed: str, offered: list[str], tmp_path: Path) -> None:
    """The completion that docs/operations.md sets up works, from any folder."""
    words = typed.split()
    script = (
        'eval "$(_CALLIENTE_COMPLETE=bash_source calliente)"\n'
        f"COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1}\n"
        "_calliente_completion calliente\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{ROOT / 'support'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == offered
