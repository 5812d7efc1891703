"""Which actions a DynamoDB request needs, on which resources, and what is known of each.

In: an operation and its request in wire form, and the partition key of each table. Out: accesses,
each an action, a resource and a context of condition keys.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
DynamoDB"; Developer Guide, "Using IAM policy conditions for fine-grained access control" (leading
keys, attributes, select, return values).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tablewright.local.expressions.checks import walk
from tablewright.local.expressions.nodes import And, ComparisonNode, DocumentPath, ValuePlaceholder
from tablewright.local.expressions.syntax import (
    condition_syntax,
    projection_syntax,
    update_syntax,
)
from tablewright.local.faults import Fault
from tablewright.local.policy.conditions import Context

PartitionKeys = Callable[[str, str | None], tuple[str, ...]]
"""Takes a table and an index of it; returns the names of the partition key attributes."""
Arn = Callable[[str], str]

_STREAMS = {"DescribeStream", "GetRecords", "GetShardIterator"}
_CONTEXT_MEMBERS = {
    "Select": "dynamodb:select",
    "ReturnValues": "dynamodb:returnvalues",
    "ReturnConsumedCapacity": "dynamodb:returnconsumedcapacity",
}
_TRANSACTION_ACTIONS = {
    "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem", "Get": "GetItem",
}  # fmt: skip
_STATEMENT = re.compile(
    r"\s*(?:EXISTS\s*\(\s*)?(SELECT|INSERT|UPDATE|DELETE|FROM)\b", re.IGNORECASE
)
_RESOURCE_MEMBERS = (
    "TableName", "ResourceArn", "StreamArn", "TableArn", "BackupArn", "TargetTableName",
    "GlobalTableName", "ExportArn", "ImportArn", "BulkOperationArn",
)  # fmt: skip
_WITHOUT_RESOURCE = frozenset({
    "DescribeEndpoints", "DescribeLimits", "ListBackups", "ListBulkOperations", "ListExports",
    "ListGlobalTables", "ListImports", "ListStreams", "ListTables", "ListContributorInsights",
})  # fmt: skip


class RequiredAction(NamedTuple):
    """One action that a request needs."""

    action: str
    resource: str
    context: Context


def accesses_of(
    operation: str, request: Mapping[str, Any], *, partition_keys: PartitionKeys, arn: Arn
) -> Iterator[RequiredAction]:
    """Yield the actions that a request needs.

    Args:
        operation: the name of the operation.
        request: its parameters in wire form, of any shape: what is malformed is refused later.
        partition_keys: tells the partition key of a table or an index.
        arn: tells the ARN of a table.
    """
    reader = _Reader(operation, partition_keys, arn)
    if operation in ("BatchGetItem", "BatchWriteItem"):
        yield from reader.batch(request)
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        yield from reader.transaction(request)
    elif operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        yield from reader.statements(request)
    elif operation in _WITHOUT_RESOURCE:
        yield RequiredAction(f"dynamodb:{operation}", "*", {})
    else:
        yield reader.single(request)


class _Reader:
    def __init__(self, operation: str, partition_keys: PartitionKeys, arn: Arn) -> None:
        self.operation = operation
        self.partition_keys = partition_keys
        self.arn = arn

    def resource(self, table: Any, index: Any = None) -> str:
        name = str(table)
        arn = name if name.startswith("arn:") else self.arn(name)
        return f"{arn}/index/{index}" if index else arn

    def single(self, request: Mapping[str, Any]) -> RequiredAction:
        operation = self.operation
        named = [request[member] for member in _RESOURCE_MEMBERS if member in request]
        table = named[0] if named else "*"
        if operation == "GetRecords":
            table = str(request.get("ShardIterator", "")).partition("|")[0]
        index = request.get("IndexName")
        context: dict[str, tuple[str, ...]] = {}
        if operation not in _STREAMS and isinstance(table, str):
            context = self.context(request, table, index)
        resource = "*" if table == "*" else self.resource(table, index)
        return RequiredAction(f"dynamodb:{operation}", resource, context)

    def context(
        self, request: Mapping[str, Any], table: str, index: Any
    ) -> dict[str, tuple[str, ...]]:
        out: dict[str, tuple[str, ...]] = {
            key: (str(request[member]),)
            for member, key in _CONTEXT_MEMBERS.items()
            if request.get(member) is not None
        }
        names = self.partition_keys(table, index)
        leading = _leading_keys(request, names)
        if leading:
            out["dynamodb:leadingkeys"] = tuple(leading)
        attributes = _attributes(request)
        if attributes:
            out["dynamodb:attributes"] = tuple(attributes)
        return out

    def batch(self, request: Mapping[str, Any]) -> Iterator[RequiredAction]:
        for table, entry in _items(request.get("RequestItems")):
            if isinstance(entry, Mapping):
                entries: list[Any] = [
                    {**entry, "Key": key} for key in entry.get("Keys") or [] if _is_map(key)
                ]
            else:
                entries = [
                    content for each in entry or [] for _, content in _items(each)
                ]  # PutRequest and DeleteRequest
            merged: dict[str, tuple[str, ...]] = {}
            for each in entries:
                for key, values in self.context(each, table, None).items():
                    merged[key] = tuple(dict.fromkeys((*merged.get(key, ()), *values)))
            yield RequiredAction(f"dynamodb:{self.operation}", self.resource(table), merged)

    def transaction(self, request: Mapping[str, Any]) -> Iterator[RequiredAction]:
        for entry in request.get("TransactItems") or []:
            for kind, content in _items(entry):
                if kind in _TRANSACTION_ACTIONS and _is_map(content):
                    table = str(content.get("TableName"))
                    context = self.context(content, table, None)
                    context["dynamodb:enclosingoperation"] = (self.operation,)
                    action = f"dynamodb:{_TRANSACTION_ACTIONS[kind]}"
                    yield RequiredAction(action, self.resource(table), context)

    def statements(self, request: Mapping[str, Any]) -> Iterator[RequiredAction]:
        from tablewright.local.partiql import parse_statement

        listed = request.get("Statements") or request.get("TransactStatements") or [request]
        for entry in listed:
            text = str(entry.get("Statement", ""))
            word = _STATEMENT.match(text)
            if word is None:
                continue  # refused as unreadable
            verb = word[1].capitalize().replace("From", "Update")
            try:
                statement = parse_statement(text)
            except Fault:
                continue
            target = statement.target
            names = self.partition_keys(target.table, target.index)
            context = {}
            values = _statement_keys(statement, names, entry.get("Parameters") or [])
            if values:
                context["dynamodb:leadingkeys"] = tuple(values)
            if verb == "Select":
                context["dynamodb:fulltablescan"] = ("false" if values else "true",)
            yield RequiredAction(
                f"dynamodb:PartiQL{verb}", self.resource(target.table, target.index), context
            )


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _text_of(value: Any) -> str | None:
    """Return a key's value as policies compare it."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, content),) = value.items()
        if kind in ("S", "N", "B") and isinstance(content, str):
            return content
    return None


