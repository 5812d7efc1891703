"""What each assumed figure of a model does to the bill of a design, when halved and when doubled.

In: a session and a design. Out: influences, the largest swing first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.design import reader
from tablewright.design.values import Design
from tablewright.engines.registry import languages
from tablewright.model.values import Assumption, Model, Pattern
from tablewright.review.assessment import Influence
from tablewright.session import Session, Tasks, read_model

IN_DESIGNS = "compressible"
"""The one figure of a model that its designs take over when they are read."""

VARIANT_SAMPLE = 128
"""Instances drawn for each entity where only the direction of a change is of interest."""

Overrides = dict[tuple[str, ...], Decimal]


def influences(session: Session, design: Design) -> tuple[Influence, ...]:
    """Return what each assumed figure does to the bill when halved and when doubled.

    Only where a bill follows the figures: of one that goes by steps a factor of two says little,
    and sizing servers again for each figure takes minutes.
    """
    if not _is_asked_for(session, design):
        return ()
    base = session.evaluate(design).bill.total
    results = []
    for assumption in _figures(session):
        key, compute = _task(session, assumption, design)
        halved, doubled = session.remember(key, compute)
        results.append(
            Influence(
                assumption=assumption,
                design=design.name,
                users=session.users,
                base=base,
                halved=halved,
                doubled=doubled,
            )
        )
    visible = [influence for influence in results if influence.swing]
    return tuple(sorted(visible, key=lambda i: (-i.swing, i.assumption.name)))


def influence_tasks(session: Session, design: Design) -> Tasks:
    """Return what `influences` remembers of each assumption, to be computed ahead."""
    if not _is_asked_for(session, design):
        return {}
    return dict(_task(session, assumption, design) for assumption in _figures(session))


def _figures(session: Session) -> list[Assumption]:
    return [each for each in session.model.assumptions if each.is_figure]


def _is_asked_for(session: Session, design: Design) -> bool:
    is_smooth = session.engine_of(design).varies_smoothly
    return is_smooth and session.evaluate(design).bill.figure is not None


def _task(
    session: Session, assumption: Assumption, design: Design
) -> tuple[Hashable, Callable[[], tuple[Decimal, Decimal]]]:
    """Return the key of an assumption, and how its bills at half and at twice are computed."""
    key = ("influence", design.name, assumption.path)
    return key, lambda: (
        _bill_with(session, assumption, Decimal("0.5"), design),
        _bill_with(session, assumption, Decimal(2), design),
    )


def _bill_with(
    session: Session, assumption: Assumption, factor: Decimal, design: Design
) -> Decimal:
    """Return the bill of a design with one assumed figure multiplied."""
    total = session.evaluate(design).bill.total
    rate_cost = _cost_of_rate(session, assumption, design)
    if rate_cost is not None:
        return total + rate_cost * (factor - 1)
    names = _affected_patterns(session, assumption, design)
    # Compared with the unchanged model on the same small sample: the rest is the figure's effect.
    unchanged = _variant(session, {}, names)
    changed = _variant(session, {assumption.path: factor}, names)
    if (changed.model, changed.file.designs) == (unchanged.model, unchanged.file.designs):
        return total  # what is assumed is no figure, such as a type or which attribute is the key
    before = unchanged.evaluate(design.name, session.users).bill.total
    after = changed.evaluate(design.name, session.users).bill.total
    return total + after - before


def _affected_patterns(session: Session, assumption: Assumption, design: Design) -> frozenset[str]:
    """Return the access patterns whose cost the figure can change, to leave out the others.

    Those of the entity it belongs to, of its ancestors and descendants, and of those that refer to
    it. All of them where capacity is shared, since then costs do not add up by pattern.
    """
    everything = frozenset(pattern.name for pattern in session.model.patterns)
    if not session.engine_of(design).is_billed_by_request(design):
        return everything
    kind, name = assumption.path[0], assumption.path[1] if len(assumption.path) > 1 else ""
    if kind == "patterns":
        return frozenset({name})
    if kind != "entities":
        return everything
    family = _family(session.model, name)
    return frozenset(
        pattern.name
        for pattern in session.model.patterns
        if family & {pattern.entity, *(part.entity for part in pattern.parts)}
    )


def _cost_of_rate(session: Session, assumption: Assumption, design: Design) -> Decimal | None:
    """Return what a pattern costs, where its rate is what is assumed and requests are billed."""
    path = assumption.path
    if not _is_rate(path):
        return None
    if not session.engine_of(design).is_billed_by_request(design):
        return None
    return session.evaluate(design).bill.sum_by("pattern").get(path[1], ZERO)


def _variant(session: Session, overrides: Overrides, names: frozenset[str]) -> Session:
    """Return the model with figures multiplied, of the patterns named, on a small sample."""
    key = ("variant", tuple(overrides.items()), names)
    return session.remember(key, lambda: _make_variant(session, overrides, names))


def _make_variant(session: Session, overrides: Overrides, names: frozenset[str]) -> Session:
    file = session.file
    model = file.model
    rates = _rates_multiplied(model, overrides)
    if rates is not None:
        model = rates
    elif any(path[0] == "designs" or path[-1] == IN_DESIGNS for path in overrides):
        file = read_model(file.source, str(file.path), overrides=overrides)
        model = file.model
    elif overrides:
        # Patterns hold no figures of entities: of those alone the rest of the file stays unread.
        is_stored = all(path[0] == "entities" for path in overrides)
        # Read once for all designs: which patterns are left of it differs, the model does not.
        figures = session.remember(
            ("figures", tuple(overrides.items())),
            lambda: reader.read_figures(
                session.file.source,
                str(session.file.path),
                overrides,
                languages=languages(),
                leave=("patterns",) if is_stored else (),
            ),
        )
        model = replace(model, entities=figures.entities) if is_stored else figures
    if not any(path[0] == "entities" for path in overrides):
        model = replace(model, entities=session.model.entities)  # the same sample will do
    # Routes are kept by the pattern itself: those that did not change are to be the same ones.
    known = {pattern.name: pattern for pattern in session.model.patterns}
    patterns = tuple(
        known[p.name] if p == known.get(p.name) else p for p in model.patterns if p.name in names
    )
    file = replace(file, model=replace(model, patterns=patterns))
    variant = Session(file=file, options=replace(session.options, sample_items=VARIANT_SAMPLE))
    variant.engines = session.engines
    return variant


def _rates_multiplied(model: Model, overrides: Overrides) -> Model | None:
    """Return the model with rates multiplied, None where anything else is to be.

    A rate stands for itself, so that the file need not be read again.
    """
    factors = {path[1]: factor for path, factor in overrides.items() if _is_rate(path)}
    if len(factors) != len(overrides) or not factors:
        return None
    return replace(
        model,
        patterns=tuple(
            _as_often(p, factors[p.name]) if p.name in factors else p for p in model.patterns
        ),
    )


def _as_often(pattern: Pattern, factor: Decimal) -> Pattern:
    """Return a pattern that is called so many times as often, its parts with it."""
    rate = replace(pattern.rate, per_day=pattern.rate.per_day * factor)
    parts = tuple(replace(part, rate=rate) for part in pattern.parts)
    return replace(pattern, rate=rate, parts=parts)


def _is_rate(path: tuple[str, ...]) -> bool:
    return len(path) == 3 and path[0] == "patterns" and path[2] == "rate"


def _family(model: Model, name: str) -> set[str]:
    """Return an entity, its ancestors and descendants, and those that refer to it."""
    family = {name}
    parent = model.entity(name).parent
    while parent is not None:
        family.add(parent)
        parent = model.entity(parent).parent
    below = [name]
    while below:
        children = [child.name for child in model.children_of(below.pop())]
        family.update(children)
        below += children
    for entity in model.entities:
        if any(attribute.to == name for attribute in entity.attributes):
            family.add(entity.name)
    return family
