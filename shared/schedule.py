"""When the scheduled run starts, and the message that starts it: what Cloud Scheduler publishes, and Pub/Sub delivers
unwrapped.

Pub/Sub makes headers of a message's attributes, so it arrives as a CloudEvent in HTTP's binary mode.
Sources: Pub/Sub, "Payload unwrapping for push subscriptions"; CloudEvents, "HTTP Protocol Binding".
"""

MINUTES = 15  # between two runs
ATTRIBUTES = {
    "ce-specversion": "1.0",
    "ce-type": "com.calliente.schedule.due",
    "ce-source": "//cloudscheduler.googleapis.com/calliente-purge",
    "ce-id": "due",  # always the same: runs may be repeated
    "Content-Type": "application/json",
}
DATA = b"{}"
