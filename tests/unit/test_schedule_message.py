"""What the schedule sends is a CloudEvent, as the purge reads one."""

from cloudevents.http import from_http

from shared.schedule import ATTRIBUTES, DATA


def test_the_message_is_a_cloud_event():
    """Pub/Sub delivers attributes as headers and data as body; together they are an event in binary mode."""
    event = from_http(ATTRIBUTES, DATA)
    assert (event["specversion"], event["type"]) == ("1.0", "com.calliente.schedule.due")
    assert event.data == {}
