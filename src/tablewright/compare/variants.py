"""Cheaper variants of an option: one part in the place of another, and what that gives up.

In: the board and options. Out: what each variant saves at each scale. A variant is no option of
its own: the decision is between options, and the variants of the chosen one are proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.compare.board import Board
from tablewright.compare.values import Architecture, ArchitectureResult, Variant
from tablewright.core.frozen import frozen


@frozen
class VariantResult:
    """A variant of an option priced at every scale."""

    option: str
    title: str
    gives_up: str
    costs: tuple[tuple[int, Decimal, Decimal], ...]
    """Users, USD a month of the variant, and what it saves (negative where it costs more)."""

    def saves_at(self, users: int) -> Decimal:
        """Return USD a month that it saves at a scale (KeyError if it is not priced there)."""
        return {scale: saves for scale, _, saves in self.costs}[users]


def with_variant(architecture: Architecture, variant: Variant) -> Architecture:
    """Return an option with a variant in the place of what it replaces."""
    components = [c for c in architecture.components if c.name not in variant.instead_of]
    return replace(
        architecture,
        name=f"{architecture.name}/{variant.name}",
        components=(*components, *variant.components),
        variants=(),
    )


def variants_of(board: Board, results: Sequence[ArchitectureResult]) -> tuple[VariantResult, ...]:
    """Return every variant that saves something at some scale."""
    variants = []
    for result in results:
        for variant in result.architecture.variants:
            varied = with_variant(result.architecture, variant)
            costs = []
            for users in board.scales:
                database = board.database(result.architecture, users)
                price = board.priced_with(varied, users, database)
                if price.is_priced and result.at(users).is_priced:
                    costs.append((users, price.total, result.at(users).total - price.total))
            if any(saves > 0 for _, _, saves in costs):
                variants.append(
                    VariantResult(
                        option=result.architecture.name,
                        title=variant.title,
                        gives_up=variant.gives_up,
                        costs=tuple(costs),
                    )
                )
    return tuple(variants)
