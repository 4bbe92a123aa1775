"""The messages of Firestore's gRPC interface that this product sends and reads, by name and field number.

A protobuf message is its field numbers: what is declared here is, byte for byte, what google.firestore.v1 says on the
wire. The generated classes of google-cloud-firestore say the same, but importing them imports that package's whole
client: half of the time in which a new instance starts. A test compares every field below with those classes.
The messages live in a descriptor pool of their own, so both can be loaded in one process.
Sources: google/firestore/v1/*.proto; Protocol Buffers, "Encoding" (an enum is an int32 there).
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

PACKAGE = "google.firestore.v1"
OPAQUE = "Opaque"  # a message whose content is never looked at
TIMESTAMP = "google.protobuf.Timestamp"

# message → its fields: "name number type [oneof]"; *T is repeated, {T} is a map from string to T
MESSAGES: dict[str, tuple[str, ...]] = {
    OPAQUE: (),
    "Value": (
        "null_value 11 int32 value_type",
        "boolean_value 1 bool value_type",
        "integer_value 2 int64 value_type",
        "double_value 3 double value_type",
        f"timestamp_value 10 {TIMESTAMP} value_type",
        "string_value 17 string value_type",
        "bytes_value 18 bytes value_type",
        "reference_value 5 string value_type",
        "geo_point_value 8 Opaque value_type",
        "array_value 9 Opaque value_type",
        "map_value 6 MapValue value_type",
        "field_reference_value 19 string value_type",
        "variable_reference_value 22 string value_type",
        "function_value 20 Opaque value_type",
        "pipeline_value 21 Opaque value_type",
    ),
    "MapValue": ("fields 1 {Value}",),
    "Document": (
        "name 1 string",
        "fields 2 {Value}",
        f"create_time 3 {TIMESTAMP}",
        f"update_time 4 {TIMESTAMP}",
    ),
    "DocumentMask": ("field_paths 1 *string",),
    "Precondition": (
        "exists 1 bool condition_type",
        f"update_time 2 {TIMESTAMP} condition_type",
    ),
    "FieldTransform": ("field_path 1 string", "set_to_server_value 2 int32 transform_type"),
    "Write": (
        "update 1 Document operation",
        "delete 2 string operation",
        "update_mask 3 DocumentMask",
        "current_document 4 Precondition",
        "update_transforms 7 *FieldTransform",
    ),
    "CommitRequest": ("database 1 string", "writes 2 *Write", "transaction 3 bytes"),
    "BatchWriteRequest": ("database 1 string", "writes 2 *Write"),
    "BatchWriteResponse": ("status 2 *Status",),
    "Status": ("code 1 int32",),
    "RollbackRequest": ("database 1 string", "transaction 2 bytes"),
    "TransactionOptions": ("read_write 3 Opaque mode",),
    "BatchGetDocumentsRequest": (
        "database 1 string",
        "documents 2 *string",
        "transaction 4 bytes consistency_selector",
        "new_transaction 5 TransactionOptions consistency_selector",
    ),
    "BatchGetDocumentsResponse": (
        "found 1 Document result",
        "missing 2 string result",
        "transaction 3 bytes",
    ),
    "FieldReference": ("field_path 2 string",),
    "CollectionSelector": ("collection_id 2 string", "all_descendants 3 bool"),
    "FieldFilter": ("field 1 FieldReference", "op 2 int32", "value 3 Value"),
    "CompositeFilter": ("op 1 int32", "filters 2 *Filter"),
    "Filter": (
        "composite_filter 1 CompositeFilter filter_type",
        "field_filter 2 FieldFilter filter_type",
    ),
    "Order": ("field 1 FieldReference", "direction 2 int32"),
    "Projection": ("fields 2 *FieldReference",),
    "Cursor": ("values 1 *Value", "before 2 bool"),
    "Int32Value": ("value 1 int32",),
    "Int64Value": ("value 1 int64",),
    "StructuredQuery": (
        "select 1 Projection",
        "from_ 2 *CollectionSelector",
        "where 3 Filter",
        "order_by 4 *Order",
        "limit 5 Int32Value",
        "start_at 7 Cursor",
    ),
    "RunQueryRequest": ("parent 1 string", "structured_query 2 StructuredQuery query_type"),
    "RunQueryResponse": ("document 1 Document",),
    "Count": ("up_to 1 Int64Value",),
    "Aggregation": ("count 1 Count operator", "alias 7 string"),
    "StructuredAggregationQuery": (
        "structured_query 1 StructuredQuery query_type",
        "aggregations 3 *Aggregation",
    ),
    "RunAggregationQueryRequest": (
        "parent 1 string",
        "structured_aggregation_query 2 StructuredAggregationQuery query_type",
    ),
    "AggregationResult": ("aggregate_fields 2 {Value}",),
    "RunAggregationQueryResponse": ("result 1 AggregationResult",),
    "ListDocumentsRequest": (
        "parent 1 string",
        "collection_id 2 string",
        "page_size 3 int32",
        "page_token 4 string",
        "mask 7 DocumentMask",
        "show_missing 12 bool",
    ),
    "ListDocumentsResponse": ("documents 1 *Document", "next_page_token 2 string"),
    "ListCollectionIdsRequest": ("parent 1 string", "page_size 2 int32"),
    "ListCollectionIdsResponse": ("collection_ids 1 *string",),
}

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
}


def _declare(message: Any, text: str) -> None:
    name, number, kind, *oneof = text.split()
    declared = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
    if kind[0] in "*{":
        declared.label = _Field.LABEL_REPEATED
    if kind[0] == "{":
        entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
        entry.options.map_entry = True
        _declare(entry, "key 1 string")
        _declare(entry, f"value 2 {kind[1:-1]}")
        kind = f"{message.name}.{entry.name}"
    _set_type(declared, kind.lstrip("*"))
    if oneof:
        known = [each.name for each in message.oneof_decl]
        if oneof[0] not in known:
            message.oneof_decl.add(name=oneof[0])
            known.append(oneof[0])
        declared.oneof_index = known.index(oneof[0])


def _set_type(declared: Any, kind: str) -> None:
    if kind in _SCALARS:
        declared.type = _SCALARS[kind]
    else:
        declared.type = _Field.TYPE_MESSAGE
        declared.type_name = f".{kind}" if kind == TIMESTAMP else f".{PACKAGE}.{kind}"


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="messages.proto", package=PACKAGE, syntax="proto3"
    )
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields:
            _declare(message, text)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in MESSAGES
    }


CLASSES = _classes()
