"""What a user decided before a migration: names, values, and what may be left behind.

In: nothing but values. Out: answers to what a dry run asks, by entity and attribute or by
container; new names of stored fields. Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

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
"""Kinds of problems; `transform.EXPLANATIONS` says each in words."""


class Action(enum.Enum):
    """What is done with an instance, or an attribute, that meets a problem."""

    DEFAULT = "default"
    """The attribute takes a value that is stated."""
    DROP = "drop"
    """The attribute stays behind, or the instance does."""
    ACCEPT = "accept"
    """It moves as the target gives it back."""
    QUARANTINE = "quarantine"
    """The instance goes to a file, with the reason."""


ALLOWED: Mapping[str, tuple[Action, ...]] = MappingProxyType(
    {
        MISSING: (Action.DEFAULT, Action.ACCEPT, Action.QUARANTINE),
        LOST_KEY: (Action.DEFAULT, Action.QUARANTINE),
        DIFFERENT_COPIES: (Action.ACCEPT, Action.QUARANTINE),
        TOO_LARGE: (Action.QUARANTINE,),
        COLLISION: (Action.QUARANTINE,),
        UNREADABLE: (Action.DROP, Action.QUARANTINE),
        NO_PARENT: (Action.DROP, Action.QUARANTINE),
        LOST: (Action.DROP, Action.QUARANTINE),
        CHANGED: (Action.ACCEPT, Action.QUARANTINE),
        NO_PLACE: (Action.DROP, Action.QUARANTINE),
    }
)
"""What may be answered to each kind of problem."""

OF_ATTRIBUTES = frozenset({MISSING, LOST_KEY, DIFFERENT_COPIES, LOST, CHANGED})
"""Kinds of problems that one attribute has; the others concern instances or records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user decided for one kind of problem, of an attribute, entity or container."""

    place: str
    """An entity; of what is unreadable a table or collection."""
    attribute: str = ""
    """All of the entity's where it is empty."""
    kind: str
    action: Action
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationChoices:
    """All that is stated for the migration from one design to another."""

    source: str
    target: str
    answers: tuple[Answer, ...] = ()
    renaming: Renaming = field(default_factory=Renaming)
    rate: str = ""
    """Units a second, or a share such as "20%"."""
