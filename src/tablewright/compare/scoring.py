"""Score architectures: what may be chosen at a number of users, and in which order.

In: the board, architectures, offerings with their requirements. Out: results with scores of 0 to
10, each by the rule that docs/compare.md states, and weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from tablewright.compare.board import Board, given_options
from tablewright.compare.pricing import availability, placed, reaches
from tablewright.compare.values import Architecture, ArchitectureResult, OfferingResult
from tablewright.core.errors import UsageError
from tablewright.core.quantities import ZERO
from tablewright.model.values import Model

FAR = 20
"""Limits farther away than this many times the largest scale are not worth a word."""
TEN = Decimal(10)
DEFAULT_WEIGHTS = {"cost": 40, "requirements": 20, "headroom": 15, "effort": 15, "risk": 10}


def weights_of(model: Model) -> dict[str, Decimal]:
    """Return the weight of each score: the defaults, or what the model file says.

    Raises:
        UsageError: a weight that is no number of at least 0, or none above it.
    """
    weights = {name: Decimal(value) for name, value in DEFAULT_WEIGHTS.items()}
    for name, text in given_options(model, "weights", DEFAULT_WEIGHTS).items():
        try:
            weights[name] = Decimal(text)
        except InvalidOperation:
            weights[name] = Decimal(-1)
        if not weights[name].is_finite() or weights[name] < 0:
            raise UsageError(
                f"the weight of `{name}` is `{text}`", remedy="write a number of at least 0"
            )
    if not sum(weights.values()):
        raise UsageError("all weights are 0", remedy="give at least one a weight")
    return weights


def result_of(
    board: Board, architecture: Architecture, offerings: Sequence[OfferingResult]
) -> ArchitectureResult:
    """Return an architecture priced at every scale, with availability, limits, exclusions."""
    excluded = [
        f"{entry.offering.title} does not have `{miss.need}`"
        + (f" ({miss.cell.note})" if miss.cell and miss.cell.note else "")
        for entry in offerings
        if entry.offering.name == architecture.offering
        for miss in entry.requirements
        if miss.excludes
    ]
    return ArchitectureResult(
        architecture=architecture,
        prices=tuple(board.priced(architecture, users) for users in board.scales),
        availability=availability(
            placed(architecture, board.database(architecture, board.users)), board.book
        ),
        reaches=reaches(architecture, board.figures(board.users), board.scales[-1] * FAR),
        excluded=tuple(excluded),
    )


def is_priced_around(result: ArchitectureResult, users: int) -> bool:
    """Whether it is priced at the scales on both sides of a number of users."""
    below = [price for price in result.prices if price.users <= users][-1:]
    above = [price for price in result.prices if price.users >= users][:1]
    return all(entry.is_priced for entry in (*below, *above))


def fits(result: ArchitectureResult, users: int) -> bool:
    """Whether it may be chosen at a number of users: priced, not excluded, within its limits."""
    return (
        is_priced_around(result, users)
        and not result.excluded
        and all(users <= reach.users for reach in result.reaches)
    )


def scored(
    results: list[ArchitectureResult],
    board: Board,
    offerings: Sequence[OfferingResult],
    weights: Mapping[str, Decimal],
) -> list[ArchitectureResult]:
    """Return the results with scores, those that are priced at the board's number of users.

    One that is ruled out or beyond a limit there is scored all the same: `fits` says which may be
    chosen.
    """
    users = board.users
    costs = [result.at(users).total for result in results if result.at(users).is_priced]
    cheapest = min(costs, default=ZERO)
    scored = []
    for each_result in results:
        if not each_result.at(users).is_priced:
            scored.append(each_result)
            continue
        scores = scores_of(each_result, users, cheapest, offerings)
        total = sum((scores[name] * weight for name, weight in weights.items()), ZERO)
        scored.append(
            replace(each_result, scores=tuple(scores.items()), score=total / sum(weights.values()))
        )
    return scored


def scores_of(
    result: ArchitectureResult, users: int, cheapest: Decimal, offerings: Sequence[OfferingResult]
) -> dict[str, Decimal]:
    """Return the scores of 0 to 10, each by the rule that docs/compare.md states."""
    cost = result.at(users).total
    by_cost = TEN * cheapest / cost if cost > 0 else TEN
    return {"cost": by_cost, **fit_scores(result, users, offerings)}


def fit_scores(
    result: ArchitectureResult, users: int, offerings: Sequence[OfferingResult]
) -> dict[str, Decimal]:
    """Return the scores of all but the cost, at any number of users."""
    needs = [
        need
        for offering in offerings
        if offering.offering.name == result.architecture.offering
        for need in offering.requirements
    ]
    met = Decimal(sum(2 if n.result == "met" else n.result == "partly" for n in needs)) / 2
    nearest_limit = min((reach.users for reach in result.reaches), default=users * 10)
    return {
        "requirements": TEN * met / len(needs) if needs else TEN,
        "headroom": min(TEN, Decimal(nearest_limit) / users),
        "effort": max(ZERO, TEN - 2 * len(result.architecture.operations)),
        "risk": max(
            ZERO,
            TEN - 3 * len(result.availability.single_points) - len(result.availability.unknown),
        ),
    }
