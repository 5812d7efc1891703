"""Read `migrations:` of a model file: names looked up, values made what their attributes hold.

In: the entries as read, the model, the designs, the `Reading`. Out: `MigrationChoices`; what is
wrong is noted with its place.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tablewright.core.diagnostics import Span
from tablewright.design.migrations import (
    OF_ATTRIBUTES,
    UNREADABLE,
    Answer,
    FilesChoice,
    MigrationChoices,
    MigrationRate,
    MoveDecision,
    Renaming,
    StatedPhase,
    rate_of,
)
from tablewright.design.values import Design
from tablewright.model import nodes
from tablewright.model.migration_grammar import PROBLEMS
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import Attribute, Kind, Model


def read_migrations(
    entries: Iterable[Entry], model: Model, designs: Sequence[Design], reading: Reading
) -> tuple[MigrationChoices, ...]:
    """Return what is decided, migration by migration."""
    choices: list[MigrationChoices] = []
    for entry in entries:
        if not isinstance(entry.value, Fields):
            continue
        choice = _MigrationReader(entry, model, designs, reading).read()
        pair = (choice.source, choice.target)
        if pair in {(each.source, each.target) for each in choices}:
            reading.error(
                "duplicate-migration",
                f"the migration from `{pair[0]}` to `{pair[1]}` is described twice",
                entry.name.span,
                "put both under one name",
            )
        choices.append(choice)
    return tuple(choices)


class _MigrationReader:
    """Reads one entry."""

    def __init__(
        self, entry: Entry, model: Model, designs: Sequence[Design], reading: Reading
    ) -> None:
        self.entry, self.model, self.reading = entry, model, reading
        self.fields: Fields = entry.value
        self.designs = {design.name: design for design in designs}

    def read(self) -> MigrationChoices:
        """Return what it decides."""
        for field in ("from", "to"):
            word = self.fields.get(field)
            if word is not None and str(word) not in self.designs:
                self.reading.error(
                    "unknown-design",
                    f"migration `{self.entry.name}` is {field} the design `{word}`, which this "
                    "file does not have",
                    word.span,
                    suggestion(str(word), self.designs, "designs"),
                )
        answers = [
            answer for entry in self.fields.get("answers", ()) for answer in self._answers(entry)
        ]
        return MigrationChoices(
            source=str(self.fields.get("from", "")),
            target=str(self.fields.get("to", "")),
            answers=tuple(answers),
            renaming=self._renaming(),
            rate=self._rate(),
            files=self._files(),
            holds=tuple(self._holds()),
            phases=tuple(self._phases()),
            span=self.entry.name.span,
        )

    def _rate(self) -> MigrationRate | None:
        text = self.fields.get("rate")
        if text is None:
            return None
        rate = rate_of(text)
        if rate is None:
            self.reading.error(
                "wrong-rate",
                f"the rate of migration `{self.entry.name}` is `{text}`",
                self.fields.at("rate"),
                "write units a second (400) or a share of the source (20%)",
            )
        return rate

    def _files(self) -> FilesChoice | None:
        fields = self.fields.get("files")
        if not isinstance(fields, Fields):
            return None
        texts = {name: str(fields.get(name, "")) for name in ("folder", "bucket", "prefix", "url")}
        if not all(texts.values()):
            return None  # what is missing was noted
        return FilesChoice(**texts, key=str(fields.get("key", "")))

    def _holds(self) -> Iterator[tuple[str, int]]:
        names = [entity.name for entity in self.model.entities]
        for entry in self.fields.get("holds", ()):
            if str(entry.name) in names:
                yield str(entry.name), int(entry.value)
                continue
            self.reading.error(
                "unknown-entity",
                f"the source holds `{entry.name}`, but there is no such entity",
                entry.name.span,
                suggestion(str(entry.name), names, "entities"),
            )

    def _phases(self) -> Iterator[StatedPhase]:
        taken: set[str] = set()
        for fields in self.fields.get("phases", ()):
            first, _, last = str(fields.get("weeks", "")).partition("-")
            weeks = (int(first), int(last or first)) if first else None
            if weeks is not None and weeks[1] < weeks[0]:
                self.reading.error(
                    "wrong-weeks",
                    f"a phase ends in week {last}, before it begins in week {first}",
                    fields.at("weeks"),
                    "write the first week first",
                )
            does = tuple(str(word) for word in fields.get("does", ()))
            twice = sorted(taken & set(does))
            if twice:
                self.reading.error(
                    "duplicate-step",
                    f"`{twice[0]}` belongs to two phases",
                    fields.at("does"),
                    "name it in one of them",
                )
            taken |= set(does)
            yield StatedPhase(
                name=str(fields.get("phase", "")),
                weeks=weeks,
                does=does,
                steps=tuple(str(text) for text in fields.get("steps", ())),
            )

    def _answers(self, entry: Entry) -> list[Answer]:
        if not isinstance(entry.value, Fields):
            return []
        place, _, attribute = str(entry.name).partition(".")
        entity = next((e for e in self.model.entities if e.name == place), None)
        is_record_only = set(entry.value.values) == {UNREADABLE}
        if entity is None and not is_record_only:
            self.reading.error(
                "unknown-entity",
                f"`{entry.name}` is answered for, but there is no entity `{place}`",
                entry.name.span,
                suggestion(place, [e.name for e in self.model.entities], "entities"),
            )
            return []
        if entity is not None and attribute and not entity.has(attribute):
            self.reading.error(
                "unknown-attribute",
                f"`{entry.name}` is answered for, which `{place}` does not have",
                entry.name.span,
                suggestion(attribute, entity.names, "attributes"),
            )
            return []
        if entity is None:
            place, attribute = str(entry.name), ""
        target = entity.attribute(attribute) if entity is not None and attribute else None
        return [
            answer
            for kind in PROBLEMS
            if (word := entry.value.get(kind)) is not None
            if (answer := self._answer(kind, word, place, target, entry)) is not None
        ]

    def _answer(
        self, kind: str, word: Any, place: str, attribute: Attribute | None, entry: Entry
    ) -> Answer | None:
        span = entry.value.at(kind)
        if attribute is not None and kind not in OF_ATTRIBUTES:
            self.reading.error(
                "wrong-answer",
                f"`{kind}` is a problem of whole instances, not of `{entry.name}`",
                entry.value.key_spans.get(kind, span),
                f"answer it under `{place}`",
            )
            return None
        if not isinstance(word, Fields):
            action = MoveDecision(str(word))
            name = "" if attribute is None else attribute.name
            return Answer(place=place, attribute=name, kind=kind, action=action)
        if attribute is None:
            self.reading.error(
                "wrong-answer",
                f"a default is for one attribute, `{entry.name}` is a whole entity",
                span,
                f"write {place}.ATTRIBUTE: {{{kind}: {{default: …}}}}",
            )
            return None
        text = word.get("default")
        if text is None:
            return None
        value = self._value(attribute, str(text), word.at("default"))
        return Answer(
            place=place,
            attribute=attribute.name,
            kind=kind,
            action=MoveDecision.DEFAULT,
            default=value,
        )

    def _value(self, attribute: Attribute, text: str, span: Span) -> Any:
        """Return a default as the attribute's values are."""
        try:
            return default_value(attribute, text)
        except ValueError as problem:
            self.reading.error(
                "wrong-value",
                f"`{text}` is no value of `{attribute.name}`: {problem}",
                span,
                f"write a value of the type {attribute.kind.value}",
            )
            return None

    def _renaming(self) -> Renaming:
        names: dict[str, dict[str, str]] = {}
        for entry in self.fields.get("rename", ()):
            for inner in entry.value or ():
                names.setdefault(str(entry.name), {})[str(inner.name)] = str(inner.value)
        for entry in self.fields.get("ignore", ()):
            ignored = entry.value or ()
            for name in ignored if isinstance(ignored, tuple) else (ignored,):
                names.setdefault(str(entry.name), {})[str(name)] = ""
        return Renaming(names=names)


def default_value(attribute: Attribute, text: str) -> Any:
    """Return a text of the model file as a value of an attribute.

    Raises:
        ValueError: it is none.
    """
    kind = attribute.kind
    if kind.is_container or kind is Kind.BINARY:
        raise ValueError("a default is a single value")
    if kind is Kind.BOOL:
        truth = nodes.boolean(text)
        if truth is None:
            raise ValueError("it is neither true nor false")
        return truth
    if kind.is_number:
        try:
            number = Decimal(text)
        except InvalidOperation as problem:
            raise ValueError("it is no number") from problem
        if not number.is_finite():
            raise ValueError("it is no number")
        return int(number) if number == number.to_integral_value() else number
    if kind is Kind.ENUM and attribute.values and text not in dict(attribute.values):
        raise ValueError(f"its values are {', '.join(name for name, _ in attribute.values)}")
    if kind in (Kind.TIMESTAMP, Kind.DATE):
        datetime.datetime.fromisoformat(text)
    return text
