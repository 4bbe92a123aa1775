"""The metrics that are counted in the functions' log lines, as data; tests apply the filters to real lines."""

from __future__ import annotations

from dataclasses import dataclass, field

PREFIX = "calliente_"
RUNS = 'resource.type="cloud_run_revision" AND jsonPayload.event="purge_run"'
OVERDUE_SECONDS = 7200


@dataclass(frozen=True, kw_only=True)
class Metric:
    """filter: of the lines, in Cloud Logging's language. labels: {label: member of the line}.

    value: the member whose distribution is kept, over `bounds`; without it lines are counted.
    """

    name: str
    description: str
    filter: str
    labels: dict[str, str] = field(default_factory=dict)
    value: str = ""
    unit: str = "1"
    bounds: tuple[float, ...] = ()

    @property
    def type(self) -> str:
        """Its name in Cloud Monitoring."""
        return f"logging.googleapis.com/user/{PREFIX}{self.name}"

    def extractors(self) -> list[str]:
        """Return the members of the line that it reads."""
        return [*self.labels.values(), *([self.value] if self.value else [])]


def _event(name: str) -> str:
    return f'resource.type="cloud_run_revision" AND jsonPayload.event="{name}"'


METRICS = (
    Metric(
        name="registrations",
        description="Devices that are new",
        filter=f"{_event('device_registration')} AND jsonPayload.status=201",
    ),
    Metric(
        name="heartbeats",
        description="Heartbeats that were noted",
        filter=f"{_event('heartbeat')} AND jsonPayload.status=200",
    ),
    Metric(
        name="refusals",
        description="Answers other than success, by function and code",
        filter=(
            'resource.type="cloud_run_revision" AND jsonPayload.status>=400'
            ' AND NOT jsonPayload.outcome="ok"'
        ),
        labels={"function": "event", "code": "outcome"},
    ),
    Metric(
        name="purge_runs",
        description="Runs of the purge that ended as they should",
        filter=f"{RUNS} AND severity<ERROR",
    ),
    Metric(
        name="purge_age",
        description="Seconds by which the organization that is due the longest is overdue, after a run",
        filter=f"{RUNS} AND jsonPayload.oldest_due_seconds>=0",
        value="oldest_due_seconds",
        unit="s",
        bounds=(
            *(1, 300, 900, 1800, 3600, OVERDUE_SECONDS, 14_400, 28_800),
            *(86_400, 172_800, 604_800, 2_592_000),
        ),
    ),
    Metric(
        name="consent_lost",
        description="Runs whose checks found an organization's consent gone",
        filter=f"{RUNS} AND jsonPayload.consent_lost>0",
    ),
    Metric(
        name="credential_failing",
        description="Entra refuses our own credential",
        filter=_event("entra_credential_failing"),
    ),
    Metric(
        name="entra_refuses_us",
        description="Entra or Graph refused an administrator's sign-in by a fault of ours",
        filter=f"{_event('entra_refused')} AND severity>=ERROR",
    ),
    Metric(
        name="mass_consent_loss",
        description="More consents than a handful seem lost in one run",
        filter=_event("mass_consent_loss"),
    ),
    Metric(
        name="consent_unclear",
        description="Entra's answers about a consent have been unclear for a day",
        filter=_event("consent_unclear"),
    ),
    Metric(
        name="expiry_waits",
        description="Silent devices stay: the silence seems to be ours",
        filter=_event("expiry_waits"),
    ),
    Metric(
        name="inventory_mismatch",
        description="A phone found something in its document that the inventory does not name",
        filter=_event("inventory_mismatch"),
    ),
    Metric(
        name="personal_data_found",
        description="Auth users that held more than an anonymous identity, and were deleted",
        filter=_event("personal_data_found"),
    ),
    Metric(
        name="crashes",
        description="Requests that ended in a fault of ours",
        filter=_event("crash"),
    ),
)
BY_NAME = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True)
class Alarm:
    """Return a metric for which one line is a reason to look."""

    metric: str
    title: str
    advice: str


ALARMS = (
    Alarm(
        "mass_consent_loss",
        "Calliente: many consents lost at once",
        "Look whether it is a fault of ours before organizations are closed.",
    ),
    Alarm(
        "credential_failing",
        "Calliente: the credential for Entra is failing",
        "Onboarding and the checks of consent fail until it is renewed; no organization is changed"
        " meanwhile.",
    ),
    Alarm(
        "entra_refuses_us",
        "Calliente: Entra refuses administrators by a fault of ours",
        "The log event `entra_refused` has the AADSTS number: registration, redirect address or credential.",
    ),
    Alarm(
        "consent_unclear",
        "Calliente: Entra's answers stay unclear",
        "The command line names the organizations; nothing is changed for them.",
    ),
    Alarm(
        "expiry_waits",
        "Calliente: silent devices are not removed",
        "Fewer than half of the week's phones beat in the last day: look whether heartbeats arrive.",
    ),
    Alarm(
        "inventory_mismatch",
        "Calliente: a phone found what the inventory does not name",
        "Compare what is stored with the inventory: the audit.",
    ),
    Alarm(
        "personal_data_found",
        "Calliente: personal data was stored in Firebase Authentication",
        "A phone stored it there, and it was deleted; the audit shows whether more is left.",
    ),
    Alarm(
        "crashes",
        "Calliente: a request crashed",
        "The log event `crash` names file and line.",
    ),
)
