"""The database is what the files at the root say, protected, and backed up as asked."""

import json
import re

from deploy.bundle import ROOT
from deploy.infrastructure import database
from tests.deploy.stacks import made, of

DECLARED = json.loads((ROOT / "firestore.indexes.json").read_text())


def test_the_rules_are_the_files():
    """What phones may read is what the tests of the rules have tried."""
    (file,) = of("firebaserules.Ruleset")["rules"].inputs["source"]["files"]
    assert file["content"] == (ROOT / "firestore.rules").read_text()
    release = of("firebaserules.Release")["rules"].inputs
    assert release["name"] == "cloud.firestore"
    assert release["rulesetName"].endswith("/rulesets/made-up")


def test_every_index_of_the_file_is_made():
    """A query whose index is missing is refused in production."""
    asked = {
        (
            one["collectionGroup"],
            one["queryScope"],
            *((f["fieldPath"], f["order"]) for f in one["fields"]),
        )
        for one in DECLARED["indexes"]
    }
    there = {
        (
            *(one.inputs["collection"], one.inputs["queryScope"]),
            *((f["fieldPath"], f["order"]) for f in one.inputs["fields"]),
        )
        for one in of("firestore.Index").values()
    }
    assert there == asked != set()


def test_every_exemption_of_the_file_is_made():
    """A field's own indexes are just those that the file leaves it."""
    asked = {
        (one["collectionGroup"], one["fieldPath"]): [
            {"order": each["order"], "queryScope": each["queryScope"]} for each in one["indexes"]
        ]
        for one in DECLARED["fieldOverrides"]
    }
    there = {
        (one.inputs["collection"], one.inputs["field"]): one.inputs["indexConfig"].get(
            "indexes", []
        )
        for one in of("firestore.Field").values()
    }
    assert there == asked


def test_what_the_file_gives_a_time_to_live_expires(monkeypatch):
    """`ttl` of an override is a policy of the database; a field without it has none."""
    override = {"collectionGroup": "receipts", "fieldPath": "expireAt", "ttl": True, "indexes": []}
    changed = {**DECLARED, "fieldOverrides": [*DECLARED["fieldOverrides"], override]}
    monkeypatch.setattr(database, "declared", lambda: ("rules", changed))
    fields = of("firestore.Field", LOG_DAYS="31")  # a program of its own, not the remembered one
    expiring = {name for name, one in fields.items() if "ttlConfig" in one.inputs}
    declared = {
        f"{one['collectionGroup']}-{one['fieldPath']}"
        for one in changed["fieldOverrides"]
        if one.get("ttl")
    }
    assert expiring == declared
    assert "receipts-expireAt" in expiring


def test_the_exemptions_are_those_that_performance_md_names():
    """The page says which fields have no index; it is what is deployed."""
    page = (ROOT / "docs" / "performance.md").read_text()
    said = re.search(r"Exempt from every index: (.*?`)\.\s", page, re.DOTALL)
    assert said
    named = set(re.findall(r"`([\w.]+)`", said[1]))
    exempt = {
        f"{one.inputs['collection']}.{one.inputs['field']}"
        for one in of("firestore.Field").values()
        if not one.inputs["indexConfig"].get("indexes")
    }
    assert named == exempt


def test_no_deployment_can_lose_the_data():
    """The database refuses deletion, Pulumi refuses to try, and letting go of it deletes nothing."""
    one = of("firestore.Database")["database"]
    assert one.protected
    assert one.inputs["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert one.inputs["deletionPolicy"] == "ABANDON"


def test_undeploying_leaves_just_the_data_the_registration_and_what_proves_deletions():
    """Everything else goes."""
    assert {f"{one.kind} {one.name}" for one in made() if one.protected} == {
        "firestore.Database database",
        "firebase.Project firebase",
        "logging.ProjectBucketConfig logs",
        "azuread.ApplicationRegistration calliente",
        "secretmanager.Secret calliente-receipt-signing-key",
        "secretmanager.Secret calliente-receipt-fingerprint-key",
        "secretmanager.Secret calliente-audit-signing-key",
    }


def test_old_versions_are_kept_for_an_hour_only():
    """Point-in-time recovery would keep deleted organizations for a week."""
    inputs = of("firestore.Database")["database"].inputs
    assert inputs["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_DISABLED"
