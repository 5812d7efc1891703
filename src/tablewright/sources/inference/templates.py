"""Recover how key attributes are put together: `USER#{userId}`, `board#{shard:4}`.

In: the profile of a kind of item. Out: for each key attribute a template whose parts are constant
text, attributes of the same item, shard numbers, or not yet known. What is not known is looked up
among the attributes of other kinds by the overlap of their values (hashes, never the values).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from tablewright.model.names import PATH
from tablewright.sources.inference.fused import FEWEST, is_composed_by_name
from tablewright.sources.inference.kinds import GENERIC_KEYS
from tablewright.sources.inference.profile import KeyProfile, KindProfile, SegmentProfile
from tablewright.sources.inference.sketch import Sketch

SURE = 0.95
"""Share of the items in which a segment must equal an attribute to be it."""
ALIKE = 0.9
"""Share of the values of one attribute that must be among those of another to be joined."""
MOST_SHARDS = 200

_CONSTANT = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]*")


@dataclass(slots=True)
class TemplatePiece:
    """One part of a template."""

    literal: str = ""
    attribute: str = ""
    shards: int = 0
    segment: SegmentProfile | None = None
    """Of a part not known yet: what its values are like."""

    @property
    def is_open(self) -> bool:
        """Whether it is not known what it is made of."""
        return self.segment is not None and not self.attribute

    def __str__(self) -> str:
        if self.attribute:
            return f"{{{self.attribute}}}"
        if self.shards:
            return f"{{shard:{self.shards}}}"
        return self.literal or "{?}"


@dataclass(slots=True)
class Template:
    """How one key attribute is made; `is_plain`: it is an attribute of its own."""

    key: str
    parts: list[TemplatePiece] = field(default_factory=list)
    is_plain: bool = False
    when: tuple[str, tuple[str, ...]] | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes it is made of, cells of places by the place's name."""
        if self.is_plain:
            return (self.key,)
        return tuple(part.attribute.partition(".")[0] for part in self.parts if part.attribute)

    @property
    def literals(self) -> tuple[str, ...]:
        """The words among its constant parts."""
        return tuple(p.literal for p in self.parts if _CONSTANT.fullmatch(p.literal))

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


def template_of(
    kind: KindProfile, key: str, *, is_table_key: bool, made: Collection[str] = ()
) -> Template | None:
    """Return the template of a key attribute; None where no item of the kind has it.

    Args:
        kind: what its items have.
        key: the attribute.
        is_table_key: whether it is a key of the table.
        made: keys that are made of attributes, and so are none that others could be made of.
    """
    attribute = kind.attributes.get(key)
    if attribute is None or not attribute.present:
        return None
    profile = kind.keys.get(key)
    when = None if is_table_key else _condition(kind, key, made)
    if profile is None or not profile.profiled:
        return Template(key, is_plain=True, when=when)
    parts = _fused(profile, kind, key) or _parts(profile, kind)
    if parts is None or _is_plain(parts, key, profile, when):
        return Template(key, is_plain=True, when=when)
    return Template(key, parts, when=when)


def _parts(profile: KeyProfile, kind: KindProfile) -> list[TemplatePiece] | None:
    separators, count = profile.separators.most_common(1)[0]
    if count < SURE * profile.profiled:
        return None
    parts: list[TemplatePiece] = []
    for place, segment in enumerate(profile.segments[: len(separators) + 1]):
        if place:
            parts.append(TemplatePiece(literal=separators[place - 1]))
        before = parts[-2].literal if place else ""
        parts.append(_part(segment, kind, before, is_lone=not separators, follows=bool(place)))
    return _joined_literals(parts)


def _fused(profile: KeyProfile, kind: KindProfile, key: str) -> list[TemplatePiece] | None:
    """Return the parts of a key that run together, where the evidence leaves no other reading.

    All keys are made so, of the same constants; what follows these equals attributes, or the key
    has a name of keys that are put together, such as PK.
    """
    fused = profile.fused
    if fused is None or fused.profiled < SURE * profile.profiled:
        return None
    runs, count = fused.separators.most_common(1)[0]
    if count < SURE * fused.profiled:
        return None
    parts: list[TemplatePiece] = []
    for place, segment in enumerate(fused.segments[: len(runs) + 1]):
        if place % 2 == 0:
            if segment.words is None or len(segment.words) != 1:
                return None
            parts.append(TemplatePiece(literal=next(iter(segment.words))))
            continue
        match = _match(segment, parts[-1].literal.strip("#:|~_/-"))
        parts.append(TemplatePiece(attribute=match) if match else TemplatePiece(segment=segment))
    is_known = all(not part.is_open for part in parts)
    is_seen = fused.profiled >= FEWEST and is_composed_by_name(key)
    return parts if is_known or is_seen else None


