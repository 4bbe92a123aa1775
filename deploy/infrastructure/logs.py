"""The places of logs and traces, and the exclusion of request logs (decision 0010).

Sources: Cloud Logging, "Region-aware log storage", "Log sinks and exclusions"; Cloud Run, "Logging" and "Distributed
tracing"; Cloud Observability, "Set defaults for observability buckets".
"""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud

BUCKET = "calliente"
LEFT_OUT = {
    "request-logs": (
        "IP addresses and query strings of callers",
        'log_id("run.googleapis.com/requests") OR log_id("requests")',
    ),
    "data-access": (
        "who read which document",
        'log_id("cloudaudit.googleapis.com/data_access")',
    ),
}


def make(cloud: Cloud) -> list[pulumi.Resource]:
    """Return the resources that must exist before the first request is served."""
    bucket = gcp.logging.ProjectBucketConfig(
        "logs",
        project=cloud.project,
        location=cloud.region,
        bucket_id=BUCKET,
        retention_days=cloud.config.stack.log_days,
        opts=cloud.opts(protect=True),
    )
    sink = gcp.logging.ProjectSink(
        "logs",
        project=cloud.project,
        name="_Default",
        destination=bucket.id.apply(lambda name: f"logging.googleapis.com/{name}"),
        filter=(
            'NOT LOG_ID("cloudaudit.googleapis.com/activity")'
            ' AND NOT LOG_ID("externalaudit.googleapis.com/activity")'
            ' AND NOT LOG_ID("cloudaudit.googleapis.com/system_event")'
            ' AND NOT LOG_ID("externalaudit.googleapis.com/system_event")'
            ' AND NOT LOG_ID("cloudaudit.googleapis.com/access_transparency")'
            ' AND NOT LOG_ID("externalaudit.googleapis.com/access_transparency")'
        ),
        unique_writer_identity=True,
        exclusions=[
            gcp.logging.ProjectSinkExclusionArgs(name=name, description=why, filter=filter_)
            for name, (why, filter_) in LEFT_OUT.items()
        ],
        opts=cloud.opts(bucket),
    )
    traces = gcp.observability.ProjectSettings(
        "traces",
        project=cloud.project,
        location="global",
        default_storage_location=cloud.region,
        opts=cloud.opts(),
    )
    return [sink, traces]
