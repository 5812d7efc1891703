"""What a model file decides for a migration: names, values, and what may be left behind.

In: nothing but values. Out: answers to what a dry run asks, by entity and attribute or by
container; new names of stored fields; a rate. Pure.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen

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
    REFUSED,
    NO_FILE,
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
    "refused",
    "no-file",
)
"""Kinds of problems; `transform.EXPLANATIONS` says each in words."""


class MoveDecision(enum.Enum):
    """What is done with an instance, or an attribute, that meets a problem."""

    DEFAULT = "default"
    """The attribute takes a value that is stated."""
    DROP = "drop"
    """The attribute stays behind, or the instance does."""
    ACCEPT = "accept"
    """It moves as the target gives it back."""
    QUARANTINE = "quarantine"
    """The instance goes to a file, with the reason."""


OF_ATTRIBUTES = frozenset({MISSING, LOST_KEY, DIFFERENT_COPIES, LOST, CHANGED, NO_FILE})
"""Kinds of problems that one attribute has; the others concern instances or records."""


@frozen
class Answer:
    """What the user decided for one kind of problem, of an attribute, entity or container."""

    place: str
    """An entity; of what is unreadable a table or collection."""
    attribute: str = ""
    """All of the entity's where it is empty."""
    kind: str
    action: MoveDecision
    default: Any = None

    @property
    def text(self) -> str:
        """The decision in words, without the value of a default."""
        place = f"{self.place}.{self.attribute}" if self.attribute else self.place
        return f"{place}, {self.kind}: {self.action.value}"


@frozen
class Renaming:
    """What stored fields of the source are called in the model, by container; "" drops one."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def applied(self, container: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return stored content with the model's names."""
        names = self.names.get(container)
        if not names or names.keys().isdisjoint(content):
            return content
        renamed = {names.get(name, name): value for name, value in content.items()}
        renamed.pop("", None)
        return renamed


@frozen
class StatedPhase:
    """A phase of the calendar, as the file states it."""

    name: str
    weeks: tuple[int, int] | None = None
    """The first and the last, counted from 1."""
    does: tuple[str, ...] = ()
    """Steps of the tool that belong to it, by their words."""
    steps: tuple[str, ...] = ()
    """What people do beside that."""


@frozen
class MigrationChoices:
    """All that is stated for the migration from one design to another."""

    source: str
    target: str
    answers: tuple[Answer, ...] = ()
    renaming: Renaming = field(default_factory=Renaming)
    rate: MigrationRate | None = None
    files: FilesChoice | None = None
    holds: tuple[tuple[str, int], ...] = ()
    """Entities, and how many instances of each the source is said to hold."""
    phases: tuple[StatedPhase, ...] = ()
    span: Span | None = field(default=None, compare=False)


@frozen
class FilesChoice:
    """Files that move to object storage, and references to them."""

    folder: str
    """Where they are, beside the model file."""
    bucket: str
    """The folder that stands for the bucket, beside the model file."""
    prefix: str
    """What references begin with in the source."""
    url: str
    """What they begin with in the target."""
    key: str = ""
    """What the keys of the objects begin with."""


@frozen
class MigrationRate:
    """How fast a migration may go: units a second, or a share of what the source can do."""

    units_per_second: Decimal | None = None
    share: Decimal | None = None


_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")


def rate_of(text: str) -> MigrationRate | None:
    """Return the rate that a text states, None if it is none.

    Example:
        >>> rate_of("20%")
        MigrationRate(units_per_second=None, share=Decimal('0.2'))
        >>> rate_of("400").units_per_second
        Decimal('400')
    """
    match = _RATE.fullmatch(text.strip().replace(",", ""))
    if match is None or Decimal(match[1]) <= 0:
        return None
    if not match[2]:
        return MigrationRate(units_per_second=Decimal(match[1]))
    share = Decimal(match[1]) / 100
    return MigrationRate(share=share) if share <= 1 else None
