"""Whatever is watched exists, whatever exists is watched, and every alert reaches somebody."""

import json
import re

from deploy.infrastructure.metrics import BY_NAME, OVERDUE_SECONDS
from deploy.infrastructure.objectives import FLOOR_REQUESTS
from deploy.infrastructure.watching import DASHBOARD
from tests.deploy.stacks import HTTP, LEFT_OUT, of, walk

OURS = re.compile(r"logging\.googleapis\.com/user/calliente_(\w+)")


def read() -> set[str]:
    """The metrics of ours that an alert or the dashboard looks at."""
    texts = [DASHBOARD.read_text()]
    for one in of("monitoring.AlertPolicy").values():
        texts += [str(value) for _, value in walk(dict(one.inputs))]
    return set(OURS.findall("\n".join(texts)))


def test_every_metric_is_made_and_watched():
    """An alert on a metric that nobody makes would stay silent for ever; a metric that nobody reads is waste."""
    there = {one.inputs["name"].removeprefix("calliente_") for one in of("logging.Metric").values()}
    assert there == set(BY_NAME) == read()


def test_a_metric_reads_the_line_as_its_declaration_says():
    """Labels and values are taken from members of the line; a distribution has bounds."""
    for name, metric in BY_NAME.items():
        inputs = of("logging.Metric")[name].inputs
        assert inputs["filter"] == metric.filter
        assert inputs.get("labelExtractors", {}) == {
            label: f"EXTRACT(jsonPayload.{member})" for label, member in metric.labels.items()
        }
        kind = inputs["metricDescriptor"]["valueType"]
        assert kind == ("DISTRIBUTION" if metric.value else "INT64")
        assert ("bucketOptions" in inputs) == ("valueExtractor" in inputs) == bool(metric.value)


def test_overdue_is_where_a_bucket_ends():
    """A percentile is interpolated within its bucket: only at a bound it says on which side the value was."""
    conditions = of("monitoring.AlertPolicy")["purge-overdue"].inputs["conditions"]
    thresholds = [
        one["conditionThreshold"]["thresholdValue"]
        for one in conditions
        if "purge_age" in one.get("conditionThreshold", {}).get("filter", "")
    ]
    assert thresholds == [OVERDUE_SECONDS]
    assert OVERDUE_SECONDS in BY_NAME["purge_age"].bounds


def test_each_http_function_has_an_objective_and_alerts_on_its_burn():
    """Two speeds, each over a long and a short window, and only where there is traffic to speak of."""
    assert set(of("monitoring.Slo")) == HTTP
    for name in HTTP:
        for speed in ("fast", "slow"):
            policy = of("monitoring.AlertPolicy")[f"{name}-burns-{speed}"].inputs
            assert policy["combiner"] == "AND"
            filters = [one["conditionThreshold"]["filter"] for one in policy["conditions"]]
            burns = [text for text in filters if text.startswith("select_slo_burn_rate")]
            assert len(burns) == 2
            assert all(f'"slo/{name}"' in text for text in burns)
            (floor,) = [one for one in policy["conditions"] if "request_count" in str(one)]
            assert floor["conditionThreshold"]["thresholdValue"] == FLOOR_REQUESTS > 0
            assert f'service_name="{name}"' in floor["conditionThreshold"]["filter"]


def test_each_http_function_is_looked_at_from_outside():
    """At the address that people and phones use, over TLS that is checked."""
    checks = of("monitoring.UptimeCheckConfig")
    assert set(checks) == HTTP
    assert all(one.inputs["httpCheck"]["validateSsl"] for one in checks.values())
    host = checks["onboarding"].inputs["monitoredResource"]["labels"]["host"]
    assert host == "connect.example.com"
    for name in HTTP:
        policy = of("monitoring.AlertPolicy")[f"{name}-away"].inputs
        assert f'check_id="{name}"' in policy["conditions"][0]["conditionThreshold"]["filter"]


def test_every_alert_reaches_the_address():
    """And says what to do; without an address they show in the console."""
    channel = of("monitoring.NotificationChannel")["mail"].inputs
    assert channel["labels"] == {"email_address": "alerts@example.com"}
    for one in of("monitoring.AlertPolicy").values():
        assert one.inputs["notificationChannels"] == ["channels/made-up"]
        assert one.inputs["documentation"]["content"].endswith("See docs/operations.md.")
        assert one.inputs["documentation"]["content"].count("See docs/operations.md.") == 1
    for one in of("monitoring.AlertPolicy", ALERT_EMAIL=LEFT_OUT).values():
        assert not one.inputs.get("notificationChannels")


def test_alerts_come_after_their_metrics_are_known():
    """On a new project a metric is unknown for a while; the alert waits for it."""
    (wait,) = [one for name, one in of("local.Command").items() if name == "spread-metrics"]
    made = {one.urn for one in of("logging.Metric").values()}
    assert made <= wait.after
    for name in ("crashes", "credential_failing", "mass_consent_loss", "purge-overdue"):
        assert wait.urn in of("monitoring.AlertPolicy")[name].after


def test_the_budget_is_the_projects():
    """Half and all of the amount, in the account's currency."""
    inputs = of("billing.Budget", BUDGET="200USD")["budget"].inputs
    assert inputs["amount"]["specifiedAmount"] == {"units": "200", "currencyCode": "USD"}
    assert inputs["budgetFilter"]["projects"] == ["projects/123456789012"]
    assert [one["thresholdPercent"] for one in inputs["thresholdRules"]] == [0.5, 1.0]


def test_the_dashboard_is_the_file():
    """What is shown is what was reviewed."""
    shown = of("monitoring.Dashboard")["dashboard"].inputs["dashboardJson"]
    assert json.loads(shown) == json.loads(DASHBOARD.read_text())
