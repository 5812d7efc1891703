"""One transform for every migration: what the source stored, as the target stores it.

In: a model, answers, the codecs of two designs, fragments of instances. Out: whole instances,
records of the target, and problems. Pure: embedding, splitting, guards, copies, compression and
other keys all follow from the two designs, so that no migration has a script of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from functools import partial
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.design.migrations import (
    CHANGED,
    COLLISION,
    DIFFERENT_COPIES,
    LOST,
    LOST_KEY,
    MISSING,
    NO_FILE,
    NO_PARENT,
    NO_PLACE,
    REFUSED,
    TOO_LARGE,
    UNREADABLE,
    Answer,
    MoveDecision,
    Renaming,
)
from tablewright.evaluation.doors import Codec, Fragment, Record
from tablewright.migrate import canonical
from tablewright.migrate.files import FileReferences
from tablewright.model.values import Model
from tablewright.sample.calls import Children, Row

EXPLANATIONS = {
    MISSING: "an attribute that the model says is always present is absent",
    LOST_KEY: "the instance has no value for a part of its key, so the target cannot store it",
    DIFFERENT_COPIES: "two stored records say different things of one attribute",
    TOO_LARGE: "the record is larger than the target stores",
    COLLISION: "two instances would be stored under one key of the target",
    UNREADABLE: "a stored record is of no kind the source design knows",
    NO_PARENT: "the target stores it inside its parent, which the source does not have",
    LOST: "the target design has no place for the attribute",
    CHANGED: "the target would give another value back",
    NO_PLACE: "the target design does not store it",
    REFUSED: "the target refuses it",
    NO_FILE: "the file that it refers to is not there",
}


@frozen
class MoveProblem:
    """Something that would be lost or refused, with the keys it concerns, never values."""

    kind: str
    entity: str
    attribute: str = ""
    identity: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """The problem in words, without the instance."""
        return explained(self.kind, self.entity, self.attribute, self.detail)


def explained(kind: str, entity: str, attribute: str, detail: str) -> str:
    """Return a problem in words."""
    place = f"{entity}.{attribute}" if attribute else entity
    return f"{place}: {EXPLANATIONS[kind]}" + (f" ({detail})" if detail else "")


@frozen(kw_only=False)
class Instance:
    """One whole instance of an entity, as its fragments say."""

    entity: str
    identity: tuple[Any, ...]
    attributes: dict[str, Any]
    problems: tuple[MoveProblem, ...] = ()
    is_rejected: bool = False


@frozen(kw_only=False, slots=False)
class Transform:
    """Turns fragments of a source design into records of a target design."""

    model: Model
    source: Codec
    target: Codec
    answers: tuple[Answer, ...] = ()
    renaming: Renaming = field(default_factory=Renaming)
    references: FileReferences | None = None
    """How references to files change."""
    has_file: Callable[[str], bool] | None = None
    """Whether a file that is referred to is there."""
    _answers: Mapping[tuple[str, str, str], Answer] = field(init=False, compare=False)
    _required: Mapping[str, tuple[str, ...]] = field(init=False, compare=False)
    _hidden: Mapping[str, frozenset[str]] = field(init=False, compare=False)
    _placed: dict[tuple[str, str], bool] = field(default_factory=dict, init=False, compare=False)
    """Whether the target stores anything of an attribute that it does not give back."""

    def __post_init__(self) -> None:
        answers = {(each.place, each.attribute, each.kind): each for each in self.answers}
        required = {
            entity.name: tuple(a.name for a in entity.attributes if a.presence >= 1)
            for entity in self.model.entities
        }
        object.__setattr__(self, "_answers", answers)
        object.__setattr__(self, "_required", required)
        object.__setattr__(
            self, "_hidden", {e.name: self._left_out(e.name) for e in self.model.entities}
        )

    def _left_out(self, entity: str) -> frozenset[str]:
        dropped = {
            each.attribute
            for each in self.answers
            if each.place == entity
            and each.kind in (LOST, CHANGED)
            and each.action in (MoveDecision.DROP, MoveDecision.ACCEPT)
        }
        return frozenset(
            dropped | self.source.unreadable(entity) | self.target.unreadable(entity)
        ) - {""}

    @property
    def top_entities(self) -> tuple[str, ...]:
        """The entities of which the target has records of their own."""
        return tuple(
            entity.name
            for entity in self.model.entities
            if any(kind.entity == entity.name for kind in self.target.kinds)
        )

    def hidden(self, entity: str) -> frozenset[str]:
        """Return the attributes that are not compared.

        One side cannot give them back, or the user answered that they may be lost or changed.
        """
        return self._hidden[entity]

    def has_embedded(self, entity: str) -> bool:
        """Whether the target stores children inside an entity's records."""
        return any(self.model.entity(name).parent == entity for name in self.target.embedded)

    def answer(self, kind: str, place: str, attribute: str = "") -> Answer | None:
        """Return what the user decided: of the attribute, else of the entity or container."""
        if not self._answers:
            return None
        return self._answers.get((place, attribute, kind)) or self._answers.get((place, "", kind))

    def merged(self, fragments: Iterable[Fragment], *, completes: bool = True) -> Instance:
        """Return the instance that fragments of one entity and identity make together.

        What a copy says fills gaps only: the records that own an attribute decide it.

        Args:
            fragments: of one instance.
            completes: fill in what was answered, and note what is missing.
        """
        fragments = sorted(fragments, key=lambda each: each.is_copy)
        first = fragments[0]
        attributes = {n: v for n, v in first.attributes.items() if v is not None}
        problems: list[MoveProblem] = []
        for fragment in fragments[1:]:
            for name, value in fragment.attributes.items():
                if value is None:
                    continue
                if name not in attributes:
                    attributes[name] = value
                elif not fragment.is_copy and not _equal(attributes[name], value):
                    problems.append(_problem(DIFFERENT_COPIES, first, name))
        if completes:
            self._complete(first, attributes, problems)
            self._refer(first, attributes, problems)
        return Instance(first.entity, first.identity, attributes, tuple(problems))

    def _complete(
        self, first: Fragment, attributes: dict[str, Any], problems: list[MoveProblem]
    ) -> None:
        """Fill in what was answered; note what is missing."""
        for name in self._required[first.entity]:
            if name in attributes:
                continue
            kind = LOST_KEY if name in self.model.entity(first.entity).key else MISSING
            answer = self.answer(kind, first.entity, name)
            if answer is not None and answer.action is MoveDecision.DEFAULT:
                attributes[name] = answer.default
                continue
            is_hidden = name in self.source.unreadable(first.entity)
            detail = "the source compresses it or keeps it elsewhere" if is_hidden else ""
            problems.append(_problem(kind, first, name, detail))

    def _refer(
        self, first: Fragment, attributes: dict[str, Any], problems: list[MoveProblem]
    ) -> None:
        """Rewrite references to files; note those to files that are not there."""
        if self.references is None:
            return
        entity = self.model.entity(first.entity)
        if self.has_file is not None:
            missing = {
                attribute
                for attribute, name in self.references.named(entity, attributes)
                if not self.has_file(name)
            }
            problems += [_problem(NO_FILE, first, attribute) for attribute in sorted(missing)]
        self.references.applied(entity, attributes)

    def tried(
        self, instance: Instance, identity: str, children: Children
    ) -> tuple[tuple[Record, ...], tuple[MoveProblem, ...]]:
        """Return what the target would store for an instance, and what would go wrong with it."""
        entity = instance.entity
        problems = list(instance.problems)
        inside: list[Instance] = []
        if self.has_embedded(entity):
            children = partial(self._noted, children, inside)
        records = tuple(self.target.encode(entity, instance.attributes, children))
        for record in records:
            refusal = self.target.refusal(record)
            if refusal:
                problems.append(
                    MoveProblem(kind=TOO_LARGE, entity=entity, identity=identity, detail=refusal)
                )
        if records:
            problems += self._losses((instance, *inside), records)
            problems += self._placeless(instance, children, records)
        elif not problems:
            problems.append(MoveProblem(kind=NO_PLACE, entity=entity, identity=identity))
        return records, tuple(problems)

    def _noted(self, children: Children, inside: list[Instance], entity: str) -> Sequence[Row]:
        """Return children, and note each as an instance that has to come back."""
        key = self.model.entity(entity).key
        rows = children(entity)
        inside += [
            Instance(entity, tuple(row.get(name) for name in key), dict(row)) for row in rows
        ]
        return rows

    def _losses(
        self, instances: Sequence[Instance], records: Sequence[Record]
    ) -> Iterator[MoveProblem]:
        """Yield the attributes that the target would not give back as they are."""
        first = instances[0]
        stored: dict[tuple[str, str], dict[str, Any]] = {}
        is_alone = len(instances) == 1
        for record in records:
            try:
                fragments = tuple(self.target.decode(record.container, record.content))
            except EngineError:  # it lacks what every record of its kind has
                detail = f"unreadable in {record.container}"
                yield _problem(CHANGED, first, "", detail)
                continue
            for each in fragments:
                if each.is_copy or (is_alone and each.entity != first.entity):
                    continue
                is_same = is_alone and each.identity == first.identity
                place = "" if is_same else identity_text(each.identity)
                stored.setdefault((each.entity, place), {}).update(each.attributes)
        for instance in instances:
            text = identity_text(instance.identity)
            row = stored.get((instance.entity, text), {})
            if is_alone:
                row = {**row, **stored.get((instance.entity, ""), {})}
            yield from self._lost(instance, row)

    def _placeless(
        self, instance: Instance, children: Children, records: Sequence[Record]
    ) -> Iterator[MoveProblem]:
        """Yield the attributes that cannot be read back since no record keeps anything of them."""
        row = instance.attributes
        for name in self.target.unreadable(instance.entity):
            if row.get(name) is None:
                continue
            place = (instance.entity, name)
            if place not in self._placed:
                without = {n: v for n, v in row.items() if n != name}
                encoded = tuple(self.target.encode(instance.entity, without, children))
                self._placed[place] = encoded != tuple(records)
            if not self._placed[place]:
                yield _problem(LOST, instance, name)

    def _lost(self, instance: Instance, stored: Row) -> Iterator[MoveProblem]:
        hidden = self._hidden[instance.entity]
        for name, value in instance.attributes.items():
            if name in hidden or value is None:
                continue
            if name not in stored:
                yield _problem(LOST, instance, name)
            elif not _equal(stored[name], value):
                yield _problem(CHANGED, instance, name)

    def claims(self, identity: str, records: Iterable[Record]) -> list[tuple[bytes, str]]:
        """Return under which keys of the target an instance is stored, and who has each."""
        return [
            (
                key_digest(record.container, self.target.key(record)),
                f"{record.kind} {identity}",
            )
            for record in records
        ]

    def records(self, entity: str, row: Row, children: Children) -> tuple[Record, ...]:
        """Return what the target stores for an instance, its embedded children included."""
        return tuple(self.target.encode(entity, row, children))


