"""Read the access patterns of a model file and check their names against the entities.

In: an entry under `patterns:`, the entities and the `Reading`. Out: a `Pattern`. It does not know
designs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import (
    MAX_TRANSACTION_ITEMS,
)
from tablewright.capacity.units import Consistency
from tablewright.core.diagnostics import Span, nearest
from tablewright.core.quantities import ONE, ZERO, plain
from tablewright.model.children_reader import ChildrenReader
from tablewright.model.nodes import Reading, Word
from tablewright.model.pattern_checks import PatternChecks
from tablewright.model.pattern_grammar import PART_VERBS, READ_PART_VERBS, VERBS
from tablewright.model.selection_reader import SelectionReader
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Entity,
    Pattern,
    Rate,
    Verb,
)
from tablewright.model.write_reader import WriteReader


class PatternReader:
    """Reads one access pattern."""

    def __init__(self, entry: Entry, entities: dict[str, Entity], reading: Reading) -> None:
        self.entry, self.entities, self.reading = entry, entities, reading
        self.name = str(entry.name)
        self._name_in_messages(f"pattern `{self.name}`")

    def _name_in_messages(self, what: str) -> None:
        self.what = what
        self.selection = SelectionReader(what, self.reading)
        self.writes = WriteReader(what, self.reading, self.selection)
        self.checks = PatternChecks(what, self.reading)
        self.children = ChildrenReader(what, self.reading, self.entities, self.writes)

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
        if verb is Verb.READ:
            return self._several_kinds(value, rate)
        pattern = self._single(value, verb, rate, self.name)
        if pattern is None or "with" not in value or verb is not Verb.PUT:
            return pattern
        parent = replace(pattern, name=f"{self.name}/1")
        children = self._put_with(value, parent, first=2)
        if not children:
            return pattern
        whole = self._common(value, Verb.TRANSACT, pattern.entity, rate, self.name)
        whole = replace(whole, batch=1, parts=(parent, *children))
        self._check_together(whole.parts, value.at("with"))
        return whole

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
        real = self._parts(fields, Verb.TRANSACT, rate, PART_VERBS, "{put: User, if: absent}")
        self._check_together(real, fields.at("transact"))
        if not real:
            return None
        return replace(
            self._common(fields, Verb.TRANSACT, real[0].entity, rate, self.name), parts=tuple(real)
        )

    def _check_together(self, parts: Sequence[Pattern], place: Span) -> None:
        instances = sum(part.batch for part in parts)
        if instances > MAX_TRANSACTION_ITEMS:
            self.reading.error(
                "too-many-parts",
                f"{self.what} writes {instances} items in one transaction, "
                f"the service takes {MAX_TRANSACTION_ITEMS}",
                place,
                "split it into several transactions, and say what holds between them",
            )

    def _put_with(self, fields: Fields, parent: Pattern, *, first: int) -> list[Pattern]:
        """Return the puts of the children that a put names by `with`."""
        if "batch" in fields:
            self.reading.error(
                "field-not-for-verb",
                f"{self.what} puts several `{parent.entity}`, and children with them",
                fields.key_spans["batch"],
                "a put with children is of one parent: take `batch` away",
            )
        puts: list[Pattern] = []
        for child in self.children.read(fields, self.entities[parent.entity]):
            name = f"{self.name}/{first + len(puts)}"
            put = self._common(fields, Verb.PUT, child.entity.name, parent.rate, name)
            puts.append(replace(put, batch=child.count, condition="", **child.begins_with))
        return puts

    def _several_kinds(self, fields: Fields, rate: Rate) -> Pattern | None:
        parts = self._parts(fields, Verb.READ, rate, READ_PART_VERBS, "{list: Comment, where: id}")
        kinds: set[str] = set()
        for part in parts:
            if part.entity in kinds:
                self.reading.error(
                    "kind-twice",
                    f"{self.what} reads `{part.entity}` twice",
                    fields.at("read"),
                    "each part of a `read` is of another entity; make a pattern of its own of one",
                )
            kinds.add(part.entity)
        if not parts:
            return None
        whole = self._common(fields, Verb.READ, parts[0].entity, rate, self.name)
        alike = (
            replace(
                part,
                consistency=whole.consistency,
                latency_p99_ms=whole.latency_p99_ms,
                staleness_ms=whole.staleness_ms,
                purpose=whole.purpose,
                peak=whole.peak,
                hot_share=whole.hot_share,
            )
            for part in parts
        )
        return replace(whole, parts=tuple(alike))

    def _parts(
        self, fields: Fields, whole: Verb, rate: Rate, verbs: tuple[str, ...], example: str
    ) -> list[Pattern]:
        """Return the parts of a transaction or a read that can be understood."""
        self.checks.check_fields(fields, whole, self.what)
        parts: list[Pattern | None] = []
        for position, part in enumerate(fields.get(whole.value, ()), 1):
            provided = [verb for verb in verbs if verb in part]
            if not provided and part.unknown:
                continue  # reported as unknown fields
            if len(provided) != 1:
                what = "no verb" if not provided else f"{len(provided)} verbs"
                self.reading.error(
                    "missing-verb" if not provided else "two-verbs",
                    f"part {position} of {self.what} has {what}",
                    part.span,
                    f"each part is one of {', '.join(verbs)}, as in {example}",
                )
                continue
            self._name_in_messages(f"part {position} of pattern `{self.name}`")
            place = len(parts) + 1
            single = self._single(part, Verb(provided[0]), rate, f"{self.name}/{place}")
            parts.append(single)
            if single is not None and "with" in part and single.verb is Verb.PUT:
                parts += self._put_with(part, single, first=place + 1)
            self._name_in_messages(f"pattern `{self.name}`")
        return [part for part in parts if part is not None]

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
        self.checks.check_fields(fields, verb, self.what)
        if not entity.attributes:  # broken, and reported where it stands
            return self._common(fields, verb, entity.name, rate, name)
        where = (
            *self.selection.where(fields, "by", entity),
            *self.selection.where(fields, "where", entity),
        )
        where = self.selection.without_places(where, verb, entity, fields)
        self.selection.check_twice(where, fields)
        pattern = replace(
            self._common(fields, verb, entity.name, rate, name),
            where=where,
            sort=self.selection.sort(fields, entity),
            select=self.selection.select(fields, entity),
            limit=self.selection.limit(fields),
            skip=fields.get("skip", 0) if "limit" in fields else 0,
            ignore_case=self.selection.ignore_case(fields, entity, where),
            **self.writes.condition(fields, entity),
            known=self.selection.paths(fields, "known", entity, "holds"),
            scope=self.selection.scope(fields, entity),
            **self.writes.changes(fields, entity),
        )
        self.checks.check(pattern, fields, entity)
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