def _leading_keys(request: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """Return the values of the first partition key attribute that a request names."""
    if not names:
        return []
    name = names[0]
    values = []
    for member in ("Key", "Item"):
        if _is_map(request.get(member)) and name in request[member]:
            values.append(_text_of(request[member][name]))
    legacy = request.get("KeyConditions")
    if isinstance(legacy, Mapping) and isinstance(legacy.get(name), Mapping):
        values += [_text_of(value) for value in legacy[name].get("AttributeValueList") or []]
    text = request.get("KeyConditionExpression")
    if isinstance(text, str):
        values += _compared(
            text, name, request.get("ExpressionAttributeNames") or {},
            request.get("ExpressionAttributeValues") or {},
        )  # fmt: skip
    return [value for value in values if value is not None]


def _compared(
    text: str, name: str, names: Mapping[str, str], values: Mapping[str, Any]
) -> list[str | None]:
    try:
        tree = condition_syntax(text, "KeyConditionExpression").tree
    except Fault:
        return []
    compared = []
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And):
            waiting += [node.left, node.right]
        elif isinstance(node, ComparisonNode) and node.operator == "=":
            sides = (node.left, node.right)
            paths = [side for side in sides if isinstance(side, DocumentPath)]
            placeholders = [side for side in sides if isinstance(side, ValuePlaceholder)]
            if paths and placeholders:
                element = str(paths[0].elements[0])
                if names.get(element, element) == name:
                    compared.append(_text_of(values.get(placeholders[0].name)))
    return compared


def _attributes(request: Mapping[str, Any]) -> list[str]:
    """Return the top-level attributes that a request names, sorted."""
    names: set[str] = set()
    for member in ("Key", "Item", "AttributeUpdates", "Expected", "KeyConditions",
                   "QueryFilter", "ScanFilter"):  # fmt: skip
        if _is_map(request.get(member)):
            names.update(request[member])
    if isinstance(request.get("AttributesToGet"), list):
        names.update(str(each) for each in request["AttributesToGet"])
    aliases = request.get("ExpressionAttributeNames") or {}
    readers: dict[str, Callable[[str], Any]] = {
        "ProjectionExpression": projection_syntax,
        "UpdateExpression": update_syntax,
    }
    for member in ("ConditionExpression", "FilterExpression", "KeyConditionExpression"):
        readers[member] = functools.partial(condition_syntax, parameter=member)
    for member, read in readers.items():
        text = request.get(member)
        if isinstance(text, str):
            try:
                tree = read(text).tree
            except Fault:
                continue  # refused as malformed
            for node in walk(tree):
                if isinstance(node, DocumentPath):
                    element = str(node.elements[0])
                    names.add(aliases.get(element, element))
    return sorted(names)


def _statement_keys(statement: Any, names: tuple[str, ...], parameters: list[Any]) -> list[str]:
    """Return the values of the first partition key attribute that a statement names."""
    from tablewright.local.partiql.writes import conjuncts, equality

    if not names:
        return []
    try:
        bound = statement.bound_values(parameters)
    except Fault:
        return []
    item = getattr(statement, "item", None)
    if item is not None:
        from tablewright.local.partiql.statements import filled

        value = _text_of(filled(item, parameters)["M"].get(names[0]))
        return [] if value is None else [value]
    values = []
    for part in conjuncts(statement.condition):
        pair = equality(part, statement.names)
        if pair is not None and pair[0] == names[0]:
            value = _text_of(bound[pair[1]])
            if value is not None:
                values.append(value)
    return values
