"""What wakes somebody: each alert names what to do, in docs/operations.md.

Sources: Cloud Monitoring, "Alerting on your burn rate", "Retrieving SLO data", "Filtering by metric"; Site Reliability
Workbook, "Alerting on SLOs" (the windows and rates).
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import SPREADING_SECONDS, Cloud, pause
from deploy.infrastructure.functions import FUNCTIONS
from deploy.infrastructure.metrics import ALARMS, BY_NAME, METRICS, OVERDUE_SECONDS, PREFIX, Metric
from deploy.infrastructure.schedule import DEAD

GOAL = 0.999
PERIOD_DAYS = 28
FAST, SLOW = (14.4, "3600s", "300s"), (6.0, "21600s", "1800s")  # rate, long window, short window
FLOOR_REQUESTS = 100  # an hour; below it a single failure is not a trend
REVISION = 'resource.type="cloud_run_revision"'
Condition = gcp.monitoring.AlertPolicyConditionArgs
Threshold = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs
Channels = list[pulumi.Output[str]]


def make_metrics(cloud: Cloud) -> pulumi.Resource:
    """Return what alerts wait for: a metric is unknown to Cloud Monitoring for a while after it was made."""
    return pause("metrics", SPREADING_SECONDS, *[_metric(cloud, one) for one in METRICS])


def _metric(cloud: Cloud, metric: Metric) -> gcp.logging.Metric:
    return gcp.logging.Metric(
        metric.name,
        project=cloud.project,
        name=f"{PREFIX}{metric.name}",
        description=metric.description,
        filter=metric.filter,
        metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(
            metric_kind="DELTA",
            value_type="DISTRIBUTION" if metric.value else "INT64",
            unit=metric.unit,
            labels=[
                gcp.logging.MetricMetricDescriptorLabelArgs(key=label, value_type="STRING")
                for label in metric.labels
            ],
        ),
        label_extractors={
            label: f"EXTRACT(jsonPayload.{member})" for label, member in metric.labels.items()
        },
        value_extractor=f"EXTRACT(jsonPayload.{metric.value})" if metric.value else None,
        bucket_options=gcp.logging.MetricBucketOptionsArgs(
            explicit_buckets=gcp.logging.MetricBucketOptionsExplicitBucketsArgs(
                bounds=list(metric.bounds)
            )
        )
        if metric.bounds
        else None,
        opts=cloud.opts(),
    )


def make(
    cloud: Cloud,
    metrics: pulumi.Resource,
    services: dict[str, gcp.cloudrunv2.Service],
    channels: Channels,
) -> None:
    for alarm in ALARMS:
        condition = _above(alarm.title, BY_NAME[alarm.metric].type, 0, REVISION)
        policy(cloud, alarm.metric, alarm.title, alarm.advice, [condition], channels, metrics)
    policy(
        cloud,
        "purge-overdue",
        "Calliente: purge overdue",
        "Data that should be deleted is still there, or no run has ended well for two hours.",
        _overdue(),
        channels,
        metrics,
    )
    for function in FUNCTIONS:
        if not function.scheduled:
            _burning(cloud, function.service, services[function.name], channels)


def notified(cloud: Cloud) -> Channels:
    """Return where alerts go; nowhere without an address, and they show in the console."""
    address = cloud.config.stack.alert_email
    if not address:
        return []
    channel = gcp.monitoring.NotificationChannel(
        "mail",
        project=cloud.project,
        display_name="Calliente",
        type="email",
        labels={"email_address": address},
        opts=cloud.opts(),
    )
    return [channel.name]


def policy(
    cloud: Cloud,
    name: str,
    title: str,
    advice: str,
    conditions: list[Condition],
    channels: Channels,
    *after: pulumi.Resource,
    combiner: str = "OR",
) -> None:
    gcp.monitoring.AlertPolicy(
        name,
        project=cloud.project,
        display_name=title,
        combiner=combiner,
        conditions=conditions,
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
            content=f"{advice} See docs/operations.md.",
            mime_type="text/markdown",
        ),
        notification_channels=[*channels],
        alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close="86400s"),
        opts=cloud.opts(*after),
    )


def _above(
    title: str,
    metric: str,
    value: float,
    resource: str,
    *,
    seconds: int = 900,
    align: str = "ALIGN_DELTA",
    reduce: str = "REDUCE_SUM",
) -> Condition:
    return Condition(
        display_name=title,
        condition_threshold=Threshold(
            filter=f'{resource} AND metric.type="{metric}"',
            comparison="COMPARISON_GT",
            threshold_value=value,
            duration="0s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period=f"{seconds}s",
                    per_series_aligner=align,
                    cross_series_reducer=reduce,
                )
            ],
            trigger=gcp.monitoring.AlertPolicyConditionConditionThresholdTriggerArgs(count=1),
        ),
    )


def _overdue() -> list[Condition]:
    absent = Condition(
        display_name="No good run for two hours",
        condition_absent=gcp.monitoring.AlertPolicyConditionConditionAbsentArgs(
            filter=f'{REVISION} AND metric.type="{BY_NAME["purge_runs"].type}"',
            duration="7200s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionAbsentAggregationArgs(
                    alignment_period="900s",
                    per_series_aligner="ALIGN_DELTA",
                    cross_series_reducer="REDUCE_SUM",
                )
            ],
        ),
    )
    return [
        _above(
            "An organization is more than two hours overdue",
            BY_NAME["purge_age"].type,
            OVERDUE_SECONDS,
            REVISION,
            seconds=3600,
            align="ALIGN_PERCENTILE_99",
            reduce="REDUCE_MAX",
        ),
        absent,
        _above(
            "Messages were set aside",
            "pubsub.googleapis.com/subscription/num_undelivered_messages",
            0,
            f'resource.type="pubsub_subscription" AND resource.labels.subscription_id="{DEAD}"',
            seconds=300,
            align="ALIGN_MAX",
        ),
    ]


def _burning(
    cloud: Cloud,
    service: str,
    running: gcp.cloudrunv2.Service,
    channels: Channels,
) -> None:
    """The share of answers that are no fault of ours, and alerts when its budget burns, where there is traffic."""
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
    return _above(
        f"More than {FLOOR_REQUESTS} requests in an hour",
        "run.googleapis.com/request_count",
        FLOOR_REQUESTS,
        f'{REVISION} AND resource.labels.service_name="{service}"',
        seconds=3600,
    )
