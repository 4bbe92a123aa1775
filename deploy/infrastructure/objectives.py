"""The service-level objectives, and alerts when an error budget burns too fast while there is traffic.

Sources: Cloud Monitoring, "Alerting on your burn rate", "Retrieving SLO data"; Site Reliability Workbook, "Alerting on
SLOs" (the windows and rates).
"""

from __future__ import annotations

import pulumi_gcp as gcp

from deploy.infrastructure.alerts import REVISION, Channels, Condition, Threshold, above, policy
from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.functions import FUNCTIONS

GOAL = 0.999
PERIOD_DAYS = 28
FAST, SLOW = (14.4, "3600s", "300s"), (6.0, "21600s", "1800s")  # rate, long window, short window
FLOOR_REQUESTS = 100  # an hour; below it a single failure is not a trend


def make(cloud: Cloud, services: dict[str, gcp.cloudrunv2.Service], channels: Channels) -> None:
    for function in FUNCTIONS:
        if not function.scheduled:
            _objective(cloud, function.service, services[function.name], channels)


def _objective(
    cloud: Cloud,
    service: str,
    running: gcp.cloudrunv2.Service,
    channels: Channels,
) -> None:
    """Declare the share of answers that are not server errors, and the alerts on its error budget."""
    watched = gcp.monitoring.GenericService(
        service,
        project=cloud.project,
        service_id=f"calliente-{service}",
        display_name=service,
        basic_service=gcp.monitoring.GenericServiceBasicServiceArgs(
            service_type="CLOUD_RUN",
            service_labels={"service_name": service, "location": cloud.region},
        ),
        opts=cloud.opts(running),
    )
    slo = gcp.monitoring.Slo(
        service,
        project=cloud.project,
        service=watched.service_id,
        slo_id="availability",
        display_name=f"{service}: {GOAL:.1%} of the answers in {PERIOD_DAYS} days are no fault of ours",
        goal=GOAL,
        rolling_period_days=PERIOD_DAYS,
        basic_sli=gcp.monitoring.SloBasicSliArgs(
            availability=gcp.monitoring.SloBasicSliAvailabilityArgs(enabled=True)
        ),
        opts=cloud.opts(watched),
    )
    for speed, (rate, long, short) in {"fast": FAST, "slow": SLOW}.items():
        policy(
            cloud,
            f"{service}-burns-{speed}",
            f"Calliente: {service} fails too often ({speed} burn)",
            "A dependency is away, or a release is bad.",
            [_burn(slo, rate, long), _burn(slo, rate, short), _traffic(service)],
            channels,
            slo,
            combiner="AND",
        )


def _burn(slo: gcp.monitoring.Slo, rate: float, window: str) -> Condition:
    return Condition(
        display_name=f"Burns {rate} times too fast over {window}",
        condition_threshold=Threshold(
            filter=slo.name.apply(lambda name: f'select_slo_burn_rate("{name}", "{window}")'),
            comparison="COMPARISON_GT",
            threshold_value=rate,
            duration="0s",
        ),
    )


def _traffic(service: str) -> Condition:
    return above(
        f"More than {FLOOR_REQUESTS} requests in an hour",
        "run.googleapis.com/request_count",
        FLOOR_REQUESTS,
        f'{REVISION} AND resource.labels.service_name="{service}"',
        seconds=3600,
    )
