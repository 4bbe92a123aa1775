"""What Cloud Scheduler publishes: a CloudEvent in HTTP's binary mode; Pub/Sub makes headers of a message's attributes.

Sources: Pub/Sub, "Payload unwrapping for push subscriptions"; CloudEvents, "HTTP Protocol Binding".
"""

ATTRIBUTES = {
    "ce-specversion": "1.0",
    "ce-type": "com.calliente.schedule.due",
    "ce-source": "//cloudscheduler.googleapis.com/calliente-purge",
    "ce-id": "due",  # always the same: a run is harmless however often it is asked for
    "Content-Type": "application/json",
}
DATA = b"{}"
