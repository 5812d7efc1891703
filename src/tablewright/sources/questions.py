"""The questions whose answers move the bill most, in order.

In: the assumptions of a model, and what its patterns and entities cost a month. Out: sentences. A
rate moves the bill by what its pattern costs: the cost of a pattern is proportional to its rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, format_usd
from tablewright.model.values import Assumption


@frozen
class Question:
    """Something to find out, and the dollars a month that depend on it."""

    text: str
    usd_per_month: Decimal


def ranked(
    assumptions: Iterable[Assumption],
    by_pattern: Mapping[str, Decimal],
    by_entity: Mapping[str, Decimal],
) -> tuple[Question, ...]:
    """Return the questions, the most important first.

    Args:
        assumptions: the figures marked as assumed.
        by_pattern: what each access pattern costs, USD a month.
        by_entity: what storing each entity costs, USD a month.
    """
    questions: dict[str, Question] = {}
    for assumption in assumptions:
        path = assumption.path
        if len(path) < 3:
            continue
        usd = (by_pattern if path[0] == "patterns" else by_entity).get(path[1], ZERO)
        if path[0] == "patterns" and path[-1] != "rate":
            usd /= 4  # a limit moves a part of what the pattern costs
        text = _sentence(assumption)
        if text and text not in questions:
            shown = f"{text} {format_usd(usd)} USD a month depend on it." if usd else text
            questions[text] = Question(text=shown, usd_per_month=usd)
    ordered = sorted(questions.items(), key=lambda pair: (-pair[1].usd_per_month, pair[0]))
    return tuple(question for _, question in ordered)


def _sentence(assumption: Assumption) -> str:
    path, value = assumption.path, assumption.text
    if path[0] == "patterns" and path[-1] == "rate":
        return f"How often is `{path[1]}` called? {value} is assumed."
    if path[0] == "patterns":
        return f"What is the {path[-1]} of `{path[1]}`? {value} is assumed."
    if path[0] == "entities" and path[2] == "count":
        return f"How many {path[1]} are there? {value} is assumed."
    if path[0] == "entities" and len(path) >= 4:
        return f"How large is `{path[1]}.{path[3]}`? {value} is assumed."
    return ""
