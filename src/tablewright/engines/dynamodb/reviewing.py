"""DynamoDB as the reviewer sees it: rules, facts, re-costing, advice by scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.bill.prices import PriceBook
from tablewright.core.quantities import ONE
from tablewright.design.values import Design
from tablewright.engines.dynamodb.advisory import advise
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.headroom import tightest
from tablewright.engines.dynamodb.recost import Recoster, routing_effort
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.review.advisory import Advisory
from tablewright.review.catalogue import Catalogue
from tablewright.review.recosting import Budget
from tablewright.review.runner import Run

FIX_SAMPLE = 256
"""Instances drawn for each entity when a fix is evaluated."""

DOUBT_SAMPLE = 64
"""Instances drawn where every assumed figure is halved or doubled, to see which findings stand."""


class DynamoReviewing:
    """What DynamoDB brings to the reviewer."""

    tests_assumptions = True
    has_path = True
    has_advisory = True
    notes: tuple[str, ...] = ()

    @property
    def rules(self) -> Catalogue:
        """The rules of DynamoDB designs."""
        return dynamodb_rules()

    def evaluate(
        self, evaluator: Evaluator, model: Model, design: Design, users: int
    ) -> Evaluation:
        """Return an evaluation on a smaller sample: what counts is the difference a fix makes."""
        drawn = FIX_SAMPLE if model.entities is evaluator.model.entities else DOUBT_SAMPLE
        return evaluator.engine.evaluate(
            model, design, users, evaluator.book, region=evaluator.region, sample_items=drawn
        )

    def facts(
        self,
        evaluation: Evaluation,
        book: PriceBook,
        k: Mapping[str, Decimal],
        *,
        factor: Decimal | None = None,
    ) -> DynamoFacts:
        """Return the facts of a design.

        The default skew is an assumption too: it is halved with the others, and raised to what is
        called skewed where they are doubled.
        """
        skew = None
        if factor is not None:
            skew = k["skew"] / 2 if factor < ONE else k["skew_high"]
        return DynamoFacts(
            evaluation, k, Tariff.of(book, evaluation.model.region), default_skew=skew
        )

    def least_headroom(self, facts: Any) -> Decimal | None:
        """Return the tightest limit over its usage; None where no limit is used."""
        assert isinstance(facts, DynamoFacts)
        return tightest(facts)

    def recosting(
        self,
        facts: Any,
        run: Run,
        rules: Catalogue,
        evaluator: Evaluator,
        budget: Budget | None = None,
    ) -> Recoster:
        """Return what re-costs changes to a design."""
        assert isinstance(facts, DynamoFacts)

        def evaluate(model: Model, design: DynamoDesign, users: int) -> Evaluation:
            return self.evaluate(evaluator, model, design, users)

        return Recoster(facts, rules, evaluate, budget)

    def routing_effort(self, model: Model, design: Design) -> int:
        """Return how much of a budget an evaluation takes, in access patterns."""
        assert isinstance(design, DynamoDesign)
        return routing_effort(model, design)

    def advise(self, evaluations: Sequence[Evaluation], book: PriceBook) -> Advisory | None:
        """Return what becomes due at how many users, from two scales on."""
        if any(evaluation.bill.figure is None for evaluation in evaluations):
            return None
        return advise(evaluations, book) if len(evaluations) > 1 else None
