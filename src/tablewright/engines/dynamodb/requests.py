"""Steps with values: the parameters of real requests, as boto3 and the AWS CLI take them.

In: a step of a route and an instance whose values fill its keys. Out: an operation and its
parameters in wire form. `explain` prints them, `prove` sends them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tablewright.capacity.units import Consistency
from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.access import SortBound
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    ItemShape,
    KeyTemplate,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.items import (
    Children,
    Row,
    asked_value,
    item_for,
    key_value,
    object_key,
)
from tablewright.engines.dynamodb.steps import (
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.model.values import Condition, Entity, Model
from tablewright.sample.calls import typed
from tablewright.sample.conditions import WriteTest
from tablewright.sample.wire import key_text, to_wire

LAST = "\U0010ffff"
"""Sorts behind any text, as no text has this last of all characters: the end of a range."""

BEFORE = "\x03"
"""Ends a text with markers, of a generated client, that means the last one before it."""

COMPARATORS = {"eq": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def last_before(text: str) -> str:
    r"""Return the last text that sorts before another, which is not empty, by their UTF-8 bytes.

    Example:
        >>> last_before("M#7"), last_before("M#"), last_before("a\x00")
        ('M#6\U0010ffff', 'M"\U0010ffff', 'a')
    """
    if "\x01" in text:
        return text + BEFORE
    last = ord(text[-1])
    if not last:
        return text[:-1]
    return text[:-1] + chr(0xD7FF if last == 0xE000 else last - 1) + LAST


def asked_attributes(table: Table, shape: ItemShape, step: ReadStep) -> tuple[str, ...]:
    """Return the attributes a read names; none where it takes all that there are."""
    if step.select is None or step.embed is not None:
        return ()
    attributes = set(shape.attributes)
    if step.index is not None:
        index = table.index(step.index)
        keys = {*table.keys, *index.keys}
        if index.projection.kind is ProjectionKind.KEYS_ONLY:
            attributes &= keys
        elif index.projection.kind is ProjectionKind.INCLUDE:
            attributes &= keys | set(index.projection.attributes)
    required = dict.fromkeys(table.keys) | dict.fromkeys(name for name, _ in step.keys)
    required |= dict.fromkeys(name for name in step.select if name in attributes)
    return () if attributes <= set(required) else tuple(required)


@frozen(slots=False)
class Values:
    """What fills a step: the instance, what it becomes, its children, bounds of ranges.

    `after` is the instance once the write is done. `bounds` gives, for a range on an attribute, its
    operands. `element` is the child written into its parent, `was` what it was before, `place` its
    position in the list.
    """

    row: Row
    after: Row = field(default_factory=dict)
    children: Children = lambda entity: ()
    bounds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    element: Row = field(default_factory=dict)
    was: Row = field(default_factory=dict)
    place: int = 0
    shard: int | None = None
    must_fail: bool = False
    """Make the condition of the write one that does not hold."""
    tests: tuple[WriteTest, ...] = ()
    """What has to hold of the stored instance."""
    amounts: Mapping[str, Any] = field(default_factory=dict)
    """By how much counters count, where it is not by 1."""
    must_exist: bool = False
    """Refuse to write what is not there, and say of a refusal whether it was there."""


class CallerValue(str):
    """A name in place of a value that only the caller has; printed without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass
