"""A Python module with one function for each access pattern, that needs nothing but boto3.

In: an evaluated design, the signature of each pattern. Out: source, laid out as a formatter would
leave it, and what is left out of it with the reason. The requests are those of the routes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import resources

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import format_number
from tablewright.engines.dynamodb.client_reads import ReadWriter
from tablewright.engines.dynamodb.client_source import (
    laid_out,
    mapping_source,
    quoted,
    tuple_source,
    type_of,
    value_source,
)
from tablewright.engines.dynamodb.client_writes import (
    Sources,
    WriteWriter,
    fixed_source,
    generated_source,
)
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.lacking import lacking
from tablewright.engines.dynamodb.steps import ReadStep, TransactionStep, WriteStep
from tablewright.evaluation.parameters import Argument, Signature, Use, field_name
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.moments import is_moment
from tablewright.model.values import Entity, Pattern, Verb

IMPORTS = """from __future__ import annotations

import base64
import json
import random
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4
from zlib import crc32

from boto3.dynamodb.types import (  # type: ignore[import-untyped,unused-ignore]
    Binary,
    TypeDeserializer,
    TypeSerializer,
)
from botocore.exceptions import (  # type: ignore[import-untyped,unused-ignore]
    ClientError,
)

T = TypeVar("T")
"""


class ClientWriter:
    """Writes the client of one evaluated design."""

    def __init__(self, evaluation: Evaluation, signatures: Mapping[str, Signature]) -> None:
        assert isinstance(evaluation.design, DynamoDesign)
        self.evaluation, self.signatures = evaluation, signatures
        self.model, self.design = evaluation.model, evaluation.design
        self.reads = ReadWriter(self.model, self.design)
        self.writes = WriteWriter(self.model, self.design)

    def source(self) -> tuple[str, tuple[str, ...]]:
        """Return the module, and what is left out of it: names with reasons."""
        functions: list[str] = []
        left_out: list[str] = []
        for name, signature in self.signatures.items():
            try:
                functions.append(self._function(signature))
            except UnsupportedError as problem:
                left_out.append(f"{name}: {problem}")
        imports = IMPORTS
        if not any("uuid4()" in function for function in functions):
            imports = imports.replace("from uuid import uuid4\n", "")
        text = "\n".join([self._head(left_out), imports, self._tables()])
        runtime = resources.files("tablewright.engines.dynamodb") / "client_runtime.py.txt"
        blocks = [text, *self._classes(), runtime.read_text(encoding="utf-8").rstrip(), *functions]
        source = "\n\n\n".join(block.rstrip() for block in blocks) + "\n"
        return source, tuple(left_out)

    def _head(self, left_out: Sequence[str]) -> str:
        model, design = self.model, self.design
        title = f'"""Access patterns of {model.title or model.app}'
        lines = [
            *_wrapped(f"{title} on the DynamoDB design `{design.name}`."),
            "",
            "Written by `tablewright generate client`: generate it again after a change of the "
            "model.",
            "Every function takes a boto3 client of DynamoDB. Times are ISO texts in UTC.",
        ]
        if left_out:
            lines += [
                "",
                "Not in here:",
                "",
                *(w for each in left_out for w in _wrapped(f"- {each}.")),
            ]
        return "\n".join([*lines, '"""', ""])

    def _tables(self) -> str:
        keys = {
            table.name: tuple_source([quoted(key) for key in table.keys])
            for table in self.design.tables
        }
        odd = {
            field_name(name): quoted(name)
            for entity in self.model.entities
            for name in entity.names
            if field_name(name) != name
        }
        numbers = sorted(
            field_name(attribute.name)
            for entity in self.model.entities
            for attribute in entity.attributes
            if attribute.kind.is_number
        )
        fields = {name.strip('"'): quoted(field) for field, name in odd.items()}
        unique = ", ".join(map(quoted, dict.fromkeys(numbers)))
        numbers_source = f"frozenset({{{unique}}})" if unique else "frozenset[str]()"
        if len(numbers_source) > 80:
            listed = "".join(f"        {quoted(n)},\n" for n in dict.fromkeys(numbers))
            numbers_source = "frozenset(\n    {\n" + listed + "    }\n)"
        return "\n".join(
            [
                f"_TABLE_KEYS = {mapping_source(keys, 0)}",
                f"_NAMES: dict[str, str] = {mapping_source(odd, 0)}",
                f"_FIELDS: dict[str, str] = {mapping_source(fields, 0)}",
                f"_NUMBERS = {numbers_source}",
            ]
        )

    def _classes(self) -> list[str]:
        classes = []
        for entity in self.model.entities:
            lines = [
                "@dataclass(frozen=True, slots=True, kw_only=True)",
                f"class {entity.name}:",
                *_wrapped(f'    """{(entity.title or f"One {entity.name}").rstrip(".")}."""'),
                "",
            ]
            for attribute in entity.attributes:
                lines.append(
                    f"    {field_name(attribute.name)}: {type_of(attribute)} | None = None"
                )
            classes.append("\n".join(lines))
        return classes

    # ------------------------------------------------------------ functions

    def _function(self, signature: Signature) -> str:
        pattern = signature.pattern
        route = self.evaluation.route(pattern.name)
        if route.cannot:
            raise UnsupportedError(route.cannot)
        if signature.is_batch:
            raise UnsupportedError("it is called with several instances at once")
        stored: list[str] = []
        if pattern.verb.is_write:
            body, returned, stored = self._write(signature, route)
        else:
            body, returned = self.reads.write(signature, route)
        text = "\n".join(body)
        parameters = [
            p
            for p in signature.distinct
            if p.use is not Use.KNOWN or re.search(rf"\b{p.name}\b", text)
        ]
        units = [
            f"{format_number(units)} {kind} unit{'' if units == 1 else 's'}"
            for kind in ("read", "write")
            if (units := route.units(kind).mean)
        ]
        requests = ", ".join(dict.fromkeys(f"{r.operation} {r.target}" for r in route.requests))
        arguments = ["dynamodb: Any", "*", *stored, *map(_declared, _ordered(parameters))]
        if arguments[-1] == "*":
            arguments.pop()
        head = laid_out(f"def {pattern.name}", arguments, 0, len(returned) + 5)
        raises = []
        if pattern.verb.is_write:
            raises = ["", "    Raises:", "        ConditionFailed: nothing was written."]
            if pattern.verb is not Verb.PUT:
                raises.append("        NotFound: what it speaks of is not there.")
        label = f"{pattern.id}: " if pattern.id else ""
        what = pattern.title or f"{pattern.verb.value} {pattern.entity}"
        taken = {p.name for p in signature.parameters} & {"dynamodb"}
        if taken:
            raise UnsupportedError("it has a parameter `dynamodb`, the name of the client")
        condition = f"Condition: {pattern.condition}." if pattern.condition else ""
        return "\n".join(
            [
                f"{head} -> {returned}:",
                *_wrapped(f'    """{label}{what.rstrip(".")}.'),
                "",
                *_wrapped(f"    {requests}: {' and '.join(units) or 'no units'} a call."),
                *_wrapped(f"    {condition}" if condition else ""),
                *raises,
                '    """',
                *body,
            ]
        )

    # ------------------------------------------------------------ writes

    def _write(self, signature: Signature, route: Route) -> tuple[list[str], str, list[str]]:
        pattern = signature.pattern
        parts = pattern.parts or (pattern,)
        entities = [part.entity for part in parts]
        if any(part.batch > 1 for part in parts):
            raise UnsupportedError("it writes several instances of one entity at once")
        if len(set(entities)) < len(entities):
            raise UnsupportedError("it writes two instances of one entity")
        steps: list[WriteStep] = []
        for step in route.steps:
            if isinstance(step, TransactionStep):
                steps += step.parts
            elif isinstance(step, WriteStep):
                steps.append(step)
            elif not isinstance(step, ReadStep):
                raise UnsupportedError("it keeps an attribute in object storage")
        writing = replace(route, steps=tuple(steps))
        prepared: list[str] = []
        stored: list[str] = []
        sources: dict[str, Sources] = {}
        returned: list[str] = []
        for number, part in enumerate(parts):
            entity = self.model.entity(part.entity)
            own = [p for p in signature.parameters if p.part == number]
            if part.verb is Verb.PUT:
                lines, names = self._new(entity, part, own, is_alone=not pattern.parts)
                prepared += lines
                sources[part.entity] = _sources(names, names)
                returned.append(_variable(entity, {p.attribute.name for p in own}))
                continue
            sources[part.entity], needed = self._change_sources(writing, entity, part, own)
            if needed:
                stored.append(f"{_variable(entity)}: {entity.name}")
        calls = [
            self.writes.write(step, _part_of(parts, step), sources[step.entity], 8)
            for step in steps
        ]
        body = [*prepared, "    _write(", "        dynamodb,"]
        body += [f"        {call}," for call in calls]
        body.append("    )")
        if not returned:
            return body, "None", stored
        body.append(f"    return {', '.join(returned)}")
        put = [part.entity for part in parts if part.verb is Verb.PUT]
        return body, put[0] if len(put) == 1 else f"tuple[{', '.join(put)}]", stored

    def _new(
        self, entity: Entity, part: Pattern, parameters: Sequence[Argument], *, is_alone: bool
    ) -> tuple[list[str], dict[str, str]]:
        """Return the lines that make a new instance, and the expressions of its attributes."""
        given = {p.attribute.name: p for p in parameters}
        fixed, computed = dict(part.initial), dict(part.computed)
        values: dict[str, str] = {}
        for attribute in entity.attributes:
            name = attribute.name
            if name in fixed:
                values[field_name(name)] = fixed_source(entity, attribute, fixed[name])
            elif name in computed and is_moment(computed[name]):
                values[field_name(name)] = fixed_source(entity, attribute, computed[name])
            elif name in given and name in computed:
                values[field_name(name)] = f"{given[name].name} or {generated_source(attribute)}"
            elif name in given and name == entity.expiry and entity.retention_days is not None:
                seconds = int(entity.retention_days * Decimal(86_400))
                values[field_name(name)] = f"{given[name].name} or _epoch({seconds})"
            elif name in given:
                values[field_name(name)] = given[name].name
        variable = _variable(entity, given)
        arguments = [f"{name}={source}" for name, source in values.items()]
        line = f"    {variable} = {laid_out(entity.name, arguments, 4)}"
        return [line], {name: f"{variable}.{field_name(name)}" for name in entity.names}

    def _change_sources(
        self, route: Route, entity: Entity, part: Pattern, parameters: Sequence[Argument]
    ) -> tuple[Sources, bool]:
        """Return the expressions of an update or delete, and whether the instance must be read."""
        by_use: dict[Use, dict[str, str]] = {}
        for parameter in parameters:
            by_use.setdefault(parameter.use, {})[parameter.attribute.name] = parameter.name
        before = {**by_use.get(Use.KEY, {}), **by_use.get(Use.KNOWN, {})}
        for condition in part.where:
            if condition.operator == "eq" and condition.value is not None:
                attribute = entity.find(condition.attribute)
                before[condition.attribute] = fixed_source(entity, attribute, condition.value)
        lacked = lacking(self.model, self.design, route, part, frozenset(before))
        variable = _variable(entity)
        if lacked:
            # what the caller has read replaces what it would only know
            before = {**before, **{n: f"{variable}.{field_name(n)}" for n in sorted(lacked)}}
        after = {**before, **by_use.get(Use.SET, {})}
        for name, text in (*part.set_values, *part.computed):
            after[name] = fixed_source(entity, entity.find(name), text)
        amounts = {
            name: by_use.get(Use.AMOUNT, {}).get(name, value_source(_whole(part.amount(name))))
            for name in part.increments
        }
        for name in part.increments:
            if name in lacked:
                after[name] = f"({before[name]} or 0) + {amounts[name]}"
        for name in part.removes:
            after[name] = "None"
        return (
            Sources(
                before=before,
                after=after,
                amounts=amounts,
                appended=by_use.get(Use.APPENDED, {}),
                expected=by_use.get(Use.EXPECTED, {}),
                locked=tuple(sorted(lacked - set(entity.key))),
            ),
            bool(lacked),
        )