def key_digest(container: str, key: Sequence[Any]) -> bytes:
    """Return 16 bytes that tell the place of a record of the target from any other."""
    text = canonical.key_encoded(container, key)
    if text is not None:
        return canonical.short_of(text)
    return canonical.short([container, *map(_key_part, key)])


def identity_text(identity: tuple[Any, ...]) -> str:
    """Return an identity as text: equal identities give equal texts, whatever stored them."""
    text = canonical.texts_encoded(identity)
    return canonical.encode(list(identity)) if text is None else text.decode()


def _problem(
    kind: str, subject: Fragment | Instance, attribute: str, detail: str = ""
) -> MoveProblem:
    return MoveProblem(
        kind=kind,
        entity=subject.entity,
        attribute=attribute,
        identity=identity_text(subject.identity),
        detail=detail,
    )


def _key_part(value: Any) -> Any:
    """Return a part of a key as a plain value: ids of an engine's own as text with their type."""
    if isinstance(value, str | int | Decimal | bytes | bool | Mapping | list | tuple):
        return value
    return {type(value).__name__: str(value)}


def _equal(a: Any, b: Any) -> bool:
    kind = type(a)
    if kind is type(b) and (kind is str or kind is int or kind is bool):
        return bool(a == b)
    return canonical.encoded(a) == canonical.encoded(b)
