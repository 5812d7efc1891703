"""How many instances of an entity there are, whose they are, and how a key tells them apart.

In: a model and a seed. Out: numbers of instances: parents, children, siblings, those that are
referred to, and the places among which keys are spread. Values are drawn by `sample`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from itertools import pairwise
from random import Random

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.model.statistics import DEFAULT_SKEW, Selectivity
from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.sample.generators import zipf
from tablewright.sample.groups import Groups
from tablewright.sample.keys import SiblingPlace, carriers, placed, spread_out

DEFAULT_UNTIL = 1_767_225_600
"""1 January 2026, in seconds since 1970: when the data ends unless the caller says otherwise."""


@frozen(kw_only=False)
class BlockRun:
    """One block of one entity: where its random numbers come from."""

    seed: int
    entity: Entity
    block: int
    users: int
    purpose: str

    def rng(self, path: str) -> Random:
        """Return the random numbers of an attribute, or of a part of one."""
        return Random(number_of(self.seed, self.entity.name, path, self.block, self.purpose))


def number_of(*names: object) -> int:
    """Return a number of 128 bits that follows from the names alone."""
    text = "\0".join(map(str, names))
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")


def ranks_of(attribute: Attribute, rng: Random, n: int, among: int, skew: float) -> list[int]:
    """Return which of `among` values each instance has; `top_share` of them the first."""
    if attribute.top_share is None or among == 1:
        return zipf(rng, n, among, skew)
    top, random = float(attribute.top_share), rng.random
    other_zipf = zipf(rng, n, among - 1, skew)
    return [0 if random() < top else other_other + 1 for other_other in other_zipf]


class InstanceFamilies:
    """The instances of a model by their numbers, from 0 for each entity."""

    def __init__(
        self, model: Model, *, seed: int | None = None, until: int = DEFAULT_UNTIL
    ) -> None:
        self.model = model
        self.seed = model.seed if seed is None else seed
        self.until = until
        self._until_ms = until * 1000
        self._users = max(model.scales)
        self._groups: dict[tuple[str, int], Groups] = {}
        self._most: dict[tuple[str, int], int | None] = {}
        self._salts: dict[tuple[str, ...], int] = {}
        self._key_values: dict[tuple[str, tuple[str, ...], int], dict[str, int | None]] = {}

    def count(self, entity: str, users: int) -> int:
        """Return how many instances of an entity there are at this scale.

        The children of however many parents there are; of an entity without parent the model's
        mean, rounded. Where children are spread the number is that of the spread's draws, which
        differs from the model's mean by less than one block's chance.
        """
        result = self.model.entity(entity)
        if result.parent is None:
            mean = self.model.instances(entity, users)
            return int(mean.to_integral_value(rounding=ROUND_HALF_UP))
        return self._groups_of(result, users).first(self.count(result.parent, users))

    def children(self, entity: str, parent_index: int, users: int | None = None) -> range:
        """Return the numbers of the instances that belong to one instance of the parent."""
        return self._groups_of(self.model.entity(entity), users).children(parent_index)

    def parent(self, entity: str, index: int, users: int | None = None) -> int:
        """Return the number of the parent's instance to which an instance belongs."""
        return self._groups_of(self.model.entity(entity), users).parent(index)

    def group_sizes(self, entity: str, n_parents: int, users: int | None = None) -> list[int]:
        """Return how many children each of the first parents has."""
        groups = self._groups_of(self.model.entity(entity), users)
        firsts = [groups.first(parent) for parent in range(n_parents + 1)]
        return [after - first for first, after in pairwise(firsts)]

    def _groups_of(self, entity: Entity, users: int | None) -> Groups:
        users = self._users if users is None else users
        if entity.parent is None:
            raise ValueError(f"{entity.name} has no parent")
        most = self._most_children(entity, users)
        # Only where counts are not per parent, or are bounded, does the number of users matter.
        key = (entity.name, 0 if entity.count.per == "parent" and most is None else users)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Groups(
                self._mean_children(entity, users),
                entity.count.spread,
                lambda block: BlockRun(self.seed, entity, block, users, "children").rng(""),
                most,
            )
        return group

    def _most_children(self, entity: Entity, users: int) -> int | None:
        """Return how many children of one parent their keys can tell apart, None for no bound.

        Ten users can have nine others each that they follow, whatever the mean of a large network.
        """
        key = (entity.name, users)
        if key not in self._most:
            own_key = self._own_key(entity)
            is_relative = len(own_key) < len(entity.key)
            self._most[key] = self._combinations(entity, own_key, users) if is_relative else None
        return self._most[key]

    def _combinations(self, entity: Entity, own_key: Sequence[str], users: int) -> int | None:
        """Return how many different values attributes of a key have, None for no bound."""
        product = 1
        for name, values in self._values_of(entity, own_key, users).items():
            if values is None:
                return None
            attribute = entity.attribute(name)
            is_another = attribute.kind is Kind.REF and self._is_another(
                entity, attribute, self._target(attribute)[0]
            )
            product *= max(1, values - 1 if is_another else values)
        return product

    def _mean_children(self, entity: Entity, users: int) -> Decimal:
        if entity.count.per == "parent" or entity.parent is None:
            return self.model.per_driver(entity)
        parents = self.model.instances(entity.parent, users)
        return self.model.instances(entity.name, users) / parents if parents else ZERO

    def _own_key(self, entity: Entity) -> tuple[str, ...]:
        return tuple(
            name for name in entity.key if not self._is_inherited(entity, entity.attribute(name))
        )

    def _is_inherited(self, entity: Entity, attribute: Attribute) -> bool:
        """Whether it is the parent's key, or a copy of what is unique to the parent.

        A copy has the name and the kind of the parent's attribute and is not itself unique: the
        e-mail address on a customer's device is the customer's.
        """
        if entity.parent is None:
            return False
        parent = self.model.entity(entity.parent)
        if attribute.name in parent.key:
            return True
        if attribute.unique or not parent.has(attribute.name):
            return False
        above = parent.attribute(attribute.name)
        return above.kind is attribute.kind and (above.unique or self._is_inherited(parent, above))

    def _is_unique(self, entity: Entity, attribute: Attribute) -> bool:
        if attribute.unique:
            return True
        own_key = self._own_key(entity)
        if own_key != (attribute.name,):
            return False
        return (
            own_key == entity.key
            or self._values_of(entity, own_key, self._users)[own_key[0]] is None
        )

    def _parents(self, entity: Entity, numbers: Sequence[int], users: int) -> list[int]:
        """Return the numbers of the parents of some children."""
        groups = self._groups_of(entity, users)
        if not groups.has_any:
            return list(numbers)  # there are none: one for each parent shows what they would be
        if not isinstance(numbers, range):
            return [groups.parent(number) for number in numbers]
        parents: list[int] = []
        start = numbers.start
        while start < numbers.stop:
            parent = groups.parent(start)
            after = min(groups.first(parent + 1), numbers.stop)
            parents.extend([parent] * (after - start))
            start = after
        return parents

    def _target(self, attribute: Attribute) -> tuple[Entity, Attribute]:
        """Return what a `ref` points to; `Entity.attribute` names one that is not the key."""
        name, _, required = (attribute.to or "").partition(".")
        entity = self.model.entity(name)
        if not required:
            required = attribute.name if attribute.name in entity.key else entity.key[-1]
        return entity, entity.attribute(required)

    def _ancestors(
        self, entity: Entity, target: Entity, numbers: Sequence[int], users: int
    ) -> list[int] | None:
        """Return the instances of `target` above some children, None if it is not above them."""
        below = entity
        while below.parent is not None:
            numbers = self._parents(below, numbers, users)
            if below.parent == target.name:
                return numbers
            below = self.model.entity(below.parent)
        return None

    def _siblings(
        self, entity: Entity, target: Entity, numbers: Sequence[int], users: int
    ) -> list[int] | None:
        """Return the instances of `target` under the same parents, None if parents differ.

        The first child points to the first sibling, and so on in turn.
        """
        if entity.parent is None or entity.parent != target.parent or entity is target:
            return None
        groups = self._groups_of(target, users)
        parents = self._parents(entity, numbers, users)
        places = self._strata(entity, numbers, users)
        out = []
        for parent, (place, _, _) in zip(parents, places, strict=True):
            siblings = groups.children(parent)
            if not siblings:
                return None
            out.append(siblings[place % len(siblings)])
        return out

    def _is_another(self, entity: Entity, attribute: Attribute, target: Entity) -> bool:
        """Whether a reference to an ancestor's kind means another instance of it.

        It does where it says so, in a key that names the ancestor already, and where nothing else
        tells siblings apart, whose ancestors are the same.
        """
        if attribute.other:
            return True
        if self._own_key(entity) == (attribute.name,) and entity.count.mean > 1:
            return True
        if attribute.name not in (*entity.key, *entity.identity):
            return False
        handed = {a.name for a in entity.attributes if self._is_inherited(entity, a)}
        return bool(target.key) and handed >= set(target.key)

    def _others_than(
        self, entity: Entity, attribute: Attribute, target: Entity, numbers: range, users: int
    ) -> list[int] | None:
        """Return the ancestors that a reference to their kind must not lead to."""
        if not self._is_another(entity, attribute, target):
            return None
        return self._ancestors(entity, target, numbers, users)

    def _key_places(
        self,
        entity: Entity,
        attribute: Attribute,
        users: int,
        at: list[SiblingPlace] | None = None,
    ) -> Callable[[Sequence[int]], list[SiblingPlace]] | None:
        """Return how to place instances so that an attribute tells them apart, or those of `at`.

        None for an attribute whose values may repeat.
        """
        for names in (entity.key, entity.identity, (attribute.name,) if attribute.unique else ()):
            own_key = tuple(n for n in names if not self._is_inherited(entity, entity.attribute(n)))
            if attribute.name not in own_key:
                continue
            places = self._strata if len(own_key) < len(names) else self._all_places
            values = self._values_of(entity, own_key, users)
            order = carriers(values, self._family(entity, users, is_all=own_key == names))
            if attribute.name in order:
                return lambda numbers: placed(
                    places(entity, numbers, users) if at is None else at,
                    attribute.name,
                    order,
                    values,
                )
            if attribute.kind in (Kind.ENUM, Kind.REF):  # spread, though another tells apart
                return lambda numbers: places(entity, numbers, users)
            return None
        return None

    def _all_places(self, entity: Entity, numbers: Sequence[int], users: int) -> list[SiblingPlace]:
        """Return places among all instances, whoever their parents are.

        What is made later comes after those there are, so that it never has the key of one.
        """
        among = max(1, self.count(entity.name, users))
        return [SiblingPlace(number, among, 0) for number in numbers]

    def _values_of(self, entity: Entity, names: Sequence[str], users: int) -> dict[str, int | None]:
        """Return how many values attributes of a key can have, None where there is no bound."""
        key = (entity.name, tuple(names), users)
        key_value = self._key_values.get(key)
        if key_value is None:
            selectivity = Selectivity(self.model, users)
            key_value = self._key_values[key] = {}
            for name in names:
                values = selectivity.possible(entity, name)
                key_value[name] = None if values is None else max(1, int(values))
        return key_value

    def _family(self, entity: Entity, users: int, *, is_all: bool) -> float:
        """Return how many instances a key has to tell apart: all, or the children of a parent."""
        if is_all or entity.parent is None:
            return float(self.count(entity.name, users))
        spread = entity.count.spread
        mean = float(self._mean_children(entity, users))
        return mean if spread is None or spread.high is None else max(mean, float(spread.high))

    def _strata(self, entity: Entity, numbers: Sequence[int], users: int) -> list[SiblingPlace]:
        """Return places among the instances of which no two may share a part of a key."""
        if entity.parent is None:
            return self._all_places(entity, numbers, users)
        groups = self._groups_of(entity, users)
        if not groups.has_any:
            return [SiblingPlace(0, 1, number) for number in numbers]
        out: list[SiblingPlace] = []
        known, children = -1, range(0)
        for number, parent in zip(numbers, self._parents(entity, numbers, users), strict=True):
            if parent != known:
                known, children = parent, groups.children(parent)
            out.append(SiblingPlace(number - children.start, len(children), parent))
        return out

    def _ref_indexes(self, run: BlockRun, attribute: Attribute, numbers: range) -> list[int]:
        """Return which instances of another entity the references of some instances name."""
        entity, users = run.entity, run.users
        target, _ = self._target(attribute)
        indexes: list[int] | None = None
        if not self._is_another(entity, attribute, target):
            indexes = self._ancestors(entity, target, numbers, users)
        if indexes is None:
            indexes = self._siblings(entity, target, numbers, users)
        if indexes is not None:
            return indexes
        among = max(1, self.count(target.name, users))
        if self._is_unique(entity, attribute):
            # What is made later points to what is made later, so that no two ever meet.
            there = self.count(entity.name, users)
            return [number % among if number < there else number for number in numbers]
        places_of = self._key_places(entity, attribute, users)
        rng = run.rng(attribute.name)
        others_than = self._others_than(entity, attribute, target, numbers, users)
        among -= 1 if others_than is not None and among > 1 else 0
        if places_of is None:
            ranks = self._drawn_ranks(attribute, rng, len(numbers), among, users)
        elif attribute.skew is not None or attribute.top_share is not None:
            ranks = self._popular(run, attribute, places_of(numbers), among)
        else:
            ranks = spread_out(places_of(numbers), among, rng)
        if others_than is not None:
            ranks = [
                rank + 1 if rank >= other_other else rank
                for rank, other_other in zip(ranks, others_than, strict=True)
            ]
            ranks = [min(rank, self.count(target.name, users) - 1) for rank in ranks]
        return ranks

    def _popular(
        self, run: BlockRun, attribute: Attribute, places: Sequence[SiblingPlace], among: int
    ) -> list[int]:
        """Return ranks, popular ones more often and none twice within a group."""
        skew = float(DEFAULT_SKEW if attribute.skew is None else attribute.skew)
        salt = self._salt(run.entity.name, attribute.name, "popular")
        out: list[int] = []
        known: int | None = None
        ranks: list[int] = []
        for place in places:
            if place.group != known:
                known = place.group
                drawn = ranks_of(attribute, Random(salt + known), 8 * place.among, among, skew)
                ranks = list(dict.fromkeys(drawn))
                if len(ranks) < place.among:
                    claimed = set(ranks)
                    ranks += [rank for rank in range(among) if rank not in claimed]
            out.append(ranks[place.position % len(ranks)])
        return out

    @staticmethod
    def _drawn_ranks(
        attribute: Attribute, rng: Random, n: int, among: int, users: int
    ) -> list[int]:
        if (stated := attribute.values_at(users)) is not None:
            among = min(among, max(1, int(stated)))
        skew = float(DEFAULT_SKEW if attribute.skew is None else attribute.skew)
        return ranks_of(attribute, rng, n, among, skew)

    def _salt(self, entity: str, path: str, purpose: str) -> int:
        key = (entity, path, purpose)
        salt = self._salts.get(key)
        if salt is None:
            salt = self._salts[key] = number_of(self.seed, entity, path, "salt", purpose)
        return salt
