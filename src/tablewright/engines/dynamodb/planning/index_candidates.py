"""The indexes a placement could have: keys that answer a question, with useful projections.

In: a workload and one of its placements. Out: `IndexCandidate`s. It does not know prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from tablewright.capacity.limits import MAX_INDEX_KEY_ATTRIBUTES
from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.design import Index, ItemShape, Projection, ProjectionKind, Table
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, IndexCandidate, MadeKey
from tablewright.engines.dynamodb.planning.queries import (
    Ask,
    EntityWorkload,
    can_be_key,
)
from tablewright.engines.dynamodb.planning.stretches import asks_for_all_in_order
from tablewright.model.values import Entity


@frozen
class _Form:
    """The keys of an index, before its projection is chosen."""

    partition: tuple[str, ...]
    sort: tuple[str, ...] = ()
    is_local: bool = False


def indexes(work: EntityWorkload, placement: DynamoPlacement) -> tuple[IndexCandidate, ...]:
    """Return the index candidates of a placement, each key with every useful projection."""
    index_candidates: list[IndexCandidate] = []
    for table in placement.tables:
        shape = table.shapes[0]
        if shape.guards or shape.counters:
            continue
        forms: dict[_Form, list[Ask]] = {}
        for ask in work.asks:
            for form in _forms(work, placement, table, shape, ask):
                forms.setdefault(form, [])
        for form in forms:
            forms[form] = [ask for ask in work.asks if _may_serve(form, ask, placement)]
        claimed: set[str] = set()
        for form, questions in forms.items():
            implied = _implied(placement, form)
            for projection in _projections(work.entity, table, shape, form, questions, implied):
                name = _index_name(form, claimed)
                index_candidates.append(
                    IndexCandidate(
                        table=table.name,
                        index=Index(
                            name=name,
                            partition_keys=form.partition,
                            sort_keys=form.sort,
                            projection=projection,
                            is_local=form.is_local,
                        ),
                        serves=tuple(dict.fromkeys(ask.pattern for ask in questions)),
                    )
                )
    return tuple(index_candidates)


def _index_name(form: _Form, used_names: set[str]) -> str:
    base = "-".join((*form.partition, *form.sort)) + "-index"
    name, number = base, 1
    while name in used_names:
        number += 1
        name = f"{base}-{number}"
    used_names.add(name)
    return name


def _forms(
    work: EntityWorkload, placement: DynamoPlacement, table: Table, shape: ItemShape, ask: Ask
) -> Iterator[_Form]:
    """Yield the keys that would answer a question, whole or in part."""
    entity = work.entity
    stored = set(shape.attributes) - {name for name, _ in shape.compress}
    equal = [*ask.given, *(name for name, _ in ask.fixed)]
    plain = [n for n in dict.fromkeys(equal) if n in stored and can_be_key(entity.attribute(n))]
    tails = list(_tails(entity, stored, ask))
    for created in placement.made:
        if created.name not in {name for name, _ in shape.keys}:
            continue
        if not _answers(created, ask):
            continue
        filter_keys: list[tuple[str, ...]] = [()]
        if created.template.bucket:  # all that is bound leads, as far as there is room
            filter_keys = [tuple(plain[: MAX_INDEX_KEY_ATTRIBUTES - 1])]
        elif ask.near:
            filter_keys += [tuple(plain[:3])] if plain else []
        for filter_key in filter_keys:
            for tail in tails:
                form = _Form(partition=(*filter_key, created.name), sort=tail)
                if _is_sound(form, table):
                    yield form
    for size in range(len(plain), 0, -1):
        if 1 < size < len(plain) - 1:
            continue
        for chosen in combinations(plain, min(size, MAX_INDEX_KEY_ATTRIBUTES)):
            rest = tuple(n for n in plain if n not in chosen)
            for tail in tails:
                for lead in dict.fromkeys(((), rest)):
                    sort = tuple(dict.fromkeys((*lead, *tail)))
                    form = _Form(partition=chosen, sort=sort)
                    if _is_sound(form, table):
                        yield form
    if not equal and not ask.near and not ask.strong:
        # Nothing is bound to a value: an index of those that have the attribute is scanned whole.
        for name in ask.present:
            if name in stored and can_be_key(entity.attribute(name)):
                form = _Form(partition=(name,))
                if _is_sound(form, table):
                    yield form
    if ask.strong and table.sort_key is not None and table.partition_key in plain:
        for tail in tails:
            rest = tuple(n for n in plain if n != table.partition_key)
            for sort in dict.fromkeys((tail[:1], rest[:1])):
                form = _Form(partition=(table.partition_key,), sort=sort, is_local=True)
                if sort and sort[0] not in table.keys:
                    yield form


def _tails(entity: Entity, key_attributes: set[str], ask: Ask) -> Iterator[tuple[str, ...]]:
    """Yield the sort keys that help: the order asked for, the range, or none.

    What few have may lead the order of a list with a limit: the latest of those that have it end
    the list before those that lack it. Whether there are enough is for the engine to say.
    """
    seen: set[tuple[str, ...]] = set()
    bound = (*ask.given, *(name for name, _ in ask.fixed), *ask.ranges, *ask.present)
    ends_with = ask.sort[0] if ask.sort and ask.limit is not None else ""
    for names in (ask.sort, *((name,) for name in ask.ranges), ()):
        usable = all(
            n in key_attributes
            and can_be_key(entity.attribute(n))
            and (entity.presence_of((n,), among=bound) == 1 or n == ends_with)
            for n in names
        )
        if usable and names not in seen:
            seen.add(names)
            yield names


def _answers(made_key: MadeKey, ask: Ask) -> bool:
    """Whether a made key serves a question: all it is made of is bound, its members include it."""
    fixed = dict(ask.fixed)
    if bucket := made_key.template.bucket:
        base = bucket.partition(".")[0]
        return base in ask.ranges or (asks_for_all_in_order(ask) and ask.sort[:1] == (base,))
    if not made_key.template.attributes and not made_key.template.when:
        return asks_for_all_in_order(ask)
    for name, allowed in made_key.template.when:
        if name not in fixed or not set(fixed[name]) <= set(allowed):
            return False
    for name in made_key.template.attributes:
        base, _, cell = name.partition(".")
        if cell:
            if ask.near != base:
                return False
        elif base not in ask.given and base not in fixed:
            return False
    return bool(not ask.near or any("." in n for n in made_key.template.attributes))


def _is_sound(form: _Form, table: Table) -> bool:
    keys = (*form.partition, *form.sort)
    if len(set(keys)) < len(keys):
        return False
    if len(form.partition) > MAX_INDEX_KEY_ATTRIBUTES or len(form.sort) > MAX_INDEX_KEY_ATTRIBUTES:
        return False
    return keys != table.keys


def _may_serve(form: _Form, ask: Ask, placement: DynamoPlacement) -> bool:
    created = {entry.name: entry for entry in placement.made}
    bound = {*ask.given, *(name for name, _ in ask.fixed), *ask.present}
    for key in form.partition:
        if key in created:
            if not _answers(created[key], ask):
                return False
        elif key not in bound:
            return False
    return True


def _implied(placement: DynamoPlacement, form: _Form) -> frozenset[str]:
    created = {entry.name: entry for entry in placement.made}
    names: set[str] = set()
    for key in form.partition:
        if key in created and not created[key].template.bucket:
            names |= created[key].needs
    return frozenset(names)


def _projections(
    entity: Entity,
    table: Table,
    shape: ItemShape,
    form: _Form,
    asks: Sequence[Ask],
    implied: frozenset[str],
) -> Iterable[Projection]:
    """Return the projections worth having: keys, what the questions want, everything.

    A condition that membership in the index implies need not be looked at again.
    """
    stored = frozenset(shape.attributes)
    keys = frozenset((*form.partition, *form.sort, *table.keys))
    yield Projection(kind=ProjectionKind.KEYS_ONLY)
    wants: list[frozenset[str]] = []
    for ask in sorted(asks, key=lambda a: (-a.rate_per_day, a.pattern)):
        want = ((ask.wanted | (ask.conditions - implied)) & stored) - keys
        if ask.near:
            want |= {ask.near} & stored
        if want and want not in wants:
            wants.append(want)
    sets: dict[frozenset[str], None] = {}
    minimum = wants if len(wants) <= 3 else wants[:3]
    for size in range(1, len(minimum) + 1):
        for group in combinations(minimum, size):
            sets[frozenset().union(*group)] = None
    sets[frozenset().union(*wants)] = None
    total = stored - keys
    for chosen in sets:
        if chosen and chosen < total:
            yield Projection(
                kind=ProjectionKind.INCLUDE,
                attributes=tuple(n for n in entity.names if n in chosen),
            )
    if total and any(want >= total for want in sets):
        if shape.embeds:  # all of its own attributes, without the children
            yield Projection(
                kind=ProjectionKind.INCLUDE,
                attributes=tuple(n for n in entity.names if n in total),
            )
        else:
            yield Projection(kind=ProjectionKind.ALL)
