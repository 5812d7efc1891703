"""What the calls of one pattern came to: units, answers, times, and how many of them differ.

In: calls and what a database reports of them. Out: their means, by part, and how far these are due
to the choice of calls. It makes no calls and knows no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import ZERO
from tablewright.evaluation.doors import Consumption, Units
from tablewright.model.statistics import percentile
from tablewright.sample.calls import Call

SHOWN = 3
"""How many problems of a kind are kept."""
PARTS = 8
"""The calls of a pattern are compared with their prediction in so many parts, whose differences
say how far the difference of all is due to chance."""


@dataclass
class Tally:
    """What the calls of one pattern came to."""

    units: dict[tuple[str, str], list[Decimal]] = field(default_factory=dict)
    notes: list[Any] = field(default_factory=list)
    """What the prediction needs of each metered call."""
    predicted: list[Units] = field(default_factory=list)
    """Of each part of the calls, every `PARTS`th call, the mean units of a call."""
    calls: int = 0
    metered: int = 0
    """Calls whose units are known."""
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wrong_calls: int = 0
    failures: list[str] = field(default_factory=list)
    retries: int = 0
    access: Counter[str] = field(default_factory=Counter)
    """How often the server said that it found rows there."""
    asked: dict[int, set[Hashable]] = field(default_factory=dict)
    """Of each part of the metered calls, which instances or values they were about."""

    def note(self, consumed: Iterable[Consumption]) -> None:
        """Add the units of one call."""
        sums: dict[tuple[str, str], Decimal] = {}
        for use in consumed:
            key = (use.resource, use.dimension)
            sums[key] = sums.get(key, ZERO) + use.units
        for key in sums:
            if key not in self.units:
                self.units[key] = [ZERO] * self.metered
        for key, figures in self.units.items():
            figures.append(sums.get(key, ZERO))
        self.metered += 1

    def fail(self, message: str) -> None:
        """Note an error that was not expected; of many the first few are kept."""
        if len(self.failures) < SHOWN:
            self.failures.append(message)
        else:
            self.wrong_calls += 1

    def answer_wrongly(self, problem: str) -> None:
        """Note a wrong answer; of many different ones the first few are kept."""
        self.wrong_calls += 1
        if len(self.wrong) < SHOWN and problem not in self.wrong:
            self.wrong.append(problem)

    def note_asked(self, call: Call) -> None:
        """Add what a metered call is about: a stored instance, or the values of a list."""
        for place, each in enumerate(call.instances):
            identity: Hashable = each.number
            if identity is None and each.tests:
                identity = tuple(map(str, each.tests))
            if identity is not None:
                self.asked.setdefault(place, set()).add(identity)

    @property
    def choices(self) -> int:
        """How many calls differ: asking for the same instance or list again says nothing new."""
        counts = [len(identities) for identities in self.asked.values()]
        # a part that asks for the same each time has no choice
        return min([n for n in counts if n > 1] or counts, default=self.metered)

    def means(self, part: int | None = None) -> Units:
        """Return the mean units of a call, or of those of one part of the calls."""
        means: Units = {}
        for key, figures in self.units.items():
            of_part = figures if part is None else figures[part::PARTS]
            means[key] = sum(of_part, ZERO) / max(1, len(of_part))
        return means

    def spread(self, resource: str | None, dimension: str) -> Decimal:
        """Return the standard error of the mean units of a call, for another choice of calls."""
        columns = [
            figures
            for (name, kind), figures in self.units.items()
            if kind == dimension and resource in (None, name)
        ]
        totals = [sum(row, ZERO) for row in zip(*columns, strict=True)]
        return error_of(totals)

    def percentile_ms(self, percent: int) -> Decimal:
        """Return a percentile of the calls' duration in milliseconds."""
        if not self.seconds:
            return ZERO
        return Decimal(str(round(percentile(sorted(self.seconds), percent) * 1000, 3)))


def error_of(figures: Sequence[Decimal]) -> Decimal:
    """Return the standard error of the mean of some figures."""
    count = len(figures)
    if count < 2:
        return ZERO
    mean = sum(figures, ZERO) / count
    return (sum(((figure - mean) ** 2 for figure in figures), ZERO) / count / (count - 1)).sqrt()
