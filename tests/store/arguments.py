"""Arguments for the functions of any model, drawn from its sample: as a caller would give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.evaluation.parameters import Argument, Signature, Use
from tablewright.model.values import Model
from tablewright.proof.workload import Workload
from tablewright.sample.calls import Call
from tablewright.sample.sample import sample_of
from tablewright.sample.world import World

USERS = 3


def workload_of(model: Model) -> Workload:
    return Workload(model, World(model, sample_of(model), USERS), seed=1)


def arguments_of(signature: Signature, call: Call) -> dict[str, Any]:
    """Return what a caller says to make a call of a pattern."""
    if signature.is_batch:
        return {"items": [dict(_arguments(signature, each)) for each in call.all[:2]]}
    return dict(_arguments(signature, call))


def _arguments(signature: Signature, call: Call) -> Iterator[tuple[str, Any]]:
    parts = call.parts or (call,)
    for parameter in signature.parameters:
        part = parts[parameter.part]
        value = _value(parameter, part)
        if value is not None or parameter.may_be_none:
            yield parameter.name, value


def _value(parameter: Argument, call: Call) -> Any:
    name = parameter.attribute.name
    after: Mapping[str, Any] = call.after
    bounds = call.bounds.get(name, ())
    if parameter.use in (Use.KEY, Use.KNOWN, Use.VALUE, Use.EXPECTED):
        return call.row.get(name)
    if parameter.use is Use.SET:
        return after.get(name)
    if parameter.use is Use.APPENDED:
        listed = after.get(name)
        return [listed[-1]] if listed else None
    if parameter.use is Use.UPPER:
        return bounds[-1] if bounds else None
    if parameter.use in (Use.LOWER, Use.PREFIX, Use.CONTAINS, Use.SIZE, Use.NOT):
        return bounds[0] if bounds else None
    return None
