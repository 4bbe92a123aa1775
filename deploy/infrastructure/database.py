"""Firestore: the database, its rules, indexes and TTL policies from the files at the root, and its backups."""

from __future__ import annotations

import json
from typing import Any

import pulumi_gcp as gcp

from deploy.bundle import ROOT
from deploy.infrastructure.cloud import Cloud

DATABASE = "(default)"
DAY_SECONDS = 86_400


def declared() -> tuple[str, dict[str, Any]]:
    """Return the rules' text and the decoded indexes, from the files that firebase.json names."""
    files = json.loads((ROOT / "firebase.json").read_text())["firestore"]
    rules = (ROOT / files["rules"]).read_text()
    return rules, json.loads((ROOT / files["indexes"]).read_text())


def make(cloud: Cloud, firebase: gcp.firebase.Project) -> gcp.firestore.Database:
    stack = cloud.config.stack
    database = gcp.firestore.Database(
        "database",
        project=cloud.project,
        name=DATABASE,
        location_id=stack.firestore_location,
        type="FIRESTORE_NATIVE",
        concurrency_mode="PESSIMISTIC",
        delete_protection_state="DELETE_PROTECTION_ENABLED",
        point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_DISABLED",
        deletion_policy="ABANDON",
        opts=cloud.opts(protect=True),
    )
    rules, indexes = declared()
    _rules(cloud, rules, firebase, database)
    _indexes(cloud, indexes, database)
    if stack.backup_days:
        gcp.firestore.BackupSchedule(
            "daily-backups",
            project=cloud.project,
            database=database.name,
            retention=f"{stack.backup_days * DAY_SECONDS}s",
            daily_recurrence=gcp.firestore.BackupScheduleDailyRecurrenceArgs(),  # type: ignore[no-untyped-call]  # Pulumi generates it untyped
            opts=cloud.opts(database),
        )
    return database


def _rules(
    cloud: Cloud, text: str, firebase: gcp.firebase.Project, database: gcp.firestore.Database
) -> None:
    ruleset = gcp.firebaserules.Ruleset(
        "rules",
        project=cloud.project,
        source=gcp.firebaserules.RulesetSourceArgs(
            language="FIREBASE_RULES",
            files=[gcp.firebaserules.RulesetSourceFileArgs(name="firestore.rules", content=text)],
        ),
        opts=cloud.opts(firebase, database),
    )
    gcp.firebaserules.Release(
        "rules",
        project=cloud.project,
        name="cloud.firestore",
        ruleset_name=ruleset.name.apply(lambda name: f"projects/{cloud.project}/rulesets/{name}"),
        opts=cloud.opts(ruleset),
    )


def _indexes(cloud: Cloud, indexes: dict[str, Any], database: gcp.firestore.Database) -> None:
    for index in indexes["indexes"]:
        paths = [field["fieldPath"] for field in index["fields"]]
        gcp.firestore.Index(
            "-".join([index["collectionGroup"], *paths]),
            project=cloud.project,
            database=database.name,
            collection=index["collectionGroup"],
            query_scope=index["queryScope"],
            fields=[
                gcp.firestore.IndexFieldArgs(
                    field_path=field["fieldPath"],
                    order=field.get("order"),
                    array_config=field.get("arrayConfig"),
                )
                for field in index["fields"]
            ],
            opts=cloud.opts(database),
        )
    for override in indexes["fieldOverrides"]:
        gcp.firestore.Field(
            f"{override['collectionGroup']}-{override['fieldPath']}",
            project=cloud.project,
            database=database.name,
            collection=override["collectionGroup"],
            field=override["fieldPath"],
            index_config=gcp.firestore.FieldIndexConfigArgs(
                indexes=[
                    gcp.firestore.FieldIndexConfigIndexArgs(
                        order=index.get("order"),
                        array_config=index.get("arrayConfig"),
                        query_scope=index["queryScope"],
                    )
                    for index in override["indexes"]
                ]
            ),
            ttl_config=gcp.firestore.FieldTtlConfigArgs() if override.get("ttl") else None,
            opts=cloud.opts(database),
        )
