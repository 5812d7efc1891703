"""Requests that a server counted by their shape, beside the access patterns that make such ones.

In: an evaluation, which containers keep which entity, requests counted by shape. Out: calls a day,
observed and expected. A shape is what is asked without its values: where, what is done, which
attributes are equal to something, which are compared otherwise, which are changed. The engines
read it from their own languages: SQL, or commands of MongoDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.health import ObservedCalls
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Pattern, Verb

READ, INSERT, UPDATE, DELETE = "read", "insert", "update", "delete"
_WRITES = {Verb.PUT: INSERT, Verb.UPDATE: UPDATE, Verb.DELETE: DELETE}
_EQUAL = ("eq", "in")


@frozen
class AccessShape:
    """What is asked of one container, without values."""

    container: str
    verb: str
    """read, insert, update or delete."""
    equal: frozenset[str] = frozenset()
    """Attributes that have to have one value, or one of several."""
    compared: frozenset[str] = frozenset()
    """Attributes that are compared in another way: ranges, beginnings."""
    changed: frozenset[str] = frozenset()
    """Attributes that an update writes."""

    @property
    def words(self) -> str:
        """The shape as a reader sees it, such as "read by author, at (compared)"."""
        names = [*sorted(self.equal), *(f"{name} (compared)" for name in sorted(self.compared))]
        changed = f" of {', '.join(sorted(self.changed))}" if self.changed else ""
        return f"{self.verb}{changed}" + (f" by {', '.join(names)}" if names else "")


@frozen
class ContainerHome:
    """Where an entity is kept."""

    container: str
    embedded_as: str = ""
    """The attribute of its parent's record that it is a part of; "" where it has its own."""


@frozen
class _Expected:
    shape: AccessShape
    pattern: str
    per_day: Decimal


def observed_calls(
    evaluation: Evaluation,
    homes: Mapping[str, Sequence[ContainerHome]],
    counted: Iterable[tuple[AccessShape, Decimal]],
) -> Iterator[ObservedCalls]:
    """Yield how often each group of patterns that look alike is called, beside what is expected.

    Requests that look like no pattern have none; patterns that nothing was counted of come with
    an observed rate of zero.

    Args:
        evaluation: a design at a number of users.
        homes: by entity, where it is kept.
        counted: shapes with requests a day.
    """
    expected = list(_expected(evaluation, homes))
    observed: dict[tuple[str, str, tuple[str, ...]], Decimal] = {}
    for shape, per_day in counted:
        patterns = tuple(sorted({each.pattern for each in _alike(shape, expected)}))
        place = (shape.container, shape.verb if patterns else shape.words, patterns)
        observed[place] = observed.get(place, ZERO) + per_day
    seen = {(container, verb, name) for container, verb, names in observed for name in names}
    for each in expected:
        if (each.shape.container, each.shape.verb, each.pattern) not in seen:
            observed.setdefault((each.shape.container, each.shape.verb, (each.pattern,)), ZERO)
    for (container, verb, patterns), per_day in sorted(observed.items()):
        due = sum(
            (
                each.per_day
                for each in expected
                if each.pattern in patterns
                and (each.shape.container, each.shape.verb) == (container, verb)
            ),
            ZERO,
        )
        yield ObservedCalls(
            place=container,
            operation=verb,
            observed_per_day=per_day,
            expected_per_day=due,
            patterns=patterns,
        )


def _alike(shape: AccessShape, expected: Sequence[_Expected]) -> list[_Expected]:
    """Return the expected accesses that a counted one may be: the most similar, or none."""
    there = [
        each
        for each in expected
        if (each.shape.container, each.shape.verb) == (shape.container, shape.verb)
    ]
    if shape.verb == INSERT:
        return there
    if shape.verb == UPDATE:
        same = [each for each in there if each.shape.changed == shape.changed]
        there = same or [each for each in there if each.shape.changed & shape.changed]
    same = [each for each in there if each.shape.equal == shape.equal]
    if not same:
        # a condition of a write, or a filter by hand, compares more than what names the record
        same = [each for each in there if each.shape.equal and each.shape.equal < shape.equal]
        most = max((len(each.shape.equal) for each in same), default=0)
        same = [each for each in same if len(each.shape.equal) == most]
    closest = [each for each in same if each.shape.compared == shape.compared]
    return closest or same


def _expected(
    evaluation: Evaluation, homes: Mapping[str, Sequence[ContainerHome]]
) -> Iterator[_Expected]:
    for route in evaluation.routes:
        if route.cannot:
            continue
        pattern = evaluation.model.pattern(route.pattern)
        calls = evaluation.model.calls_per_day(pattern, evaluation.users)
        for part in pattern.parts or (pattern,):
            is_write = part.verb in _WRITES
            kept = homes.get(part.entity, ())
            # a write goes to each place that keeps a copy, a read to the first
            for home in kept if is_write else kept[:1]:
                shape = _shape(evaluation, part, home)
                requests = calls
                if shape.verb in (UPDATE, DELETE):
                    requests *= part.batch
                yield _Expected(shape=shape, pattern=pattern.name, per_day=requests)


def _shape(evaluation: Evaluation, part: Pattern, home: ContainerHome) -> AccessShape:
    entity = evaluation.model.entity(part.entity)
    verb = _WRITES.get(part.verb, READ)
    equal = {test.attribute for test in part.where if test.operator in _EQUAL}
    compared = {test.attribute for test in part.where} - equal
    if verb in (UPDATE, DELETE) or part.verb is Verb.CHECK:
        equal = equal or set(entity.key)
    if verb == INSERT:
        equal, compared = set(), set()
    changed = set(part.touched) if verb == UPDATE else set()
    if home.embedded_as and verb != READ:
        # a part of its parent's record is put, changed and removed by an update of that
        key = {name for name in entity.key if entity.attribute(name).generated}
        equal, compared, changed, verb = key or equal, set(), {home.embedded_as}, UPDATE
    return AccessShape(
        container=home.container,
        verb=verb,
        equal=frozenset(equal),
        compared=frozenset(compared),
        changed=frozenset(changed),
    )
