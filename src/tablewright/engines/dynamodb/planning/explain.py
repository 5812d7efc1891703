"""Why the plan is what it is: runners-up with their price, what would flip a choice, the fronts.

In: a Plan and ways to evaluate. Out: values with names and figures. Runners-up are solved for, not
guessed: the programme is solved again with what was chosen taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import Index
from tablewright.engines.dynamodb.planning.assembling import plain_name
from tablewright.engines.dynamodb.planning.choices import (
    DynamoPlacement,
    candidate_of,
    placement_of,
)
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Kind
from tablewright.plan.alternatives import alternative, cost_of
from tablewright.plan.breakevens import (
    Breakeven,
    rate_flips,
    size_flip,
    taken,
    target_flips,
)
from tablewright.plan.explanation import (
    EntityChoice,
    Explanation,
    IndexChoice,
    PartChoice,
    QuestionChoice,
)
from tablewright.plan.fronts import front_by_round_trips, front_by_structures
from tablewright.plan.solving import solve
from tablewright.plan.values import (
    Alternative,
    Choice,
    Considered,
    Evaluate,
    EvaluateModel,
    PathCost,
    PlacementOption,
    Plan,
)

MOST_SIZES = 2
"""Sizes that are tried for a choice which is not about one attribute: of the largest ones."""
MOST_FLIPS = 3
SAME_USD = Decimal("0.000001")
"""A month: designs that differ by less cost the same, whatever the figures are."""
CONTENT = frozenset({Kind.TEXT, Kind.MAP, Kind.LIST, Kind.SET, Kind.BINARY, Kind.TOKEN, Kind.URL})


def explain(
    plan: Plan,
    evaluate: Evaluate,
    evaluate_model: EvaluateModel,
    depths: Mapping[str, int],
) -> Explanation:
    """Return the runners-up, flips and fronts of a plan.

    Args:
        plan: what `search` returned.
        evaluate: prices a design at a number of users.
        evaluate_model: prices a design of another model, for sizes.
        depths: the round trips after one another of each pattern.
    """
    entities: list[EntityChoice] = []
    indexes: list[IndexChoice] = []
    questions: list[QuestionChoice] = []
    for place, entry in enumerate(plan.considered):
        choice = plan.solution.choices[place]
        entities.append(_entity(plan, entry, choice, evaluate_model))
        indexes += _indexes(plan, entry, choice, evaluate_model)
        questions += _questions(plan, entry, choice)
    order = {
        part.name: position
        for position, pattern in enumerate(plan.model.patterns)
        for part in (pattern, *pattern.parts)
    }
    return Explanation(
        entities=tuple(entities),
        indexes=tuple(indexes),
        questions=tuple(sorted(questions, key=lambda q: order[q.pattern])),
        targets=target_flips(plan, dict(depths), evaluate),
        by_structures=front_by_structures(plan),
        by_round_trips=front_by_round_trips(plan),
    )


# --------------------------------------------------------------------------- entities


def _entity(
    plan: Plan,
    considered: Considered,
    choice: Choice,
    evaluate_model: EvaluateModel,
) -> EntityChoice:
    chosen = considered.options[choice.option]
    usd = cost_of(considered, choice)
    entity_choice = EntityChoice(
        entity=considered.entity,
        chosen=chosen.placement.label,
        usd=usd,
        placements=len(considered.all_options),
        refused=considered.refused,
    )
    second = alternative(
        plan, considered, [o for o in considered.all_options if o.placement != chosen.placement]
    )
    if second is None:
        return entity_choice
    parts = _parts(plan, considered, chosen, evaluate_model)
    if len(parts) == 1:
        flips = parts[0].flips
    else:
        flips = (
            *rate_flips(plan, considered, [second.design], evaluate_model)[:MOST_FLIPS],
            *_size_flips(plan, considered, _large(considered), [second], evaluate_model),
        )
    return replace(
        entity_choice,
        runner_up=second.option.placement.label,
        runner_up_usd=usd + second.extra_usd,
        flips=flips,
        parts=parts,
    )


def _parts(
    plan: Plan,
    considered: Considered,
    chosen: PlacementOption,
    evaluate_model: EvaluateModel,
) -> tuple[PartChoice, ...]:
    """Return each choice that was made about an entity, with the best plan without it."""
    part_choices: list[PartChoice] = []
    for part in _choices(chosen):
        other_alternative = alternative(
            plan, considered, [o for o in considered.all_options if part.is_undone(placement_of(o))]
        )
        if other_alternative is None:
            continue
        # Another size may favour undoing only this, though now something else is cheaper.
        alone = [
            o
            for o in considered.all_options
            if part.is_undone_alone(placement_of(o), placement_of(chosen))
        ]
        only = alternative(plan, considered, alone) if part.attributes else None
        tried = (
            [other_alternative]
            if only is None or only.design == other_alternative.design
            else [other_alternative, only]
        )
        sizes = part.attributes or _large(considered)
        rates = rate_flips(plan, considered, [each.design for each in tried], evaluate_model)
        part_choices.append(
            PartChoice(
                what=part.what,
                instead=other_alternative.instead,
                extra_usd=other_alternative.extra_usd,
                flips=(
                    *rates[:MOST_FLIPS],
                    *_size_flips(plan, considered, sizes, tried, evaluate_model),
                ),
            )
        )
    return tuple(part_choices)


@frozen
class _Part:
    """Something a placement has: a key, attributes apart, an attribute compressed, a child."""

    what: str
    kind: str
    value: object = None
    attributes: tuple[str, ...] = ()

    def is_undone(self, place: DynamoPlacement) -> bool:
        """Whether another placement does not have it."""
        if self.kind == "within":
            return not place.within
        if self.kind == "key":
            return bool(place.within) or place.key != self.value
        stored: tuple[object, ...] = getattr(place, self.kind)
        return self.value not in stored

    def is_undone_alone(self, place: DynamoPlacement, chosen: DynamoPlacement) -> bool:
        """Whether another placement has everything else that was chosen."""
        if not self.is_undone(place) or place.key != chosen.key or place.within:
            return False
        return all(
            set(getattr(place, kind)) - {self.value} == set(getattr(chosen, kind)) - {self.value}
            for kind in ("sides", "compressed", "outside", "embeds")
        )


def _choices(chosen: PlacementOption) -> list[_Part]:
    """Return what was chosen of a placement, guards and made keys aside."""
    place = placement_of(chosen)
    if place.within:
        return [_Part(what=f"inside {place.within}", kind="within")]
    return [
        _Part(what=f"key {place.key}", kind="key", value=place.key),
        *(
            _Part(what=f"{' and '.join(s)} apart", kind="sides", value=s, attributes=s)
            for s in place.sides
        ),
        *(
            _Part(what=f"{name} compressed", kind="compressed", value=name, attributes=(name,))
            for name in place.compressed
        ),
        *(
            _Part(what=f"{name} in object storage", kind="outside", value=name, attributes=(name,))
            for name in place.outside
        ),
        *(_Part(what=f"{child} inside", kind="embeds", value=child) for child in place.embeds),
    ]


def _large(considered: Considered) -> tuple[str, ...]:
    """Return the attributes of an entity with content of any size, the largest first, a few."""
    sized = [
        a for a in considered.work.entity.attributes if a.bytes is not None and a.kind in CONTENT
    ]
    sized.sort(key=lambda a: (-stated_bytes(a) * a.presence, a.name))
    return tuple(a.name for a in sized[:MOST_SIZES])


def _size_flips(
    plan: Plan,
    considered: Considered,
    attributes: tuple[str, ...],
    alternatives: Sequence[Alternative],
    evaluate: EvaluateModel,
) -> tuple[Breakeven, ...]:
    """Return, of each attribute, the size closest to now at which some alternative is as cheap."""
    size_flips: list[Breakeven] = []
    alternatives = [
        alternative_design
        for alternative_design in alternatives
        if alternative_design.extra_usd > SAME_USD
    ]
    for name in attributes:
        flips = (
            size_flip(plan, considered, name, alternative_design.design, evaluate)
            for alternative_design in alternatives
        )
        closest = min((f for f in flips if f is not None), key=lambda f: f.distance, default=None)
        if closest is not None:
            size_flips.append(closest)
    return tuple(size_flips)


# --------------------------------------------------------------------------- indexes


def _indexes(
    plan: Plan,
    considered: Considered,
    choice: Choice,
    evaluate_model: EvaluateModel,
) -> list[IndexChoice]:
    option = considered.options[choice.option]
    chosen = frozenset(choice.indexes)
    index_choices: list[IndexChoice] = []
    for position in choice.indexes:
        candidate = candidate_of(option, position)
        index = IndexChoice(
            resource=plain_name(candidate.resource),
            projection=str(candidate.index.projection),
            keys=candidate.index.keys,
            usd=option.index_usd[position],
            serves=_served(option, chosen, position),
            without_usd=None,
        )
        other_alternative = alternative(
            plan, considered, without_index(considered, option, position)
        )
        if other_alternative is not None:
            index = replace(
                index,
                without_usd=other_alternative.extra_usd,
                instead=other_alternative.instead,
                flips=(
                    *rate_flips(plan, considered, [other_alternative.design], evaluate_model)[
                        :MOST_FLIPS
                    ],
                    *_size_flips(
                        plan,
                        considered,
                        _large(considered)[:1],
                        [other_alternative],
                        evaluate_model,
                    ),
                ),
            )
        index_choices.append(index)
    return index_choices


def _served(
    option: PlacementOption, chosen: frozenset[int], index_position: int
) -> tuple[str, ...]:
    names = [slot.pattern for slot in option.slots if index_position in taken(slot, chosen).needs]
    return tuple(dict.fromkeys(names))


def _answers_alike(first: Index, second: Index) -> bool:
    return first.keys == second.keys and first.projection == second.projection


def without_index(
    considered: Considered, option: PlacementOption, index_position: int
) -> list[PlacementOption]:
    """Return the options without one index; options that then answer too little are dropped."""
    index = candidate_of(option, index_position).index
    options: list[PlacementOption] = []
    for each in considered.all_options:
        banned = {
            i
            for i in range(len(each.indexes))
            if _answers_alike(candidate_of(each, i).index, index)
        }
        slots = tuple(
            replace(s, paths=tuple(p for p in s.paths if not banned.intersection(p.needs)))
            for s in each.slots
        )
        if all(s.paths for s in slots):
            options.append(replace(each, slots=slots))
    return options


# --------------------------------------------------------------------------- questions


def _questions(plan: Plan, considered: Considered, choice: Choice) -> list[QuestionChoice]:
    """Return how each question is answered, and the next best way in the same tables."""
    option = considered.options[choice.option]
    chosen = frozenset(choice.indexes)
    usd = cost_of(considered, choice)
    question_choices: list[QuestionChoice] = []
    for number, slot in enumerate(option.slots):
        path = taken(slot, chosen)
        paths = tuple(p for p in slot.paths if p.needs != path.needs)
        next_best, extra_usd = "", ZERO
        if paths:
            slots = list(option.slots)
            slots[number] = replace(slot, paths=paths)
            second = solve([[replace(option, slots=tuple(slots))]], seconds=plan.settings.seconds)
            if second is not None:
                other_taken = taken(slots[number], frozenset(second.choices[0].indexes))
                next_best, extra_usd = _way(option, other_taken), second.usd - usd
        question_choices.append(
            QuestionChoice(
                pattern=slot.pattern,
                way=_way(option, path),
                usd=path.usd,
                next_best=next_best,
                extra_usd=extra_usd,
            )
        )
    return question_choices


def _way(option: PlacementOption, path: PathCost) -> str:
    """Return a way to answer in words."""
    indexes = [candidate_of(option, need).index for need in path.needs]
    names = [f"{plain_name(index.name)} ({index.projection})" for index in indexes]
    where = " and ".join(names) or placement_of(option).tables[0].name
    fetch = ", then fetch" if path.needs and path.depth > 1 else ""
    return f"{path.operation} {where}{fetch}"
