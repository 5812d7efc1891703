"""The reads of a generated client: a get, or the loop over the pages of a query or scan.

In: a signature with its route. Out: the lines of a function's body, and what it returns. Requests
are built by the same builder as those that run, with markers where arguments stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tablewright.core.errors import UnsupportedError
from tablewright.engines.dynamodb.client_source import (
    laid_out,
    list_source,
    mapping_source,
    marker,
    quoted,
    template_text,
    tuple_source,
    value_source,
    wire_source,
)
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.requests import RequestBuilder, Values
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.parameters import Signature, Use, field_name
from tablewright.evaluation.values import Route
from tablewright.model.values import Model, Pattern, Verb

RANGES = (Use.LOWER, Use.UPPER, Use.PREFIX, Use.CONTAINS, Use.SIZE, Use.NOT)
SEVERAL = ("Query", "Scan")


class ReadWriter:
    """Writes the reads of one design."""

    def __init__(self, model: Model, design: DynamoDesign) -> None:
        self.model = model
        self.builder = RequestBuilder(model, design)

    def write(self, signature: Signature, route: Route) -> tuple[list[str], str]:
        """Return the body of a function and the annotation of what it returns.

        Raises:
            UnsupportedError: the route takes what such a client does not have.
        """
        pattern = signature.pattern
        if pattern.verb is Verb.READ:
            raise UnsupportedError("it reads several kinds of items at once")
        steps = [step for step in route.steps if isinstance(step, ReadStep)]
        _require_plain(pattern, route, steps)
        first, rest = steps[0], steps[1:]
        row, bounds = _markers(signature)
        if first.operation == "GetItem":
            return self._get(pattern, first, rest, row), f"{pattern.entity} | None"
        if first.operation not in SEVERAL:
            raise UnsupportedError("it reads several keys at once")
        return self._query(signature, route, first, rest, row, bounds), _returned(signature)

    def _get(
        self, pattern: Pattern, step: ReadStep, rest: Sequence[ReadStep], row: Mapping[str, str]
    ) -> list[str]:
        _, parameters = self.builder.build(step, Values(row=row))
        call = laid_out("dynamodb.get_item", _arguments(parameters), 4)
        if not rest:
            decoded = self._decoded(pattern, step, "item", 4)
            return [f'    item = {call}.get("Item")', f"    return {decoded}"]
        _, shape, entity = self.builder.place(step)
        if not shape.guards:
            raise UnsupportedError("it is put together from two items")
        found = {name: marker(f"found.{field_name(name)}") for name in entity.key}
        _, parameters = self.builder.build_batch(
            replace(rest[0], operation="GetItem"), [Values(row={**row, **found})]
        )
        last = laid_out("dynamodb.get_item", _arguments(parameters), 4)
        guard = replace(pattern, select=tuple(entity.key))
        return [
            f'    item = {call}.get("Item")',
            f"    found = {self._decoded(guard, step, 'item', 4)}",
            "    if found is None:",
            "        return None",
            f'    item = {last}.get("Item")',
            f"    return {self._decoded(pattern, rest[0], 'item', 4)}",
        ]

    def _decoded(self, pattern: Pattern, step: ReadStep, item: str, indent: int) -> str:
        """Return what reads an item of a step as an instance."""
        table, shape, entity = self.builder.place(step)
        keys = {
            name: quoted(text)
            for name, template in shape.keys
            if (text := template_text(template)) is not None
            if name in table.keys or step.index is not None
        }
        arguments = [entity.name, item, mapping_source(keys, indent + 4)]
        if pattern.select is not None:
            names = dict.fromkeys(map(field_name, (*entity.key, *pattern.select)))
            arguments.append(list_source([quoted(name) for name in names], indent + 4))
        return laid_out("_from_item", arguments, indent)

    def _query(
        self,
        signature: Signature,
        route: Route,
        step: ReadStep,
        rest: Sequence[ReadStep],
        row: Mapping[str, str],
        bounds: Mapping[str, tuple[str, ...]],
    ) -> list[str]:
        pattern = signature.pattern
        if step.shards > 1:
            raise UnsupportedError("its items are spread over several keys")
        _, parameters = self.builder.build(step, Values(row=row, bounds=bounds))
        parameters.pop("Limit", None)
        table, _, _ = self.builder.place(step)
        names = dict.fromkeys(table.keys)
        if step.index is not None:
            names |= dict.fromkeys(table.index(step.index).keys)
        is_one = pattern.verb is Verb.GET
        by_key = signature.is_paged and not route.sorts_in_code
        method = "query" if step.operation == "Query" else "scan"
        arguments = [f"dynamodb.{method}", "request", tuple_source([quoted(n) for n in names])]
        arguments += ["limit", "page"] if by_key else ["1"] if is_one else []
        body = [f"    request = {mapping_source(dict(_pairs(parameters)), 4)}"]
        if not is_one:
            body.append(f"    found: list[{pattern.entity}] = []")
        loop = laid_out("_read_pages", arguments, 4, 26)
        body.append(f"    for item, {'token' if by_key else '_'} in {loop}:")
        body += self._instance(pattern, step, rest)
        body += ["        if instance is None:", "            continue"]
        if is_one:
            return [*body, "        return instance", "    return None"]
        body.append("        found.append(instance)")
        if by_key:
            body += ["        if len(found) == limit:", "            return Page(found, token)"]
            return [*body, "    return Page(found)"]
        if route.sorts_in_code:
            body += _sorting(pattern)
        if not signature.is_paged:
            return [*body, "    return found"]
        return [
            *body,
            "    start = int(page or 0)",
            '    token = str(start + limit) if len(found) > start + limit else ""',
            "    return Page(found[start : start + limit], token)",
        ]

    def _instance(self, pattern: Pattern, step: ReadStep, rest: Sequence[ReadStep]) -> list[str]:
        """Return the lines that read an item, of an index entry the whole one, as an instance."""
        if not rest:
            return [f"        instance = {self._decoded(pattern, step, 'item', 8)}"]
        second = rest[0]
        if second.table != step.table or second.shape != step.shape or step.index is None:
            raise UnsupportedError("it is put together from two items")
        table, _, _ = self.builder.place(second)
        arguments = ["dynamodb", quoted(table.name), tuple_source([quoted(k) for k in table.keys])]
        arguments.append("item")
        if second.consistency.value == "strong":
            arguments.append("ConsistentRead=True")
        return [
            f"        whole = {laid_out('_whole', arguments, 8)}",
            f"        instance = {self._decoded(pattern, second, 'whole', 8)}",
        ]


def _require_plain(pattern: Pattern, route: Route, steps: Sequence[ReadStep]) -> None:
    """Refuse what takes more than one read, or one and a second that follows from it."""
    if len(steps) != len(route.steps) or len(steps) > 2 or pattern.skip:
        raise UnsupportedError("its route has steps that such a client does not take")
    if pattern.verb in (Verb.NEAR, Verb.SIMILAR):
        raise UnsupportedError("it compares distances")
    first = steps[0]
    if first.embed is not None or (first.shards > 1 and first.operation != "Query"):
        raise UnsupportedError("its items are embedded, or spread over several")
    if route.filtered and not first.filters:
        raise UnsupportedError("a condition of it is applied after the read")


def _markers(signature: Signature) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return the markers of what selects, by attribute, and of the bounds of ranges."""
    row: dict[str, str] = {}
    bounds: dict[str, tuple[str, ...]] = {}
    for parameter in signature.parameters:
        name = parameter.attribute.name
        if parameter.use in (Use.KEY, Use.KNOWN):
            row[name] = marker(parameter.name)
        elif parameter.use in RANGES:
            if parameter.use is Use.SIZE:
                name = parameter.name.removesuffix("_size")
            bounds[name] = (*bounds.get(name, ()), marker(parameter.name))
    for condition in signature.pattern.where:
        if condition.operator == "eq" and condition.value is not None:
            row[condition.attribute] = condition.value
    return row, bounds


