"""Do the read patterns of a model give right answers on a database whose content nobody sampled?

In: an adapter, an evaluated design. Out: for each read pattern how many calls were right. Calls ask
for instances that are there; what is right comes from a plain scan of everything, or from whoever
knows the instances, judged by the oracle of the proof. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.evaluation.answers import PatternAnswers
from tablewright.evaluation.doors import Adapter, CallFailedError
from tablewright.evaluation.values import Evaluation, Route
from tablewright.migrate import canonical
from tablewright.model.values import Condition, Entity, Model, Pattern, Verb
from tablewright.proof.oracle import wrong
from tablewright.sample.calls import Call, Row, typed
from tablewright.sample.world import ExpectedAnswer, Test, in_order

CALLS_OF_A_PATTERN = 5
MOST_CANDIDATES = 500
"""Instances of an entity among which those are chosen that calls ask for."""
MOST_MATCHES = 20_000
"""Instances that meet a call's conditions, up to which it is judged."""
CHECKED = (Verb.GET, Verb.LIST)
KnownInstances = Callable[[set[str]], Iterator[tuple[str, Row]]]
"""Yields entity and attributes of every instance of the entities of some names."""


@dataclass(slots=True)
class _Judged:
    """One call and the instances that meet its conditions."""

    call: Call
    rows: list[Row] = field(default_factory=list)
    is_too_many: bool = False

    # what the oracle asks of a world

    def answer(self, pattern: Pattern, tests: Sequence[Test]) -> ExpectedAnswer:
        """Return the instances in the order asked for."""
        return ExpectedAnswer(in_order(self, pattern, list(range(len(self.rows)))))

    def value(self, entity: str, number: int, attribute: str) -> Any:
        """Return an attribute of an instance."""
        return self.rows[number].get(attribute)


def check_answers(
    adapter: Adapter,
    evaluation: Evaluation,
    known: KnownInstances | None = None,
    hidden: Mapping[str, frozenset[str]] | None = None,
) -> tuple[PatternAnswers, ...]:
    """Run the read patterns of a model against what a database holds, and judge the answers.

    Args:
        adapter: the database.
        evaluation: of its design.
        known: gives the instances that it should hold, whose attributes are then compared with
            those that come back; what a scan of it shows unless given.
        hidden: by entity the attributes that are not compared.

    Raises:
        EngineError: the database refused or went away.
    """
    model = evaluation.model
    routes = {route.pattern: route for route in evaluation.routes}
    reasons = {
        p.name: _reason(adapter, model, p, routes[p.name], is_known=known is not None)
        for p in _reads(model)
    }
    instances = known or (lambda entities: _fragments(adapter, entities))
    candidates = _candidates(instances({p.entity for p in _reads(model) if not reasons[p.name]}))
    judged: dict[str, list[_Judged]] = {}
    for pattern in _reads(model):
        if not reasons[pattern.name]:
            rows = candidates.get(pattern.entity, [])
            judged[pattern.name] = [_Judged(call) for call in calls_of(model, pattern, rows)]
    _collect(instances, [each for calls in judged.values() for each in calls])
    answers: list[PatternAnswers] = []
    for pattern in _reads(model):
        if reasons[pattern.name]:
            answers.append(PatternAnswers(pattern=pattern.name, unchecked=reasons[pattern.name]))
        else:
            entity = model.entity(pattern.entity)
            uncompared = (hidden or {}).get(entity.name, frozenset()) if known else None
            calls = judged[pattern.name]
            answers.append(_run(adapter, routes[pattern.name], entity, calls, uncompared))
    return tuple(answers)


def _reads(model: Model) -> tuple[Pattern, ...]:
    return tuple(pattern for pattern in model.patterns if not pattern.verb.is_write)


def _reason(
    adapter: Adapter, model: Model, pattern: Pattern, route: Route, *, is_known: bool
) -> str:
    """Return why the answers of a pattern cannot be judged here; "" if they can."""
    if not route.is_served:
        return "the design does not answer it"
    if pattern.verb not in CHECKED or pattern.batch > 1:
        return f"calls of `{pattern.verb.value}` are judged by `prove` only"
    if pattern.ignore_case:
        return "it ignores case: judged by `prove` only"
    kinds = [k for k in adapter.codec.kinds if k.entity == pattern.entity and not k.is_copy]
    if len(kinds) > 1 and not is_known:
        return f"{pattern.entity} is split over several records: judged by `prove` only"
    hidden = adapter.codec.unreadable(pattern.entity)
    asked_by = {condition.attribute for condition in pattern.where} & hidden
    return f"{', '.join(sorted(asked_by))} cannot be read back" if asked_by else ""


def _fragments(adapter: Adapter, entities: set[str]) -> Iterator[tuple[str, Row]]:
    """Yield entity and attributes of every instance that a database holds."""
    for container in sorted({kind.container for kind in adapter.codec.kinds}):
        for _, page in adapter.scan(container):
            for content in page:
                try:
                    fragments = tuple(adapter.codec.decode(container, content))
                except EngineError:
                    continue  # of no kind that the design knows: no pattern returns it
                for fragment in fragments:
                    if fragment.entity in entities and fragment.identity and not fragment.is_copy:
                        yield fragment.entity, fragment.attributes