class _Expression:
    """Collects placeholders while an expression is written down."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, attribute: str) -> str:
        for placeholder, known in self.names.items():
            if known == attribute:
                return placeholder
        placeholder = f"#{_safe(attribute)}"
        while placeholder in self.names:
            placeholder += "_"
        self.names[placeholder] = attribute
        return placeholder

    def value(self, label: str, value: Any) -> str:
        placeholder = f":{_safe(label)}"
        while placeholder in self.values:
            placeholder += "_"
        self.values[placeholder] = to_wire(value)
        return placeholder

    def parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if self.names:
            parameters["ExpressionAttributeNames"] = self.names
        if self.values:
            parameters["ExpressionAttributeValues"] = self.values
        return parameters


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in name)


class RequestBuilder:
    """Turns steps of one design into requests.

    Args:
        model: the model.
        design: the design.
        keeps_values: what is compressed is written so that it can be read back, whatever size the
            design states.
    """

    def __init__(self, model: Model, design: DynamoDesign, *, keeps_values: bool = False) -> None:
        self.model = model
        self.design = design
        self.keeps_values = keeps_values

    def build(self, step: Step, values: Values) -> tuple[str, dict[str, Any]]:
        """Return the operation and the parameters of one request."""
        if isinstance(step, ObjectStep):
            return step.operation, self._object(step, values)
        if isinstance(step, TransactionStep):
            parts = [self._transact_part(part, values) for part in step.parts]
            return "TransactWriteItems", {"TransactItems": parts}
        if isinstance(step, WriteStep):
            return step.operation, self.write(step, values)
        if step.operation in ("GetItem", "BatchGetItem", "TransactGetItems"):
            return self._get(step, [values])
        if step.operation == "SearchVectors":
            return step.operation, self._vector_search(step, values)
        return step.operation, self._range_read(step, values)

    def _vector_search(self, step: ReadStep, values: Values) -> dict[str, Any]:
        """Return a search; without a vector at hand the caller's stands there by its name."""
        table, _, entity = self.place(step)
        index = next(index for index in table.vector_indexes if index.name == step.index)
        expression = _Expression()
        parameters: dict[str, Any] = {"TableName": step.table, "IndexName": step.index}
        vector = values.row.get(index.vector)
        parameters["SearchVector"] = (
            CallerValue("query_vector") if vector is None else [to_wire(each) for each in vector]
        )
        parameters["TopK"] = step.limit
        parts = [self._filter(condition, entity, values, expression) for condition in step.filters]
        if parts:
            parameters["SearchConditionExpression"] = " AND ".join(parts)
        if step.select is not None:
            names = dict.fromkeys((*table.keys, *step.select))
            parameters["ProjectionExpression"] = ", ".join(expression.name(name) for name in names)
        return parameters | expression.parameters()

    def _object(self, step: ObjectStep, values: Values) -> dict[str, Any]:
        """Return the bucket, named after the table, the key, and what is put."""
        row = values.row
        if step.operation == "PutObject":
            row = {**row, **values.after}
        key = object_key(step.attribute, self.model.entity(step.entity), row)
        bucket = re.sub(r"[^a-z0-9-]", "-", step.table.lower()) + "-objects"
        result: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if step.operation == "PutObject":
            value = row.get(step.attribute)
            is_plain = isinstance(value, str | bytes)
            result["Body"] = value if is_plain else json.dumps(value, default=str, sort_keys=True)
        return result

    def build_batch(self, step: ReadStep, many: Sequence[Values]) -> tuple[str, dict[str, Any]]:
        """Return one batch request for several instances."""
        return self._get(step, many)

    # ------------------------------------------------------------ places

    def place(self, step: ReadStep | WriteStep) -> tuple[Table, ItemShape, Entity]:
        """Return the table, the shape and the shape's entity a step addresses."""
        table = self.design.table(step.table)
        shape = next(shape for shape in table.shapes if shape.name == step.shape)
        return table, shape, self.model.entity(shape.entity)

    def key(self, step: ReadStep | WriteStep, row: Row, shard: int | None = None) -> dict[str, Any]:
        """Return the primary key of an instance in wire form; of counters, that of one shard."""
        _, _, entity = self.place(step)
        if isinstance(step, WriteStep) and step.shard is not None:
            shard = step.shard
        return {
            name: to_wire(key_value(template, entity, row, shard=shard))
            for name, template in step.keys
        }

    # ------------------------------------------------------------ reads

    def _get(self, step: ReadStep, many: Sequence[Values]) -> tuple[str, dict[str, Any]]:
        options: dict[str, Any] = {}
        expression = _Expression()
        projection = self._projection(step, expression)
        if projection:
            options["ProjectionExpression"] = projection
            options |= expression.parameters()
        if step.operation == "TransactGetItems":
            gets = [
                {"Get": {"TableName": step.table, "Key": self.key(step, v.row, v.shard), **options}}
                for v in many
            ]
            return step.operation, {"TransactItems": gets}
        if step.consistency is Consistency.STRONG:
            options["ConsistentRead"] = True
        if step.operation == "BatchGetItem":
            keys = [self.key(step, v.row, v.shard) for v in many]
            return step.operation, {"RequestItems": {step.table: {"Keys": keys, **options}}}
        return step.operation, {
            "TableName": step.table,
            "Key": self.key(step, many[0].row),
            **options,
        }

    def _projection(self, step: ReadStep, expression: _Expression) -> str:
        table, shape, _ = self.place(step)
        return ", ".join(expression.name(name) for name in asked_attributes(table, shape, step))

    def _range_read(self, step: ReadStep, values: Values) -> dict[str, Any]:
        _, _, entity = self.place(step)
        expression = _Expression()
        parameters: dict[str, Any] = {"TableName": step.table}
        if step.index:
            parameters["IndexName"] = step.index
        if step.operation == "Query":
            terms = [
                self._equal(
                    name, asked_value(template, entity, values.row, shard=values.shard), expression
                )
                for name, template in step.keys
            ]
            for bound in step.sort:
                term = self._sort_term(bound, entity, values, expression)
                if term:
                    terms.append(term)
            parameters["KeyConditionExpression"] = " AND ".join(terms)
        filters = [
            self._filter(c, entity, values, expression) for c in step.filters if step.embed is None
        ]
        if filters:
            parameters["FilterExpression"] = " AND ".join(filters)
        projection = self._projection(step, expression) if not step.filters else ""
        if projection:
            parameters["ProjectionExpression"] = projection
        parameters |= expression.parameters()
        if not step.forward:
            parameters["ScanIndexForward"] = False
        if step.limit is not None:
            parameters["Limit"] = step.limit
        if step.consistency is Consistency.STRONG:
            parameters["ConsistentRead"] = True
        return parameters

    def _equal(self, name: str, value: Any, expression: _Expression) -> str:
        return f"{expression.name(name)} = {expression.value(name, value)}"

    def _sort_term(
        self, bound: SortBound, entity: Entity, values: Values, expression: _Expression
    ) -> str:
        name = bound.key
        if bound.is_full:
            return self._equal(name, asked_value(bound.template, entity, values.row), expression)
        prefix = self._prefix(bound, entity, values.row)
        if bound.range is None:
            if not prefix:
                return ""
            return f"begins_with({expression.name(name)}, {expression.value(name, prefix)})"
        operands = values.bounds.get(bound.range.attribute) or (
            values.row.get(bound.range.attribute),
        )
        operator = bound.range.operator
        if len(bound.template.parts) == 1:
            return self._compare(name, operator, operands, expression)
        provided = [prefix + str(operand) for operand in operands]
        if len(bound.template.parts) > bound.bound_parts + 1:
            # more follows the ranged part: an upper end has to lie behind all that has this value
            behind = bound.template.parts[bound.bound_parts + 1].literal + LAST
            if operator in ("between", "le"):
                provided[-1] += behind
            elif operator == "gt":
                provided[0] += behind
        elif operator == "gt":
            provided[0] += "\x00"  # BETWEEN takes its ends in
        elif operator == "lt":
            provided[-1] = last_before(provided[-1])
        return self._compare(name, operator, provided, expression, prefix)

    def _compare(
        self,
        name: str,
        operator: str,
        operands: Sequence[Any],
        expression: _Expression,
        prefix: str = "",
    ) -> str:
        place = expression.name(name)
        if operator in ("exists", "absent"):
            function = "attribute_exists" if operator == "exists" else "attribute_not_exists"
            return f"{function}({place})"
        if operator == "contains":
            return f"contains({place}, {expression.value(name, operands[0])})"
        if operator == "size":
            return f"size({place}) >= {expression.value(name, operands[0])}"
        if operator == "ne":
            # `<>` is true of an item without the attribute, which has no value that could differ
            value = expression.value(name, operands[0])
            return f"(attribute_exists({place}) AND {place} <> {value})"
        if operator == "begins_with":
            return f"begins_with({place}, {expression.value(name, operands[0])})"
        if operator == "between":
            low = expression.value(f"{name}_from", operands[0])
            high = expression.value(f"{name}_to", operands[-1])
            return f"{place} BETWEEN {low} AND {high}"
        if operator == "in":
            listed = ", ".join(expression.value(name, operand) for operand in operands)
            return f"{place} IN ({listed})"
        if prefix and operator in ("gt", "ge"):
            # the range ends where the prefix does
            low = expression.value(f"{name}_from", operands[0])
            high = expression.value(f"{name}_to", prefix + LAST)
            return f"{place} BETWEEN {low} AND {high}"
        if prefix and operator in ("lt", "le"):
            low = expression.value(f"{name}_from", prefix)
            high = expression.value(f"{name}_to", operands[0])
            return f"{place} BETWEEN {low} AND {high}"
        return f"{place} {COMPARATORS[operator]} {expression.value(name, operands[0])}"

    def _prefix(self, bound: SortBound, entity: Entity, row: Row) -> str:
        parts = bound.template.parts[: bound.bound_parts]
        if not parts:
            return ""
        return str(key_value(KeyTemplate(parts=parts), entity, row) or "")

    def _filter(
        self, condition: Condition, entity: Entity, values: Values, expression: _Expression
    ) -> str:
        name = condition.attribute
        if condition.operator == "in":
            operands: Sequence[Any] = [typed(entity, name, value) for value in condition.values]
        elif condition.value is not None:
            operands = [typed(entity, name, condition.value)]
        else:
            operands = values.bounds.get(name) or (values.row.get(name),)
        return self._compare(name, condition.operator, operands, expression)

    # ------------------------------------------------------------ writes

    def write(self, step: WriteStep, values: Values) -> dict[str, Any]:
        """Return the parameters of one write."""
        table, shape, _ = self.place(step)
        expression = _Expression()
        row = values.row
        parameters: dict[str, Any] = {"TableName": step.table}
        if step.embed is not None:
            parameters["Key"] = self.key(step, row)
            if step.child != "check":
                parameters["UpdateExpression"] = self._embedded(step, values, expression)
        elif step.operation == "PutItem":
            new = values.after or row
            parameters["Item"] = self._item(table, shape, new, values, step.shard)
        elif step.operation == "UpdateItem":
            parameters["Key"] = self.key(step, row, values.shard)
            parameters["UpdateExpression"] = self._update(step, values, expression)
        else:
            parameters["Key"] = self.key(step, row)
        condition = self._condition(step, values, table, expression)
        if condition:
            parameters["ConditionExpression"] = condition
            if values.must_exist:
                parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return parameters | expression.parameters()

    def _item(
        self,
        table: Table,
        shape: ItemShape,
        row: Mapping[str, Any],
        values: Values,
        shard: int | None = None,
    ) -> dict[str, Any]:
        children = values.children
        keeps = self.keeps_values
        return item_for(self.model, table, shape, row, children, shard, keeps_values=keeps)

    def _condition(
        self, step: WriteStep, values: Values, table: Table, expression: _Expression
    ) -> str:
        if step.embed is not None:
            return self._child_condition(step, values, expression)
        if step.condition == "absent":
            return f"attribute_not_exists({expression.name(table.partition_key)})"
        if step.operation == "ConditionCheck" and not step.condition_on:
            return f"attribute_exists({expression.name(table.partition_key)})"
        _, shape, _ = self.place(step)
        if shape.guards:
            return ""
        must_exist = values.must_exist and not shape.counters  # an increment makes its shard
        if step.operation == "PutItem" and values.must_exist:  # written again under another key
            return f"attribute_not_exists({expression.name(table.partition_key)})"
        tests = [test for test in values.tests if _is_stored(test, shape.attributes)]
        if not tests and step.condition:
            negated = "not_" if values.must_fail else ""
            return f"attribute_{negated}exists({expression.name(table.partition_key)})"
        if must_exist and all(test.operator in ("absent", "differs") for test in tests):
            exists = f"attribute_exists({expression.name(table.partition_key)})"
            return " AND ".join([exists, *(self._test(test, "", expression) for test in tests)])
        return " AND ".join(self._test(test, "", expression) for test in tests)

    def _test(self, test: WriteTest, path: str, expression: _Expression) -> str:
        """Return one comparison of a condition, of an attribute below a path."""
        place = f"{path}{expression.name(test.attribute)}"
        if test.operator in ("exists", "absent"):
            function = "attribute_exists" if test.operator == "exists" else "attribute_not_exists"
            return f"{function}({place})"
        if test.other:
            operands = [f"{path}{expression.name(test.other)}"]
        else:
            label = f"if_{test.attribute}"
            operands = [expression.value(label, operand) for operand in test.operands]
        if test.operator == "in":
            return f"{place} IN ({', '.join(operands)})"
        if test.operator == "ne":
            # `<>` is true of an item without the attribute, which has no value that could differ
            return f"(attribute_exists({place}) AND {place} <> {operands[0]})"
        comparator = "<>" if test.operator == "differs" else COMPARATORS[test.operator]
        return f"{place} {comparator} {operands[0]}"

    def _update(self, step: WriteStep, values: Values, expression: _Expression) -> str:
        table, shape, _ = self.place(step)
        after = {**values.row, **values.after}
        for name in step.removes:
            after.pop(name, None)
        item = self._item(table, shape, after, values)
        old = self._item(table, shape, values.row, values)
        assign: list[str] = []
        adds: list[str] = []
        removes: list[str] = []
        for name in step.sets:
            if name in table.keys:
                continue
            if name in item:
                assign.append(f"{expression.name(name)} = {self._raw(name, item, expression)}")
            elif name in shape.attributes:
                removes.append(expression.name(name))
        for name in step.increments:
            amount = expression.value(f"{name}_more", values.amounts.get(name, 1))
            adds.append(f"{expression.name(name)} {amount}")
        for name in step.appends:
            new = values.after.get(name)
            stored = values.row.get(name)
            more = list(new)[len(stored) if isinstance(stored, list) else 0 :] if new else []
            empty = expression.value(f"{name}_none", [])
            place = expression.name(name)
            assign.append(
                f"{place} = list_append(if_not_exists({place}, {empty}), "
                f"{expression.value(f'{name}_more', more)})"
            )
        for name in step.removes:
            if name in shape.attributes:
                removes.append(expression.name(name))
        touched = {*step.sets, *step.increments, *step.appends, *step.removes}
        for name, template in shape.keys:
            if name in table.keys or name in touched or not touched & _depends(template):
                continue
            if name in item and item[name] != old.get(name):
                assign.append(f"{expression.name(name)} = {self._raw(name, item, expression)}")
            elif name not in item and (name in old or values.must_exist):
                removes.append(expression.name(name))
        clauses = []
        if assign:
            clauses.append("SET " + ", ".join(assign))
        if adds:
            clauses.append("ADD " + ", ".join(adds))
        if removes:
            clauses.append("REMOVE " + ", ".join(removes))
        return " ".join(clauses)

    def _raw(self, name: str, item: Mapping[str, Any], expression: _Expression) -> str:
        placeholder = f":{_safe(name)}"
        while placeholder in expression.values:
            placeholder += "_"
        expression.values[placeholder] = item[name]
        return placeholder

    def _embedded(self, step: WriteStep, values: Values, expression: _Expression) -> str:
        """Return the update of a parent's item that puts, changes or removes one child."""
        embed = step.embed
        assert embed is not None
        child = self.model.entity(embed.entity)
        if step.child == "put":
            names = [a.name for a in child.attributes if not a.generated]
            element = {n: values.element[n] for n in names if values.element.get(n) is not None}
            if embed.as_map:
                path = self._child_path(step, values, expression)
                return f"SET {path} = {expression.value('element', element)}"
            place = expression.name(embed.attribute)
            return f"SET {place} = list_append({place}, {expression.value('element', [element])})"
        path = self._child_path(step, values, expression)
        if step.child == "delete":
            return f"REMOVE {path}"
        assign: list[str] = []
        removes: list[str] = []
        for name in (*step.sets, *step.increments, *step.appends, *step.removes):
            place = f"{path}.{expression.name(name)}"
            new = values.element.get(name)
            if new is None or name in step.removes:
                removes.append(place)
            elif name in step.increments:
                none = expression.value("none", 0)
                entry = expression.value(f"{name}_more", values.amounts.get(name, 1))
                assign.append(f"{place} = if_not_exists({place}, {none}) + {entry}")
            elif name in step.appends:
                empty = expression.value(f"{name}_none", [])
                more = expression.value(f"{name}_more", [new[-1]])
                assign.append(f"{place} = list_append(if_not_exists({place}, {empty}), {more})")
            else:
                assign.append(f"{place} = {expression.value(name, new)}")
        clauses = ["SET " + ", ".join(assign)] if assign else []
        clauses += ["REMOVE " + ", ".join(removes)] if removes else []
        return " ".join(clauses)

    def _child_path(self, step: WriteStep, values: Values, expression: _Expression) -> str:
        """Return the document path of a child inside its parent's item."""
        embed = step.embed
        assert embed is not None
        place = expression.name(embed.attribute)
        if not embed.as_map:
            return f"{place}[{values.place}]"
        own_key = self.model.entity(embed.entity).key[-1]
        return f"{place}.{expression.name(key_text(values.element.get(own_key, '')))}"

    def _child_condition(self, step: WriteStep, values: Values, expression: _Expression) -> str:
        """Return what must hold of a child in its parent's item.

        An element of a list is taken for the child only while it has the child's key: another may
        have moved to its place since the list was read.
        """
        embed = step.embed
        assert embed is not None
        child = self.model.entity(embed.entity)
        terms: list[str] = []
        if not embed.as_map and step.child != "put":
            path = self._child_path(step, values, expression)
            for name in child.key:
                if not child.attribute(name).generated:
                    key = expression.value(f"is_{name}", values.was.get(name))
                    terms.append(f"{path}.{expression.name(name)} = {key}")
        if step.condition == "absent":
            terms.append(f"attribute_not_exists({self._child_path(step, values, expression)})")
        elif step.condition or step.child == "check":
            path = self._child_path(step, values, expression)
            names = [n for n in child.names if not child.attribute(n).generated]
            tests = [test for test in values.tests if _is_stored(test, names)]
            terms += [self._test(test, f"{path}.", expression) for test in tests]
            if not tests:
                negated = "not_" if values.must_fail else ""
                terms.append(f"attribute_{negated}exists({path})")
        return " AND ".join(terms)

    def _transact_part(self, part: WriteStep, values: Values) -> dict[str, Any]:
        verb = {
            "PutItem": "Put",
            "UpdateItem": "Update",
            "DeleteItem": "Delete",
            "ConditionCheck": "ConditionCheck",
        }[part.operation]
        return {verb: self.write(part, values)}


def _is_stored(test: WriteTest, names: Sequence[str]) -> bool:
    """Whether an item with these attributes can be compared so."""
    return test.attribute in names and (not test.other or test.other in names)


def _depends(template: KeyTemplate) -> set[str]:
    names = {attribute.partition(".")[0] for attribute in template.attributes}
    return names | {attribute for attribute, _ in template.when}
