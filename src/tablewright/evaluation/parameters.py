"""What the function of an access pattern takes: its parameters, derived from the model alone.

In: a model, a pattern. Out: a `Signature`: each parameter with the attribute it is a value of and
what it is for. The store, the generated client and the data API all offer these and no others.

Names: an attribute's own where its value selects, is stored or is set, `if_status` for what the
caller expects to be stored, `created_at_from` and `created_at_to` for a range, `name_prefix`,
`tags_contains`, `tags_size`, `status_not`. An increment takes the amount (1 unless given). A list
with a limit takes `limit` and `page`. A batch takes `items`. The parts of a transaction share the
parameters that are keys of several of them; another name that two parts have gets the entity before
it: `Order_status`. A part that puts several instances takes a list of mappings under its entity's
name: `OrderLine`.
"""

from __future__ import annotations

import enum
import keyword
from collections.abc import Iterator
from dataclasses import replace

from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.model.values import Attribute, Condition, Entity, Kind, Model, Pattern, Verb


class Use(enum.Enum):
    """What a parameter is for."""

    KEY = "selects"
    KNOWN = "known"
    """The caller may hold it; with it a cheaper request does."""
    VALUE = "stored"
    SET = "set"
    AMOUNT = "amount"
    APPENDED = "appended"
    EXPECTED = "expected"
    LOWER = "lower bound"
    UPPER = "upper bound"
    PREFIX = "prefix"
    CONTAINS = "contained"
    SIZE = "size"
    NOT = "excluded"
    CHILDREN = "children"
    """Of a transaction, the instances of a part that puts several: a mapping for each."""
    RADIUS = "radius"
    LIMIT = "limit"
    PAGE = "page"


@frozen
class Argument:
    """One argument of a function."""

    name: str
    attribute: Attribute
    """Whose type its value has."""
    use: Use
    part: int = 0
    """Of a transaction, the part it belongs to; a shared key has a parameter in each."""
    is_required: bool = True
    may_be_none: bool = False
    """None takes the attribute away."""
    default: str = ""
    """What is taken where it is not given, in words."""


@frozen
class Signature:
    """The parameters of one access pattern."""

    pattern: Pattern
    parameters: tuple[Argument, ...]
    is_batch: bool = False
    """It takes `items`, each with these parameters."""

    @property
    def distinct(self) -> tuple[Argument, ...]:
        """The parameters, each name once."""
        return tuple({p.name: p for p in reversed(self.parameters)}.values())[::-1]

    @property
    def is_paged(self) -> bool:
        """Whether its answer comes page by page."""
        return any(parameter.use is Use.PAGE for parameter in self.parameters)


COUNT = Attribute(name="count", kind=Kind.INT)
TOKEN = Attribute(name="page", kind=Kind.TOKEN)
KILOMETRES = Attribute(name="radius_km", kind=Kind.DECIMAL)
BOUNDS = {"gt": Use.LOWER, "ge": Use.LOWER, "lt": Use.UPPER, "le": Use.UPPER}
SUFFIXES = {
    Use.EXPECTED: ("if_", ""),
    Use.LOWER: ("", "_from"),
    Use.UPPER: ("", "_to"),
    Use.PREFIX: ("", "_prefix"),
    Use.CONTAINS: ("", "_contains"),
    Use.SIZE: ("", "_size"),
    Use.NOT: ("", "_not"),
}


def field_name(attribute: str) -> str:
    """Return the Python name of an attribute.

    Example:
        >>> field_name("user-id"), field_name("class"), field_name("email")
        ('user_id', 'class_', 'email')
    """
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in attribute)
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def signature_of(model: Model, pattern: Pattern) -> Signature:
    """Return what the function of a pattern takes."""
    if pattern.verb is Verb.READ:
        return Signature(pattern=pattern, parameters=_of_read(model, pattern))
    if pattern.verb is Verb.TRANSACT:
        return Signature(pattern=pattern, parameters=_of_transaction(model, pattern))
    parameters = tuple(_of(model.entity(pattern.entity), pattern))
    if pattern.batch > 1:
        return Signature(pattern=pattern, parameters=parameters, is_batch=True)
    return Signature(pattern=pattern, parameters=parameters)


def _of_transaction(model: Model, pattern: Pattern) -> tuple[Argument, ...]:
    listed: list[tuple[Argument, str, bool]] = []
    for number, part in enumerate(pattern.parts):
        entity = model.entity(part.entity)
        keys = _shared(model, entity)
        if part.verb is Verb.PUT and part.batch > 1:
            listed.append((replace(_children(entity, part), part=number), entity.name, False))
            continue
        for parameter in _of(entity, part):
            is_shared = parameter.attribute.name in keys and parameter.use in (Use.KEY, Use.VALUE)
            listed.append((replace(parameter, part=number), entity.name, is_shared))
    result: list[Argument] = []
    for parameter, entity_name, is_shared in listed:
        others = [
            other_shared
            for other, _, other_shared in listed
            if other.name == parameter.name and other.part != parameter.part
        ]
        clashes = bool(others) and not (is_shared and all(others))
        name = f"{entity_name}_{parameter.name}" if clashes else parameter.name
        result.append(replace(parameter, name=name))
    return tuple(result)


def _children(entity: Entity, part: Pattern) -> Argument:
    """Return the one parameter of a part that puts several: what tells each, none of the parent."""
    own = [p for p in _of_put(entity, part) if not p.attribute.generated]
    fields = tuple(p.attribute for p in own)
    return Argument(
        name=field_name(entity.name),
        attribute=Attribute(
            name=entity.name,
            kind=Kind.LIST,
            element=Attribute(name=entity.name, kind=Kind.MAP, fields=fields),
        ),
        use=Use.CHILDREN,
    )


