"""What takes a deployment away again. The data stays: deleting an organization is the purge's work, and the database
is protected; DATABASE_STAYS says how to delete it too. The functions' roles stay, granted to nobody: for weeks after a
role is deleted, none can be made under its ID.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from deploy.config import Config
from deploy.functions import ENTRA_CREDENTIAL, SESSION_KEYS, TOPIC, functions
from deploy.plan import BUILDER, DEAD, MONITORING, TRIGGER
from deploy.steps import Command, Step, gcloud

DATABASE_STAYS = """
The database, its backups and the logs stay. To delete all data for good:
  gcloud firestore databases update --database='(default)' --no-delete-protection --project={project}
  gcloud firestore databases delete --database='(default)' --project={project}
and the users in the Firebase console, under Authentication."""


def steps(config: Config) -> list[Step]:
    return [*_working_parts(config), *_identities(config), *_observation(config)]


def _working_parts(config: Config) -> Iterator[Step]:
    region, location = f"--region={config.region}", f"--location={config.region}"
    yield _delete(config, "scheduler", "jobs", "delete", TOPIC, location)
    for one in functions(config):
        yield _delete(config, "functions", "delete", one.name, "--gen2", region)
    yield _delete(config, "pubsub", "subscriptions", "delete", DEAD)
    for topic in (TOPIC, DEAD):
        yield _delete(config, "pubsub", "topics", "delete", topic)
    for secret in (SESSION_KEYS, ENTRA_CREDENTIAL):
        yield _delete(config, "secrets", "delete", secret)


def _identities(config: Config) -> Iterator[Step]:
    """Their roles first: a deleted account's bindings would stay in the policy."""
    roles = [
        (one.account, f"projects/{config.project}/roles/{one.role}") for one in functions(config)
    ]
    roles += [
        (TRIGGER, "roles/eventarc.eventReceiver"),
        (BUILDER, "roles/cloudbuild.builds.builder"),
    ]
    for account, role in roles:
        member = f"--member=serviceAccount:{_email(config, account)}"
        command = gcloud(
            *("projects", "remove-iam-policy-binding", config.project),
            *(member, f"--role={role}", "--condition=None"),
        )
        yield Step(f"{account} without {role}", command, optional=True)
    for account in (*(one.account for one in functions(config)), TRIGGER, BUILDER):
        yield _delete(config, "iam", "service-accounts", "delete", _email(config, account))


def _observation(config: Config) -> Iterator[Step]:
    here = f"--project={config.project}"
    for file in sorted((MONITORING / "alerts").glob("*.json")):
        title = json.loads(file.read_text())["displayName"]
        yield from _found(title, ("alpha", "monitoring", "policies"), here)
    yield from _found("Calliente", ("monitoring", "dashboards"), here)
    yield from _found("Calliente", ("beta", "monitoring", "channels"), here)
    for file in sorted((MONITORING / "metrics").glob("*.json")):
        yield _delete(config, "logging", "metrics", "delete", f"calliente_{file.stem}")
    if config.billing_account:
        account = f"--billing-account={config.billing_account}"
        yield from _found(f"Calliente {config.project}", ("billing", "budgets"), account)


def _found(title: str, group: tuple[str, ...], where: str) -> Iterator[Step]:
    """Delete what has a title of ours and a name of Google's."""
    yield Step(
        f"Delete {group[-1]}: {title}",
        unless=gcloud(
            *group,
            "list",
            f'--filter=displayName="{title}"',
            "--format=value(name)",
            "--limit=1",
            where,
        ),
        present=gcloud(*group, "delete", "{found}", where),
        optional=True,
    )


def _delete(config: Config, *words: str) -> Step:
    command: Command = gcloud(*words, f"--project={config.project}")
    return Step(
        f"Delete {words[-1] if words[-2] == 'delete' else words[-2]}", command, optional=True
    )


def _email(config: Config, account: str) -> str:
    return f"{account}@{config.project}.iam.gserviceaccount.com"
