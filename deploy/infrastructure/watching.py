"""What looks at the product from outside, the dashboard, and the budget.

Sources: Cloud Monitoring, "Create public uptime checks"; Cloud Billing, "Create, edit, or delete budgets".
"""

from __future__ import annotations

import re

import pulumi
import pulumi_gcp as gcp

from deploy.bundle import ROOT
from deploy.infrastructure.alerts import Channels, Condition, Threshold, policy
from deploy.infrastructure.cloud import Cloud

DASHBOARD = ROOT / "deploy" / "monitoring" / "dashboard.json"
UPTIME_PATH = "/version"


def make(
    cloud: Cloud,
    addresses: dict[str, pulumi.Output[str]],
    metrics: pulumi.Resource,
    services: dict[str, gcp.cloudrunv2.Service],
    channels: Channels,
) -> None:
    for name, url in addresses.items():
        _uptime(cloud, name.replace("_", "-"), url, services[name], channels)
    gcp.monitoring.Dashboard(
        "dashboard",
        project=cloud.project,
        dashboard_json=DASHBOARD.read_text(),
        opts=cloud.opts(metrics),
    )
    if cloud.config.stack.billing_account:
        _budget(cloud)


def _uptime(
    cloud: Cloud,
    name: str,
    url: pulumi.Output[str],
    service: gcp.cloudrunv2.Service,
    channels: Channels,
) -> None:
    host = url.apply(lambda text: text.removeprefix("https://"))
    check = gcp.monitoring.UptimeCheckConfig(
        name,
        project=cloud.project,
        display_name=name,
        period="300s",
        timeout="10s",
        http_check=gcp.monitoring.UptimeCheckConfigHttpCheckArgs(
            path=UPTIME_PATH, port=443, use_ssl=True, validate_ssl=True
        ),
        monitored_resource=gcp.monitoring.UptimeCheckConfigMonitoredResourceArgs(
            type="uptime_url", labels={"project_id": cloud.project, "host": host}
        ),
        opts=cloud.opts(service),
    )
    failing = Threshold(
        filter=check.uptime_check_id.apply(
            lambda check_id: (
                'metric.type="monitoring.googleapis.com/uptime_check/check_passed"'
                ' AND resource.type="uptime_url"'
                f' AND metric.labels.check_id="{check_id}"'
            )
        ),
        comparison="COMPARISON_GT",
        threshold_value=1,
        duration="600s",
        aggregations=[
            gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                alignment_period="1200s",
                per_series_aligner="ALIGN_NEXT_OLDER",
                cross_series_reducer="REDUCE_COUNT_FALSE",
            )
        ],
    )
    policy(
        cloud,
        f"{name}-away",
        f"Calliente: {name} cannot be reached",
        "From outside nobody gets an answer.",
        [Condition(display_name="From more than one place", condition_threshold=failing)],
        channels,
        check,
    )


def _budget(cloud: Cloud) -> None:
    stack = cloud.config.stack
    amount = re.fullmatch(r"(\d+)([A-Z]{3})", stack.budget)
    assert amount  # noqa: S101  # the setting was checked when it was read
    gcp.billing.Budget(
        "budget",
        billing_account=stack.billing_account,
        display_name=f"Calliente {cloud.project}",
        budget_filter=gcp.billing.BudgetBudgetFilterArgs(
            projects=[cloud.number.apply(lambda number: f"projects/{number}")]
        ),
        amount=gcp.billing.BudgetAmountArgs(
            specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(
                units=amount[1], currency_code=amount[2]
            )
        ),
        threshold_rules=[
            gcp.billing.BudgetThresholdRuleArgs(threshold_percent=0.5),
            gcp.billing.BudgetThresholdRuleArgs(threshold_percent=1.0),
        ],
        opts=cloud.opts(),
    )