def _candidates(instances: Iterator[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Return some instances of each entity, spread over all that there are."""
    candidates: dict[str, list[Row]] = {}
    counts: dict[str, int] = {}
    steps: dict[str, int] = {}
    for entity, row in instances:
        rows = candidates.setdefault(entity, [])
        step = steps.setdefault(entity, 1)
        if counts.get(entity, 0) % step == 0:
            rows.append(row)
            if len(rows) >= MOST_CANDIDATES:
                candidates[entity] = rows[::2]
                steps[entity] = step * 2
        counts[entity] = counts.get(entity, 0) + 1
    return candidates


def calls_of(model: Model, pattern: Pattern, rows: Sequence[Row]) -> list[Call]:
    """Return calls of a read pattern that ask for instances which are there."""
    entity = model.entity(pattern.entity)
    names = [condition.attribute for condition in pattern.where if condition.value is None]
    fitting = [row for row in rows if all(row.get(name) is not None for name in names)]
    step = max(1, len(fitting) // CALLS_OF_A_PATTERN)
    return [_call(entity, pattern, row) for row in fitting[::step][:CALLS_OF_A_PATTERN]]


def _call(entity: Entity, pattern: Pattern, row: Row) -> Call:
    arguments: dict[str, Any] = {
        name: row[name] for name in (*entity.key, *pattern.known) if row.get(name) is not None
    }
    tests: list[Test] = []
    bounds: dict[str, tuple[Any, ...]] = {}
    for condition in pattern.where:
        operands = _operands(entity, condition, row)
        tests.append(Test(condition.attribute, condition.operator, operands))
        if condition.operator == "eq":
            arguments[condition.attribute] = operands[0]
        else:
            bounds[condition.attribute] = operands
    return Call(pattern=pattern, row=arguments, tests=tuple(tests), bounds=bounds)


def _operands(entity: Entity, condition: Condition, row: Row) -> tuple[Any, ...]:
    """Return the values of a condition that an instance meets."""
    name, operator = condition.attribute, condition.operator
    if operator == "in":
        return tuple(typed(entity, name, value) for value in condition.values)
    if operator in ("exists", "absent"):
        return ()
    if condition.value is not None:
        return (typed(entity, name, condition.value),)
    value = row[name]
    if operator == "between":
        return (value, value)
    if operator == "begins_with":
        return (str(value)[:3],)
    if operator == "contains":
        return (next(iter(value)),)
    if operator == "size":
        return (len(value),)
    return (value,)


def _collect(instances: KnownInstances, judged: Sequence[_Judged]) -> None:
    """Give every call the instances that meet its conditions, in one pass over everything."""
    by_entity: dict[str, list[_Judged]] = {}
    for each in judged:
        by_entity.setdefault(each.call.pattern.entity, []).append(each)
    for entity, row in instances(set(by_entity)):
        for each in by_entity[entity]:
            if all(test.holds(row.get(test.attribute)) for test in each.call.tests):
                each.is_too_many = each.is_too_many or len(each.rows) >= MOST_MATCHES
                if not each.is_too_many:
                    each.rows.append(row)


def _run(
    adapter: Adapter,
    route: Route,
    entity: Entity,
    judged: Sequence[_Judged],
    uncompared: frozenset[str] | None,
) -> PatternAnswers:
    """Make the calls of a pattern; compare attributes too, but for `uncompared`, if that is given.

    Raises:
        EngineError: the database refused or went away.
    """
    problems: dict[str, None] = {}
    calls = 0
    for each in judged:
        if each.is_too_many:
            continue
        calls += 1
        try:
            outcome = adapter.run(route, each.call, is_metered=False)
        except CallFailedError as failed:
            problems[failed.message] = None
            continue
        numbers = _numbers(entity, each.rows, outcome.rows)
        problem = wrong(each, each.call.pattern, each.call.tests, numbers)
        if not problem and uncompared is not None:
            names = (
                set(each.call.pattern.select or (a.name for a in entity.attributes)) - uncompared
            )
            problem = _other_values(each.rows, numbers, outcome.rows, names)
        if problem:
            problems[problem] = None
    unchecked = "" if calls else "no instance is there to ask for"
    if judged and not calls:
        unchecked = f"each call meets more than {MOST_MATCHES:,} instances"
    return PatternAnswers(
        pattern=route.pattern, calls=calls, wrong=tuple(problems), unchecked=unchecked
    )


def _other_values(
    rows: Sequence[Row],
    numbers: Sequence[int | None],
    returned: Sequence[Mapping[str, Any]],
    compared: set[str],
) -> str:
    """Say which attributes came back with other values than the instances have; "" if none."""
    names: set[str] = set()
    for number, row in zip(numbers, returned, strict=True):
        instance = rows[number or 0]
        names |= {
            name
            for name, value in row.items()
            if name in instance
            and name in compared
            and canonical.encoded(value) != canonical.encoded(instance[name])
        }
    return f"{', '.join(sorted(names))} came back with other values" if names else ""


def _numbers(
    entity: Entity, rows: Sequence[Row], returned: Sequence[Mapping[str, Any]]
) -> list[int | None]:
    """Return which of the right instances each returned row is; None for a stranger."""
    unique = [attribute.name for attribute in entity.attributes if attribute.unique]
    known: dict[tuple[str, ...], dict[tuple[Any, ...], int]] = {}
    numbers: list[int | None] = []
    for row in returned:
        names = entity.key
        if any(row.get(name) is None for name in names):
            names = tuple(name for name in unique if row.get(name) is not None)[:1]
        if names not in known:
            known[names] = {tuple(r.get(n) for n in names): i for i, r in enumerate(rows)}
        numbers.append(known[names].get(tuple(row.get(n) for n in names)) if names else None)
    return numbers
