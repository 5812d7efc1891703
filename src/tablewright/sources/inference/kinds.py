"""Tell the kinds of items of one table apart while they stream by.

In: items of a table and the names of its key attributes. Out: a `KindProfile` for each kind, the
most frequent first. Kinds differ in the constant parts of their keys (`USER#…`, `PROFILE`), in a
type attribute, or in having nothing in common. Memory is bounded: constants that turn out to be
many are data and count as variable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tablewright.sample.wire import key_text
from tablewright.sources.inference.forms import form_of
from tablewright.sources.inference.fused import fused_parts, is_composed_by_name
from tablewright.sources.inference.profile import (
    LONGEST_HASHED,
    MOST_CODES,
    KeyProfile,
    KindProfile,
    SegmentProfile,
    SparseProfile,
    code_of,
    is_point,
)
from tablewright.sources.inference.sketch import hashed

VARIABLE = "*"
FUSED = "+"
"""Begins the signature of a key whose parts run together."""
ALIKE_SHAPES = 0.8
"""Attributes in common from which kinds are one, that only words before a number tell apart."""
_LONE = (VARIABLE,)
MOST_WORDS = 24
"""Different constants at one place of a key after which the place is variable."""
MOST_KINDS = 200
MOST_SHAPES = 48
"""Sets of attribute names of one kind that are told apart."""
TYPE_ATTRIBUTES = frozenset(
    {
        "_type", "__typename", "entitytype", "entity_type", "_et", "et", "__edb_e__", "_entity",
        "itemtype", "item_type", "recordtype", "record_type", "doctype", "doc_type", "objecttype",
    }
)  # fmt: skip
GENERIC_KEYS = frozenset({"pk", "sk", "hash", "range", "partitionkey", "sortkey", "key", "id"})

_SEPARATOR = re.compile(r"(#|\|\||\||::|~)")
_PREFIX = re.compile(r"([A-Za-z][A-Za-z]*)([:_/-])(.+)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][A-Za-z_$.-]{0,30}(v\d)?")


def segments_of(text: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the segments of a key, and what separates them.

    Example:
        >>> segments_of("USER#42"), segments_of("plain")
        ((['USER', '42'], ('#',)), (['plain'], ()))
    """
    parts = _SEPARATOR.split(text)
    return parts[::2], tuple(parts[1::2])


def _signature(text: str) -> tuple[str, ...]:
    """Return the segments of a key with what varies as `*`.

    Example:
        >>> _signature("USER#42"), _signature("PROFILE"), _signature("ana@example.org")
        (('USER', '*'), ('PROFILE',), ('*',))
    """
    if _SEPARATOR.search(text) is None:
        return (text,) if _WORD.fullmatch(text) else _LONE
    parts, _ = segments_of(text)
    return tuple(part if _WORD.fullmatch(part) else VARIABLE for part in parts)


def _fused_signature(text: str) -> tuple[str, ...]:
    """Return the first constant of a key whose parts run together.

    Example:
        >>> _fused_signature("USER42"), _fused_signature("x")
        (('+', 'USER', '*'), ('*',))
    """
    parts = fused_parts(text)
    return _LONE if parts is None else (FUSED, parts[0], VARIABLE)


def _is_only_fused(parts: Sequence[str]) -> bool:
    """Whether nothing constant is left of parts that ran together."""
    return parts[0] == FUSED and all(part in (FUSED, VARIABLE) for part in parts)


