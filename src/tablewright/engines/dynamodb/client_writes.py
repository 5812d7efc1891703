"""The writes of a generated client: each step of a route as a call of the client's own helpers.

In: a step, the expressions of what the caller gives and of what was read before. Out: source.
"""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.client_source import (
    key_source,
    laid_out,
    list_source,
    mapping_source,
    quoted,
    value_source,
)
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.steps import WriteStep
from tablewright.evaluation.parameters import field_name
from tablewright.model.moments import is_moment
from tablewright.model.scalars import DURATION_SECONDS
from tablewright.model.values import Attribute, Condition, Entity, Kind, Model, Pattern, Verb
from tablewright.sample.calls import typed

COMPARATORS = {"eq": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@frozen
class Sources:
    """The expressions of one write."""

    before: Mapping[str, str]
    """Of the attributes of the stored instance, as far as they are known."""
    after: Mapping[str, str]
    """Of what they become."""
    amounts: Mapping[str, str]
    appended: Mapping[str, str]
    expected: Mapping[str, str]
    locked: tuple[str, ...] = ()
    """Attributes that must be as they were read."""


class WriteWriter:
    """Writes the steps of one design's writes."""

    def __init__(self, model: Model, design: DynamoDesign) -> None:
        self.model, self.design = model, design

    def write(self, step: WriteStep, pattern: Pattern, sources: Sources, indent: int) -> str:
        """Return one step as the source of a `_put`, `_update`, `_delete` or `_check`.

        Raises:
            UnsupportedError: the step needs what such a client does not have.
        """
        table = self.design.table(step.table)
        shape = next(shape for shape in table.shapes if shape.name == step.shape)
        entity = self.model.entity(shape.entity)
        if step.embed is not None:
            raise UnsupportedError("it is embedded in its parent's item")
        if step.inside:
            raise UnsupportedError("it is put with what is embedded in it")
        if shape.counters:
            raise UnsupportedError("its counters are spread over several items")
        if shape.offload or shape.compress:
            raise UnsupportedError("a part of it is compressed or kept in object storage")
        if step.operation == "PutItem":
            names = sources.before if pattern.verb is Verb.DELETE else sources.after
            return self._put(step, pattern, table, shape, names, indent)
        key = mapping_source(
            {name: key_source(t, entity, sources.before) for name, t in step.keys}, indent + 4
        )
        arguments = [quoted(table.name), key]
        if step.operation == "UpdateItem":
            arguments += self._changes(step, pattern, table, shape, sources, indent + 4)
        if not shape.guards:
            arguments += self._condition(pattern, shape, table, sources, indent + 4)
        name = {"UpdateItem": "_update", "DeleteItem": "_delete", "ConditionCheck": "_check"}
        return laid_out(name[step.operation], arguments, indent)

    def _put(
        self,
        step: WriteStep,
        pattern: Pattern,
        table: Table,
        shape: ItemShape,
        names: Mapping[str, str],
        indent: int,
    ) -> str:
        entity = self.model.entity(shape.entity)
        item = {
            key: key_source(template, entity, names)
            for key in _key_names(table)
            if (template := shape.template(key)) is not None
        }
        item |= {name: names[name] for name in shape.attributes if name not in item}
        for embed in shape.embeds:
            item[embed.attribute] = "{}" if embed.as_map else "[]"
        arguments = [quoted(table.name), mapping_source(item, indent + 4)]
        if step.condition == "absent" or pattern.verb is Verb.UPDATE:
            arguments.append(f'condition=["attribute_not_exists(#{table.partition_key})"]')
        return laid_out("_put", arguments, indent)

    def _changes(
        self,
        step: WriteStep,
        pattern: Pattern,
        table: Table,
        shape: ItemShape,
        sources: Sources,
        indent: int,
    ) -> list[str]:
        entity = self.model.entity(shape.entity)
        sets = {n: sources.after[n] for n in step.sets if n not in table.keys}
        touched = set(pattern.touched)
        for name, template in shape.keys:
            if name in table.keys or name in touched or not touched & _attributes(template):
                continue
            sets[name] = key_source(template, entity, sources.after)
        arguments = []
        if sets:
            arguments.append(f"set={mapping_source(_safe(sets), indent)}")
        if step.increments:
            amounts = {name: sources.amounts[name] for name in step.increments}
            arguments.append(f"add={mapping_source(_safe(amounts), indent)}")
        if step.appends:
            more = {name: sources.appended[name] for name in step.appends}
            arguments.append(f"append={mapping_source(_safe(more), indent)}")
        removed = [quoted(field_name(n)) for n in step.removes if n in shape.attributes]
        if removed:
            arguments.append(f"remove={list_source(removed, indent)}")
        return arguments

    # ------------------------------------------------------------ conditions

    def _condition(
        self, pattern: Pattern, shape: ItemShape, table: Table, sources: Sources, indent: int
    ) -> list[str]:
        terms: list[str] = [f"attribute_exists(#{table.partition_key})"]
        values: dict[str, str] = {}
        stored = set(shape.attributes)
        if pattern.condition:
            for name in pattern.expected:
                if name in stored:
                    safe = field_name(name)
                    terms.append(f"#{safe} = :if_{safe}")
                    values[f":if_{safe}"] = sources.expected[name]
            for number, test in enumerate(pattern.condition_tests):
                if test.attribute in stored and (not test.other or test.other in stored):
                    term, more = self._comparison(pattern, test, number, sources)
                    terms.append(term)
                    values |= more
        arguments = [f"condition={list_source([quoted(term) for term in terms], indent)}"]
        if values:
            arguments.append(f"values={mapping_source(values, indent)}")
        locked = {
            field_name(name): sources.before[name] for name in sources.locked if name in stored
        }
        if locked:
            arguments.append(f"unchanged={mapping_source(locked, indent)}")
        return arguments

    def _comparison(
        self, pattern: Pattern, test: Condition, number: int, sources: Sources
    ) -> tuple[str, dict[str, str]]:
        entity = self.model.entity(pattern.entity)
        name = field_name(test.attribute)
        if test.operator in ("exists", "absent"):
            function = "attribute_exists" if test.operator == "exists" else "attribute_not_exists"
            return f"{function}(#{name})", {}
        if test.other:
            compared = f"#{field_name(test.other)}"
            if test.operator == "ne":
                return f"(attribute_exists(#{name}) AND #{name} <> {compared})", {}
            return f"#{name} {COMPARATORS[test.operator]} {compared}", {}
        place = f":if_{name}_{number}" if number else f":if_{name}"
        if test.operator == "in":
            attribute = entity.find(test.attribute)
            values = {
                f"{place}_{position}": fixed_source(entity, attribute, text)
                for position, text in enumerate(test.values)
            }
            return f"#{name} IN ({', '.join(values)})", values
        if test.value is None:
            source = sources.expected[test.attribute]
        else:
            source = fixed_source(entity, entity.find(test.attribute), test.value)
        if test.operator == "ne":
            return f"(attribute_exists(#{name}) AND #{name} <> {place})", {place: source}
        return f"#{name} {COMPARATORS[test.operator]} {place}", {place: source}


def fixed_source(entity: Entity, attribute: Attribute | None, text: str) -> str:
    """Return a value that the model file states, or a moment by the clock, as source."""
    if attribute is None:
        return quoted(text)
    if is_moment(text) and attribute.kind in (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH):
        seconds = _seconds(text)
        call = "_epoch" if attribute.kind is Kind.EPOCH else "_now"
        source = f"{call}({seconds or ''})"
        return f"{source}[:10]" if attribute.kind is Kind.DATE else source
    value = typed(entity, attribute.name, text)
    return plain(value) if attribute.kind.is_number else value_source(value)


def _seconds(text: str) -> int:
    rest = text.removeprefix("now").replace(" ", "")
    if not rest:
        return 0
    amount = int(rest[1:-1]) * DURATION_SECONDS[rest[-1]]
    return -amount if rest[0] == "-" else amount


def generated_source(attribute: Attribute) -> str:
    """Return what makes an id of its own."""
    return {
        Kind.UUID: "str(uuid4())",
        Kind.ULID: "_ulid()",
        Kind.TOKEN: "secrets.token_urlsafe(32)",
    }.get(attribute.kind, "secrets.token_hex(13)")


def _key_names(table: Table) -> tuple[str, ...]:
    names = dict.fromkeys(table.keys)
    for index in table.indexes:
        names.update(dict.fromkeys(index.keys))
    return tuple(names)


def _attributes(template: KeyTemplate) -> set[str]:
    names = {attribute.partition(".")[0] for attribute in template.attributes}
    return names | {attribute for attribute, _ in template.when}


def _safe(pairs: Mapping[str, str]) -> dict[str, str]:
    return {field_name(name): source for name, source in pairs.items()}
