"""The questions whose answers move the bill most, in order.

In: a model file as read, and how to price it. Out: sentences. Each figure marked as assumed is
doubled by itself; what moves the bill most is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.model.values import Assumption

MOST_QUESTIONS = 10
MOST_TRIED = 60
"""Assumptions that are priced; of more those of rates come first."""

Priced = Callable[[Mapping[tuple[str, ...], Decimal]], Decimal]
"""What the design costs a month when these figures are multiplied by these factors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to find out, and what it may do to the bill."""

    path: tuple[str, ...]
    text: str
    share: Decimal
    """Of the bill by which it grows if the figure doubles."""


def questions(assumptions: tuple[Assumption, ...], price: Priced) -> tuple[Question, ...]:
    """Return the questions that matter most, the most important first.

    Args:
        assumptions: the figures that are marked as assumed.
        price: what the bill is with some of them changed.
    """
    base = price({})
    out: list[Question] = []
    ordered = sorted(assumptions, key=lambda a: (a.path[-1] != "rate", a.path))
    for assumption in ordered[:MOST_TRIED]:
        moved = price({assumption.path: Decimal(2)})
        share = abs(moved - base) / base if base else ZERO
        out.append(Question(path=assumption.path, text=_sentence(assumption), share=share))
    out.sort(key=lambda q: (-q.share, q.path))
    return tuple(out[:MOST_QUESTIONS])


def _sentence(assumption: Assumption) -> str:
    path = assumption.path
    value = assumption.text
    if path[0] == "patterns" and path[-1] == "rate":
        return f"How often is `{path[1]}` called? {value} is assumed."
    if path[0] == "patterns":
        return f"What is `{path[-1]}` of `{path[1]}`? {value} is assumed."
    if path[0] == "entities" and path[-1] == "count":
        return f"How many {path[1]} are there? {value} is assumed."
    if path[0] == "entities" and len(path) >= 4:
        return f"How large is `{path[1]}.{path[3]}`? {value} is assumed."
    return f"What is `{'.'.join(path)}`? {value} is assumed."
