"""What an engine brings to the reviewer: its rules, its facts, its way to re-cost a change.

In: nothing; these are protocols. The reviewer drives every engine through them and knows none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from tablewright.bill.prices import PriceBook
from tablewright.design.changes import Change
from tablewright.design.values import Design
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.review.advisory import Advisory
from tablewright.review.catalogue import Catalogue
from tablewright.review.recosting import Budget, FixOutcome
from tablewright.review.runner import Pair, Run
from tablewright.review.verdicts import FixOption


class DesignFacts(Protocol):
    """What rules ask of one design at one scale; the predicates of an engine know more of it."""

    @property
    def model(self) -> Model:
        """The model."""
        ...

    @property
    def design(self) -> Design:
        """The design."""
        ...

    @property
    def users(self) -> int:
        """The scale."""
        ...

    @property
    def cost(self) -> Decimal:
        """USD a month."""
        ...

    def subjects(self, kind: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Return the subjects of a kind, named."""
        ...

    def cost_around(self, subject: str, covers: tuple[str, ...]) -> Decimal:
        """Return the cost of what a subject belongs to."""
        ...

    def exposure(self, kind: str, subject: str) -> Decimal:
        """Return what share of the whole a subject is."""
        ...


class Recosting(Protocol):
    """Evaluates changes to one design at one scale."""

    budget: Budget
    skipped: set[Pair]
    """Findings whose fixes were not costed, because the budget was spent."""

    def outcome(self, option: FixOption, pair: Pair) -> FixOutcome:
        """Return what an option brings; `pair` is the finding it is meant to fix."""
        ...

    def touched(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the parts of the design, such as tables, that changes can have an effect on."""
        ...


class Reviewing(Protocol):
    """An engine as the reviewer sees it."""

    @property
    def rules(self) -> Catalogue:
        """The rules of the engine."""
        ...

    @property
    def tests_assumptions(self) -> bool:
        """Whether findings are looked for again with every assumed figure halved and doubled."""
        ...

    @property
    def has_path(self) -> bool:
        """Whether fixes are applied one after the other to show where they lead."""
        ...

    @property
    def has_advisory(self) -> bool:
        """Whether it tells what becomes due at how many users."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of every review of this engine."""
        ...

    def evaluate(
        self, evaluator: Evaluator, model: Model, design: Design, users: int
    ) -> Evaluation:
        """Return the evaluation of a changed design or model: as exact as a difference needs."""
        ...

    def facts(
        self,
        evaluation: Evaluation,
        book: PriceBook,
        k: Mapping[str, Decimal],
        *,
        factor: Decimal | None = None,
    ) -> DesignFacts:
        """Return the facts of a design; with a factor, what the engine assumes varies as well."""
        ...

    def least_headroom(self, facts: Any) -> Decimal | None:
        """Return the tightest limit over its usage; None where no limit is used."""
        ...

    def recosting(
        self,
        facts: Any,
        run: Run,
        rules: Catalogue,
        evaluator: Evaluator,
        budget: Budget | None = None,
    ) -> Recosting:
        """Return what re-costs changes to the design that the facts are about."""
        ...

    def routing_effort(self, model: Model, design: Design) -> int:
        """Return how much of a budget an evaluation takes, in access patterns."""
        ...

    def advise(self, evaluations: Sequence[Evaluation], book: PriceBook) -> Advisory | None:
        """Return what becomes due at how many users; None where the engine does not tell."""
        ...
