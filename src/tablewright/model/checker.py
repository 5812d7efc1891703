"""Resolve names, check what the shapes cannot, fill defaults: fields as read become a Model.

In: the fields of the file and the `Reading`. Out: a Model; every problem is noted in the reading.
Where there were errors the Model is a stopgap that only serves to find further ones. It does not
know designs or prices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.capacity.limits import (
    MAX_BATCH_GET_KEYS,
    MAX_BATCH_WRITE_ITEMS,
    MAX_ITEM_BYTES,
    MAX_TRANSACTION_ITEMS,
)
from tablewright.capacity.units import Consistency
from tablewright.core.diagnostics import Span, nearest
from tablewright.core.quantities import ONE, ZERO, format_bytes, format_number, plain
from tablewright.model import scalars
from tablewright.model.grammar import GRADES, RANGED, RANGES, SIZED, VERBS, TypeText, even
from tablewright.model.nodes import Reading, Word, boolean
from tablewright.model.scalars import Bad
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Acceptance,
    Attribute,
    Claim,
    Condition,
    Count,
    Entity,
    Kind,
    Model,
    Pattern,
    Rate,
    Targets,
    Verb,
)

MOST_ANCESTORS = 30
LARGEST_BATCH = {
    Verb.GET: MAX_BATCH_GET_KEYS,
    Verb.PUT: MAX_BATCH_WRITE_ITEMS,
    Verb.DELETE: MAX_BATCH_WRITE_ITEMS,
}
"""Larger batches are sent as several."""

KNOWN_NEEDS = (
    "transactions",
    "ttl",
    "geo",
    "full_text",
    "ad_hoc_queries",
    "change_stream",
    "high_availability",
    "multi_region",
    "multi_tenant",
    "point_in_time_recovery",
    "relational_integrity",
)
"""Needs that something asks for; others are kept, since they tell the reader something."""

_ROLE_OF_KIND = {Kind.COUNTER: "counter", Kind.MONEY: "money", Kind.GEO: "geo"}


def resolve(found: Fields, reading: Reading) -> Model:
    """Return the model that the fields of the file describe."""
    options = dict(_flat("", found.get("options", {})))
    # The planner may keep in object storage what does not fit into an item.
    is_whole = "designs" not in found and options.get("object_storage") not in ("needed", "allow")
    entities = _Entities(found.get("entities", ()), reading).resolve(whole=is_whole)
    by_name = {entity.name: entity for entity in entities}
    patterns = tuple(
        pattern
        for entry in found.get("patterns", ())
        if (pattern := _PatternReader(entry, by_name, reading).resolve()) is not None
    )
    designs = found.get("designs", ())
    return Model(
        app=str(found.get("app", "app")),
        title=found.get("title", ""),
        region=found.get("region", "us-east-1"),
        scales=_scales(found, reading),
        entities=entities,
        patterns=patterns,
        seed=found.get("seed", 1),
        prices_as_of=found.get("prices", ""),
        horizon_days=found.get("horizon", Decimal(365)),
        daily_load=found.get("daily_load", ()),
        growth_per_month=found.get("growth", ZERO),
        targets=_targets(found.get("targets"), reading),
        needs=_needs(found.get("needs", ()), reading),
        claims=tuple(
            claim
            for entry in found.get("claims", ())
            if (claim := _claim(entry, [str(d.name) for d in designs], reading)) is not None
        ),
        assumptions=tuple(sorted(reading.assumptions, key=lambda a: a.span)),
        accepted=tuple(
            Acceptance(
                rule=str(one.get("rule", "")),
                subject=one.get("subject", ""),
                reason=one.get("reason", ""),
                span=one.span,
            )
            for one in found.get("accept", ())
        ),
        options=options,
        architectures=found.get("architectures", {}),
    )


def _scales(found: Fields, reading: Reading) -> tuple[int, ...]:
    scales: tuple[int, ...] = found.get("scales", (1,))
    if len(set(scales)) < len(scales):
        reading.error(
            "duplicate-scale",
            "`scales` names the same number of users twice",
            found.at("scales"),
            "keep each number once",
        )
    return tuple(sorted(set(scales)))


def _targets(found: Fields | None, reading: Reading) -> Targets:
    if found is None:
        return Targets()
    costs = []
    for entry in found.get("monthly_cost", ()):
        users = int(entry.name.replace("_", ""))
        if entry.value is not None:
            costs.append((users, entry.value))
    availability = found.get("availability")
    if availability is not None and availability > 100:
        reading.error(
            "impossible-value",
            f"`targets.availability` is {plain(availability)} per cent, which is more than 100",
            found.at("availability"),
            "write per cent such as 99.9",
        )
    return Targets(
        monthly_cost=tuple(sorted(costs)),
        latency_p99_ms=found.get("latency_p99_ms"),
        availability=availability,
        grade=found.get("grade"),
    )


def _needs(entries: tuple[Entry, ...], reading: Reading) -> tuple[tuple[str, str], ...]:
    out = []
    for entry in entries:
        name = str(entry.name)
        if name not in KNOWN_NEEDS and (close := nearest(name, KNOWN_NEEDS)):
            reading.warning(
                "unknown-need",
                f"nothing looks at the need `{name}`",
                entry.name.span,
                f"did you mean `{close}`?",
            )
        if entry.value is not None:
            said = boolean(entry.value)
            out.append((name, str(entry.value) if said is None else ("yes" if said else "no")))
    return tuple(out)


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    """Return nested options as pairs, names joined by dots."""
    if isinstance(value, dict):
        out = []
        for name, inner in value.items():
            out += _flat(f"{prefix}.{name}" if prefix else name, inner)
        return out
    if isinstance(value, list):
        return [(prefix, ", ".join(_option(item) for item in value))]
    return [(prefix, _option(value))]


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


# ---------------------------------------------------------------- entities


class _Entities:
    """Reads all entities: parents first, so that their keys can be handed down."""

    def __init__(self, entries: tuple[Entry, ...], reading: Reading) -> None:
        self.reading = reading
        self.entries = [entry for entry in entries if isinstance(entry.value, Fields)]
        self.names = [str(entry.name) for entry in entries]
        self.by_name = {str(entry.name): entry for entry in self.entries}
        self.done: dict[str, Entity] = {}
        self.depth: dict[str, int] = {}
        """How many ancestors an entity has."""

    def resolve(self, *, whole: bool) -> tuple[Entity, ...]:
        """Return the entities in the order of the file.

        `whole`: nothing says that they are kept in parts, so that each must fit into one item.
        """
        for entry in self.entries:
            self._one(entry, ())
        for name in self.names:  # so that uses of a broken entity are not reported as well
            self.done.setdefault(name, Entity(name=name, key=(), attributes=()))
        entities = tuple(self.done[name] for name in self.names)
        for entity in entities:
            self._check_refs(entity)
            if whole:
                self._check_size(entity)
        return entities

    def _one(self, entry: Entry, above: tuple[str, ...]) -> Entity:
        name = str(entry.name)
        if name in self.done:
            return self.done[name]
        found: Fields = entry.value
        parent = self._parent(name, found, above)
        attributes = self._attributes(name, found)
        if parent is not None:
            own = {attribute.name for attribute in attributes}
            handed = [
                replace(
                    parent.attribute(key), generated=True, to=parent.name, unique=False, title=""
                )
                for key in parent.key
                if key not in own and parent.has(key)
            ]
            attributes = (*handed, *attributes)
        key = self._known_names(name, found, "key", attributes)
        self._check_key(name, found, key, attributes)
        identity = self._known_names(name, found, "identity", attributes) or key
        count, bounded = self._count(name, found, parent)
        entity = Entity(
            name=name,
            key=key,
            attributes=attributes,
            parent=None if parent is None else parent.name,
            count=replace(count, bounded=bounded),
            retention_days=found.get("retention"),
            durable=found.get("durable", True),
            append_only=found.get("append_only", False),
            identity=identity,
            title=found.get("title", ""),
            span=entry.name.span,
        )
        self.done[name] = entity
        return entity

    def _parent(self, name: str, found: Fields, above: tuple[str, ...]) -> Entity | None:
        word: Word | None = found.get("of")
        if word is None:
            return None
        parent = str(word)
        if parent in (*above, name):
            circle = [*above, name][[*above, name].index(parent) :]
            self.reading.error(
                "parent-cycle",
                f"`{name}` is its own ancestor: {' of '.join([*circle, parent])}",
                word.span,
                "an entity belongs to one parent above it; for a link between equals use an "
                "attribute of type ref",
            )
            return None
        if parent not in self.names:
            self.reading.error(
                "unknown-entity",
                f"`{name}` is a child of `{parent}`, which is not an entity of this model",
                word.span,
                suggestion(parent, self.names, "entities"),
            )
            return None
        if parent not in self.by_name:
            return None
        if len(above) < MOST_ANCESTORS:
            entity = self._one(self.by_name[parent], (*above, name))
            self.depth[name] = self.depth.get(parent, 0) + 1
            if self.depth[name] <= MOST_ANCESTORS:
                return entity
        self.reading.error(
            "too-many-ancestors",
            f"`{name}` stands under more than {MOST_ANCESTORS} entities",
            word.span,
            "name a nearer ancestor with `of:`",
        )
        return None

    def _attributes(self, name: str, found: Fields) -> tuple[Attribute, ...]:
        return tuple(
            _attribute(str(entry.name), entry, self.reading, f"{name}.{entry.name}")
            for entry in found.get("attributes", ())
        )

    def _known_names(
        self, entity: str, found: Fields, field: str, attributes: tuple[Attribute, ...]
    ) -> tuple[str, ...]:
        known = [attribute.name for attribute in attributes]
        out: list[str] = []
        for word in found.get(field, ()):
            if str(word) in out:
                self.reading.error(
                    "duplicate-name",
                    f"the {field} of `{entity}` names `{word}` twice",
                    word.span,
                    "keep one of the two",
                )
            elif str(word) not in known:
                if known:
                    self.reading.error(
                        "unknown-attribute",
                        f"the {field} of `{entity}` is `{word}`, which is not among its attributes",
                        word.span,
                        _add_or_mean(str(word), entity, known),
                    )
            else:
                out.append(str(word))
        return tuple(out)

    def _check_key(
        self, entity: str, found: Fields, key: tuple[str, ...], attributes: tuple[Attribute, ...]
    ) -> None:
        by_name = {attribute.name: attribute for attribute in attributes}
        spans = {str(word): word.span for word in found.get("key", ())}
        for name in key:
            attribute = by_name[name]
            if attribute.kind.is_container or attribute.kind is Kind.BOOL:
                self.reading.error(
                    "impossible-key",
                    f"the key of `{entity}` is `{name}`, {a_kind(attribute.kind)}, "
                    "which cannot identify anything",
                    spans[name],
                    "use an attribute that is text, a number, a time or binary",
                )
            elif attribute.presence < 1:
                self.reading.error(
                    "impossible-key",
                    f"the key of `{entity}` is `{name}`, which only "
                    f"{plain(attribute.presence * 100)} % of its instances have",
                    spans[name],
                    f"take `presence` away from `{name}`, or choose another key",
                )

    def _count(self, name: str, found: Fields, parent: Entity | None) -> tuple[Count, bool]:
        count: Count = found.get("count", Count(per=""))
        per = count.per
        if per in ("users",):
            per = "user"
        if per in ("", "parent"):
            per_default = "parent" if "of" in found else "user"
            if per == "parent" and "of" not in found:
                self.reading.error(
                    "no-parent",
                    f"the count of `{name}` is per parent, but it has none",
                    found.at("count"),
                    f"name the parent with `of:`, or write {plain(count.mean)}/user",
                )
            per = per_default
        elif per not in ("user", "total"):
            if parent is not None and per == parent.name:
                per = "parent"
            elif parent is not None or "of" not in found:
                known = ["user", "total", *([parent.name, "parent"] if parent else [])]
                self.reading.error(
                    "unknown-driver",
                    f"the count of `{name}` is per `{per}`, which is neither user, parent nor "
                    "total",
                    found.at("count"),
                    suggestion(per, known, "drivers"),
                )
                per = "user"
        return replace(count, per=per), found.get("bounded", True)

    def _check_refs(self, entity: Entity) -> None:
        entry = self.by_name.get(entity.name)
        if entry is None:
            return
        for one in entry.value.get("attributes", ()):
            for to, span in _refs(one):
                if to not in self.names:
                    self.reading.error(
                        "unknown-entity",
                        f"`{entity.name}.{one.name}` refers to `{to}`, "
                        "which is not an entity of this model",
                        span,
                        suggestion(to, self.names, "entities"),
                    )

    def _check_size(self, entity: Entity) -> None:
        """Refuse an entity whose mean item would be over the limit by its stated sizes alone."""
        stated = [
            (attribute.name, stated_bytes(attribute) * attribute.presence)
            for attribute in entity.attributes
        ]
        total = sum((size for _, size in stated), ZERO)
        if total <= MAX_ITEM_BYTES or entity.span is None:
            return
        largest = sorted(stated, key=lambda pair: -pair[1])[:3]
        shown = " + ".join(f"{name} {format_bytes(size)}" for name, size in largest)
        rest = total - sum(size for _, size in largest)
        if rest >= 1:
            shown += f" + the rest {format_bytes(rest)}"
        entry = self.by_name.get(entity.name)
        span = entity.span
        if entry is not None:
            for one in entry.value.get("attributes", ()):
                if str(one.name) == largest[0][0]:
                    span = one.name.span
        self.reading.error(
            "item-too-large",
            f"a mean `{entity.name}` has at least {format_number(total)} bytes ({shown} = "
            f"{format_bytes(total)}), and an item may have {format_number(MAX_ITEM_BYTES)} "
            "(400 KB), names included",
            span,
            f"make `{largest[0][0]}` an entity of its own in parts (`of: {entity.name}`), or write "
            f"a design that keeps it elsewhere (`offload: [{largest[0][0]}]`), or let it be "
            "planned so (`options: {object_storage: needed}`)",
        )


def stated_bytes(attribute: Attribute) -> Decimal:
    """Return the mean bytes an attribute has by what the file states; its name included."""
    size = Decimal(len(attribute.name.encode()))
    if attribute.bytes is not None:
        return size + attribute.bytes.mean
    if attribute.fields:
        return size + 3 + sum((stated_bytes(f) + 1 for f in attribute.fields), ZERO)
    if attribute.element is not None and attribute.elements is not None:
        each = stated_bytes(replace(attribute.element, name="")) + 1
        return size + 3 + each * attribute.elements.mean
    return size


def a_kind(kind: Kind) -> str:
    """Return a type with its article.

    Example:
        >>> a_kind(Kind.ENUM), a_kind(Kind.UUID)
        ('an enum', 'a uuid')
    """
    return f"{'an' if kind.value[0] in 'aeio' else 'a'} {kind.value}"


def _refs(entry: Entry) -> list[tuple[str, Span]]:
    value = entry.value
    if isinstance(value, TypeText):
        span = entry.name.span
        return [(value.to, span)] if value.kind is Kind.REF and value.to else []
    if not isinstance(value, Fields):
        return []
    out: list[tuple[str, Span]] = []
    if (to := value.get("to")) is not None:
        out.append((str(to), to.span))
    kind = value.get("type")
    if kind is not None and kind.kind is Kind.REF and kind.to:
        out.append((kind.to, value.at("type")))
    if (element := value.get("of")) is not None:
        out += _refs(Entry(Word("of", value.at("of")), element, value.node))
    for inner in value.get("fields", ()):
        out += _refs(inner)
    return out


def _add_or_mean(name: str, entity: str, known: list[str]) -> str:
    hint = suggestion(name, known, "attributes")
    if hint.startswith("did you mean"):
        return f"add `{name}` to `{entity}`, or {hint}"
    return f"add `{name}` to the attributes of `{entity}`; {hint}"


def _attribute(name: str, entry: Entry, reading: Reading, place: str) -> Attribute:
    value = entry.value
    if isinstance(value, TypeText):
        return _from_type(name, value, entry.name.span, reading, place)
    if not isinstance(value, Fields) or value.get("type") is None:
        return Attribute(name=name, kind=Kind.TEXT)
    base = _from_type(name, value.get("type"), value.at("type"), reading, place, value)
    return _LongForm(base, value, reading, place).resolve()


def _from_type(
    name: str,
    value: TypeText,
    span: Span,
    reading: Reading,
    place: str,
    found: Fields | None = None,
) -> Attribute:
    if value.kind is Kind.ENUM and not value.values and (found is None or "values" not in found):
        reading.error(
            "missing-values",
            f"`{place}` is an enum without values",
            span,
            "write enum(active, paused), or {type: enum, values: {active: 85%, paused: 15%}}",
        )
    if value.kind is Kind.REF and not value.to and (found is None or "to" not in found):
        reading.error(
            "incomplete",
            f"`{place}` is a ref that does not say to what",
            span,
            "write ref(Customer)",
        )
    if value.low is not None and value.high is not None and value.low > value.high:
        reading.error(
            "bad-range",
            f"`{place}` has a range that begins at {plain(value.low)} and ends at "
            f"{plain(value.high)}",
            span,
            "write the smaller one first",
        )
    return Attribute(
        name=name,
        kind=value.kind,
        bytes=value.bytes,
        values=value.values,
        low=value.low,
        high=value.high,
        to=value.to or None,
        role=_ROLE_OF_KIND.get(value.kind),
    )


class _LongForm:
    """Reads the mapping form of an attribute on top of its type."""

    def __init__(self, base: Attribute, found: Fields, reading: Reading, place: str) -> None:
        self.base, self.found, self.reading, self.place = base, found, reading, place

    def resolve(self) -> Attribute:
        """Return the attribute."""
        found, base = self.found, self.base
        self._check_fields()
        low, high = found.get("min", base.low), found.get("max", base.high)
        if low is not None and high is not None and low > high and found.get("min") is not None:
            self._error("bad-range", f"`{self.place}` has a min above its max", "min", "swap them")
        element = found.get("of")
        return replace(
            base,
            bytes=found.get("bytes", base.bytes),
            values=self._values(),
            low=low,
            high=high,
            places=found.get("places", base.places),
            fields=tuple(
                _attribute(str(e.name), e, self.reading, f"{self.place}.{e.name}")
                for e in found.get("fields", ())
            ),
            element=None
            if element is None
            else _attribute(
                "",
                Entry(Word("of", found.at("of")), element, found.node),
                self.reading,
                f"{self.place}.of",
            ),
            elements=found.get("items"),
            to=str(found.get("to")) if found.get("to") is not None else base.to,
            presence=found.get("presence", base.presence),
            distinct=found.get("distinct"),
            skew=found.get("skew"),
            top_share=found.get("top_share"),
            unique=found.get("unique", False),
            sensitive=found.get("sensitive", False),
            role=str(found.get("role")) if found.get("role") is not None else base.role,
            immutable=found.get("immutable", False),
            compressible=found.get("compressible"),
            title=found.get("title", ""),
        )

    def _error(self, id: str, message: str, field: str, help: str) -> None:
        self.reading.error(id, message, self.found.at(field), help)

    def _check_fields(self) -> None:
        """Refuse fields that mean nothing for the type."""
        kind = self.base.kind
        allowed = {
            "bytes": kind in SIZED,
            "values": kind is Kind.ENUM,
            "min": kind in RANGED or kind is Kind.EPOCH,
            "max": kind in RANGED or kind is Kind.EPOCH,
            "places": kind in (Kind.DECIMAL, Kind.MONEY),
            "fields": kind is Kind.MAP,
            "of": kind in (Kind.LIST, Kind.SET),
            "items": kind in (Kind.LIST, Kind.SET),
            "to": kind is Kind.REF,
        }
        for field, right in allowed.items():
            if field in self.found and not right:
                self.reading.error(
                    "field-not-for-type",
                    f"`{self.place}` is of type {kind.value}, which has no `{field}`",
                    self.found.key_spans[field],
                    f"take `{field}` away, or choose another type",
                )
        if "items" in self.found and "of" not in self.found:
            self._error(
                "incomplete",
                f"`{self.place}` has `items` but not `of`, the type of each",
                "items",
                f"write {{type: {kind.value}, of: uuid, items: 5}}",
            )
        if self.found.get("unique") and self.base.kind.is_container:
            self._error(
                "impossible-value",
                f"`{self.place}` is a {kind.value}, which cannot be unique",
                "unique",
                "take `unique` away",
            )

    def _values(self) -> tuple[tuple[str, Decimal], ...]:
        values = self.found.get("values")
        if values is None:
            return self.base.values
        if values and isinstance(values[0], Word):
            names = [str(word) for word in values]
            twice = next((w for at, w in enumerate(values) if str(w) in names[:at]), None)
            if twice is not None:
                self.reading.error(
                    "duplicate-name",
                    f"`{self.place}` names the value `{twice}` twice",
                    twice.span,
                    "keep one of the two",
                )
                return ()
            return even(names)
        pairs = [(str(entry.name), entry.value) for entry in values if entry.value is not None]
        total = sum((share for _, share in pairs), ZERO)
        moved = self.reading.is_moved
        if len(pairs) < len(values) or not pairs:
            return ()
        if abs(total - 1) > Decimal("0.005") and not moved:
            self._error(
                "shares-do-not-add-up",
                f"the shares of `{self.place}` add up to {plain((total * 100).normalize())} %: "
                + " + ".join(plain((share * 100).normalize()) for _, share in pairs),
                "values",
                "they must add up to 100 %",
            )
            return ()
        return tuple((name, share / total) for name, share in pairs) if total else ()


# ---------------------------------------------------------------- access patterns

_ONLY_FOR: dict[str, frozenset[Verb]] = {
    "sort": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "limit": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH}),
    "skip": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH}),
    "ignore_case": frozenset({Verb.GET, Verb.LIST, Verb.AGGREGATE}),
    "all": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "matched": frozenset(
        {Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE, Verb.DELETE, Verb.UPDATE}
    ),
    "select": frozenset({Verb.GET, Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "hit": frozenset({Verb.GET, Verb.LIST, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "consistency": frozenset({Verb.GET, Verb.LIST, Verb.SCAN, Verb.AGGREGATE}),
    "staleness_ms": frozenset(
        {Verb.GET, Verb.LIST, Verb.SCAN, Verb.AGGREGATE, Verb.NEAR, Verb.SEARCH}
    ),
    "batch": frozenset({Verb.GET, Verb.PUT, Verb.DELETE}),
    "set": frozenset({Verb.UPDATE}),
    "increment": frozenset({Verb.UPDATE}),
    "append": frozenset({Verb.UPDATE}),
    "remove": frozenset({Verb.UPDATE}),
    "changes": frozenset({Verb.UPDATE}),
    "if": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK}),
    "if_on": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK}),
    "fails": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK, Verb.TRANSACT}),
    "radius_km": frozenset({Verb.NEAR}),
    "atomic": frozenset({Verb.UPDATE, Verb.PUT, Verb.DELETE, Verb.TRANSACT}),
    "window_s": frozenset({Verb.UPDATE, Verb.PUT, Verb.DELETE, Verb.TRANSACT}),
    "by": frozenset(set(Verb) - {Verb.TRANSACT, Verb.SCAN}),
    "where": frozenset(set(Verb) - {Verb.TRANSACT}),
}


class _PatternReader:
    """Reads one access pattern."""

    def __init__(self, entry: Entry, entities: dict[str, Entity], reading: Reading) -> None:
        self.entry, self.entities, self.reading = entry, entities, reading
        self.name = str(entry.name)
        self.what = f"pattern `{self.name}`"

    def resolve(self) -> Pattern | None:
        """Return the pattern, None where its verb is not clear."""
        found = self.entry.value
        if not isinstance(found, Fields):
            return None
        given = [verb for verb in VERBS if verb in found]
        if len(given) != 1:
            self._wrong_verb(found, given)
            return None
        verb = Verb(given[0])
        rate = self._rate(found)
        if verb is Verb.TRANSACT:
            return self._transaction(found, rate)
        return self._single(found, verb, rate, self.name)

    def _wrong_verb(self, found: Fields, given: list[str]) -> None:
        if given:
            self.reading.error(
                "two-verbs",
                f"{self.what} has {len(given)} verbs: {', '.join(given)}",
                found.key_spans[given[1]],
                "make one access pattern of each; several writes at once are a transact",
            )
            return
        if any(nearest(name, VERBS) for name in found.unknown):
            return  # a verb misspelt, and reported as such
        self.reading.error(
            "missing-verb",
            f"{self.what} does not say what it does",
            self.entry.name.span,
            f"begin with one of {', '.join(VERBS)}, as in {{get: Customer, by: id, …}}",
        )

    def _rate(self, found: Fields) -> Rate:
        rate: Rate | None = found.get("rate")
        if rate is None:
            return Rate(per_day=ZERO)
        per = {"users": "user"}.get(rate.per, rate.per)
        if per not in ("user", "total") and per not in self.entities:
            self.reading.error(
                "unknown-entity",
                f"the rate of {self.what} is per `{rate.per}`, which is neither user nor an entity",
                found.at("rate"),
                suggestion(rate.per, ["user", *self.entities], "drivers"),
            )
            per = "user"
        if rate.per_day == 0:
            self.reading.warning(
                "rate-of-zero",
                f"{self.what} is never called: its rate is 0",
                found.at("rate"),
                "give the rate, or take the pattern away",
            )
        return replace(rate, per=per)

    def _transaction(self, found: Fields, rate: Rate) -> Pattern | None:
        self._check_fields(found, Verb.TRANSACT, self.what)
        parts = []
        for at, part in enumerate(found.get("transact", ()), 1):
            given = [verb for verb in ("put", "update", "delete", "check") if verb in part]
            if not given and part.unknown:
                continue  # reported as unknown fields
            if len(given) != 1:
                what = "no verb" if not given else f"{len(given)} verbs"
                self.reading.error(
                    "missing-verb" if not given else "two-verbs",
                    f"part {at} of {self.what} has {what}",
                    part.span,
                    "each part is one of put, update, delete, check, as in {put: User, if: absent}",
                )
                continue
            self.what = f"part {at} of pattern `{self.name}`"
            parts.append(self._single(part, Verb(given[0]), rate, f"{self.name}/{at}"))
            self.what = f"pattern `{self.name}`"
        real = [part for part in parts if part is not None]
        instances = sum(part.batch for part in real)
        if instances > MAX_TRANSACTION_ITEMS:
            self.reading.error(
                "too-many-parts",
                f"{self.what} writes {instances} items in one transaction, "
                f"the service takes {MAX_TRANSACTION_ITEMS}",
                found.at("transact"),
                "split it into several transactions, and say what holds between them",
            )
        if not real:
            return None
        return replace(
            self._common(found, Verb.TRANSACT, real[0].entity, rate, self.name), parts=tuple(real)
        )

    def _single(self, found: Fields, verb: Verb, rate: Rate, name: str) -> Pattern | None:
        word: Word | None = found.get(verb.value)
        if word is None:
            return None
        entity = self.entities.get(str(word))
        if entity is None:
            self.reading.error(
                "unknown-entity",
                f"{self.what} asks for `{word}`, which is not an entity of this model",
                word.span,
                suggestion(str(word), self.entities, "entities"),
            )
            return None
        self._check_fields(found, verb, self.what)
        if not entity.attributes:  # broken, and reported where it stands
            return self._common(found, verb, entity.name, rate, name)
        where = (*self._where(found, "by", entity), *self._where(found, "where", entity))
        self._check_twice(where, found)
        pattern = replace(
            self._common(found, verb, entity.name, rate, name),
            where=where,
            sort=self._sort(found, entity),
            select=self._select(found, entity),
            limit=self._limit(found),
            skip=found.get("skip", 0) if "limit" in found else 0,
            ignore_case=self._ignore_case(found, entity, where),
            condition=self._condition(found, entity)[0],
            condition_on=self._condition(found, entity)[1],
            known=self._paths(found, "known", entity, "holds"),
            scope=self._scope(found, entity),
            **self._changes(found, entity),
        )
        self._check(pattern, found, entity)
        return pattern

    def _common(self, found: Fields, verb: Verb, entity: str, rate: Rate, name: str) -> Pattern:
        known = found.get("known", ())
        return Pattern(
            name=name,
            verb=verb,
            entity=entity,
            rate=rate,
            id=str(found.get("id", "")),
            title=found.get("title", ""),
            limit=found.get("limit"),
            matched=found.get("matched"),
            complete=found.get("all", False),
            batch=found.get("batch", 1),
            fails=found.get("fails", ZERO),
            hit=found.get("hit", ONE),
            known=tuple(str(word) for word in known),
            consistency=Consistency(str(found.get("consistency", "eventual"))),
            peak=self._peak(found),
            latency_p99_ms=found.get("latency_p99_ms"),
            staleness_ms=found.get("staleness_ms"),
            purpose=str(found.get("purpose", "online")),
            group=found.get("group", ""),
            scope=str(found.get("scope", "")),
            atomic=found.get("atomic", True),
            window_s=found.get("window_s"),
            radius_km=found.get("radius_km"),
            hot_share=found.get("hot_share"),
            note=found.get("note", ""),
            span=self.entry.name.span,
        )

    def _peak(self, found: Fields) -> Decimal:
        peak: Decimal = found.get("peak", ONE)
        if peak < 1 and not self.reading.is_moved:
            self.reading.error(
                "impossible-value",
                f"the peak of {self.what} is {plain(peak)} times the mean rate, "
                "which is below the mean",
                found.at("peak"),
                "`peak` is the peak rate over the mean rate, 1 or more",
            )
        return max(peak, ONE)

    # -- names

    def _exists(self, word: Word, entity: Entity, verb: str) -> bool:
        attribute = entity.find(str(word))
        if attribute is not None:
            return True
        base, _, rest = str(word).partition(".")
        if rest and entity.has(base):
            known = [f.name for f in entity.attribute(base).fields]
            message = f"{self.what} {verb} `{word}`, but `{entity.name}.{base}` has no such field"
            help = suggestion(rest, known, f"fields of `{base}`")
        else:
            known = list(entity.names)
            message = f"{self.what} {verb} `{word}`, which `{entity.name}` does not have"
            help = _add_or_mean(str(word), entity.name, known)
        self.reading.error("unknown-attribute", message, word.span, help)
        return False

    def _paths(self, found: Fields, field: str, entity: Entity, verb: str) -> tuple[str, ...]:
        """Return attributes; of a path into a map the map, which is what an engine rewrites."""
        return _bases(word for word in found.get(field, ()) if self._exists(word, entity, verb))

    def _is_whole(self, word: Word, entity: Entity, verb: str) -> bool:
        """Whether it is an attribute; a path into a map is refused, as no key reaches there."""
        if not self._exists(word, entity, verb):
            return False
        if "." not in word:
            return True
        inner = str(word).rpartition(".")[2]
        self.reading.error(
            "nested-path",
            f"{self.what} {verb} `{word}`, which lies inside a map",
            word.span,
            f"make `{inner}` an attribute of `{entity.name}`: no key or index reaches into a map",
        )
        return False

    def _scope(self, found: Fields, entity: Entity) -> str:
        word = found.get("scope")
        return (
            str(word) if word is not None and self._is_whole(word, entity, "is scoped by") else ""
        )

    # -- what selects

    def _where(self, found: Fields, field: str, entity: Entity) -> tuple[Condition, ...]:
        value = found.get(field)
        if value is None:
            return ()
        if isinstance(value, Word):
            value = (value,)
        out = []
        for one in value:
            word = one.name if isinstance(one, Entry) else one
            if not self._is_whole(word, entity, "selects on"):
                continue
            if isinstance(one, Entry):
                out += self._conditions(one, entity)
            else:
                out.append(Condition(attribute=str(word)))
        return tuple(out)

    def _conditions(self, entry: Entry, entity: Entity) -> list[Condition]:
        name, value = str(entry.name), entry.value
        if value is None:
            return []
        attribute = entity.find(name)
        if isinstance(value, Word):
            if str(value) == "given":
                return [Condition(attribute=name)]
            return [Condition(attribute=name, value=self._fixed(value, attribute, entity, name))]
        given = [field for field in (*RANGES, "in") if field in value]
        if len(given) != 1:
            self.reading.error(
                "bad-condition",
                f"{self.what} has {len(given) or 'no'} conditions on `{name}` in one place",
                entry.name.span,
                "give one of between, begins_with, gt, ge, lt, le, in",
            )
            return []
        operator = given[0]
        if operator == "in":
            fixed = tuple(
                self._fixed(word, attribute, entity, name) for word in value.get("in", ())
            )
            return [Condition(attribute=name, operator="in", values=fixed)]
        if attribute is not None and operator == "begins_with" and attribute.kind.is_number:
            self.reading.error(
                "bad-condition",
                f"{self.what} asks how the number `{name}` begins",
                entry.name.span,
                "begins_with is for text; for numbers write {between: 10%}",
            )
        share = value.get(operator)
        return [
            Condition(
                attribute=name,
                operator=operator,
                share=share if isinstance(share, Decimal) else None,
            )
        ]

    def _fixed(self, word: Word, attribute: Attribute | None, entity: Entity, name: str) -> str:
        """Return a fixed value as the attribute's type has it, checked against the type."""
        if attribute is None:
            return str(word)
        where = f"`{entity.name}.{name}`"
        if attribute.kind is Kind.BOOL:
            said = boolean(word)
            if said is None:
                self._wrong_value(word, f"but {where} is a bool", "write true or false")
            return "true" if said else "false"
        if attribute.kind.is_number:
            try:
                scalars.signed(str(word))
            except Bad:
                self._wrong_value(
                    word, f"but {where} is {a_kind(attribute.kind)}", "write a number"
                )
        known = [value for value, _ in attribute.values]
        if known and str(word) not in known:
            self.reading.error(
                "unknown-value",
                f"{self.what} names `{word}`, which is not a value of {where}",
                word.span,
                suggestion(str(word), known, "values"),
            )
        return str(word)

    def _wrong_value(self, word: Word, why: str, help: str) -> None:
        self.reading.error(
            "impossible-value", f"{self.what} names `{word}`, {why}", word.span, help
        )

    def _check_twice(self, where: tuple[Condition, ...], found: Fields) -> None:
        seen: set[tuple[str, str]] = set()
        for condition in where:
            mark = (condition.attribute, condition.operator)
            if mark in seen:
                self.reading.error(
                    "duplicate-condition",
                    f"{self.what} selects on `{condition.attribute}` twice",
                    found.at("where" if "where" in found else "by"),
                    "keep one of the two",
                )
            seen.add(mark)

    def _sort(self, found: Fields, entity: Entity) -> tuple[tuple[str, bool], ...]:
        out = []
        for word in found.get("sort", ()):
            bare = Word(str(word).lstrip("-"), word.span)
            if not self._is_whole(bare, entity, "sorts by"):
                continue
            attribute = entity.find(str(bare))
            if attribute is not None and attribute.kind.is_container:
                self.reading.error(
                    "bad-sort",
                    f"{self.what} sorts by `{bare}`, a {attribute.kind.value}, which has no order",
                    word.span,
                    "sort by text, a number or a time",
                )
                continue
            out.append((str(bare), str(word).startswith("-")))
        return tuple(out)

    def _limit(self, found: Fields) -> int | None:
        limit: int | None = found.get("limit")
        if limit is None and "skip" in found:
            self.reading.error(
                "incomplete",
                f"{self.what} skips instances and does not say how many it wants then",
                found.key_spans["skip"],
                "add `limit: 20`",
            )
            return None
        return None if limit is None else limit + int(found.get("skip", 0))

    def _ignore_case(
        self, found: Fields, entity: Entity, where: tuple[Condition, ...]
    ) -> tuple[str, ...]:
        out = []
        for word in found.get("ignore_case", ()):
            if not self._is_whole(word, entity, "compares"):
                continue
            attribute = entity.find(str(word))
            if attribute is not None and (attribute.kind.is_number or attribute.kind.is_container):
                self.reading.error(
                    "bad-condition",
                    f"{self.what} ignores capitals in `{word}`, {a_kind(attribute.kind)}",
                    word.span,
                    "capitals are a matter of text",
                )
            elif str(word) not in {one.attribute for one in where}:
                self.reading.error(
                    "bad-condition",
                    f"{self.what} ignores capitals in `{word}`, which it does not select on",
                    word.span,
                    f"add `{word}` to `where`, or take it away here",
                )
            else:
                out.append(str(word))
        return tuple(out)

    def _select(self, found: Fields, entity: Entity) -> tuple[str, ...] | None:
        value = found.get("select")
        if value is None:
            return None
        if isinstance(value, Word):
            value = (value,)
        if isinstance(value, Fields):
            left_out = self._paths(value, "except", entity, "leaves out")
            return tuple(name for name in entity.names if name not in left_out)
        return _bases(word for word in value if self._exists(word, entity, "wants"))

    # -- what is written

    def _condition(self, found: Fields, entity: Entity) -> tuple[str, tuple[str, ...]]:
        value = found.get("if")
        on = self._paths(found, "if_on", entity, "has a condition on")
        if value is None:
            return "", on
        if isinstance(value, Word):
            if entity.find(str(value)) is not None:
                return str(value), _bases((value, *on))
            return str(value), on
        names = _bases(word for word in value if self._exists(word, entity, "has a condition on"))
        return ", ".join(names), (*names, *on)

    def _changes(self, found: Fields, entity: Entity) -> dict[str, Any]:
        sets, values = self._sets(found, entity)
        out: dict[str, Any] = {"sets": sets, "set_values": values}
        for field, name in (
            ("increment", "increments"),
            ("append", "appends"),
            ("remove", "removes"),
        ):
            out[name] = self._paths(found, field, entity, f"{field}s")
        self._check_kinds(found, entity)
        changes = []
        touched = {*sets, *out["increments"], *out["appends"], *out["removes"]}
        for entry in found.get("changes", ()):
            if not self._exists(entry.name, entity, "changes"):
                continue
            name = str(entry.name).partition(".")[0]
            if name not in touched:
                self.reading.error(
                    "not-updated",
                    f"{self.what} says how often `{entry.name}` changes, but does not update it",
                    entry.name.span,
                    f"add `{entry.name}` to `set`, or take it away here",
                )
            elif entry.value is not None:
                changes.append((name, entry.value))
        out["changes"] = tuple(changes)
        return out

    def _sets(
        self, found: Fields, entity: Entity
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        value = found.get("set")
        if value is None:
            return (), ()
        names, values = [], []
        for one in (value,) if isinstance(value, Word) else value:
            word = one.name if isinstance(one, Entry) else one
            if not self._exists(word, entity, "sets"):
                continue
            names.append(str(word))
            if isinstance(one, Entry) and one.value is not None and str(one.value) != "given":
                attribute = entity.find(str(word))
                fixed = self._fixed(one.value, attribute, entity, str(word))
                if "." not in word:
                    values.append((str(word), fixed))
        return _bases(names), tuple(values)

    def _check_kinds(self, found: Fields, entity: Entity) -> None:
        for field, right, wanted in (
            ("increment", lambda kind: kind.is_number, "a number"),
            ("append", lambda kind: kind in (Kind.LIST, Kind.SET), "a list or set"),
        ):
            for word in found.get(field, ()):
                attribute = entity.find(str(word))
                if attribute is not None and not right(attribute.kind) and "." not in word:
                    self.reading.error(
                        "wrong-kind",
                        f"{self.what} {field}s `{word}`, which is {a_kind(attribute.kind)}",
                        word.span,
                        f"`{field}` needs {wanted}; use `set` for anything else",
                    )

    # -- the whole

    def _check_fields(self, found: Fields, verb: Verb, what: str) -> None:
        for field, verbs in _ONLY_FOR.items():
            if field in found and verb not in verbs:
                right = ", ".join(v.value for v in Verb if v in verbs)
                self.reading.error(
                    "field-not-for-verb",
                    f"{what} is a {verb.value}, which has no `{field}`",
                    found.key_spans[field],
                    f"`{field}` belongs to {right}; take it away or choose another verb",
                )

    def _check(self, pattern: Pattern, found: Fields, entity: Entity) -> None:
        verb = pattern.verb
        one = verb in (Verb.GET, Verb.UPDATE, Verb.DELETE, Verb.CHECK)
        if one and not pattern.where:
            if "by" not in found and "where" not in found:
                key = ", ".join(entity.key)
                shown = f"[{key}]" if len(entity.key) > 1 else key or "…"
                self.reading.error(
                    "incomplete",
                    f"{self.what} does not say which `{entity.name}`",
                    found.key_spans[verb.value],
                    f"add `by: {shown}`",
                )
        elif verb in (Verb.GET, Verb.CHECK) and not identifies(entity, pattern.equalities):
            self._not_one(pattern, found, entity)
        if (
            verb is Verb.UPDATE
            and not pattern.touched
            and not any(field in found for field in ("set", "increment", "append", "remove"))
        ):
            self.reading.error(
                "incomplete",
                f"{self.what} does not say what it changes",
                found.key_spans["update"],
                "add `set: [attribute]`, `increment`, `append` or `remove`",
            )
        if verb is Verb.UPDATE:
            self._check_not_key(found, entity)
        if verb is Verb.LIST and not (
            pattern.where or "where" in found or "by" in found or found.unknown
        ):
            self.reading.warning(
                "list-of-everything",
                f"{self.what} lists every `{entity.name}`, which grows with the application",
                found.key_spans["list"],
                "say what selects with `where:`, or make it a `scan` if all are meant",
            )
        if verb is Verb.NEAR and not any(a.kind is Kind.GEO for a in entity.attributes):
            self.reading.error(
                "no-place",
                f"{self.what} asks what is near, but `{entity.name}` has no attribute of type geo",
                found.key_spans["near"],
                f"add `location: geo` to `{entity.name}`",
            )

    def _not_one(self, pattern: Pattern, found: Fields, entity: Entity) -> None:
        named = " and ".join(f"`{name}`" for name in pattern.equalities) or "a range"
        unique = [attribute.name for attribute in entity.attributes if attribute.unique]
        ways = [", ".join(entity.key), *unique]
        verb = pattern.verb.value
        self.reading.warning(
            "not-unique",
            f"{self.what} is a {verb} of one `{entity.name}` by {named}, "
            "which may hold for several",
            found.at("by" if "by" in found else "where"),
            f"one instance is identified by {' or by '.join(ways)}; make it a `list`, or mark the "
            "attribute `unique: true`",
        )

    def _check_not_key(self, found: Fields, entity: Entity) -> None:
        for field in ("set", "increment", "append", "remove"):
            value = found.get(field)
            if value is None:
                continue
            for one in (value,) if isinstance(value, Word) else value:
                word = one.name if isinstance(one, Entry) else one
                attribute = entity.find(str(word))
                if str(word) in entity.key:
                    self.reading.error(
                        "key-changed",
                        f"{self.what} changes `{word}`, which is in the key of `{entity.name}`",
                        word.span,
                        "a key never changes: delete the instance and put a new one "
                        "(a transact of both)",
                    )
                elif attribute is not None and attribute.immutable:
                    self.reading.error(
                        "immutable-changed",
                        f"{self.what} changes `{word}`, which is marked immutable",
                        word.span,
                        f"take `immutable` away from `{entity.name}.{word}`, or `{word}` from here",
                    )
        if entity.append_only:
            self.reading.warning(
                "append-only-changed",
                f"{self.what} updates `{entity.name}`, which is marked append_only",
                found.key_spans["update"],
                f"take `append_only` away from `{entity.name}`",
            )


def _bases(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the attributes that paths begin with, each once."""
    return tuple(dict.fromkeys(str(path).partition(".")[0] for path in paths))


def identifies(entity: Entity, names: tuple[str, ...]) -> bool:
    """Whether values of these attributes lead to at most one instance."""
    have = set(names)
    if have.issuperset(entity.key) or (entity.identity and have.issuperset(entity.identity)):
        return True
    return any(entity.has(name) and entity.attribute(name).unique for name in names)


# ---------------------------------------------------------------- claims

_BYTES_CLAIMS = frozenset({"storage_bytes", "table_bytes", "index_bytes"})


def _claim(entry: Entry, designs: list[str], reading: Reading) -> Claim | None:
    found = entry.value
    if not isinstance(found, Fields) or found.get("about") is None:
        return None
    about = str(found.get("about"))
    for field in ("design", "other"):
        word = found.get(field)
        if word is not None and str(word) not in designs:
            reading.error(
                "unknown-design",
                f"claim `{entry.name}` is about the design `{word}`, which this file does not have",
                word.span,
                suggestion(str(word), designs, "designs"),
            )
    low, high, said = _claimed(entry, found, about, reading)
    if about == "fact" and "verdict" not in found:
        reading.error(
            "incomplete",
            f"claim `{entry.name}` is a fact without a verdict",
            entry.name.span,
            "add `verdict: holds`, `does not hold` or `unclear`, and `answer: …`",
        )
    if about == "saving_share" and "other" not in found:
        reading.error(
            "incomplete",
            f"claim `{entry.name}` is a saving, but does not say against which design",
            entry.name.span,
            "add `design:` (what it is now) and `other:` (what saves)",
        )
    return Claim(
        id=str(entry.name),
        says=found.get("says", ""),
        about=about,
        design=str(found.get("design", "")),
        other=str(found.get("other", "")),
        table=str(found.get("table", "")),
        users=found.get("users"),
        low=low,
        high=high,
        region=found.get("region", ""),
        prices_as_of=found.get("prices", ""),
        answer=found.get("answer", "") or said,
        verdict=str(found.get("verdict", "")),
        span=entry.name.span,
    )


def _claimed(
    entry: Entry, found: Fields, about: str, reading: Reading
) -> tuple[Decimal | None, Decimal | None, str]:
    """Return the band of the claimed figure, or the claimed grade as text."""
    words = found.get("value", ())
    if not words:
        if about != "fact" and "value" not in found:
            reading.error(
                "incomplete",
                f"claim `{entry.name}` is about {about}, but has no `value`",
                entry.name.span,
                "add `value:` with the claimed figure, or a band such as [5, 15]",
            )
        return None, None, ""
    if about == "grade":
        if str(words[0]) not in GRADES:
            reading.error(
                "impossible-value",
                f"claim `{entry.name}` claims the grade `{words[0]}`",
                words[0].span,
                "grades are A+ to D- and F",
            )
        return None, None, str(words[0])
    figures = [figure for word in words if (figure := _figure(word, about, entry, reading))]
    values = [value for (value,) in figures]
    if not values:
        return None, None, ""
    if values != sorted(values):
        reading.error(
            "bad-range",
            f"claim `{entry.name}` has a band that begins above its end",
            found.at("value"),
            "write the smaller figure first",
        )
    return values[0], values[-1], ""


def _figure(word: Word, about: str, entry: Entry, reading: Reading) -> tuple[Decimal] | None:
    text = re.sub(r"^\$\s*|,(?=\d{3})", "", word)
    try:
        if about in _BYTES_CLAIMS:
            return (scalars.byte_count(text),)
        if about == "saving_share":
            return (scalars.share(text),)
        return (scalars.number(text),)
    except Bad as bad:
        reading.error(
            "impossible-value",
            f"claim `{entry.name}` has the value `{word}`, which "
            + (bad.reason or "is not a figure"),
            word.span,
            bad.help or "write a figure such as 11.25, 540MB or 85%",
        )
        return None
