"""No two documents disagree: a figure that stands in several places is the code's in each."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.infrastructure.functions import FUNCTIONS
from docs.cost import RUNS_A_DAY, month
from docs.quotas import BEATS_A_MINUTE, NEW_USERS, default, quota_figures
from functions.heartbeat import limit
from local.processes import ROOT
from shared import receipts, tokens
from shared.schedule import MINUTES
from shared.settings import MINIMUM_PURGE_DELAY_SECONDS

PAGES = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md", "deploy/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
ROW = re.compile(r"^\| (`[A-Z_`, ]+`) \|.*\| ([^|]+) \|$", re.MULTILINE)
SETTING_WITH_NUMBER = re.compile(r"`([A-Z][A-Z_]{4,})`(?:, | \()(\d[\d,]*)(?=\)| by default|;)")
PROOF_DAYS = tokens.MOST_PROOF_AGE_SECONDS // 86_400
# What a sentence says → the number that it must name, wherever it stands.
SENTENCES = {
    r"(?<!more )every (\d+) minutes": MINUTES,
    r"(?:closing takes|lasts|due\s+time \(|after) (?:at least )?(\d+)\s+minutes": (
        MINIMUM_PURGE_DELAY_SECONDS // 60
    ),
    r"(\d+)\s+days\s+after (?:it|its user|he|she) (?:last|proved)": PROOF_DAYS,
    r"signed in more than (\d+) days ago": PROOF_DAYS,
    r"prove themselves again after (\d+) days": PROOF_DAYS,
    r"silent for (\d+) days": default("DEVICE_EXPIRY_DAYS"),
    r"(\d+) batch deletions? and": default("USER_BATCH_DELETIONS_PER_SECOND"),
    r"batch deletions? and\s+(\d+) single": default("USER_DELETIONS_PER_SECOND"),
    r"(\d+) new\s+users an hour": NEW_USERS,
    r"(\d+) beats (?:a|in a) minute": BEATS_A_MINUTE,
    r"remains?\b[^|.\n]{0,40}? (\d+) days": 180,
    r"within (\d+) days": 180,
    r"for (\w+) years": "two",
}


def text_of(page: Path) -> str:
    return page.read_text()


def defaults(name: str) -> dict[str, str]:
    """The settings' table of a page: {variable: default}, as it stands there."""
    found = {}
    for names, value in ROW.findall(text_of(ROOT / name)):
        values = [one.strip(" `") for one in value.split(", ")]
        variables = re.findall(r"[A-Z_]+", names)
        for at, variable in enumerate(variables):
            found[variable] = values[min(at, len(values) - 1)]
    return found


def test_a_setting_of_both_tables_has_one_default():
    """README.md and deploy/README.md describe some settings twice."""
    functions, stack = defaults("README.md"), defaults("deploy/README.md")
    assert "BACKUP_DAYS" in functions
    twice = {name for name in functions.keys() & stack.keys() if stack[name].isdigit()}
    assert twice
    assert {name: functions[name] for name in twice} == {name: stack[name] for name in twice}


def test_a_number_beside_a_setting_is_its_default():
    """`BACKUP_DAYS` (7) in any page is what the settings' table says."""
    known = {**defaults("deploy/README.md"), **defaults("README.md")}
    named = [
        (page.name, name, number.replace(",", ""))
        for page in PAGES
        for name, number in SETTING_WITH_NUMBER.findall(text_of(page))
    ]
    assert {name for _, name, _ in named} >= {"BACKUP_DAYS", "LOG_DAYS"}
    assert [one for one in named if known.get(one[1], one[2]) != one[2]] == []


@pytest.mark.parametrize("pattern", SENTENCES)
def test_a_figure_is_the_same_wherever_it_stands(pattern: str):
    """What the pages say in words is what the code does."""
    said = {
        (page.relative_to(ROOT).as_posix(), found)
        for page in PAGES
        for found in re.findall(pattern, text_of(page))
    }
    assert said, "no page says so any more"
    assert {one for one in said if one[1] != str(SENTENCES[pattern])} == set()


def test_every_amount_of_money_is_of_the_one_table():
    """A price stands in docs/prices.json alone; whoever repeats it repeats that."""
    document = json.loads((ROOT / "docs/prices.json").read_text())
    prices = {value for _, value, *_ in document["prices"]}
    prices |= {value for _, value in document["identity_platform"]["per_user_from"]}
    said = [
        (page.name, amount)
        for page in PAGES
        for amount in re.findall(r"\$(\d[\d,]*(?:\.\d+)?)", text_of(page))
    ]
    assert said
    assert [one for one in said if float(one[1].replace(",", "")) not in prices] == []


def test_the_figures_of_the_quotas_are_the_codes():
    """What the generator repeats, because it may not import functions, is what they hold."""
    assert BEATS_A_MINUTE == limit.BEATS
    assert RUNS_A_DAY * MINUTES == 24 * 60
    assert quota_figures(4)["most"] == f"{default('MAX_DEVICES_PER_TENANT'):,}"
    assert timedelta(days=2 * 365) == receipts.KEPT


def test_the_limits_of_the_functions_are_the_deployments():
    """Instances, requests at once, the longest run, and how many functions Entra knows."""
    page = text_of(ROOT / "docs/cost.md")
    beat, purge = (
        next(one for one in FUNCTIONS if one.name == name) for name in ("heartbeat", "tenant_purge")
    )
    assert f"{beat.max_instances}, each with {beat.concurrency} requests at once" in page
    assert f"cut off at {purge.timeout_seconds}" in page
    federated = sum(one.reaches_entra for one in FUNCTIONS)
    assert f"each function that talks to Entra: {federated} " in page


def test_what_was_set_aside_waits_as_long_as_the_pages_say():
    """Five refusals, and a week: docs/operations.md and the annex repeat the schedule's own numbers."""
    schedule = text_of(ROOT / "deploy/infrastructure/schedule.py")
    assert "max_delivery_attempts=5" in schedule
    assert f'message_retention_duration="{7 * 86_400}s"' in schedule
    pages = [text_of(ROOT / "docs" / name) for name in ("operations.md", "data-processing.md")]
    assert re.search(r"refused five times waits a week", pages[0])
    assert re.search(r"set aside a week", pages[1])


def test_a_quota_that_nobody_sets_is_no_default():
    """A misspelt variable is found, not passed over."""
    with pytest.raises(LookupError):
        default("MAX_DEVICES_PER_TENNANT")


def test_costs_follow_the_fleet():
    """Ten times the devices cost at most ten times as much beyond the free allotments, and never less."""
    small, large = (sum(month(devices).costs().values()) for devices in (1_000_000, 10_000_000))
    assert small < large < 10 * small


def test_identity_platform_bills_by_steps():
    """Nothing below 50,000, then each step at its own price."""
    assert month(49_999).identity_platform() == 0
    assert month(100_000).identity_platform() == pytest.approx(50_000 * 0.0055)
    assert month(1_000_000).identity_platform() == pytest.approx(275 + 900_000 * 0.0046)
