"""The scheduled run: Cloud Scheduler publishes, Pub/Sub delivers a CloudEvent, what fails five times is set aside.

Sources: Pub/Sub, "Payload unwrapping for push subscriptions", "Dead-letter topics", "Authenticate push subscriptions",
"Handle message failures"; Cloud Run, "Trigger services with Pub/Sub push".
"""

from __future__ import annotations

import base64

import pulumi
import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud
from deploy.infrastructure.identities import Identities
from shared.schedule import ATTRIBUTES, DATA, MINUTES

TOPIC = "calliente-purge"
DEAD = f"{TOPIC}-dead"
SCHEDULE = f"*/{MINUTES} * * * *"


def _topic(cloud: Cloud, name: str) -> gcp.pubsub.Topic:
    return gcp.pubsub.Topic(
        name,
        project=cloud.project,
        name=name,
        message_storage_policy=gcp.pubsub.TopicMessageStoragePolicyArgs(
            allowed_persistence_regions=[cloud.region]
        ),
        opts=cloud.opts(),
    )


def make(cloud: Cloud, identities: Identities, purge: gcp.cloudrunv2.Service) -> None:
    topic, dead = _topic(cloud, TOPIC), _topic(cloud, DEAD)
    dead_letters = gcp.pubsub.Subscription(
        DEAD,
        project=cloud.project,
        name=DEAD,
        topic=dead.id,
        message_retention_duration="604800s",
        expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
        opts=cloud.opts(dead),
    )
    invoker = gcp.cloudrunv2.ServiceIamMember(
        "schedule-calls-purge",
        project=cloud.project,
        location=cloud.region,
        name=purge.name,
        member=identities.trigger.member,
        role="roles/run.invoker",
        opts=cloud.opts(purge),
    )
    delivery = _delivery(cloud, identities, purge, topic, dead, [dead_letters, invoker])
    _agent_may_set_aside(cloud, dead, delivery)
    gcp.cloudscheduler.Job(
        TOPIC,
        project=cloud.project,
        region=cloud.region,
        name=TOPIC,
        schedule=SCHEDULE,
        time_zone="Etc/UTC",
        pubsub_target=gcp.cloudscheduler.JobPubsubTargetArgs(
            topic_name=topic.id,
            data=base64.b64encode(DATA).decode(),
            attributes=ATTRIBUTES,
        ),
        opts=cloud.opts(topic, delivery),
    )


def _delivery(
    cloud: Cloud,
    identities: Identities,
    purge: gcp.cloudrunv2.Service,
    topic: gcp.pubsub.Topic,
    dead: gcp.pubsub.Topic,
    after: list[pulumi.Resource],
) -> gcp.pubsub.Subscription:
    return gcp.pubsub.Subscription(
        TOPIC,
        project=cloud.project,
        name=TOPIC,
        topic=topic.id,
        ack_deadline_seconds=600,  # the longest there is; a run takes 540
        message_retention_duration="3600s",
        expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
        retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(
            minimum_backoff="60s", maximum_backoff="600s"
        ),
        dead_letter_policy=gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
            dead_letter_topic=dead.id, max_delivery_attempts=5
        ),
        push_config=gcp.pubsub.SubscriptionPushConfigArgs(
            push_endpoint=purge.uri,
            oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(
                service_account_email=identities.trigger.email, audience=purge.uri
            ),
            no_wrapper=gcp.pubsub.SubscriptionPushConfigNoWrapperArgs(write_metadata=True),
        ),
        opts=cloud.opts(*after),
    )


def _agent_may_set_aside(
    cloud: Cloud, dead: gcp.pubsub.Topic, delivery: gcp.pubsub.Subscription
) -> None:
    agent = cloud.number.apply(
        lambda number: f"serviceAccount:service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    )
    gcp.pubsub.TopicIAMMember(
        DEAD,
        project=cloud.project,
        topic=dead.name,
        member=agent,
        role="roles/pubsub.publisher",
        opts=cloud.opts(dead),
    )
    gcp.pubsub.SubscriptionIAMMember(
        TOPIC,
        project=cloud.project,
        subscription=delivery.name,
        member=agent,
        role="roles/pubsub.subscriber",
        opts=cloud.opts(delivery),
    )