class Kinds:
    """The kinds of items of one table."""

    def __init__(self, keys: tuple[str, ...], index_keys: tuple[str, ...] = ()) -> None:
        self.keys = keys
        self.index_keys = tuple(name for name in index_keys if name not in keys)
        self.count = 0
        self._profiles: dict[tuple[Any, ...], KindProfile] = {}
        self._words: dict[tuple[str, int, int], set[str]] = defaultdict(set)
        self._variable: set[tuple[str, int, int]] = set()
        self._shapes: dict[tuple[Any, ...], dict[frozenset[str], frozenset[str]]] = {}
        self._types: set[str] = set()
        self._is_typed = True

    def see(self, item: Mapping[str, Any]) -> None:
        """Note an item."""
        self.count += 1
        label = self._label(item)
        shape = self._shape(label, frozenset(item))
        profile = self._profiles.get((label, shape))
        if profile is None:
            profile = self._profiles[(label, shape)] = KindProfile(())
        weight = profile.see(item)
        if weight:
            self._look_at_keys(profile, item, weight)

    def finish(self) -> tuple[KindProfile, ...]:
        """Return the kinds, the most frequent first; what is one kind after all is joined."""
        self._relabel()
        self._join_shapes()
        self._join_plain_words()
        self._join_fused()
        for (label, _), profile in self._profiles.items():
            profile.labels = _words_of(label)
        return tuple(sorted(self._profiles.values(), key=lambda p: (-p.count, p.labels)))

    def _label(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        parts: list[Any] = []
        for key in self.keys:
            value = item.get(key)
            if type(value) is not str or len(value) > LONGEST_HASHED:
                parts.append((VARIABLE,))
                continue
            signature = _signature(value)
            if signature is _LONE and is_composed_by_name(key):
                signature = _fused_signature(value)
            parts.append(self._generalised(key, signature))
        if self._is_typed:
            for name in item:
                if name.lower() in TYPE_ATTRIBUTES and (code := code_of(item[name])):
                    parts.append(("type", code))
                    self._types.add(code)
                    if len(self._types) > MOST_CODES:
                        self._is_typed = False
                    break
        return tuple(parts)

    def _generalised(self, key: str, signature: tuple[str, ...]) -> tuple[str, ...]:
        if signature is _LONE:
            return signature
        parts = []
        for place, word in enumerate(signature):
            if word in (VARIABLE, FUSED):
                parts.append(word)
                continue
            spot = (key, len(signature), place)
            if spot not in self._variable:
                words = self._words[spot]
                words.add(word)
                if len(words) > MOST_WORDS:
                    self._variable.add(spot)
                    words.clear()
            parts.append(VARIABLE if spot in self._variable else word)
        return _LONE if _is_only_fused(parts) else tuple(parts)

    def _shape(self, label: tuple[Any, ...], names: frozenset[str]) -> frozenset[str]:
        shapes = self._shapes.get(label)
        if shapes is None:
            if len(self._shapes) >= MOST_KINDS:
                return frozenset()
            shapes = self._shapes[label] = {}
        if names in shapes:
            return shapes[names]
        distinct = set(shapes.values())
        if len(distinct) < MOST_SHAPES:
            shapes[names] = names
            return names
        nearest = max(sorted(distinct, key=sorted), key=lambda known: _likeness(names, known))
        if len(shapes) < 4096:
            shapes[names] = nearest
        return nearest

    def _look_at_keys(self, profile: KindProfile, item: Mapping[str, Any], weight: int) -> None:
        texts: dict[str, list[str]] | None = None
        for key in (*self.keys, *self.index_keys):
            value = item.get(key)
            if key in self.index_keys:
                sparse = profile.sparse.setdefault(key, SparseProfile())
                sparse.see(item, weight, is_present=value is not None)
            if type(value) is not str or len(value) > LONGEST_HASHED:
                continue
            if texts is None:
                texts = _texts(item)
            _note_key(profile.keys.setdefault(key, KeyProfile()), key, value, texts, item, weight)

    def _relabel(self) -> None:
        """Join kinds whose labels differ only where constants turned out to be variable."""
        joined: dict[tuple[Any, ...], KindProfile] = {}
        for (label, shape), profile in self._profiles.items():
            parts = [
                self._generalised_label(key, part)
                for key, part in zip(self.keys, label, strict=False)
            ]
            types = label[len(self.keys) :] if self._is_typed else ()
            name = ((*parts, *types), shape)
            if name in joined:
                joined[name].merge(profile)
            else:
                joined[name] = profile
        self._profiles = joined

    def _generalised_label(self, key: str, part: tuple[str, ...]) -> tuple[str, ...]:
        parts = [
            VARIABLE if (key, len(part), place) in self._variable else word
            for place, word in enumerate(part)
        ]
        return _LONE if _is_only_fused(parts) else tuple(parts)

    def _join_shapes(self) -> None:
        """Join the shapes of one label: optional attributes make no kind of their own."""
        by_label: dict[tuple[Any, ...], list[tuple[Any, KindProfile]]] = defaultdict(list)
        for (label, shape), profile in self._profiles.items():
            by_label[label].append((shape, profile))
        joined: dict[tuple[Any, ...], KindProfile] = {}
        shared = frozenset({*self.keys, *self.index_keys})
        for label, shapes in by_label.items():
            is_constant = any(word not in (VARIABLE, FUSED) for part in label for word in part)
            for number, group in enumerate(
                _clusters([(shape - shared, p) for shape, p in shapes], is_constant=is_constant)
            ):
                first = group[0]
                for more in group[1:]:
                    first.merge(more)
                joined[(label, number)] = first
        self._profiles = joined

    def _join_plain_words(self) -> None:
        """Join kinds that differ in one key only and have the same attributes: it is data.

        A key that has a name of its own (`board`, not `PK`) may hold any text; of the others only
        a key that is one word.
        """
        for place, key in enumerate(self.keys):
            groups: dict[Any, list[tuple[Any, KindProfile]]] = defaultdict(list)
            for name, profile in sorted(self._profiles.items(), key=lambda pair: repr(pair[0])):
                label = name[0]
                if len(label[place]) == 1 or key.lower() not in GENERIC_KEYS:
                    rest = (*label[:place], *label[place + 1 :])
                    groups[(rest, frozenset(profile.attributes))].append((name, profile))
            for group in groups.values():
                if len(group) > 1:
                    self._join(group, place)

    def _join_fused(self) -> None:
        """Join kinds of like attributes that only the word before a number tells apart: `DE12`."""
        for place in range(len(self.keys)):
            groups: dict[Any, list[tuple[Any, KindProfile]]] = defaultdict(list)
            for name, profile in sorted(self._profiles.items(), key=lambda pair: repr(pair[0])):
                label = name[0]
                if label[place][0] != FUSED:
                    continue
                rest = (*label[:place], *label[place + 1 :])
                for (known, number), group in groups.items():
                    first = frozenset(group[0][1].attributes)
                    if known == rest and _likeness(first, frozenset(profile.attributes)) >= (
                        ALIKE_SHAPES
                    ):
                        groups[(known, number)].append((name, profile))
                        break
                else:
                    groups[(rest, len(groups))].append((name, profile))
            for group in groups.values():
                if len(group) > 1:
                    self._join(group, place)

    def _join(self, group: list[tuple[Any, KindProfile]], place: int) -> None:
        (name, first), *rest = group
        for _, more in rest:
            first.merge(more)
        label = (*name[0][:place], (VARIABLE,), *name[0][place + 1 :])
        for old, _ in group:
            del self._profiles[old]
        self._profiles[(label, name[1])] = first


def _likeness(first: frozenset[str], second: frozenset[str]) -> float:
    if not first or not second:
        return 0.0
    return len(first & second) / len(first | second)


def _clusters(
    shapes: list[tuple[frozenset[str], KindProfile]], *, is_constant: bool
) -> list[list[KindProfile]]:
    """Group shapes that share attributes; those told apart by constants are one group."""
    if is_constant:
        return [[profile for _, profile in shapes]]
    groups: list[tuple[set[str], list[KindProfile]]] = []
    for names, profile in sorted(shapes, key=lambda pair: (-pair[1].count, sorted(pair[0]))):
        for known, members in groups:
            if not names or len(names & known) >= 0.3 * min(len(names), len(known)):
                known |= names
                members.append(profile)
                break
        else:
            groups.append((set(names), [profile]))
    return [members for _, members in groups]


def _words_of(label: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(word for part in label for word in part if word not in (VARIABLE, FUSED, "type"))


def _texts(item: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the attributes of an item by their text, as a key would contain it."""
    texts: dict[str, list[str]] = {}
    for name, value in item.items():
        if isinstance(value, str):
            if len(value) <= LONGEST_HASHED:
                texts.setdefault(value, []).append(name)
        elif value is not None and not isinstance(value, bytes | list | dict | set):
            texts.setdefault(key_text(value), []).append(name)
    return texts


def _note_key(
    key: KeyProfile,
    name: str,
    value: str,
    texts: Mapping[str, list[str]],
    item: Mapping[str, Any],
    weight: int,
) -> None:
    parts, separators = segments_of(value)
    match = None if separators else _PREFIX.fullmatch(value)
    if match is not None and texts.get(match[3]):  # `user_42` beside an attribute that is 42
        parts, separators = [match[1], match[3]], (match[2],)
    _note_parts(key, name, parts, separators, texts, item, weight)
    fused = fused_parts(value)
    if fused is not None:
        key.fused = key.fused or KeyProfile()
        runs = ("",) * (len(fused) - 1)
        _note_parts(key.fused, name, fused, runs, texts, item, weight)


def _note_parts(
    key: KeyProfile,
    name: str,
    parts: list[str],
    separators: tuple[str, ...],
    texts: Mapping[str, list[str]],
    item: Mapping[str, Any],
    weight: int,
) -> None:
    key.profiled += weight
    key.separators[separators] += weight
    while len(key.segments) < len(parts):
        key.segments.append(SegmentProfile())
    for segment, part in zip(key.segments, parts, strict=False):
        _note_segment(segment, part, name, texts, item, weight)


def _note_segment(
    segment: SegmentProfile,
    part: str,
    key: str,
    texts: Mapping[str, list[str]],
    item: Mapping[str, Any],
    weight: int,
) -> None:
    segment.profiled += weight
    for name in texts.get(part, ()):
        if name != key:
            segment.matches[name] += weight
    segment.sizes.add(len(part.encode("utf-8", "replace")), weight)
    segment.forms[form_of(part)] += weight
    segment.sketch.add(hashed(part))
    if segment.words is not None:
        segment.words[part] += weight
        if len(segment.words) > MOST_CODES:
            segment.words = None
    if 1 <= len(part) <= 12 and all(name == key for name in texts.get(part, ())):
        for name, cell in _cells(item, len(part)):
            if cell == part:
                segment.matches[f"{name}.geohash{len(part)}"] += weight


def _cells(item: Mapping[str, Any], length: int) -> Iterable[tuple[str, str]]:
    """Return the geohash cells of the places of an item."""
    for name, value in item.items():
        if isinstance(value, Mapping) and is_point(value):
            spot = {str(k).lower(): v for k, v in value.items()}
            latitude = spot.get("lat", spot.get("latitude"))
            longitude = spot.get("lon", spot.get("lng", spot.get("longitude")))
            if latitude is None or longitude is None:
                continue
            from tablewright.engines.dynamodb.geohash import geohash

            yield name, geohash(float(latitude), float(longitude), length)
