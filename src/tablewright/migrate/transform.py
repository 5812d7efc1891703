"""One transform for every migration: what the source stored, as the target stores it.

In: a model, answers, the codecs of two designs, fragments of instances. Out: whole instances,
records of the target, and problems. Pure: embedding, splitting, guards, copies, compression and
other keys all follow from the two designs, so that no migration has a script of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tablewright.evaluation.doors import Codec, Fragment, Record
from tablewright.migrate import canonical
from tablewright.model.values import Entity, Model
from tablewright.sample.calls import Children, Row

(
    MISSING,
    LOST_KEY,
    DIFFERENT_COPIES,
    TOO_LARGE,
    COLLISION,
    UNREADABLE,
    NO_PARENT,
    LOST,
    CHANGED,
    NO_PLACE,
) = (
    "missing",
    "no-key",
    "contradiction",
    "too-large",
    "collision",
    "unreadable",
    "no-parent",
    "lost",
    "changed",
    "no-place",
)
"""Kinds of problems; `EXPLANATIONS` says each in words."""

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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user decided for one attribute that the source lacks.

    Exactly one of `default` (a value) and `drop` (leave it absent) is given; `reject` sends the
    instances to the quarantine instead.
    """

    entity: str
    attribute: str
    default: Any = None
    drop: bool = False
    reject: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that would be lost or refused, with the keys it concerns, never values."""

    kind: str
    entity: str
    attribute: str = ""
    identity: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """The problem in words, without the instance."""
        place = f"{self.entity}.{self.attribute}" if self.attribute else self.entity
        detail = f" ({self.detail})" if self.detail else ""
        return f"{place}: {EXPLANATIONS[self.kind]}{detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One whole instance of an entity, as its fragments say."""

    entity: str
    identity: tuple[Any, ...]
    attributes: Row
    problems: tuple[Problem, ...] = ()
    is_rejected: bool = False


@dataclass(frozen=True)
class Transform:
    """Turns fragments of a source design into records of a target design."""

    model: Model
    source: Codec
    target: Codec
    answers: tuple[Answer, ...] = ()
    _answers: Mapping[tuple[str, str], Answer] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_answers", {(a.entity, a.attribute): a for a in self.answers})

    @property
    def top_entities(self) -> tuple[str, ...]:
        """The entities of which the target has records of their own."""
        return tuple(
            entity.name
            for entity in self.model.entities
            if any(kind.entity == entity.name for kind in self.target.kinds)
        )

    def merged(self, fragments: Iterable[Fragment]) -> Instance:
        """Return the instance that fragments of one entity and identity make together.

        What a copy says fills gaps only: the records that own an attribute decide it.
        """
        fragments = tuple(fragments)
        first = fragments[0]
        entity = self.model.entity(first.entity)
        attributes: dict[str, Any] = {}
        problems: list[Problem] = []
        identity = identity_text(first.identity)
        for fragment in sorted(fragments, key=lambda each: each.is_copy):
            for name, value in fragment.attributes.items():
                if value is None:
                    continue
                if name not in attributes:
                    attributes[name] = value
                elif not fragment.is_copy and not _equal(attributes[name], value):
                    problems.append(
                        Problem(
                            kind=DIFFERENT_COPIES,
                            entity=entity.name,
                            attribute=name,
                            identity=identity,
                        )
                    )
        rejected = self._complete(entity, attributes, identity, problems)
        return Instance(
            entity=entity.name,
            identity=first.identity,
            attributes=attributes,
            problems=tuple(problems),
            is_rejected=rejected,
        )

    def _complete(
        self, entity: Entity, attributes: dict[str, Any], identity: str, problems: list[Problem]
    ) -> bool:
        """Fill in what was answered; return whether the instance is to be rejected."""
        hidden = self.source.unreadable(entity.name)
        rejected = False
        for attribute in entity.attributes:
            if attribute.presence < 1 or attribute.name in attributes:
                continue
            answer = self._answers.get((entity.name, attribute.name))
            if answer is None:
                detail = (
                    "the source compresses it or keeps it elsewhere"
                    if (attribute.name in hidden)
                    else ""
                )
                kind = LOST_KEY if attribute.name in entity.key else MISSING
                problems.append(
                    Problem(
                        kind=kind,
                        entity=entity.name,
                        attribute=attribute.name,
                        identity=identity,
                        detail=detail,
                    )
                )
            elif answer.reject:
                rejected = True
            elif not answer.drop:
                attributes[attribute.name] = answer.default
        return rejected

    def records(self, instance: Instance, children: Children) -> tuple[Record, ...]:
        """Return what the target stores for an instance, its embedded children included."""
        return tuple(self.target.encode(instance.entity, instance.attributes, children))


def identity_text(identity: tuple[Any, ...]) -> str:
    """Return an identity as text: equal identities give equal texts, whatever stored them."""
    return canonical.encode(list(identity))


def _equal(a: Any, b: Any) -> bool:
    return canonical.encode(a) == canonical.encode(b)


def fragments_of(
    codec: Codec, container: str, contents: Iterable[Mapping[str, Any]]
) -> Iterator[Fragment]:
    """Yield what stored records say, record after record.

    Raises:
        EngineError: a record is of no kind the design knows.
    """
    for content in contents:
        yield from codec.decode(container, content)
