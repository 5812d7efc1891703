"""MongoDB and PostgreSQL as the reviewer sees them: rules, facts, re-costing.

There is no improvement path: a server is paid by its size, so that most fixes show in what it has
left and not in the bill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.bill.prices import PriceBook
from tablewright.design.values import Design
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.recost import ServerRecoster
from tablewright.engines.servers.rules import rules_not_run, server_rules
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.engines.servers.words import Words
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.review.advisory import Advisory
from tablewright.review.catalogue import Catalogue
from tablewright.review.recosting import Budget
from tablewright.review.runner import Run


class ServerReviewing:
    """What an engine on servers brings to the reviewer."""

    tests_assumptions = False
    has_path = False
    has_advisory = False

    def __init__(self, words: Words) -> None:
        self._words, self._engine = words, words.engine

    @property
    def rules(self) -> Catalogue:
        """The rules of the engine."""
        return server_rules(self._engine)

    @property
    def notes(self) -> tuple[str, ...]:
        """How savings add up, and which rules of the catalogue are not run."""
        groups = rules_not_run(self._engine)
        count = sum(len(group.rules) for group in groups)
        reasons = "; ".join(f"{', '.join(group.rules)} ({group.why})" for group in groups)
        return (
            "what a fix saves is what it saves alone: two that lead to the same smaller server do "
            "not save twice",
            f"{len(self.rules.rules)} rules are run, all core rules of this engine among them; "
            f"{count} extended ones are not: {reasons}",
        )

    def evaluate(
        self, evaluator: Evaluator, model: Model, design: Design, users: int
    ) -> Evaluation:
        """Return an evaluation without the low and high bounds: a difference needs none."""
        from tablewright.engines.servers.engine import ServerEngine

        engine = evaluator.engine
        assert isinstance(engine, ServerEngine)
        return engine.evaluate(
            model,
            design,
            users,
            evaluator.book,
            region=evaluator.region,
            sample_items=evaluator.sample_items,
            cases=("value",),
        )

    def facts(
        self,
        evaluation: Evaluation,
        book: PriceBook,
        k: Mapping[str, Decimal],
        *,
        factor: Decimal | None = None,
    ) -> ServerFacts:
        """Return the facts of a design."""
        assert isinstance(evaluation, ServerEvaluation)
        return ServerFacts(evaluation, k, self._words)

    def least_headroom(self, facts: Any) -> Decimal | None:
        """Return how many times the load the tightest resource of the offer would hold."""
        assert isinstance(facts, ServerFacts)
        return facts.least_headroom

    def recosting(
        self,
        facts: Any,
        run: Run,
        rules: Catalogue,
        evaluator: Evaluator,
        budget: Budget | None = None,
    ) -> ServerRecoster:
        """Return what re-costs changes to a design."""
        assert isinstance(facts, ServerFacts)

        def evaluate(model: Model, design: Design, users: int) -> ServerEvaluation:
            evaluation = self.evaluate(evaluator, model, design, users)
            assert isinstance(evaluation, ServerEvaluation)
            return evaluation

        return ServerRecoster(facts, run, rules, evaluate, budget)

    def routing_effort(self, model: Model, design: Design) -> int:
        """Return how much of a budget an evaluation takes, in access patterns."""
        return len(model.patterns)

    def advise(self, evaluations: Sequence[Evaluation], book: PriceBook) -> Advisory | None:
        """Return nothing: the sizing of a server tells at which scale another offer is needed."""
        return None
