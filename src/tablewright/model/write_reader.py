"""Read what an access pattern writes: its condition, what it sets, counts up, appends, removes.

In: the fields of a pattern, its entity. Out: the parts of a `Pattern` that speak of a write. What
selects and what comes back is read elsewhere.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tablewright.model.attribute_reader import a_kind
from tablewright.model.moments import TIMES, is_moment
from tablewright.model.nodes import Reading, Word
from tablewright.model.pattern_grammar import COMPARISONS
from tablewright.model.selection_reader import SelectionReader, attribute_names
from tablewright.model.shapes import Entry, Fields
from tablewright.model.values import Attribute, Condition, Entity, Kind

GENERATED = frozenset({Kind.UUID, Kind.ULID, Kind.ID, Kind.TOKEN})
"""Kinds of which a new value can be generated that no other instance has."""
SYMBOLS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class WriteReader:
    """Reads the writing half of one access pattern."""

    def __init__(self, what: str, reading: Reading, selection: SelectionReader) -> None:
        self.what, self.reading, self.selection = what, reading, selection

    # -- the condition

    def condition(self, fields: Fields, entity: Entity) -> dict[str, Any]:
        """Return the condition: in words, the attributes it looks at, and its comparisons."""
        value, on = fields.get("if"), fields.get("if_on", ())
        on = (on,) if isinstance(on, Word) else on
        words, listed = "", []
        if isinstance(value, Word):
            words = str(value)
            listed = [value] if entity.find(words) is not None else []
        elif value is not None:
            listed = list(value)
            words = ", ".join(str(each) for each in value if isinstance(each, Word))
            words = "" if on else words
        names: list[str] = []
        tests: list[Condition] = []
        for each in (*listed, *on):
            word = each.name if isinstance(each, Entry) else each
            if not self.selection.exists(word, entity, "has a condition on"):
                continue
            names.append(str(word))
            if isinstance(each, Entry) and each.value is not None:
                tests += self._comparison(each, entity)
        if not words:
            compared = {test.attribute for test in tests}
            expected = [name for name in attribute_names(names) if name not in compared]
            words = " and ".join([*map(in_words, tests), *expected])
        names += [test.other for test in tests if test.other]
        return {
            "condition": words,
            "condition_on": attribute_names(names),
            "condition_tests": tuple(tests),
        }

    def _comparison(self, entry: Entry, entity: Entity) -> list[Condition]:
        """Return one comparison of a condition, such as `{requests: {lt: limit}}`."""
        name, value = str(entry.name), entry.value
        attribute = entity.find(name)
        if "." in name:
            self.reading.error(
                "nested-path",
                f"{self.what} compares `{name}`, which lies inside a map",
                entry.name.span,
                "compare an attribute of its own",
            )
            return []
        if isinstance(value, Word):
            is_value = attribute is not None and str(value) in dict(attribute.values)
            if str(value) in ("exists", "absent") and not is_value:
                return [Condition(attribute=name, operator=str(value))]
            return [self._compared(name, "eq", value, attribute, entity)]
        operators = [field for field in (*COMPARISONS, "not", "in") if field in value]
        if not operators:
            self.reading.error(
                "bad-condition",
                f"{self.what} has no condition on `{name}`",
                entry.name.span,
                "give lt, le, gt, ge, not or in, as in {lt: limit}",
            )
        tests = []
        for operator in operators:
            if operator == "in":
                fixed = tuple(
                    self.selection.fixed(word, attribute, entity, name)
                    for word in value.get("in", ())
                )
                tests.append(Condition(attribute=name, operator="in", values=fixed))
            elif value.get(operator) is not None:
                code = "ne" if operator == "not" else operator
                tests.append(self._compared(name, code, value.get(operator), attribute, entity))
        return tests

    def _compared(
        self, name: str, operator: str, word: Word, attribute: Attribute | None, entity: Entity
    ) -> Condition:
        """Return a comparison with what a word names: the caller's value, an attribute, a value."""
        text = str(word)
        if operator in COMPARISONS and attribute is not None and attribute.kind.is_container:
            self.reading.error(
                "bad-condition",
                f"{self.what} compares `{name}`, {a_kind(attribute.kind)}, which has no order",
                word.span,
                "compare text, a number or a time",
            )
        if text == "given":
            return Condition(attribute=name, operator=operator)
        is_value = attribute is not None and text in dict(attribute.values)
        other = None if is_value else entity.find(text)
        if other is not None and "." not in text:
            if attribute is not None and attribute.kind.is_number != other.kind.is_number:
                self.reading.error(
                    "bad-condition",
                    f"{self.what} compares `{name}`, {a_kind(attribute.kind)}, with `{text}`, "
                    f"{a_kind(other.kind)}",
                    word.span,
                    "compare numbers with numbers, texts with texts",
                )
            return Condition(attribute=name, operator=operator, other=text)
        if is_moment(text) and attribute is not None and attribute.kind in TIMES:
            return Condition(attribute=name, operator=operator, value=text)
        fixed = self.selection.fixed(word, attribute, entity, name)
        return Condition(attribute=name, operator=operator, value=fixed)

    # -- what is written

    def changes(
        self, fields: Fields, entity: Entity, *, is_put: bool | None = None
    ) -> dict[str, Any]:
        """Return what a write sets, counts up, appends and removes, as fields of a `Pattern`.

        Args:
            fields: of the pattern, or of the children that it puts.
            entity: the entity written.
            is_put: whether it is put; unless said, what the fields say.
        """
        out = self._sets(fields, entity, "put" in fields if is_put is None else is_put)
        sets = out["sets"]
        for field, name in (
            ("increment", "increments"),
            ("append", "appends"),
            ("remove", "removes"),
        ):
            out[name] = self.selection.paths(fields, field, entity, f"{field}s")
        amounts = [e for e in fields.get("increment", ()) if isinstance(e, Entry)]
        out["amounts"] = tuple(
            (str(e.name), e.value) for e in amounts if isinstance(e.value, Decimal)
        )
        self._check_kinds(fields, entity)
        changes = []
        touched = {*sets, *out["increments"], *out["appends"], *out["removes"]}
        for entry in fields.get("changes", ()):
            if not self.selection.exists(entry.name, entity, "changes"):
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

    def _sets(self, fields: Fields, entity: Entity, is_put: bool) -> dict[str, Any]:
        """Return what an update sets, or what a put begins with."""
        value = fields.get("set")
        names: list[str] = []
        fixed: list[tuple[str, str]] = []
        computed: list[tuple[str, str]] = []
        for entry in (value,) if isinstance(value, Word) else value or ():
            word = entry.name if isinstance(entry, Entry) else entry
            if not self.selection.exists(word, entity, "sets"):
                continue
            names.append(str(word))
            if isinstance(entry, Entry) and entry.value is not None and str(entry.value) != "given":
                attribute = entity.find(str(word))
                if self._is_computed(entry.value, attribute, is_new=is_put):
                    computed.append((str(word), str(entry.value)))
                    continue
                text = self.selection.fixed(entry.value, attribute, entity, str(word))
                if "." not in word:
                    fixed.append((str(word), text))
        if not is_put:
            kept = {
                "sets": attribute_names(names),
                "set_values": tuple(fixed),
                "computed": tuple(computed),
            }
            return {**kept, "initial": ()}
        for word in [] if isinstance(value, Word) else value or ():
            if not isinstance(word, Entry):
                self._no_value(word)
        if isinstance(value, Word):
            self._no_value(value)
        return {
            "sets": (),
            "set_values": (),
            "computed": tuple(computed),
            "initial": tuple(fixed),
        }

    def _no_value(self, word: Word) -> None:
        self.reading.error(
            "incomplete",
            f"{self.what} sets `{word}` to nothing: a put writes what its caller supplies anyway",
            word.span,
            f"give the first value, as in {{{word}: 0}}, {{{word}: now}} or {{{word}: generated}}",
        )

    def _is_computed(self, word: Word, attribute: Attribute | None, *, is_new: bool) -> bool:
        """Whether a value is worked out when it is written: the time, or an id of its own."""
        if attribute is None or str(word) in dict(attribute.values):
            return False
        if is_moment(str(word)):
            return attribute.kind in TIMES
        return str(word) == "generated" and is_new and attribute.kind in GENERATED

    def _check_kinds(self, fields: Fields, entity: Entity) -> None:
        for field, right, required in (
            ("increment", lambda kind: kind.is_number, "a number"),
            ("append", lambda kind: kind in (Kind.LIST, Kind.SET), "a list or set"),
        ):
            for entry in fields.get(field, ()):
                word = entry.name if isinstance(entry, Entry) else entry
                attribute = entity.find(str(word))
                if attribute is not None and not right(attribute.kind) and "." not in word:
                    self.reading.error(
                        "wrong-kind",
                        f"{self.what} {field}s `{word}`, which is {a_kind(attribute.kind)}",
                        word.span,
                        f"`{field}` needs {required}; use `set` for anything else",
                    )


def in_words(test: Condition) -> str:
    """Return a comparison as people read it.

    Example:
        >>> in_words(Condition(attribute="requests", operator="lt", other="limit"))
        'requests < limit'
        >>> in_words(Condition(attribute="status", operator="in", values=("new", "paid")))
        'status is new or paid'
    """
    if test.operator in ("exists", "absent"):
        return f"{test.attribute} {'is there' if test.operator == 'exists' else 'is absent'}"
    if test.operator == "in":
        return f"{test.attribute} is {' or '.join(test.values)}"
    compared = test.other or ("the caller's" if test.value is None else test.value)
    return f"{test.attribute} {SYMBOLS[test.operator]} {compared}"
