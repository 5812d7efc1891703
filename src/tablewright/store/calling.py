"""Arguments of a function as one call of its pattern, checked on the way.

In: a signature, arguments by name, the time. Out: a `Call` for an adapter, with what the model
states filled in: fixed values, first values, times, ids, the expiry of what is kept for a time.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tablewright.core.diagnostics import nearest
from tablewright.core.frozen import frozen
from tablewright.evaluation.parameters import Argument, Signature, Use
from tablewright.model.moments import is_moment, time_value
from tablewright.model.values import Attribute, Entity, Kind, Model, Pattern, Verb
from tablewright.sample.calls import Call
from tablewright.sample.conditions import fixed_value
from tablewright.sample.world import Test
from tablewright.store.conversion import BadValue, plain_argument
from tablewright.store.failures import InvalidArguments, Problem

MOST_AT_ONCE = 100
"""Items of one batch call."""
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DEFAULT_RADIUS_KM = Decimal(10)
Values = dict[Use, dict[str, Any]]
Clock = Callable[[], dt.datetime]


@frozen
class AskedCall:
    """What was asked: the call, and what only the store itself needs."""

    call: Call
    known: tuple[frozenset[str], ...]
    """The attributes of the stored instance that the caller knows, for each part."""
    page: str = ""
    asked: Mapping[str, Any]
    """The arguments but for the page, as they were checked."""


class CallBuilder:
    """Makes the calls of one model."""

    def __init__(self, model: Model, clock: Clock) -> None:
        self.model, self.clock = model, clock
        self._distinct: dict[str, tuple[Argument, ...]] = {}

    def question(self, signature: Signature, arguments: Mapping[str, Any]) -> AskedCall:
        """Return the call that arguments make.

        Raises:
            InvalidArguments: some are missing, unknown or not of their type; all are named.
        """
        problems: list[Problem] = []
        pattern = signature.pattern
        rows = self._rows(signature, arguments, problems)
        parts = pattern.parts or (pattern,)
        grouped = [
            [_by_use(signature.parameters, values, number) for number in range(len(parts))]
            for values in rows
        ]
        if problems:
            raise InvalidArguments(problems, pattern=pattern.name)
        now = self.clock()
        calls = [self._calls(parts, each, now) for each in grouped]
        known = tuple(
            frozenset({*uses.get(Use.KEY, {}), *uses.get(Use.KNOWN, {}), *_fixed(part)})
            for part, uses in zip(parts, grouped[0], strict=True)
        )
        if pattern.verb is Verb.READ:
            row = {name: value for each in calls[0] for name, value in each.row.items()}
            bounds = {name: value for each in calls[0] for name, value in each.bounds.items()}
            call = Call(pattern=pattern, row=row, bounds=bounds, parts=tuple(calls[0]), now=now)
        elif pattern.verb is Verb.TRANSACT:
            call = Call(pattern=pattern, row=calls[0][0].row, parts=tuple(calls[0]), now=now)
        else:
            call = replace(calls[0][0], more=tuple(each[0] for each in calls[1:]))
        page = str(arguments.get("page") or "") if signature.is_paged else ""
        return AskedCall(
            call=replace(call, is_page=signature.is_paged),
            known=known,
            page=page,
            asked={name: value for name, value in rows[0].items() if name != "page"},
        )

    def _calls(
        self, parts: Sequence[Pattern], grouped: Sequence[Values], now: dt.datetime
    ) -> list[Call]:
        """Return the call of each part; a child has the key of the parent that is put with it."""
        calls: list[Call] = []
        for part, uses in zip(parts, grouped, strict=True):
            entity = self.model.entity(part.entity)
            parent: Mapping[str, Any] = {}
            if part.verb is Verb.PUT and entity.parent is not None:
                key = self.model.entity(entity.parent).key
                puts = [c for c in calls if c.pattern.entity == entity.parent]
                rows = [call.row for call in puts if call.pattern.verb is Verb.PUT]
                parent = {name: rows[-1].get(name) for name in key} if rows else {}
            if Use.CHILDREN not in uses:
                values = {**parent, **uses.get(Use.VALUE, {})}
                own = {**uses, Use.VALUE: values} if parent else uses
                calls.append(self._call(part, own, now))
                continue
            first, *more = (
                self._call(part, {Use.VALUE: {**parent, **each}}, now)
                for each in uses[Use.CHILDREN][part.entity]
            )
            calls.append(replace(first, more=tuple(more)))
        return calls

    # ------------------------------------------------------------ checking

    def _rows(
        self, signature: Signature, arguments: Mapping[str, Any], problems: list[Problem]
    ) -> list[dict[str, Any]]:
        """Return the checked arguments, of a batch those of each item."""
        if not signature.is_batch:
            return [_checked(self._parameters(signature), arguments, "", problems)]
        for name in arguments:
            if name != "items":
                problems.append(Problem(name, "is no argument here; the function takes `items`"))
        items = arguments.get("items")
        if not isinstance(items, Sequence) or isinstance(items, str) or not items:
            problems.append(Problem("items", "must be a list with at least one mapping"))
            return [{}]
        if len(items) > MOST_AT_ONCE:
            problems.append(Problem("items", f"has {len(items)} entries, at most {MOST_AT_ONCE}"))
            return [{}]
        rows = []
        for number, item in enumerate(items):
            place = f"items[{number}]"
            if not isinstance(item, Mapping):
                problems.append(Problem(place, "must be a mapping"))
                continue
            rows.append(_checked(self._parameters(signature), item, f"{place}.", problems))
        return rows or [{}]

    def _parameters(self, signature: Signature) -> tuple[Argument, ...]:
        name = signature.pattern.name
        if name not in self._distinct:
            self._distinct[name] = signature.distinct
        return self._distinct[name]

    # ------------------------------------------------------------ one part

    def _call(self, part: Pattern, uses: Values, now: dt.datetime) -> Call:
        entity = self.model.entity(part.entity)
        if part.verb is Verb.PUT:
            return Call(pattern=part, row=self._new(entity, part, uses, now), now=now)
        selected = {**_fixed_values(entity, part, now), **uses.get(Use.KEY, {})}
        row = {**selected, **uses.get(Use.KNOWN, {})}
        if not (part.verb.is_write or part.verb is Verb.CHECK):
            return self._read(entity, part, row, uses)
        return Call(
            pattern=part,
            row=row,
            after=self.changed(entity, part, row, uses, now),
            expected=uses.get(Use.EXPECTED, {}),
            amounts=uses.get(Use.AMOUNT, {}),
            now=now,
            must_exist=part.batch == 1,
            tests=tuple(Test(name, "eq", (value,)) for name, value in selected.items()),
        )

    def changed(
        self, entity: Entity, part: Pattern, row: Mapping[str, Any], uses: Values, now: dt.datetime
    ) -> dict[str, Any]:
        """Return what an update makes of an instance, as far as that is known."""
        if part.verb is not Verb.UPDATE:
            return {}
        after = {**row, **uses.get(Use.SET, {})}
        for name, text in (*part.set_values, *part.computed):
            after[name] = fixed_value(entity, name, text, now)
        amounts = Call(pattern=part, row={}, amounts=uses.get(Use.AMOUNT, {}))
        for name in part.increments:
            after[name] = (row.get(name) or 0) + amounts.amount(name)
        for name, more in uses.get(Use.APPENDED, {}).items():
            after[name] = [*(row.get(name) or ()), *more]
        for name in part.removes:
            after[name] = None
        return after

    def _new(self, entity: Entity, part: Pattern, uses: Values, now: dt.datetime) -> dict[str, Any]:
        values = uses.get(Use.VALUE, {})
        row: dict[str, Any] = {}
        computed = dict(part.computed)
        fixed = dict(part.initial)
        for attribute in entity.attributes:
            name = attribute.name
            if values.get(name) is not None:
                row[name] = values[name]
            elif name in fixed:
                row[name] = fixed_value(entity, name, fixed[name], now)
            elif name in computed and is_moment(computed[name]):
                row[name] = fixed_value(entity, name, computed[name], now)
            elif name in computed:
                row[name] = generated(attribute, now)
            elif name == entity.expiry and entity.retention_days is not None:
                retention = dt.timedelta(days=float(entity.retention_days))
                row[name] = time_value(now + retention, attribute.kind)
        return row

    def _read(self, entity: Entity, part: Pattern, row: Mapping[str, Any], uses: Values) -> Call:
        row = dict(row)
        tests = [Test(name, "eq", (row[name],)) for name in part.equalities if name in row]
        bounds: dict[str, tuple[Any, ...]] = {}
        for condition in part.where:
            name = condition.attribute
            if condition.operator == "eq":
                continue
            operands = _operands(entity, condition.operator, condition.value, name, uses)
            if condition.operator == "in":
                operands = tuple(
                    fixed_value(entity, name, text, self.clock()) for text in condition.values
                )
            bounds[name] = operands
            tests.append(Test(name, condition.operator, operands))
        if part.verb is Verb.NEAR:
            place = next(a.name for a in entity.attributes if a.kind is Kind.GEO)
            default = part.radius_km if part.radius_km is not None else DEFAULT_RADIUS_KM
            radius = uses.get(Use.RADIUS, {}).get("radius_km", default)
            tests.append(Test(place, "near", (row[place], Decimal(radius))))
        limit = uses.get(Use.LIMIT, {}).get("count")
        if limit is not None:
            part = replace(part, limit=min(part.limit or limit, limit + part.skip))
        return Call(pattern=part, row=row, tests=tuple(tests), bounds=bounds, now=self.clock())


def _checked(
    parameters: Sequence[Argument],
    arguments: Mapping[str, Any],
    place: str,
    problems: list[Problem],
) -> dict[str, Any]:
    """Return the arguments as plain values; what is wrong with them is noted."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in arguments:
        if name not in known:
            close = nearest(str(name), list(known))
            hint = (
                f"did you mean `{close}`?" if close else f"there are {', '.join(known) or 'none'}"
            )
            problems.append(Problem(f"{place}{name}", f"is no argument here; {hint}"))
    checked: dict[str, Any] = {}
    for name, parameter in known.items():
        value = arguments.get(name)
        if value is None:
            if name in arguments and parameter.may_be_none:
                checked[name] = None
            elif parameter.is_required:
                problems.append(Problem(f"{place}{name}", "is missing"))
            continue
        try:
            checked[name] = _converted(parameter, value)
        except BadValue as bad:
            problems.append(Problem(f"{place}{name}", str(bad)))
    return checked