def _of_read(model: Model, pattern: Pattern) -> tuple[Argument, ...]:
    """Return what selects: a name that several parts have is one parameter for all of them."""
    return tuple(
        replace(parameter, part=number)
        for number, part in enumerate(pattern.parts)
        for parameter in _of(model.entity(part.entity), part)
        if parameter.use not in (Use.LIMIT, Use.PAGE)
    )


def _shared(model: Model, entity: Entity) -> set[str]:
    """Return the attributes that name instances: keys, also its ancestors', and refs."""
    refs = {attribute.name for attribute in entity.attributes if attribute.kind is Kind.REF}
    names = {*entity.key, *refs}
    while entity.parent is not None:
        entity = model.entity(entity.parent)
        names |= set(entity.key)
    return names


def _of(entity: Entity, part: Pattern) -> Iterator[Argument]:
    if part.verb is Verb.PUT:
        yield from _of_put(entity, part)
        return
    for condition in part.where:
        yield from _of_condition(entity, condition)
    selected = set(part.equalities)
    for name in part.known:
        if name not in selected:
            yield _parameter(entity, name, Use.KNOWN, is_required=False)
    if part.verb.is_write or part.verb is Verb.CHECK:
        yield from _of_change(entity, part)
        return
    if part.verb is Verb.NEAR:
        place = next(a.name for a in entity.attributes if a.kind is Kind.GEO)
        yield _parameter(entity, place, Use.KEY)
        radius = plain(part.radius_km) if part.radius_km is not None else "10"
        yield Argument(
            name="radius_km",
            attribute=KILOMETRES,
            use=Use.RADIUS,
            is_required=False,
            default=radius,
        )
    if part.verb is Verb.SIMILAR:
        yield _parameter(entity, part.to, Use.KEY)
    if part.limit is not None:
        yield Argument(
            name="limit",
            attribute=COUNT,
            use=Use.LIMIT,
            is_required=False,
            default=str(part.limit - part.skip),
        )
        if part.verb is not Verb.SIMILAR:
            yield Argument(name="page", attribute=TOKEN, use=Use.PAGE, is_required=False)


def _of_condition(entity: Entity, condition: Condition) -> Iterator[Argument]:
    name, operator = condition.attribute, condition.operator
    if condition.value is not None or operator in ("exists", "absent", "in"):
        return
    if operator == "eq":
        yield _parameter(entity, name, Use.KEY)
    elif operator == "between":
        yield _parameter(entity, name, Use.LOWER)
        yield _parameter(entity, name, Use.UPPER)
    elif operator == "size":
        yield Argument(name=f"{field_name(name)}_size", attribute=COUNT, use=Use.SIZE)
    elif operator == "begins_with":
        text = replace(_attribute(entity, name), kind=Kind.TEXT)
        yield Argument(name=f"{field_name(name)}_prefix", attribute=text, use=Use.PREFIX)
    elif operator == "contains":
        attribute = _attribute(entity, name)
        element = attribute.element or replace(attribute, kind=Kind.TEXT)
        contained = replace(element, name=name)
        yield Argument(name=f"{field_name(name)}_contains", attribute=contained, use=Use.CONTAINS)
    else:
        yield _parameter(entity, name, BOUNDS.get(operator, Use.NOT))


def _of_put(entity: Entity, part: Pattern) -> Iterator[Argument]:
    fixed = {name for name, _ in part.initial}
    computed = dict(part.computed)
    for attribute in entity.attributes:
        name = attribute.name
        if name in fixed or computed.get(name, "generated") != "generated":
            continue
        default = ""
        if name in computed:
            default = "generated"
        elif name == entity.expiry and entity.retention_days is not None:
            default = f"now + {plain(entity.retention_days)}d"
        is_optional = attribute.presence < 1
        yield _parameter(
            entity, name, Use.VALUE, is_required=not (default or is_optional), default=default
        )


def _of_change(entity: Entity, part: Pattern) -> Iterator[Argument]:
    worked_out = {name for name, _ in (*part.set_values, *part.computed)}
    for name in part.sets:
        if name not in worked_out:
            is_optional = _attribute(entity, name).presence < 1
            yield replace(_parameter(entity, name, Use.SET), may_be_none=is_optional)
    fixed = {name for name, _ in part.amounts}
    for name in part.increments:
        if name not in fixed:
            yield _parameter(entity, name, Use.AMOUNT, is_required=False, default="1")
    for name in part.appends:
        yield _parameter(entity, name, Use.APPENDED)
    if part.condition:
        for name in part.expected:
            yield _parameter(entity, name, Use.EXPECTED)
    for test in part.condition_tests:
        is_given = test.value is None and not test.other and not test.values
        if is_given and test.operator not in ("exists", "absent"):
            yield _parameter(entity, test.attribute, Use.EXPECTED)


def _attribute(entity: Entity, name: str) -> Attribute:
    return entity.attribute(name.partition(".")[0])


def _parameter(
    entity: Entity, name: str, use: Use, *, is_required: bool = True, default: str = ""
) -> Argument:
    before, after = SUFFIXES.get(use, ("", ""))
    return Argument(
        name=f"{before}{field_name(name)}{after}",
        attribute=_attribute(entity, name),
        use=use,
        is_required=is_required,
        default=default,
    )
