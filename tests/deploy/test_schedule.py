"""The schedule reaches the purge, again and again, and what fails is set aside for a person."""

import base64

from deploy.infrastructure.functions import FUNCTIONS, declared
from shared.schedule import ATTRIBUTES, DATA, MINUTES
from tests.deploy.stacks import of, service


def test_every_quarter_of_an_hour_a_run_is_asked_for():
    """The message is the CloudEvent that the unit tests have read."""
    job = of("cloudscheduler.Job")["calliente-purge"].inputs
    assert (job["schedule"], job["timeZone"]) == ("*/15 * * * *", "Etc/UTC")
    assert MINUTES == 15, "the portal says so too"
    target = job["pubsubTarget"]
    assert target["topicName"] == "id-of-calliente-purge"
    assert target["attributes"] == ATTRIBUTES
    assert base64.b64decode(target["data"]) == DATA


def test_the_purge_gets_the_message_unwrapped_from_the_schedules_identity():
    """Attributes become headers: without that the body would be Pub/Sub's own, and no CloudEvent."""
    push = of("pubsub.Subscription")["calliente-purge"].inputs["pushConfig"]
    assert push["pushEndpoint"] == push["oidcToken"]["audience"]
    assert push["pushEndpoint"].startswith("https://tenant-purge-")
    assert push["oidcToken"]["serviceAccountEmail"].startswith("calliente-trigger@")
    assert push["noWrapper"] == {"writeMetadata": True}


def test_a_run_ends_before_its_message_is_delivered_again():
    """The function's limit is below the deadline of the acknowledgement, and its budget is below that."""
    deadline = of("pubsub.Subscription")["calliente-purge"].inputs["ackDeadlineSeconds"]
    limit = int(service("tenant-purge")["template"]["timeout"].removesuffix("s"))
    (purge,) = [one for one in FUNCTIONS if one.scheduled]
    defaults = {one.metadata["variable"]: one.default for one in declared(purge)}
    assert int(str(defaults["PURGE_BUDGET_SECONDS"])) < limit < deadline


def test_what_fails_five_times_is_kept():
    """A message that cannot be delivered waits a week for a person, and no subscription expires."""
    subscriptions = of("pubsub.Subscription")
    policy = subscriptions["calliente-purge"].inputs["deadLetterPolicy"]
    assert policy == {"deadLetterTopic": "id-of-calliente-purge-dead", "maxDeliveryAttempts": 5}
    kept = subscriptions["calliente-purge-dead"].inputs
    assert kept["topic"] == "id-of-calliente-purge-dead"
    assert kept["messageRetentionDuration"] == "604800s"
    assert "pushConfig" not in kept
    assert all(one.inputs["expirationPolicy"] == {"ttl": ""} for one in subscriptions.values())
