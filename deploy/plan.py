"""Everything that a deployment does, in order, as steps that can be repeated."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from deploy.config import EU_LOCATIONS, Config
from deploy.functions import (
    ENTRA_CREDENTIAL,
    RUNTIME,
    SESSION_KEYS,
    TOPIC,
    Function,
    environment,
    functions,
)
from deploy.steps import Command, Step, gcloud
from local.processes import ROOT

APIS = (
    "artifactregistry",
    "billingbudgets",
    "cloudbuild",
    "cloudfunctions",
    "cloudscheduler",
    "eventarc",
    "firebase",
    "firebaserules",
    "firestore",
    "iam",
    "iamcredentials",
    "identitytoolkit",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "securetoken",
)
LOG_BUCKET = "calliente-eu"
LOG_DAYS = 30
REQUEST_LOGS = 'log_id("run.googleapis.com/requests") OR log_id("requests")'
SCHEDULE = "*/15 * * * *"
DEAD = f"{TOPIC}-dead"
TRIGGER, BUILDER = "calliente-trigger", "calliente-builder"
MONITORING = ROOT / "deploy" / "monitoring"


class Plan:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._project = f"--project={config.project}"
        self._region = f"--region={config.region}"
        self._location = f"--location={config.region}"
        self.functions = functions(config)

    def steps(self) -> list[Step]:
        return [
            *self._foundation(),
            *self._logging(),
            *self._database(),
            *self._identities(),
            *self._secrets(),
            *self._messaging(),
            *(self._function(one) for one in self.functions),
            *self._schedule(),
            *self._observation(),
        ]

    def _gcloud(self, *words: str) -> Command:
        return gcloud(*words, self._project)

    def _foundation(self) -> Iterator[Step]:
        project = self._config.project
        number = gcloud("projects", "describe", project, "--format=value(projectNumber)")
        yield Step("Project number", number, capture="project_number")
        apis = (f"{api}.googleapis.com" for api in APIS)
        yield Step("APIs", self._gcloud("services", "enable", *apis))

    def _logging(self) -> Iterator[Step]:
        """Before any function: none of its requests may be logged by the platform."""
        at = (LOG_BUCKET, self._location)
        yield Step(
            "Log storage in the region",
            self._gcloud("logging", "buckets", "create", *at, f"--retention-days={LOG_DAYS}"),
            unless=self._gcloud("logging", "buckets", "describe", *at, "--format=value(name)"),
        )
        bucket = (
            f"logging.googleapis.com/projects/{self._config.project}/locations/"
            f"{self._config.region}/buckets/{LOG_BUCKET}"
        )
        yield Step("Logs go there", self._gcloud("logging", "sinks", "update", "_Default", bucket))
        exclusion = f"name=request-logs,filter={REQUEST_LOGS}"
        sink = ("logging", "sinks")
        yield Step(
            "Without the platform's request logs, which hold IP addresses and query strings",
            self._gcloud(*sink, "update", "_Default", f"--add-exclusion={exclusion}"),
            unless=self._gcloud(
                *sink,
                "list",
                "--filter=name=_Default AND exclusions.name=request-logs",
                "--format=value(name)",
            ),
        )

    def _database(self) -> Iterator[Step]:
        config = self._config
        yield Step(
            "Firestore",
            self._gcloud(
                "firestore",
                "databases",
                "create",
                "--database=(default)",
                f"--location={config.firestore_location}",
                "--type=firestore-native",
                "--delete-protection",
            ),
            unless=self._gcloud(
                "firestore",
                "databases",
                "describe",
                "--database=(default)",
                "--format=value(locationId)",
            ),
            allowed=EU_LOCATIONS | {config.firestore_location},
        )
        if config.backup_days:
            schedules = ("firestore", "backups", "schedules")
            yield Step(
                f"Daily backups, kept {config.backup_days} days",
                self._gcloud(
                    *schedules,
                    "create",
                    "--database=(default)",
                    "--recurrence=daily",
                    f"--retention={config.backup_days}d",
                ),
                unless=self._gcloud(
                    *schedules, "list", "--database=(default)", "--format=value(name)"
                ),
            )
        firebase = ("local/node_modules/.bin/firebase",)
        end = ("--project", config.project, "--non-interactive")
        yield Step(
            "Firebase in the project",
            (*firebase, "projects:addfirebase", config.project, "--non-interactive"),
            unless=(*firebase, "apps:list", *end),
        )
        yield Step(
            "Security rules and indexes",
            (*firebase, "deploy", "--only", "firestore", "--force", *end),
        )

    def _identities(self) -> Iterator[Step]:
        accounts = {one.account: f"Runs {one.entry_point}" for one in self.functions}
        accounts |= {TRIGGER: "Delivers the schedule", BUILDER: "Builds the functions"}
        for account, text in accounts.items():
            yield Step(
                f"Identity {account}",
                self._gcloud(
                    "iam", "service-accounts", "create", account, f"--display-name={text}"
                ),
                unless=self._gcloud(
                    "iam",
                    "service-accounts",
                    "describe",
                    self._email(account),
                    "--format=value(email)",
                ),
            )
        for one in self.functions:
            yield from self._role(one)
            if one.signs_tokens:
                email = self._email(one.account)
                yield Step(
                    f"{one.entry_point} may sign tokens, as itself alone",
                    self._gcloud(
                        "iam",
                        "service-accounts",
                        "add-iam-policy-binding",
                        email,
                        f"--member=serviceAccount:{email}",
                        "--role=roles/iam.serviceAccountTokenCreator",
                    ),
                )
        yield self._grant(TRIGGER, "roles/eventarc.eventReceiver")
        yield self._grant(BUILDER, "roles/cloudbuild.builds.builder")

    def _role(self, one: Function) -> Iterator[Step]:
        """A role that holds just what the function's calls need."""
        roles = ("iam", "roles")
        what = f"--permissions={','.join(one.permissions)}"
        yield Step(
            f"What {one.entry_point} may do",
            self._gcloud(*roles, "create", one.role, f"--title=Calliente {one.entry_point}", what),
            unless=self._gcloud(*roles, "describe", one.role, "--format=value(name)"),
            present=self._gcloud(*roles, "update", one.role, what),
        )
        yield self._grant(one.account, f"projects/{self._config.project}/roles/{one.role}")

    def _secrets(self) -> Iterator[Step]:
        names = sorted({secret for one in self.functions for secret in one.secrets.values()})
        for name in names:
            yield Step(
                f"Secret {name}",
                self._gcloud(
                    "secrets",
                    "create",
                    name,
                    "--replication-policy=user-managed",
                    f"--locations={self._config.region}",
                ),
                unless=self._gcloud("secrets", "describe", name, "--format=value(name)"),
            )
            source = self._config.entra_credential_file if name == ENTRA_CREDENTIAL else "-"
            yield Step(
                f"A first version of {name}",
                self._gcloud("secrets", "versions", "add", name, f"--data-file={source}"),
                unless=self._gcloud(
                    "secrets",
                    "versions",
                    "describe",
                    "latest",
                    f"--secret={name}",
                    "--format=value(name)",
                ),
                stdin=(lambda: secrets.token_urlsafe(48)) if name == SESSION_KEYS else None,
            )
            for one in self.functions:
                if name in one.secrets.values():
                    yield Step(
                        f"{one.entry_point} may read {name}",
                        self._gcloud(
                            "secrets",
                            "add-iam-policy-binding",
                            name,
                            f"--member=serviceAccount:{self._email(one.account)}",
                            "--role=roles/secretmanager.secretAccessor",
                        ),
                    )

    def _messaging(self) -> Iterator[Step]:
        for topic in (TOPIC, DEAD):
            yield Step(
                f"Topic {topic}",
                self._gcloud(
                    "pubsub",
                    "topics",
                    "create",
                    topic,
                    f"--message-storage-policy-allowed-regions={self._config.region}",
                ),
                unless=self._gcloud("pubsub", "topics", "describe", topic, "--format=value(name)"),
            )
        yield Step(
            "Undelivered messages are kept for a person to look at",
            self._gcloud(
                "pubsub",
                "subscriptions",
                "create",
                DEAD,
                f"--topic={DEAD}",
                "--message-retention-duration=7d",
                "--expiration-period=never",
            ),
            unless=self._gcloud(
                "pubsub", "subscriptions", "describe", DEAD, "--format=value(name)"
            ),
        )

    def _function(self, one: Function) -> Step:
        config = self._config
        variables = "^;^" + ";".join(
            f"{name}={value}" for name, value in environment(one, config).items()
        )
        command = [
            "functions",
            "deploy",
            one.name,
            "--gen2",
            self._region,
            f"--runtime={RUNTIME}",
            f"--source=build/{one.entry_point}",
            f"--entry-point={one.entry_point}",
            f"--service-account={self._email(one.account)}",
            f"--build-service-account=projects/{config.project}/serviceAccounts/{self._email(BUILDER)}",
            f"--memory={one.memory}",
            "--cpu=1",
            f"--concurrency={one.concurrency}",
            "--min-instances=0",
            f"--max-instances={one.max_instances}",
            f"--timeout={one.timeout_seconds}s",
            f"--set-env-vars={variables}",
        ]
        if one.secrets:
            given = ",".join(f"{variable}={name}:latest" for variable, name in one.secrets.items())
            command.append(f"--set-secrets={given}")
        else:
            command.append("--clear-secrets")
        if one.scheduled:
            command += [
                f"--trigger-topic={TOPIC}",
                f"--trigger-service-account={self._email(TRIGGER)}",
                "--retry",
                "--ingress-settings=internal-only",
                "--no-allow-unauthenticated",
            ]
        else:
            command += ["--trigger-http", "--allow-unauthenticated", "--ingress-settings=all"]
        return Step(f"Function {one.entry_point}", self._gcloud(*command))

    def _schedule(self) -> Iterator[Step]:
        purge = next(one for one in self.functions if one.scheduled)
        yield Step(
            "The schedule's messages may call the purge",
            self._gcloud(
                "run",
                "services",
                "add-iam-policy-binding",
                purge.name,
                self._region,
                f"--member=serviceAccount:{self._email(TRIGGER)}",
                "--role=roles/run.invoker",
            ),
        )
        yield Step(
            "The purge's subscription",
            self._gcloud(
                "pubsub", "topics", "list-subscriptions", TOPIC, "--format=value(.)", "--limit=1"
            ),
            capture="subscription",
        )
        agent = "serviceAccount:service-{project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
        for kind, name, role in (
            ("topics", DEAD, "roles/pubsub.publisher"),
            ("subscriptions", "{subscription}", "roles/pubsub.subscriber"),
        ):
            yield Step(
                f"Pub/Sub may set undelivered messages aside ({kind})",
                self._gcloud(
                    "pubsub",
                    kind,
                    "add-iam-policy-binding",
                    name,
                    f"--member={agent}",
                    f"--role={role}",
                ),
            )
        yield Step(
            "Deliver again with growing pauses, five times",
            self._gcloud(
                "pubsub",
                "subscriptions",
                "update",
                "{subscription}",
                "--ack-deadline=600",
                "--min-retry-delay=60s",
                "--max-retry-delay=600s",
                "--max-delivery-attempts=5",
                f"--dead-letter-topic=projects/{self._config.project}/topics/{DEAD}",
            ),
        )
        job = (TOPIC, self._location)
        same = (
            f"--schedule={SCHEDULE}",
            "--time-zone=Etc/UTC",
            f"--topic=projects/{self._config.project}/topics/{TOPIC}",
            "--message-body={}",
        )
        yield Step(
            "The schedule",
            self._gcloud("scheduler", "jobs", "create", "pubsub", *job, *same),
            unless=self._gcloud("scheduler", "jobs", "describe", *job, "--format=value(name)"),
            present=self._gcloud("scheduler", "jobs", "update", "pubsub", *job, *same),
        )

    def _observation(self) -> Iterator[Step]:
        for file in sorted((MONITORING / "metrics").glob("*.json")):
            at = (f"calliente_{file.stem}", f"--config-from-file={file.relative_to(ROOT)}")
            yield Step(
                f"Metric {file.stem}",
                self._gcloud("logging", "metrics", "create", *at),
                unless=self._gcloud(
                    "logging", "metrics", "describe", at[0], "--format=value(name)"
                ),
                present=self._gcloud("logging", "metrics", "update", *at),
            )
        notify: tuple[str, ...] = ()
        if self._config.alert_email:
            channels = ("beta", "monitoring", "channels")
            named = self._gcloud(
                *channels,
                "list",
                "--filter=displayName=Calliente",
                "--format=value(name)",
                "--limit=1",
            )
            address = f"email_address={self._config.alert_email}"
            yield Step(
                "Alerts go by e-mail",
                self._gcloud(
                    *channels,
                    "create",
                    "--display-name=Calliente",
                    "--type=email",
                    f"--channel-labels={address}",
                ),
                unless=named,
                present=self._gcloud(
                    *channels, "update", "{found}", f"--update-channel-labels={address}"
                ),
            )
            yield Step("Their channel", named, capture="channel")
            notify = ("notification-channels={channel}",)
        policies = ("alpha", "monitoring", "policies")
        for file in sorted((MONITORING / "alerts").glob("*.json")):
            title = json.loads(file.read_text())["displayName"]
            policy = f"--policy-from-file={file.relative_to(ROOT)}"
            yield Step(
                f"Alert: {title}",
                self._gcloud(*policies, "create", policy, *(f"--{one}" for one in notify)),
                unless=self._gcloud(
                    *policies,
                    "list",
                    f'--filter=displayName="{title}"',
                    "--format=value(name)",
                    "--limit=1",
                ),
                present=self._gcloud(
                    *policies, "update", "{found}", policy, *(f"--set-{one}" for one in notify)
                ),
            )
        dashboards = ("monitoring", "dashboards")
        given = "--config-from-file=deploy/monitoring/dashboard.json"
        yield Step(
            "Dashboard",
            self._gcloud(*dashboards, "create", given),
            unless=self._gcloud(
                *dashboards,
                "list",
                "--filter=displayName=Calliente",
                "--format=value(name)",
                "--limit=1",
            ),
            present=self._gcloud(*dashboards, "update", "{found}", given),
        )
        if self._config.billing_account:
            account = f"--billing-account={self._config.billing_account}"
            title = f"Calliente {self._config.project}"
            amount = f"--budget-amount={self._config.budget}"
            budgets = ("billing", "budgets")
            yield Step(
                "Budget alert",
                gcloud(
                    *budgets,
                    "create",
                    account,
                    f"--display-name={title}",
                    amount,
                    f"--filter-projects=projects/{self._config.project}",
                    "--threshold-rule=percent=0.5",
                    "--threshold-rule=percent=1.0",
                ),
                unless=gcloud(
                    *budgets,
                    "list",
                    account,
                    f'--filter=displayName="{title}"',
                    "--format=value(name)",
                    "--limit=1",
                ),
                present=gcloud(*budgets, "update", "{found}", account, amount),
            )

    def _grant(self, account: str, role: str) -> Step:
        command = gcloud(
            "projects",
            "add-iam-policy-binding",
            self._config.project,
            f"--member=serviceAccount:{self._email(account)}",
            f"--role={role}",
            "--condition=None",
        )
        return Step(f"{account}: {role}", command)

    def _email(self, account: str) -> str:
        return f"{account}@{self._config.project}.iam.gserviceaccount.com"
