"""The read patterns of a model, asked on both sides of a migration.

In: two databases with their evaluated designs, the instances that were moved. Out: for each pattern
what was wrong on either side. Both are asked the same calls, and the oracle judges each answer by
the instances; so two answers that are right are equal, but for the order of equals.
"""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter
from tablewright.evaluation.values import Evaluation
from tablewright.proof.answers import KnownInstances, check_answers


@frozen
class AnswersOfBoth:
    """How one read pattern was answered on both sides."""

    pattern: str
    calls: int
    """That were judged on the target."""
    source_wrong: tuple[str, ...] = ()
    target_wrong: tuple[str, ...] = ()
    source_unchecked: str = ""
    """Why the source was not judged; "" where it was."""
    target_unchecked: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing was wrong with any answer that was judged."""
        return not self.source_wrong and not self.target_wrong


def answers_of_both(
    source: tuple[Adapter, Evaluation],
    target: tuple[Adapter, Evaluation],
    known: KnownInstances,
    *,
    hidden: Mapping[str, frozenset[str]],
    source_unchecked: str = "",
) -> tuple[AnswersOfBoth, ...]:
    """Ask the read patterns on both sides.

    Args:
        source: the database that is left, and the evaluation of its design.
        target: the same of the one that is moved to.
        known: gives the instances that the target should hold.
        hidden: by entity the attributes that are not compared.
        source_unchecked: why the source cannot be asked, if what is moved was changed on the way.

    Raises:
        EngineError: a database refused or went away.
    """
    after = check_answers(*target, known, hidden)
    before = {}
    if not source_unchecked:
        before = {each.pattern: each for each in check_answers(*source, known, hidden)}
    return tuple(
        AnswersOfBoth(
            pattern=each.pattern,
            calls=each.calls,
            source_wrong=before[each.pattern].wrong if before else (),
            target_wrong=each.wrong,
            source_unchecked=before[each.pattern].unchecked if before else source_unchecked,
            target_unchecked=each.unchecked,
        )
        for each in after
    )
