"""What a predicate answers about one subject: a hit, a missing input, or all clear.

Values only. A predicate that does not apply to its subject returns None: it is then neither
passed nor missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from tablewright.core.frozen import frozen
from tablewright.design.changes import Change
from tablewright.review.conditions import Value
from tablewright.review.findings import Level


@frozen
class FixOption:
    """One way to fix a finding: changes that are made and re-costed together."""

    changes: tuple[Change, ...]
    text: str = ""
    has_saving: bool = True
    """False: the bill of the model does not show what it saves, so no figure is given."""

    def __str__(self) -> str:
        return self.text or "; ".join(str(change) for change in self.changes)


def _no_options() -> Iterable[FixOption]:
    return ()


@frozen
class Hit:
    """The rule holds for the subject."""

    evidence: str
    values: Mapping[str, Value] = field(default_factory=dict)
    """Names for the rule's conditions."""
    options: Callable[[], Iterable[FixOption]] = _no_options
    """Ways to fix it, the best first; made only when they are asked for."""
    level: Level | None = None
    """Where the predicate itself decides it."""
    covers: tuple[str, ...] = ()
    """Other subjects that are the same trouble: superseded rules are looked for there too."""


@frozen(kw_only=False)
class Missing:
    """The rule cannot be decided: this input is missing."""

    what: str


@frozen(kw_only=False)
class Clear:
    """The rule was assessed and does not hold."""

    evidence: str = ""
    """What shows it, with its numbers; empty where the rule itself says enough."""


CLEAR = Clear()
Verdict = Hit | Missing | Clear | None
