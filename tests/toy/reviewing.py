"""The toy engine as the reviewer sees it: one rule, and no change that it would propose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import ONE
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.review.catalogue import Catalogue
from tablewright.review.recosting import Budget, FixOutcome
from tablewright.review.runner import Pair


class ToyFacts:
    """What the rule asks of a design at one scale."""

    def __init__(self, evaluation: Evaluation, k: Mapping[str, Decimal]) -> None:
        self.evaluation, self.k = evaluation, k
        self.model, self.design, self.users = evaluation.model, evaluation.design, evaluation.users
        self.cost = evaluation.bill.total

    def subjects(self, kind: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
        assert kind == "pattern", kind
        return [(pattern.name, (pattern,)) for pattern in self.model.patterns]

    def cost_around(self, subject: str, covers: tuple[str, ...]) -> Decimal:
        return self.cost

    def exposure(self, kind: str, subject: str) -> Decimal:
        return ONE


class ToyRecosting:
    """Costs nothing: the rule proposes a change in words only."""

    def __init__(self, budget: Budget | None) -> None:
        self.budget = budget or Budget(0)
        self.skipped: set[Pair] = set()

    def outcome(self, option: Any, pair: Pair) -> FixOutcome:
        raise UnsupportedError("a toy proposes no change that could be costed")

    def touched(self, changes: Sequence[Any]) -> frozenset[str]:
        return frozenset()


class ToyReviewing:
    """What the toy engine brings to the reviewer."""

    tests_assumptions = False
    has_path = False
    has_advisory = False
    notes: tuple[str, ...] = ()

    @property
    def rules(self) -> Catalogue:
        from toy.rules import toy_rules

        return toy_rules()

    def evaluate(self, evaluator: Evaluator, model: Model, design: Any, users: int) -> Evaluation:
        return evaluator.sampled(design, users, 0, model)

    def facts(
        self,
        evaluation: Evaluation,
        book: Any,
        k: Mapping[str, Decimal],
        *,
        factor: Decimal | None = None,
    ) -> ToyFacts:
        return ToyFacts(evaluation, k)

    def least_headroom(self, facts: Any) -> None:
        return None

    def recosting(
        self, facts: Any, run: Any, rules: Any, evaluator: Any, budget: Budget | None = None
    ) -> ToyRecosting:
        return ToyRecosting(budget)

    def routing_effort(self, model: Model, design: Any) -> int:
        return len(model.patterns)

    def advise(self, evaluations: Any, book: Any) -> None:
        return None