def _sources(before: Mapping[str, str], after: Mapping[str, str]) -> Sources:
    return Sources(before=before, after=after, amounts={}, appended={}, expected={})


def _whole(amount: Decimal) -> Decimal | int:
    return int(amount) if amount == int(amount) else amount


def _part_of(parts: Sequence[Pattern], step: WriteStep) -> Pattern:
    return next(part for part in parts if part.entity == step.entity)


def _variable(entity: Entity, taken: Container[str] = ()) -> str:
    """Return the name of an instance in a function: `usage_record` of UsageRecord."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity.name).lower()
    return f"{words}_" if entity.has(words) or words in taken else words


def _wrapped(line: str) -> list[str]:
    """Return a line of a docstring as lines that fit, none of an empty one."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, 96, subsequent_indent=indent, break_long_words=False)


def _ordered(parameters: Sequence[Argument]) -> list[Argument]:
    return sorted(parameters, key=lambda p: not (p.is_required or p.use is Use.KNOWN))


def _declared(parameter: Argument) -> str:
    """Return a parameter as a function declares it."""
    annotation = type_of(parameter.attribute)
    if parameter.use is Use.APPENDED:
        return f"{parameter.name}: Sequence[Any]"
    if parameter.use is Use.PAGE:
        return f'{parameter.name}: str = ""'
    if parameter.use in (Use.LIMIT, Use.AMOUNT):
        return f"{parameter.name}: {annotation} = {parameter.default}"
    if parameter.may_be_none:
        return f"{parameter.name}: {annotation} | None"
    if parameter.is_required or parameter.use is Use.KNOWN:
        return f"{parameter.name}: {annotation}"
    return f"{parameter.name}: {annotation} | None = None"


def client_source(
    evaluation: Evaluation, signatures: Mapping[str, Signature]
) -> tuple[str, tuple[str, ...]]:
    """Return the module of a design's access patterns, and what is left out of it."""
    return ClientWriter(evaluation, signatures).source()
