"""shared.messages says on the wire what Google's own classes of Firestore's interface say."""

import pytest
from google.cloud.firestore_v1 import types
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from shared.messages import CLASSES, OPAQUE

pytestmark = pytest.mark.unit
NESTED = {
    "FieldTransform": "DocumentTransform.FieldTransform",
    "FieldReference": "StructuredQuery.FieldReference",
    "CollectionSelector": "StructuredQuery.CollectionSelector",
    "FieldFilter": "StructuredQuery.FieldFilter",
    "CompositeFilter": "StructuredQuery.CompositeFilter",
    "Filter": "StructuredQuery.Filter",
    "Order": "StructuredQuery.Order",
    "Projection": "StructuredQuery.Projection",
    "Aggregation": "StructuredAggregationQuery.Aggregation",
    "Count": "StructuredAggregationQuery.Aggregation.Count",
}
WRAPPERS = {"Int32Value", "Int64Value", "Status"}  # of google.protobuf and google.rpc
MESSAGES = sorted(set(CLASSES) - WRAPPERS - {OPAQUE})


def official(name: str) -> Descriptor:
    found = types
    for part in NESTED.get(name, name).split("."):
        found = getattr(found, part)
    return found.pb().DESCRIPTOR


def shape(field: FieldDescriptor) -> tuple:
    """What decides a field's bytes, and what setting it clears."""
    kind = FieldDescriptor.TYPE_INT32 if field.type == FieldDescriptor.TYPE_ENUM else field.type
    oneof = field.containing_oneof
    return field.number, kind, field.is_repeated, oneof.name if oneof else None


@pytest.mark.parametrize("name", MESSAGES)
def test_fields_are_googles(name):
    """Each declared field has the number, the type, the cardinality and the oneof of Google's."""
    theirs = {field.name: shape(field) for field in official(name).fields}
    ours = {field.name: shape(field) for field in CLASSES[name].DESCRIPTOR.fields}
    assert ours.items() <= theirs.items()


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_in_fields_are_googles(name):
    """A field that holds a message holds the one of the same name in Google's interface, maps included."""
    theirs = {field.name: field.message_type for field in official(name).fields}
    for field in CLASSES[name].DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.name != OPAQUE:
            assert field.message_type.name == theirs[field.name].name
            entry = theirs[field.name].GetOptions().map_entry
            assert field.message_type.GetOptions().map_entry == entry


def test_every_kind_of_value_is_known():
    """No kind of value is missing: the audit must see what anybody else may have stored."""
    theirs = {field.name for field in official("Value").fields}
    assert {field.name for field in CLASSES["Value"].DESCRIPTOR.fields} == theirs


def test_a_write_is_read_by_googles_classes():
    """What is serialized here is the same message to google-cloud-firestore."""
    ours = CLASSES["CommitRequest"](database="d", transaction=b"t")
    write = ours.writes.add()
    write.update.name = "n"
    write.update.fields["lastOutcome"].string_value = "failed"
    write.update_mask.field_paths.append("lastOutcome")
    write.update_transforms.add(field_path="lastHeartbeatAt", set_to_server_value=1)
    write.current_document.exists = True
    theirs = types.CommitRequest.pb().FromString(ours.SerializeToString())
    assert theirs.SerializeToString(deterministic=True) == ours.SerializeToString(
        deterministic=True
    )
    (read,) = theirs.writes
    assert read.update.fields["lastOutcome"].string_value == "failed"
    transform = types.DocumentTransform.FieldTransform.ServerValue
    assert read.update_transforms[0].set_to_server_value == transform.REQUEST_TIME
    assert read.current_document.exists


def test_operators_are_googles():
    """The numbers of the comparisons are those of Google's enumeration."""
    from shared import firestore

    operator = types.StructuredQuery.FieldFilter.Operator
    names = {
        "<": operator.LESS_THAN,
        "<=": operator.LESS_THAN_OR_EQUAL,
        ">": operator.GREATER_THAN,
        ">=": operator.GREATER_THAN_OR_EQUAL,
        "==": operator.EQUAL,
    }
    assert names == firestore._OPERATORS
    assert types.StructuredQuery.CompositeFilter.Operator.AND == firestore._AND


def test_default_pool_is_untouched():
    """The declarations stay out of the pool that other libraries share."""
    assert CLASSES["Value"].DESCRIPTOR.file.pool is not descriptor_pb2.DESCRIPTOR.pool