def _converted(parameter: Argument, value: Any) -> Any:
    attribute, use = parameter.attribute, parameter.use
    if use is Use.CHILDREN:
        return _children(parameter, value)
    if use is Use.APPENDED:
        is_several = isinstance(value, list | tuple | set)
        return plain_argument(attribute, list(value) if is_several else [value])
    converted = plain_argument(attribute, value)
    if use in (Use.LIMIT, Use.SIZE) and converted < 1:
        raise BadValue("must be at least 1")
    if use is Use.RADIUS and converted <= 0:
        raise BadValue("must be more than 0")
    if use is Use.KEY and converted == "":
        raise BadValue("must not be empty")
    return converted


def _children(parameter: Argument, value: Any) -> list[dict[str, Any]]:
    """Return the instances that a transaction puts, each checked against its entity."""
    element = parameter.attribute.element
    assert element is not None
    known = {field.name: field for field in element.fields}
    rows: list[dict[str, Any]] = []
    if not isinstance(value, list | tuple) or not value:
        raise BadValue("must be a list with at least one mapping")
    if len(value) > MOST_AT_ONCE:
        raise BadValue(f"has {len(value)} entries, at most {MOST_AT_ONCE}")
    for number, each in enumerate(value):
        if not isinstance(each, Mapping):
            raise BadValue(f"[{number}] must be a mapping")
        row = {name: each[name] for name in each if each[name] is not None}
        unknown = [name for name in row if name not in known]
        if unknown:
            raise BadValue(f"[{number}] has `{unknown[0]}`; there are {', '.join(known)}")
        missing = [n for n, field in known.items() if field.presence == 1 and n not in row]
        if missing:
            raise BadValue(f"[{number}] lacks `{missing[0]}`")
        try:
            rows.append({name: plain_argument(known[name], v) for name, v in row.items()})
        except BadValue as problem:
            raise BadValue(f"[{number}] {problem}") from problem
    return rows