def _returned(signature: Signature) -> str:
    entity = signature.pattern.entity
    if signature.pattern.verb is Verb.GET:
        return f"{entity} | None"
    return f"Page[{entity}]" if signature.is_paged else f"list[{entity}]"


def _sorting(pattern: Pattern) -> list[str]:
    """Return the lines that sort what was found; what lacks the attribute comes first."""
    lines = []
    for name, descending in reversed(pattern.sort):
        value = f"each.{field_name(name)}"
        key = f"key=lambda each: ({value} is not None, {value})"
        arguments = [key, "reverse=True"] if descending else [key]
        lines.append(f"    {laid_out('found.sort', arguments, 4, 0)}")
    return lines


def _pairs(parameters: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the parameters of a request as source, values in wire form."""
    pairs = []
    for name, value in parameters.items():
        if name in ("Key", "ExpressionAttributeValues"):
            assert isinstance(value, Mapping)
            wired = {key: wire_source(inner) for key, inner in value.items()}
            pairs.append((name, mapping_source(wired, 8)))
        elif name == "ExpressionAttributeNames":
            assert isinstance(value, Mapping)
            pairs.append((name, mapping_source({k: quoted(v) for k, v in value.items()}, 8)))
        else:
            pairs.append((name, value_source(value)))
    return pairs


def _arguments(parameters: Mapping[str, object]) -> list[str]:
    return [f"{name}={source}" for name, source in _pairs(parameters)]
