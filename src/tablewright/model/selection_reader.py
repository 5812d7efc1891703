"""Read what an access pattern selects: attributes, conditions, order, limits.

In: the fields of a pattern, its entity and the `Reading`. Out: attribute names and `Condition`s,
each checked against the entity. It does not know what a pattern does with them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from tablewright.core.diagnostics import Span
from tablewright.model import scalars
from tablewright.model.attribute_reader import (
    a_kind,
    add_or_mean,
)
from tablewright.model.nodes import Reading, Word, boolean
from tablewright.model.pattern_grammar import RANGES
from tablewright.model.scalars import Bad
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Attribute,
    Condition,
    Entity,
    Kind,
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


class SelectionReader:
    """Reads the attributes that one access pattern names.

    Args:
        what: the pattern in words, with which messages begin.
        reading: where problems are noted.
    """

    def __init__(self, what: str, reading: Reading) -> None:
        self.what, self.reading = what, reading

    def exists(self, word: Word, entity: Entity, verb: str) -> bool:
        """Whether the entity has the attribute or field; noted as an error otherwise."""
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

    def paths(self, fields: Fields, field: str, entity: Entity, verb: str) -> tuple[str, ...]:
        """Return attributes; of a path into a map the map, which is what an engine rewrites."""
        words = [e.name if isinstance(e, Entry) else e for e in fields.get(field, ())]
        return attribute_names(word for word in words if self.exists(word, entity, verb))

    def is_whole(self, word: Word, entity: Entity, verb: str) -> bool:
        """Whether it is an attribute; a path into a map is refused, as no key reaches there."""
        if not self.exists(word, entity, verb):
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

    def scope(self, fields: Fields, entity: Entity) -> str:
        """Return the attribute that calls are scoped by, empty for none."""
        word = fields.get("scope")
        return str(word) if word is not None and self.is_whole(word, entity, "is scoped by") else ""

    # -- what selects

    def where(self, fields: Fields, field: str, entity: Entity) -> tuple[Condition, ...]:
        """Return the conditions of `where` or `by`."""
        value = fields.get(field)
        if value is None:
            return ()
        if isinstance(value, Word):
            value = (value,)
        out = []
        for entry in value:
            word = entry.name if isinstance(entry, Entry) else entry
            if not self.is_whole(word, entity, "selects on"):
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
            return [Condition(attribute=name, value=self.fixed(value, attribute, entity, name))]
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
            fixed = tuple(self.fixed(word, attribute, entity, name) for word in value.get("in", ()))
            return [Condition(attribute=name, operator="in", values=fixed)]
        if operator == "not":
            word = value.get("not")
            if word is None or str(word) == "given":
                return [Condition(attribute=name, operator="ne")]
            other_fixed = self.fixed(word, attribute, entity, name)
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

    def fixed(self, word: Word, attribute: Attribute | None, entity: Entity, name: str) -> str:
        """Return a fixed value as the attribute's type has it, checked against the type."""
        if attribute is None:
            return str(word)
        where = f"`{entity.name}.{name}`"
        if attribute.kind is Kind.BOOL:
            truth = boolean(word)
            if truth is None:
                self._wrong_value(word, f"but {where} is a bool", "write true or false")
            return "true" if truth else "false"
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

    def without_places(
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

    def check_twice(self, where: tuple[Condition, ...], fields: Fields) -> None:
        """Note attributes that are selected on twice in the same way."""
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

    def sort(self, fields: Fields, entity: Entity) -> tuple[tuple[str, bool], ...]:
        """Return (attribute, whether descending) in order of precedence."""
        out = []
        for word in fields.get("sort", ()):
            bare = Word(str(word).lstrip("-"), word.span)
            if not self.is_whole(bare, entity, "sorts by"):
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

    def limit(self, fields: Fields) -> int | None:
        """Return how many instances are wanted, with those skipped; None for all."""
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

    def ignore_case(
        self, fields: Fields, entity: Entity, where: tuple[Condition, ...]
    ) -> tuple[str, ...]:
        """Return the attributes whose comparison is case-insensitive."""
        out = []
        for word in fields.get("ignore_case", ()):
            if not self.is_whole(word, entity, "compares"):
                continue
            attribute = entity.find(str(word))
            if attribute is not None and (attribute.kind.is_number or attribute.kind.is_container):
                self.reading.error(
                    "bad-condition",
                    f"{self.what} ignores case in `{word}`, {a_kind(attribute.kind)}",
                    word.span,
                    "only text has upper and lower case",
                )
            elif str(word) not in {entry.attribute for entry in where}:
                self.reading.error(
                    "bad-condition",
                    f"{self.what} ignores case in `{word}`, which it does not select on",
                    word.span,
                    f"add `{word}` to `where`, or take it away here",
                )
            else:
                out.append(str(word))
        return tuple(out)

    def select(self, fields: Fields, entity: Entity) -> tuple[str, ...] | None:
        """Return the attributes that are wanted, None for all."""
        value = fields.get("select")
        if value is None:
            return None
        if isinstance(value, Word):
            value = (value,)
        if isinstance(value, Fields):
            left_out = self.paths(value, "except", entity, "leaves out")
            return tuple(name for name in entity.names if name not in left_out)
        return attribute_names(word for word in value if self.exists(word, entity, "wants"))


def attribute_names(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the attributes that paths begin with, each once."""
    return tuple(dict.fromkeys(str(path).partition(".")[0] for path in paths))