def _part(
    segment: SegmentProfile, kind: KindProfile, before: str, *, is_lone: bool, follows: bool
) -> TemplatePiece:
    constant = _constant(segment)
    if constant in ("true", "false") and (match := _match(segment, before)):
        return TemplatePiece(attribute=match)
    if constant is not None and (
        segment.profiled >= 3 or constant.isupper() or constant in kind.labels
    ):
        return TemplatePiece(literal=constant)
    match = _match(segment, before)
    if match:
        return TemplatePiece(attribute=match)
    shards = _shards(segment) if follows and not is_lone else 0
    if shards:
        return TemplatePiece(shards=shards)
    return TemplatePiece(segment=segment)


def _constant(segment: SegmentProfile) -> str | None:
    if segment.words is not None and len(segment.words) == 1:
        word = next(iter(segment.words))
        if _CONSTANT.fullmatch(word) or word.isdigit():
            return word
    return None


def _match(segment: SegmentProfile, before: str) -> str:
    """Return the attribute a segment equals; of several the one that the constant before names."""
    start = before.lower()
    names = [
        (count, name)
        for name, count in segment.matches.items()
        if count >= SURE * segment.profiled and _can_be_named(name)
    ]

    def rank(pair: tuple[int, str]) -> tuple[int, bool, str]:
        # The longest cell of a place, else the name that comes first.
        return -pair[0], not (start and pair[1].lower().startswith(start)), pair[1]

    return min(names, key=rank)[1] if names else ""


def _can_be_named(attribute: str) -> bool:
    """Whether a model file can name an attribute, so that a key may be made of it."""
    return re.fullmatch(PATH.pattern, attribute) is not None


def _shards(segment: SegmentProfile) -> int:
    if segment.words is None or len(segment.words) < 2:
        return 0
    words = list(segment.words)
    if not all(word.isdigit() for word in words) or len({len(word) for word in words}) > 1:
        return 0
    count = max(int(word) for word in words) + 1
    if count > MOST_SHARDS or len(words) < 0.8 * count or segment.profiled < 3 * count:
        return 0
    return count


def _joined_literals(parts: list[TemplatePiece]) -> list[TemplatePiece]:
    joined: list[TemplatePiece] = []
    for part in parts:
        if part.literal and joined and joined[-1].literal:
            joined[-1] = TemplatePiece(literal=joined[-1].literal + part.literal)
        elif part.literal or part.attribute or part.shards or part.segment is not None:
            joined.append(part)
    return joined


def _is_plain(
    parts: list[TemplatePiece],
    key: str,
    profile: KeyProfile,
    when: tuple[str, tuple[str, ...]] | None,
) -> bool:
    """Whether the key attribute stands for itself rather than for something composed."""
    if all(part.literal for part in parts):
        return False
    if len(parts) == 1:
        if parts[0].is_open:
            return True
        is_cell = ".geohash" in parts[0].attribute
        return key.lower() not in GENERIC_KEYS and when is None and not is_cell
    has_literal = any(_CONSTANT.match(part.literal) for part in parts)
    is_known = any(part.attribute for part in parts)
    return not has_literal and not is_known and key.lower() not in GENERIC_KEYS


def _condition(
    kind: KindProfile, key: str, made: Collection[str]
) -> tuple[str, tuple[str, ...]] | None:
    """Return which values of which attribute decide whether a sparse key is there."""
    sparse = kind.sparse.get(key)
    if sparse is None:
        return None
    best: tuple[int, str, tuple[str, ...]] | None = None
    for name, table in sorted(sparse.counts.items()):
        if table is None or len(table) < 2 or name == key or name in made:
            continue
        if not _can_be_named(name):
            continue
        present = tuple(code for code, (yes, no) in sorted(table.items()) if yes and not no)
        absent = tuple(code for code, (yes, no) in sorted(table.items()) if no and not yes)
        seen = sum(yes + no for yes, no in table.values())
        if present and absent and len(present) + len(absent) == len(table) and seen >= 10:
            rank = (len(table), name, present)
            best = rank if best is None else min(best, rank)
    return (best[1], best[2]) if best else None


def closest(sketch: Sketch, choices: list[tuple[str, Sketch]]) -> str:
    """Return the name of the attribute in which nearly all values of a segment occur, or nothing.

    Args:
        sketch: of the segment.
        choices: names and sketches, the preferred first.
    """
    best, best_share = "", ALIKE
    for name, candidate in choices:
        share = sketch.share_in(candidate)
        if share > best_share or (share == best_share and not best):
            best, best_share = name, share
    return best
