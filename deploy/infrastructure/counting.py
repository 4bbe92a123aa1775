"""The log-based metrics of metrics.py as resources. Source: Cloud Logging, "Log-based metrics overview"."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import SPREADING_SECONDS, Cloud, pause
from deploy.infrastructure.metrics import METRICS, PREFIX, Metric


def make(cloud: Cloud) -> pulumi.Resource:
    """Make the metrics, and return what alerts wait for: Cloud Monitoring knows a new metric only after a while."""
    return pause("metrics", SPREADING_SECONDS, *[_metric(cloud, metric) for metric in METRICS])


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
