"""Run every rule of a catalogue over every subject of a design.

In: facts and a catalogue. Out: hits, what could not be assessed, and how much was covered. It
changes nothing and re-costs nothing, so it is cheap enough to run again on every fixed design.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.review.catalogue import Catalogue, Rule
from tablewright.review.findings import Level
from tablewright.review.grade import PENALTIES, Coverage, Strength, Unassessed
from tablewright.review.verdicts import Clear, Hit, Missing

Pair = tuple[str, str]
"""Rule id and subject."""


@frozen
class PendingFinding:
    """A rule that holds for a subject, before its fix is re-costed."""

    rule: Rule
    subject: str
    hit: Hit

    @property
    def pair(self) -> Pair:
        """Rule id and subject."""
        return (self.rule.id, self.subject)

    def level(self, **names: Decimal | bool | None) -> Level:
        """Return its level, given what is known beside the hit's own values."""
        if self.hit.level is not None:
            return self.hit.level
        return self.rule.level_for({**self.hit.values, **names})


@frozen(slots=False)
class Run:
    """What running the rules brought."""

    candidates: tuple[PendingFinding, ...]
    unassessed: tuple[Unassessed, ...]
    applicable: frozenset[str]
    """Categories in which some rule was assessed: without one there is no letter."""
    assessed_weight: Decimal
    missing_weight: Decimal
    strengths: tuple[Strength, ...]
    """Rules that were checked and found in order, with their subjects."""

    @property
    def passed(self) -> int:
        """Pairs of rule and subject that were found in order."""
        return sum(len(strength.subjects) for strength in self.strengths)

    @property
    def coverage(self) -> Coverage:
        """How much could be assessed, weighted by base severity."""
        return Coverage(
            assessed=self.assessed_weight,
            missing=self.missing_weight,
            unassessed=self.unassessed,
        )

    def without(self, undecided: Iterable[PendingFinding]) -> Run:
        """Return the run with candidates taken for not assessed: their saving is not known."""
        gone = list(undecided)
        if not gone:
            return self
        weight = sum((PENALTIES[c.rule.level] for c in gone), ZERO)
        missing = Missing("what its fix saves, which is not costed on so large a design")
        more = [_unassessed(c.rule, c.subject, missing) for c in gone]
        pairs = {c.pair for c in gone}
        return replace(
            self,
            candidates=tuple(c for c in self.candidates if c.pair not in pairs),
            unassessed=tuple(sorted((*self.unassessed, *more), key=lambda u: (u.rule, u.subject))),
            assessed_weight=self.assessed_weight - weight,
            missing_weight=self.missing_weight + weight,
        )

    @property
    def pairs(self) -> frozenset[Pair]:
        """Rule and subject of every candidate."""
        return frozenset(c.pair for c in self.candidates)


class Subjects(Protocol):
    """Facts that know what there is to look at."""

    def subjects(self, kind: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Return the subjects of a kind, named."""
        ...


def run(facts: Subjects, catalogue: Catalogue, rules: Iterable[Rule] | None = None) -> Run:
    """Return what the rules say about a design; all rules of the catalogue unless given."""
    candidates: list[PendingFinding] = []
    unassessed: list[Unassessed] = []
    applicable: set[str] = set()
    strengths: list[Strength] = []
    assessed = missing = ZERO
    for rule in catalogue.rules if rules is None else rules:
        weight = PENALTIES[rule.level]
        in_order: list[tuple[str, Clear]] = []
        for name, subject in facts.subjects(rule.subject):
            verdict = rule.predicate(facts, *subject)
            if verdict is None:
                continue
            if isinstance(verdict, Missing):
                missing += weight
                unassessed.append(_unassessed(rule, name, verdict))
                continue
            applicable.add(rule.category)
            assessed += weight
            if isinstance(verdict, Clear):
                in_order.append((name, verdict))
            else:
                candidates.append(PendingFinding(rule=rule, subject=name, hit=verdict))
        if in_order:
            strengths.append(_strength(rule, in_order))
    return Run(
        candidates=tuple(candidates),
        unassessed=tuple(sorted(unassessed, key=lambda u: (u.rule, u.subject))),
        applicable=frozenset(applicable),
        assessed_weight=assessed,
        missing_weight=missing,
        strengths=tuple(strengths),
    )


def _strength(rule: Rule, in_order: Sequence[tuple[str, Clear]]) -> Strength:
    evidence = dict.fromkeys(clear.evidence for _, clear in in_order if clear.evidence)
    return Strength(
        rule=rule.id,
        title=rule.title,
        category=rule.category,
        subjects=tuple(name for name, _ in in_order),
        evidence=tuple(evidence),
    )


def _unassessed(rule: Rule, subject: str, verdict: Missing) -> Unassessed:
    return Unassessed(
        rule=rule.id,
        title=rule.title,
        category=rule.category,
        subject=subject,
        missing=verdict.what,
        level=rule.level,
    )
