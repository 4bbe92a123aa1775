"""The alerts. Each refers to docs/operations.md, which says what to do.

Sources: Cloud Monitoring, "Alerting overview", "Monitoring filters".
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.metrics import ALARMS, BY_NAME, OVERDUE_SECONDS
from deploy.infrastructure.schedule import DEAD

REVISION = 'resource.type="cloud_run_revision"'
Condition = gcp.monitoring.AlertPolicyConditionArgs
Threshold = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs
Channels = list[pulumi.Output[str]]


def make(
    cloud: Cloud,
    metrics: pulumi.Resource,
    channels: Channels,
) -> None:
    for alarm in ALARMS:
        condition = above(alarm.title, BY_NAME[alarm.metric].type, 0, REVISION)
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


def notified(cloud: Cloud) -> Channels:
    """Return the channels that alerts are sent to; none without an address: they then show in the console only."""
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


def above(
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
        above(
            "An organization is more than two hours overdue",
            BY_NAME["purge_age"].type,
            OVERDUE_SECONDS,
            REVISION,
            seconds=3600,
            align="ALIGN_PERCENTILE_99",
            reduce="REDUCE_MAX",
        ),
        absent,
        above(
            "Messages were set aside",
            "pubsub.googleapis.com/subscription/num_undelivered_messages",
            0,
            f'resource.type="pubsub_subscription" AND resource.labels.subscription_id="{DEAD}"',
            seconds=300,
            align="ALIGN_MAX",
        ),
    ]
