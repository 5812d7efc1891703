"""Firestore: documents read, written and deleted, and bytes stored, for the patterns of a model.

In: a model, a number of users, prices. Out: a UnitPriced: lines by pattern, patterns and needs it
cannot serve. A document for each instance, every field indexed as Firestore does unasked. It does
not know composite indexes' bytes (they come on top) and takes no free quota off.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.bill.bill import Line, charge, total_of
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, GB, ONE, ZERO
from tablewright.evaluation.engine import Refused
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Entity, Model, Pattern, Verb
from tablewright.sample.sample import sample_of

DOCUMENT_BYTES = 32
NAME_BYTES = 16
INDEX_ENTRY_BYTES = 32
"""What comes on top of names and values. Firestore documentation, "Storage size calculations"."""
CELLS = 9
"""Ranges of a geohash that a search by distance asks for; each is a query of its own: assumed."""
OVERREAD = Decimal(3)
"""Documents of those cells for one within the circle: assumed."""
ENTRIES_PER_READ = 1000
"""Index entries of an aggregation that count as one document read."""

NEEDS = {
    "geo": "no query by distance: geohash ranges, filtered by the application",
    "full_text": "no search for words",
    "ad_hoc_queries": "no joins; an index for each combination of conditions",
    "relational_integrity": "no foreign keys and no unique constraints",
}


@frozen
class Units:
    """Documents one call of a pattern reads, writes and deletes."""

    reads: Decimal = ZERO
    writes: Decimal = ZERO
    deletes: Decimal = ZERO

    def __add__(self, other: Units) -> Units:
        return Units(
            reads=self.reads + other.reads,
            writes=self.writes + other.writes,
            deletes=self.deletes + other.deletes,
        )


@frozen
class UnitPriced:
    """A store that is paid by its own units, on the workload of a model."""

    vendor: str
    place: str
    users: int
    lines: tuple[Line, ...] = ()
    not_priced: str = ""
    """Why there is no price: "not priced: …"."""
    cannot: tuple[tuple[str, str], ...] = ()
    """Patterns it cannot serve, and why; they are in no line."""
    misses: tuple[str, ...] = ()
    """Needs of the model that it cannot meet, and why."""

    @property
    def usd(self) -> Decimal | None:
        """USD a month; None where it is not priced."""
        return None if self.not_priced else total_of(self.lines)


def firestore(model: Model, users: int, book: PriceBook, place: str = "nam5") -> UnitPriced:
    """Return what a model's workload costs on Firestore.

    Args:
        model: entities and patterns.
        users: the scale.
        book: prices.
        place: a location of Firestore: nam5 (several regions of the US), or us-central1.
    """
    units: dict[str, Units] = {}
    cannot: list[tuple[str, str]] = []
    for pattern in model.patterns:
        found = _units(model, pattern, Selectivity(model, users))
        if isinstance(found, Refused):
            cannot.append((pattern.name, found.reason))
        else:
            units[pattern.name] = found
    required_needs = model.required_needs
    result = UnitPriced(
        vendor="Google Firestore",
        place=place,
        users=users,
        cannot=tuple(cannot),
        misses=tuple(f"{name}: {why}" for name, why in NEEDS.items() if name in required_needs),
    )
    try:
        lines = _operations(model, units, users, book, place)
        lines.append(_storage(model, users, book, place))
    except PriceUnknownError as problem:
        return replace(result, not_priced=f"not priced: {problem}")
    return replace(result, lines=tuple(lines))


def _operations(
    model: Model, units: Mapping[str, Units], users: int, book: PriceBook, place: str
) -> list[Line]:
    lines = []
    for name, unit in units.items():
        calls = model.calls_per_day(model.pattern(name), users) * DAYS_PER_MONTH
        counts = (("reads", unit.reads), ("writes", unit.writes), ("deletes", unit.deletes))
        for kind, count in counts:
            if count:
                price = book.price(f"google.firestore.{kind}", place)
                lines.append(
                    charge(
                        price,
                        count * calls,
                        where="firestore",
                        what=f"document {kind}",
                        pattern=name,
                    )
                )
    return lines


def _storage(model: Model, users: int, book: PriceBook, place: str) -> Line:
    total = ZERO
    for entity in model.entities:
        total += model.instances(entity.name, users) * stored_bytes(model, entity)
    price = book.price("google.firestore.storage", place)
    return charge(price, total / GB, where="firestore", what="storage", note="with indexes")


def _units(model: Model, pattern: Pattern, selectivity: Selectivity) -> Units | Refused:
    entity = model.entity(pattern.entity)
    if pattern.verb in (Verb.TRANSACT, Verb.READ):
        total = Units()
        for part in pattern.parts:
            units = _units(model, part, selectivity)
            if isinstance(units, Refused):
                return units
            total = total + units
        return total
    if pattern.verb.is_write or pattern.verb is Verb.CHECK:
        return _writes(entity, pattern, selectivity)
    if pattern.verb is Verb.SEARCH:
        return Refused("it has no search for words")
    if pattern.verb is Verb.SIMILAR:
        return Refused("what its search for similar vectors reads is not known here")
    if pattern.verb is Verb.GET:
        return Units(reads=Decimal(pattern.batch))  # a document that is not there is billed as well
    matched = pattern.matched
    if matched is None:
        matched = selectivity.matching(entity, pattern.where)
    if pattern.verb is Verb.AGGREGATE:
        reads = (matched / ENTRIES_PER_READ).to_integral_value(rounding="ROUND_CEILING")
        return Units(reads=max(ONE, reads))
    returned = matched
    if pattern.limit is not None and not pattern.complete:
        returned = min(matched, Decimal(pattern.limit))
    if pattern.verb is Verb.NEAR:
        return Units(reads=max(Decimal(CELLS), returned * OVERREAD))
    return Units(reads=max(ONE, returned))


def _writes(entity: Entity, pattern: Pattern, selectivity: Selectivity) -> Units:
    # A unique attribute is a document of its own, read before in the same transaction.
    guards = sum(
        1
        for attribute in entity.attributes
        if attribute.unique and attribute.name not in entity.key
    )
    if pattern.verb is Verb.CHECK:
        return Units(reads=ONE)
    if pattern.verb is Verb.PUT:
        batch = Decimal(pattern.batch)
        asked = guards + (1 if pattern.condition else 0)
        return Units(reads=batch * asked, writes=batch * (1 + guards))
    count = selectivity.matching(entity, pattern.where) * pattern.batch
    by_key = set(entity.key) <= set(pattern.equalities)
    # What is not addressed by its key, or depends on what it holds, is read first.
    reads = count if not by_key or pattern.condition or not pattern.atomic else ZERO
    if pattern.verb is Verb.DELETE:
        return Units(reads=reads, deletes=count * (1 + guards))
    return Units(reads=reads, writes=count * (ONE - pattern.fails))


def stored_bytes(model: Model, entity: Entity, n: int = 128) -> Decimal:
    """Return the mean bytes of a document and of the entries Firestore makes of each field."""
    name = NAME_BYTES + len(entity.name) + 1 + 21  # a collection, and an id of twenty letters
    total = rows = 0
    for row in sample_of(model).rows(entity.name, 0, n):
        rows += 1
        total += name + DOCUMENT_BYTES
        for field, value in row.items():
            size = len(field.encode()) + 1 + value_bytes(value)
            total += size
            if not isinstance(value, Mapping | list | set):
                total += 2 * (name + INDEX_ENTRY_BYTES + size)  # one upwards, one downwards
    return Decimal(total) / max(1, rows)


def value_bytes(value: Any) -> int:
    """Return the bytes of a value as Firestore counts them.

    Example:
        >>> value_bytes("abc"), value_bytes(7), value_bytes(True), value_bytes([1, "a"])
        (4, 8, 1, 10)
    """
    if isinstance(value, str):
        return len(value.encode()) + 1
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int | float | Decimal | datetime.datetime):
        return 8
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        if set(value) == {"lat", "lon"}:
            return 16
        return sum(len(str(k).encode()) + 1 + value_bytes(v) for k, v in value.items())
    return sum(value_bytes(entry) for entry in value)
