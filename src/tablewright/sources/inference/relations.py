"""Parents, references and counts: how the instances of entities belong together.

In: entities with what their attributes are like and how many instances there are. Out: the same
entities with parents, `ref` attributes and counts per user or parent. A relation is inferred from
a shared key or a foreign key, and only where the values agree (by their hashes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.core.quantities import plain
from tablewright.sources.draft import ASSUMED, SEEN, EntityDraft
from tablewright.sources.inference.forms import OBJECT_ID, ULID, UUID
from tablewright.sources.inference.naming import words_of
from tablewright.sources.inference.profile import AttributeProfile

Entities = Mapping[str, EntityDraft]
USER_WORDS = (
    "user", "customer", "account", "subscriber", "member", "player", "client", "person",
    "patient", "student", "employee", "driver", "buyer", "guest", "tenant", "profile", "device",
)  # fmt: skip
FEWEST_SHARED = 0.9
"""Share of a child's values that must occur among the parent's."""
FEWEST_IDENTIFIERS = 3
"""Different identifiers from which it is told by values alone what an attribute refers to."""
IDENTIFIERS = (OBJECT_ID, UUID, ULID)
UNKNOWN_CHILDREN = 10
"""Children per parent where nothing is known; marked as assumed."""


@dataclass(slots=True, eq=False)
class Related:
    """An entity with what relations are inferred from; equal to nothing but itself."""

    entity: EntityDraft
    profile_of: Callable[[str], AttributeProfile | None]
    store: str
    foreign: dict[str, str] = field(default_factory=dict)
    """Attributes that a foreign key leads from, with the entity it leads to."""
    is_embedded: bool = False


def relate(items: Sequence[Related]) -> str:
    """Set parents, references and counts; return the name of the entity that stands for users."""
    for item in items:
        if not item.is_embedded:
            _find_parent(item, items)
    by_name = {item.entity.name: item.entity for item in items}
    _break_cycles(items, by_name)
    for item in items:
        _find_references(item, items, by_name)
    user = _user_entity(items, by_name)
    for item in items:
        _count(item, by_name, user)
    return user


def _find_parent(item: Related, items: Sequence[Related]) -> None:
    entity = item.entity
    best: tuple[int, int, int] | None = None
    for number, candidate in enumerate(items):
        parent = candidate.entity
        if candidate is item or not parent.key or candidate.is_embedded:
            continue
        if not set(parent.key) <= set(entity.key):
            continue
        is_same = set(parent.key) == set(entity.key)
        if is_same and not _may_own(candidate, item, items):
            continue
        if not _values_agree(item, candidate, parent.key):
            continue
        rank = (len(parent.key), _user_rank(parent.name), -number)
        if best is None or rank > best:
            best = rank
            entity.parent = parent.name


def _may_own(parent: Related, child: Related, items: Sequence[Related]) -> bool:
    """Whether one of two entities with the same key owns the other: the more numerous one.

    Keys called just `id` say nothing of who belongs to whom.
    """
    generic = {"id", "_id", "pk", "sk", "key", "name", "code"}
    if len(parent.entity.key) == 1 and parent.entity.key[0].lower() in generic:
        return False
    mine, yours = child.entity.instances, parent.entity.instances
    if mine is not None and yours is not None and mine != yours:
        return mine < yours
    first, second = _user_rank(parent.entity.name), _user_rank(child.entity.name)
    if first != second:
        return first > second
    return next(item for item in items if item is parent or item is child) is parent


def _values_agree(child: Related, parent: Related, names: Sequence[str]) -> bool:
    for name in names:
        mine, yours = child.profile_of(name), parent.profile_of(name)
        if mine is None or yours is None:
            continue
        if mine.sketch.distinct and mine.sketch.share_in(yours.sketch) < FEWEST_SHARED:
            return False
    return True


def _break_cycles(items: Sequence[Related], by_name: Entities) -> None:
    for item in items:
        seen = {item.entity.name}
        current = item.entity
        while current.parent in by_name:
            if current.parent in seen:
                current.parent = ""
                break
            seen.add(current.parent)
            current = by_name[current.parent]


def _find_references(item: Related, items: Sequence[Related], by_name: Entities) -> None:
    entity = item.entity
    own_parent = _ancestors(entity, by_name)
    inherited = {name for above in own_parent if above in by_name for name in by_name[above].key}
    for attribute in entity.attributes:
        if attribute.name in inherited:
            attribute.options.pop("distinct", None)  # as many as there are parents
        if attribute.name in entity.key and len(entity.key) == 1:
            continue
        target = item.foreign.get(attribute.name) or _referred(attribute.name, item, items)
        if not target or target == entity.name:
            continue
        candidate = by_name.get(target)
        if candidate is None or len(candidate.key) != 1:
            continue
        if attribute.name == candidate.key[0] and target in own_parent:
            continue  # the key of the parent: the reader adds it
        if attribute.name in entity.key and attribute.name != candidate.key[0]:
            continue
        for option in ("bytes", "distinct", "values", "min", "max", "unique", "places"):
            attribute.options.pop(option, None)
        attribute.type = f"ref({target})"


def _ancestors(entity: EntityDraft, by_name: Entities) -> set[str]:
    names: set[str] = set()
    current = entity
    while current.parent and current.parent not in names:
        names.add(current.parent)
        current = by_name.get(current.parent, current)
    return names


def _referred(name: str, item: Related, items: Sequence[Related]) -> str:
    """Return the entity whose key an attribute holds, told by name and values."""
    words = words_of(name)
    mine = item.profile_of(name)
    for candidate in items:
        entity = candidate.entity
        if candidate is item or len(entity.key) != 1:
            continue
        key = entity.key[0]
        target = words_of(entity.name)
        by_name = name == key and key.lower() not in ("id", "_id")
        by_owner = words[-1:] in (["id"], ["uuid"]) and words[:-1] in (target, target[-1:])
        if not by_name and not by_owner:
            continue
        yours = candidate.profile_of(key)
        if mine is None or yours is None or not mine.sketch.distinct:
            return entity.name
        if mine.sketch.share_in(yours.sketch) >= FEWEST_SHARED:
            return entity.name
    return _identified(mine, item, items) if mine is not None else ""


def _identified(mine: AttributeProfile, item: Related, items: Sequence[Related]) -> str:
    """Return the entity whose identifiers the values are, whatever the attribute is called.

    Identifiers that are made to be unique (ObjectId, UUID, ULID) do not agree by chance.
    """
    if mine.sketch.distinct < FEWEST_IDENTIFIERS or not _is_identifier(mine):
        return ""
    for candidate in items:
        if candidate is item or len(candidate.entity.key) != 1 or candidate.is_embedded:
            continue
        yours = candidate.profile_of(candidate.entity.key[0])
        if yours is not None and mine.sketch.share_in(yours.sketch) >= FEWEST_SHARED:
            return candidate.entity.name
    return ""


def _is_identifier(profile: AttributeProfile) -> bool:
    seen = sum(profile.forms.values())
    return bool(seen) and sum(profile.forms[form] for form in IDENTIFIERS) >= FEWEST_SHARED * seen


def _user_rank(name: str) -> int:
    words = words_of(name)
    for place, word in enumerate(USER_WORDS):
        if word == (words[-1] if words else ""):
            return len(USER_WORDS) - place + (100 if len(words) == 1 else 0)
    return 0


def _user_entity(items: Sequence[Related], by_name: Entities) -> str:
    """Return the entity that counts as one for each user: by its name, else what has most below."""
    roots = [r for r in items if not r.entity.parent and not r.is_embedded]
    if not roots:
        return items[0].entity.name if items else ""
    below = Counter(name for r in items for name in _ancestors(r.entity, by_name))
    place = {name: number for number, name in enumerate(by_name)}

    def rank(item: Related) -> tuple[int, int, int]:
        name = item.entity.name
        return (_user_rank(name), below[name], -place[name])

    return max(roots, key=rank).entity.name


def _count(item: Related, by_name: Entities, user: str) -> None:
    entity = item.entity
    if entity.count:
        return
    instances = entity.instances
    if entity.name == user:
        entity.count, entity.count_label = "1/user", ""
        return
    if entity.parent:
        above = by_name[entity.parent].instances
        if instances is not None and above:
            entity.count, entity.count_label = _figure(instances / above), SEEN
        else:
            is_same = set(by_name[entity.parent].key) == set(entity.key)
            entity.count = "1" if is_same else str(UNKNOWN_CHILDREN)
            entity.count_label = ASSUMED
        return
    users = by_name[user].instances
    if instances is None:
        entity.count, entity.count_label = "1/user", ASSUMED
    elif not users or (instances <= 100 and users >= 10 * instances):
        entity.count, entity.count_label = f"{plain(instances)} total", SEEN
    else:
        entity.count, entity.count_label = f"{_figure(instances / users)}/user", SEEN


def _figure(number: Decimal) -> str:
    """Return a ratio to four digits.

    Example:
        >>> _figure(Decimal(1000) / 3), _figure(Decimal(2))
        ('333.3', '2')
    """
    if not number:
        return "0"
    return plain(round(number, 3 - number.adjusted()))
