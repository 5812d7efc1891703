"""Read the access patterns of a model file and check their names against the entities.

In: an entry under `patterns:`, the entities and the `Reading`. Out: a `Pattern`. It does not know
designs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.capacity.limits import (
    MAX_TRANSACTION_ITEMS,
)
from tablewright.capacity.units import Consistency
from tablewright.core.diagnostics import Span, nearest
from tablewright.core.quantities import ONE, ZERO, plain
from tablewright.model import scalars
from tablewright.model.attribute_reader import (
    a_kind,
    add_or_mean,
)
from tablewright.model.grammar import RANGES, VERBS
from tablewright.model.nodes import Reading, Word, boolean
from tablewright.model.scalars import Bad
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Attribute,
    Condition,
    Entity,
    Kind,
    Pattern,
    Rate,
    Verb,
)

_OTHER_CONDITIONS = ("in", "not", "contains", "size")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _is_time(text: str) -> bool:
    """Whether a text is a day or a moment of ISO 8601."""
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_ONLY_FOR: dict[str, frozenset[Verb]] = {
    "sort": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "limit": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR}),
    "to": frozenset({Verb.SIMILAR}),
    "recall": frozenset({Verb.SIMILAR}),
    "exact": frozenset({Verb.SIMILAR}),
    "skip": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH}),
    "ignore_case": frozenset({Verb.GET, Verb.LIST, Verb.AGGREGATE}),
    "all": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "matched": frozenset(
        {Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE, Verb.DELETE, Verb.UPDATE}
    ),
    "select": frozenset(
        {Verb.GET, Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR, Verb.AGGREGATE}
    ),
    "hit": frozenset({Verb.GET, Verb.LIST, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "consistency": frozenset({Verb.GET, Verb.LIST, Verb.SCAN, Verb.AGGREGATE, Verb.SIMILAR}),
    "staleness_ms": frozenset(
        {Verb.GET, Verb.LIST, Verb.SCAN, Verb.AGGREGATE, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR}
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


class PatternReader:
    """Reads one access pattern."""

    def __init__(self, entry: Entry, entities: dict[str, Entity], reading: Reading) -> None:
        self.entry, self.entities, self.reading = entry, entities, reading
        self.name = str(entry.name)
        self.what = f"pattern `{self.name}`"

    def resolve(self) -> Pattern | None:
        """Return the pattern, None where its verb is not clear."""
        value = self.entry.value
        if not isinstance(value, Fields):
            return None
        provided = [verb for verb in VERBS if verb in value]
        if len(provided) != 1:
            self._wrong_verb(value, provided)
            return None
        verb = Verb(provided[0])
        rate = self._rate(value)
        if verb is Verb.TRANSACT:
            return self._transaction(value, rate)
        return self._single(value, verb, rate, self.name)

    def _wrong_verb(self, fields: Fields, given: list[str]) -> None:
        if given:
            self.reading.error(
                "two-verbs",
                f"{self.what} has {len(given)} verbs: {', '.join(given)}",
                fields.key_spans[given[1]],
                "make one access pattern of each; several writes at once are a transact",
            )
            return
        if any(nearest(name, VERBS) for name in fields.unknown):
            return  # a verb misspelt, and reported as such
        self.reading.error(
            "missing-verb",
            f"{self.what} does not say what it does",
            self.entry.name.span,
            f"begin with one of {', '.join(VERBS)}, as in {{get: Customer, by: id, …}}",
        )

    def _rate(self, fields: Fields) -> Rate:
        rate: Rate | None = fields.get("rate")
        if rate is None:
            return Rate(per_day=ZERO)
        per = {"users": "user"}.get(rate.per, rate.per)
        if per not in ("user", "total") and per not in self.entities:
            self.reading.error(
                "unknown-entity",
                f"the rate of {self.what} is per `{rate.per}`, which is neither user nor an entity",
                fields.at("rate"),
                suggestion(rate.per, ["user", *self.entities], "drivers"),
            )
            per = "user"
        if rate.per_day == 0:
            self.reading.warning(
                "rate-of-zero",
                f"{self.what} is never called: its rate is 0",
                fields.at("rate"),
                "give the rate, or take the pattern away",
            )
        return replace(rate, per=per)

    def _transaction(self, fields: Fields, rate: Rate) -> Pattern | None:
        self._check_fields(fields, Verb.TRANSACT, self.what)
        parts = []
        for position, part in enumerate(fields.get("transact", ()), 1):
            provided = [verb for verb in ("put", "update", "delete", "check") if verb in part]
            if not provided and part.unknown:
                continue  # reported as unknown fields
            if len(provided) != 1:
                what = "no verb" if not provided else f"{len(provided)} verbs"
                self.reading.error(
                    "missing-verb" if not provided else "two-verbs",
                    f"part {position} of {self.what} has {what}",
                    part.span,
                    "each part is one of put, update, delete, check, as in {put: User, if: absent}",
                )
                continue
            self.what = f"part {position} of pattern `{self.name}`"
            parts.append(self._single(part, Verb(provided[0]), rate, f"{self.name}/{position}"))
            self.what = f"pattern `{self.name}`"
        real = [part for part in parts if part is not None]
        instances = sum(part.batch for part in real)
        if instances > MAX_TRANSACTION_ITEMS:
            self.reading.error(
                "too-many-parts",
                f"{self.what} writes {instances} items in one transaction, "
                f"the service takes {MAX_TRANSACTION_ITEMS}",
                fields.at("transact"),
                "split it into several transactions, and say what holds between them",
            )
        if not real:
            return None
        return replace(
            self._common(fields, Verb.TRANSACT, real[0].entity, rate, self.name), parts=tuple(real)
        )

    def _single(self, fields: Fields, verb: Verb, rate: Rate, name: str) -> Pattern | None:
        word: Word | None = fields.get(verb.value)
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
        self._check_fields(fields, verb, self.what)
        if not entity.attributes:  # broken, and reported where it stands
            return self._common(fields, verb, entity.name, rate, name)
        where = (*self._where(fields, "by", entity), *self._where(fields, "where", entity))
        where = self._without_places(where, verb, entity, fields)
        self._check_twice(where, fields)
        pattern = replace(
            self._common(fields, verb, entity.name, rate, name),
            where=where,
            sort=self._sort(fields, entity),
            select=self._select(fields, entity),
            limit=self._limit(fields),
            skip=fields.get("skip", 0) if "limit" in fields else 0,
            ignore_case=self._ignore_case(fields, entity, where),
            condition=self._condition(fields, entity)[0],
            condition_on=self._condition(fields, entity)[1],
            known=self._paths(fields, "known", entity, "holds"),
            scope=self._scope(fields, entity),
            **self._changes(fields, entity),
        )
        self._check(pattern, fields, entity)
        return pattern

    def _common(self, fields: Fields, verb: Verb, entity: str, rate: Rate, name: str) -> Pattern:
        known = fields.get("known", ())
        return Pattern(
            name=name,
            verb=verb,
            entity=entity,
            rate=rate,
            id=str(fields.get("id", "")),
            title=fields.get("title", ""),
            limit=fields.get("limit"),
            matched=fields.get("matched"),
            complete=fields.get("all", False),
            batch=fields.get("batch", 1),
            fails=fields.get("fails", ZERO),
            hit=fields.get("hit", ONE),
            known=tuple(str(word) for word in known),
            consistency=Consistency(str(fields.get("consistency", "eventual"))),
            peak=self._peak(fields),
            latency_p99_ms=fields.get("latency_p99_ms"),
            staleness_ms=fields.get("staleness_ms"),
            purpose=str(fields.get("purpose", "online")),
            group=fields.get("group", ""),
            scope=str(fields.get("scope", "")),
            atomic=fields.get("atomic", True),
            window_s=fields.get("window_s"),
            radius_km=fields.get("radius_km"),
            to=str(fields.get("to", "")),
            recall=fields.get("recall"),
            exact=fields.get("exact", False),
            hot_share=fields.get("hot_share"),
            note=fields.get("note", ""),
            span=self.entry.name.span,
        )

    def _peak(self, fields: Fields) -> Decimal:
        peak: Decimal = fields.get("peak", ONE)
        if peak < 1 and not self.reading.is_moved:
            self.reading.error(
                "impossible-value",
                f"the peak of {self.what} is {plain(peak)} times the mean rate, "
                "which is below the mean",
                fields.at("peak"),
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
            help = add_or_mean(str(word), entity.name, known)
        self.reading.error("unknown-attribute", message, word.span, help)
        return False

    def _paths(self, fields: Fields, field: str, entity: Entity, verb: str) -> tuple[str, ...]:
        """Return attributes; of a path into a map the map, which is what an engine rewrites."""
        return _bases(word for word in fields.get(field, ()) if self._exists(word, entity, verb))

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

    def _scope(self, fields: Fields, entity: Entity) -> str:
        word = fields.get("scope")
        return (
            str(word) if word is not None and self._is_whole(word, entity, "is scoped by") else ""
        )

    # -- what selects

    def _where(self, fields: Fields, field: str, entity: Entity) -> tuple[Condition, ...]:
        value = fields.get(field)
        if value is None:
            return ()
        if isinstance(value, Word):
            value = (value,)
        out = []
        for entry in value:
            word = entry.name if isinstance(entry, Entry) else entry
            if not self._is_whole(word, entity, "selects on"):
                continue
            if isinstance(entry, Entry):
                out += self._conditions(entry, entity)
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
            is_value = attribute is not None and str(value) in dict(attribute.values)
            if str(value) in ("exists", "absent") and not is_value:
                self._check_optional(value, attribute, entity, name)
                return [Condition(attribute=name, operator=str(value))]
            return [Condition(attribute=name, value=self._fixed(value, attribute, entity, name))]
        provided = [field for field in (*RANGES, *_OTHER_CONDITIONS) if field in value]
        if len(provided) != 1:
            self.reading.error(
                "bad-condition",
                f"{self.what} has {len(provided) or 'no'} conditions on `{name}` in one place",
                entry.name.span,
                "give one of between, begins_with, gt, ge, lt, le, in, not, contains, size",
            )
            return []
        operator = provided[0]
        if operator == "in":
            fixed = tuple(
                self._fixed(word, attribute, entity, name) for word in value.get("in", ())
            )
            return [Condition(attribute=name, operator="in", values=fixed)]
        if operator == "not":
            word = value.get("not")
            if word is None or str(word) == "given":
                return [Condition(attribute=name, operator="ne")]
            other_fixed = self._fixed(word, attribute, entity, name)
            return [Condition(attribute=name, operator="ne", value=other_fixed)]
        if attribute is not None and operator in ("contains", "size"):
            self._check_measurable(operator, attribute, entry.name.span, name)
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

    def _check_optional(
        self, word: Word, attribute: Attribute | None, entity: Entity, name: str
    ) -> None:
        if attribute is not None and attribute.presence >= 1:
            self.reading.error(
                "bad-condition",
                f"{self.what} asks whether `{name}` is there, which every `{entity.name}` has",
                word.span,
                f"say what share has it (`{name}: {{type: {attribute.kind.value}, presence: 5%}}`)",
            )

    def _check_measurable(self, operator: str, attribute: Attribute, span: Span, name: str) -> None:
        if attribute.kind.is_number or attribute.kind in (Kind.BOOL, Kind.GEO):
            what = "what is in" if operator == "contains" else "the size of"
            self.reading.error(
                "bad-condition",
                f"{self.what} asks for {what} `{name}`, {a_kind(attribute.kind)}",
                span,
                f"`{operator}` is for text, lists, sets and binary",
            )

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
        if attribute.kind in (Kind.TIMESTAMP, Kind.DATE) and not _is_time(str(word)):
            self._wrong_value(
                word,
                f"but {where} is {a_kind(attribute.kind)}",
                "write a day or moment such as 2026-11-30 or 2026-11-30T12:00:00Z, or leave it "
                "to the caller with `given`",
            )
        if attribute.kind is Kind.UUID and _UUID.fullmatch(str(word)) is None:
            self._wrong_value(word, f"but {where} is a uuid", "write 36 characters, or `given`")
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

    def _without_places(
        self, where: tuple[Condition, ...], verb: Verb, entity: Entity, fields: Fields
    ) -> tuple[Condition, ...]:
        """Return the conditions without that on the place a `near` is asked for anyway."""
        places = {a.name for a in entity.attributes if a.kind is Kind.GEO}
        equal = [c for c in where if c.attribute in places and c.operator == "eq"]
        named = equal[0].attribute if equal else None
        if named is not None and verb is not Verb.NEAR:
            self.reading.error(
                "bad-condition",
                f"{self.what} selects on `{named}`, a geo, which is never equal to anything",
                fields.at("where" if "where" in fields else "by"),
                f"ask what is near with {{near: {entity.name}, radius_km: 5}}",
            )
        return tuple(c for c in where if c not in equal)

    def _check_twice(self, where: tuple[Condition, ...], fields: Fields) -> None:
        seen: set[tuple[str, str]] = set()
        for condition in where:
            mark = (condition.attribute, condition.operator)
            if mark in seen:
                self.reading.error(
                    "duplicate-condition",
                    f"{self.what} selects on `{condition.attribute}` twice",
                    fields.at("where" if "where" in fields else "by"),
                    "keep one of the two",
                )
            seen.add(mark)

    def _sort(self, fields: Fields, entity: Entity) -> tuple[tuple[str, bool], ...]:
        out = []
        for word in fields.get("sort", ()):
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

    def _limit(self, fields: Fields) -> int | None:
        limit: int | None = fields.get("limit")
        if limit is None and "skip" in fields:
            self.reading.error(
                "incomplete",
                f"{self.what} skips instances and does not say how many it wants then",
                fields.key_spans["skip"],
                "add `limit: 20`",
            )
            return None
        return None if limit is None else limit + int(fields.get("skip", 0))

    def _ignore_case(
        self, fields: Fields, entity: Entity, where: tuple[Condition, ...]
    ) -> tuple[str, ...]:
        out = []
        for word in fields.get("ignore_case", ()):
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
            elif str(word) not in {entry.attribute for entry in where}:
                self.reading.error(
                    "bad-condition",
                    f"{self.what} ignores capitals in `{word}`, which it does not select on",
                    word.span,
                    f"add `{word}` to `where`, or take it away here",
                )
            else:
                out.append(str(word))
        return tuple(out)

    def _select(self, fields: Fields, entity: Entity) -> tuple[str, ...] | None:
        value = fields.get("select")
        if value is None:
            return None
        if isinstance(value, Word):
            value = (value,)
        if isinstance(value, Fields):
            left_out = self._paths(value, "except", entity, "leaves out")
            return tuple(name for name in entity.names if name not in left_out)
        return _bases(word for word in value if self._exists(word, entity, "wants"))

    # -- what is written

    def _condition(self, fields: Fields, entity: Entity) -> tuple[str, tuple[str, ...]]:
        value = fields.get("if")
        on = self._paths(fields, "if_on", entity, "has a condition on")
        if value is None:
            return "", on
        if isinstance(value, Word):
            if entity.find(str(value)) is not None:
                return str(value), _bases((value, *on))
            return str(value), on
        names = _bases(word for word in value if self._exists(word, entity, "has a condition on"))
        return ", ".join(names), (*names, *on)

    def _changes(self, fields: Fields, entity: Entity) -> dict[str, Any]:
        sets, values = self._sets(fields, entity)
        out: dict[str, Any] = {"sets": sets, "set_values": values}
        for field, name in (
            ("increment", "increments"),
            ("append", "appends"),
            ("remove", "removes"),
        ):
            out[name] = self._paths(fields, field, entity, f"{field}s")
        self._check_kinds(fields, entity)
        changes = []
        touched = {*sets, *out["increments"], *out["appends"], *out["removes"]}
        for entry in fields.get("changes", ()):
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
        self, fields: Fields, entity: Entity
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        value = fields.get("set")
        if value is None:
            return (), ()
        names, values = [], []
        for entry in (value,) if isinstance(value, Word) else value:
            word = entry.name if isinstance(entry, Entry) else entry
            if not self._exists(word, entity, "sets"):
                continue
            names.append(str(word))
            if isinstance(entry, Entry) and entry.value is not None and str(entry.value) != "given":
                attribute = entity.find(str(word))
                fixed = self._fixed(entry.value, attribute, entity, str(word))
                if "." not in word:
                    values.append((str(word), fixed))
        return _bases(names), tuple(values)

    def _check_kinds(self, fields: Fields, entity: Entity) -> None:
        for field, right, required in (
            ("increment", lambda kind: kind.is_number, "a number"),
            ("append", lambda kind: kind in (Kind.LIST, Kind.SET), "a list or set"),
        ):
            for word in fields.get(field, ()):
                attribute = entity.find(str(word))
                if attribute is not None and not right(attribute.kind) and "." not in word:
                    self.reading.error(
                        "wrong-kind",
                        f"{self.what} {field}s `{word}`, which is {a_kind(attribute.kind)}",
                        word.span,
                        f"`{field}` needs {required}; use `set` for anything else",
                    )

    # -- the whole

    def _check_fields(self, fields: Fields, verb: Verb, what: str) -> None:
        for field, verbs in _ONLY_FOR.items():
            if field in fields and verb not in verbs:
                right = ", ".join(v.value for v in Verb if v in verbs)
                self.reading.error(
                    "field-not-for-verb",
                    f"{what} is a {verb.value}, which has no `{field}`",
                    fields.key_spans[field],
                    f"`{field}` belongs to {right}; take it away or choose another verb",
                )

    def _check(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        verb = pattern.verb
        entry = verb in (Verb.GET, Verb.UPDATE, Verb.DELETE, Verb.CHECK)
        if entry and not pattern.where:
            if "by" not in fields and "where" not in fields:
                key = ", ".join(entity.key)
                shown = f"[{key}]" if len(entity.key) > 1 else key or "…"
                self.reading.error(
                    "incomplete",
                    f"{self.what} does not say which `{entity.name}`",
                    fields.key_spans[verb.value],
                    f"add `by: {shown}`",
                )
        elif verb in (Verb.GET, Verb.CHECK) and not identifies(entity, pattern.equalities):
            self._not_one(pattern, fields, entity)
        if (
            verb is Verb.UPDATE
            and not pattern.touched
            and not any(field in fields for field in ("set", "increment", "append", "remove"))
        ):
            self.reading.error(
                "incomplete",
                f"{self.what} does not say what it changes",
                fields.key_spans["update"],
                "add `set: [attribute]`, `increment`, `append` or `remove`",
            )
        if verb is Verb.UPDATE:
            self._check_not_key(fields, entity)
        if verb is Verb.LIST and not (
            pattern.where or "where" in fields or "by" in fields or fields.unknown
        ):
            self.reading.warning(
                "list-of-everything",
                f"{self.what} lists every `{entity.name}`, which grows with the application",
                fields.key_spans["list"],
                "say what selects with `where:`, or make it a `scan` if all are meant",
            )
        if verb is Verb.SIMILAR:
            self._check_similar(pattern, fields, entity)
        if verb is Verb.NEAR and not any(a.kind is Kind.GEO for a in entity.attributes):
            self.reading.error(
                "no-place",
                f"{self.what} asks what is near, but `{entity.name}` has no attribute of type geo",
                fields.key_spans["near"],
                f"add `location: geo` to `{entity.name}`",
            )

    def _check_similar(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        vectors = [
            attribute.name for attribute in entity.attributes if attribute.kind is Kind.VECTOR
        ]
        place = fields.key_spans["similar"]
        if not vectors:
            self.reading.error(
                "no-vector",
                f"{self.what} searches for similar ones, but `{entity.name}` has no attribute of "
                "type vector",
                place,
                f"add `embedding: vector(1024)` to `{entity.name}`",
            )
        elif not pattern.to:
            self.reading.error(
                "incomplete",
                f"{self.what} does not say with which vector",
                place,
                f"add `to: {vectors[0]}`",
            )
        elif pattern.to not in vectors:
            self.reading.error(
                "no-vector",
                f"{self.what} compares `{pattern.to}`, which is no vector of `{entity.name}`",
                fields.at("to"),
                suggestion(pattern.to, vectors, "vectors"),
            )
        if pattern.limit is None:
            self.reading.error(
                "incomplete",
                f"{self.what} does not say how many are wanted",
                place,
                "add `limit: 10`",
            )

    def _not_one(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        named = " and ".join(f"`{name}`" for name in pattern.equalities) or "a range"
        unique = [attribute.name for attribute in entity.attributes if attribute.unique]
        ways = [", ".join(entity.key), *unique]
        verb = pattern.verb.value
        self.reading.warning(
            "not-unique",
            f"{self.what} is a {verb} of one `{entity.name}` by {named}, "
            "which may hold for several",
            fields.at("by" if "by" in fields else "where"),
            f"one instance is identified by {' or by '.join(ways)}; make it a `list`, or mark the "
            "attribute `unique: true`",
        )

    def _check_not_key(self, fields: Fields, entity: Entity) -> None:
        for field in ("set", "increment", "append", "remove"):
            value = fields.get(field)
            if value is None:
                continue
            for entry in (value,) if isinstance(value, Word) else value:
                word = entry.name if isinstance(entry, Entry) else entry
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
                fields.key_spans["update"],
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
