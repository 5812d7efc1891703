"""An engine on servers as the comparison sees it: which offer a design runs on, and its cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.compare.protocol import BilledChoice, ComparedByBill, DatabaseLine
from tablewright.core.errors import PriceUnknownError
from tablewright.engines.servers.sizing import (
    CASES,
    Option,
    ServerEvaluation,
    cheapest,
    costs_range,
)
from tablewright.evaluation.values import Evaluation


class ServerComparing(ComparedByBill):
    """What an engine on servers brings to the comparison: its offers."""

    def choice(self, evaluation: Evaluation) -> BilledChoice:
        """Return the offer that the bill is for; without one, why there is none."""
        sized = _sized(evaluation)
        option = sized.chosen
        if option is None:
            why = evaluation.bill.no_figure
            return BilledChoice(usd=None, why=why, light=sized.light, heavy=sized.heavy)
        return BilledChoice(
            usd=option.usd,
            offer=option.name,
            bound_by=str(option.bound_by) if option.bound_by else "",
            light=sized.light,
            heavy=sized.heavy,
        )

    def offers(self, evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
        """Return the names of the servers that designs may run on."""
        names = (option.name for evaluation in evaluations for option in _sized(evaluation).options)
        return tuple(dict.fromkeys(names))

    def on_servers(
        self,
        evaluations: Sequence[Evaluation],
        servers: Sequence[str],
        book: PriceBook,
        neighbours: Sequence[str],
    ) -> DatabaseLine:
        """Return the cheapest of some servers that holds any of the designs.

        Offers that meet every need of the model come before those that miss some. Where none has
        a price in the model's region, those of its neighbours are used.
        """
        able = [_sized(evaluation) for evaluation in evaluations]

        def best_of(options: Iterable[Option]) -> Option | None:
            named = [option for option in options if _is_named(option.name, servers)]
            return cheapest(named, meeting_needs=True) or cheapest(named)

        best = best_of(option for sized in able for option in sized.options)
        if best is not None:
            costs: dict[str, Decimal | None] = {}
            for case in CASES:
                option = best_of(each for sized in able for each in sized.ends.get(case, ()))
                costs[case] = option.usd if option is not None else None
            light, heavy = costs_range(costs)
            alone = any(need == "high_availability" for need, _ in best.offer.lacks)
            return DatabaseLine(
                lines=best.lines,
                light=light,
                heavy=heavy,
                zones=1 if alone else 2,
                offer=best.name,
                bound_by=str(best.bound_by) if best.bound_by else "",
                misses=_named_misses(best),
            )
        unpriced = [
            (option, sized)
            for sized in able
            for option in sized.options
            if option.holds and option.not_priced and _is_named(option.name, servers)
        ]
        for region in neighbours:
            near = best_of(_priced_in(region, option, sized, book) for option, sized in unpriced)
            if near is not None:
                return DatabaseLine(
                    lines=near.lines,
                    elsewhere=True,
                    offer=near.name,
                    bound_by=str(near.bound_by) if near.bound_by else "",
                    misses=_named_misses(near),
                )
        return DatabaseLine(
            lines=(),
            missing=f"an offer that holds the load among {', '.join(servers)}"
            if not unpriced
            else f"a price of {unpriced[0][0].name} ({unpriced[0][0].not_priced})",
        )

    def room(self, evaluation: Evaluation, offer: str) -> Decimal | None:
        """Return how many times the load an offer holds, by the resource that is used most."""
        bound = _sized(evaluation).option(offer).bound_by
        return 1 / bound.use if bound is not None and bound.use else None


def _named_misses(option: Option) -> tuple[tuple[str, str], ...]:
    """Return the needs that an offer does not meet, each with the reason."""
    parts = (miss.partition(": ") for miss in option.misses)
    return tuple((need, why) for need, _, why in parts)


def _sized(evaluation: Evaluation) -> ServerEvaluation:
    assert isinstance(evaluation, ServerEvaluation)
    return evaluation


def _priced_in(region: str, option: Option, sized: ServerEvaluation, book: PriceBook) -> Option:
    """Return an offer at the prices of another region, as it is where they are not known either."""
    try:
        lines = option.offer.price(sized.load, book, region, sized.figures)
    except PriceUnknownError:
        return option
    return replace(option, lines=lines, not_priced="")


def _is_named(name: str, servers: Sequence[str]) -> bool:
    return any(
        name.startswith(entry[:-1]) if entry.endswith("*") else name == entry for entry in servers
    )