def _by_use(parameters: Sequence[Argument], values: Mapping[str, Any], part: int) -> Values:
    uses: Values = {}
    for parameter in parameters:
        if parameter.part == part and parameter.name in values:
            name = parameter.attribute.name
            if parameter.use is Use.SIZE:
                name = parameter.name.removesuffix("_size")
            uses.setdefault(parameter.use, {})[name] = values[parameter.name]
    return uses


def _operands(
    entity: Entity, operator: str, value: str | None, name: str, uses: Values
) -> tuple[Any, ...]:
    if operator in ("exists", "absent"):
        return ()
    if value is not None:
        return (fixed_value(entity, name, value, dt.datetime.now(dt.UTC)),)
    if operator == "between":
        return (uses[Use.LOWER][name], uses[Use.UPPER][name])
    operands = {
        "gt": Use.LOWER,
        "ge": Use.LOWER,
        "lt": Use.UPPER,
        "le": Use.UPPER,
        "begins_with": Use.PREFIX,
        "contains": Use.CONTAINS,
        "size": Use.SIZE,
        "ne": Use.NOT,
    }
    return (uses.get(operands.get(operator, Use.KEY), {}).get(name),)


def _fixed(part: Pattern) -> frozenset[str]:
    return frozenset(c.attribute for c in part.where if c.operator == "eq" and c.value is not None)


def _fixed_values(entity: Entity, part: Pattern, now: dt.datetime) -> dict[str, Any]:
    return {
        c.attribute: fixed_value(entity, c.attribute, c.value, now)
        for c in part.where
        if c.operator == "eq" and c.value is not None
    }


def generated(attribute: Attribute, now: dt.datetime) -> str:
    """Return an id that nothing else has.

    A ULID begins with the time, so that later ones sort behind; the others are random: a UUID, 26
    characters of an id, 43 of a token.
    """
    if attribute.kind is Kind.UUID:
        return str(uuid4())
    if attribute.kind is Kind.ULID:
        number = int(now.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
        return "".join(BASE32[number >> shift & 31] for shift in range(125, -1, -5))
    if attribute.kind is Kind.TOKEN:
        return secrets.token_urlsafe(32)
    return "".join(secrets.choice(BASE32.lower()) for _ in range(26))
