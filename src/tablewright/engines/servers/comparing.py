"""An engine on servers as the comparison sees it: which offer a design runs on, and its cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.compare.protocol import (
    BilledChoice,
    ComparedByBill,
    DatabaseLine,
    RangeEnd,
    Tier,
    TierResource,
)
from tablewright.core.errors import PriceUnknownError
from tablewright.engines.servers.sizing import (
    CASES,
    Option,
    ServerEvaluation,
    cheapest,
    costs_range,
    times_held,
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
            return BilledChoice(
                usd=None,
                why=why,
                light=sized.light,
                heavy=sized.heavy,
                ends=_range_ends(sized.ends, lambda options: cheapest(options, meeting_needs=True)),
            )
        return BilledChoice(
            usd=option.usd,
            offer=option.name,
            bound_by=str(option.bound_by) if option.bound_by else "",
            light=sized.light,
            heavy=sized.heavy,
            ends=_range_ends(sized.ends, lambda options: cheapest(options, meeting_needs=True)),
        )

    def tiers(self, evaluation: Evaluation) -> tuple[Tier, ...]:
        """Return every offer matched with the load of a design, the cheapest first."""
        ordered = sorted(
            _sized(evaluation).options, key=lambda o: (o.usd is None, o.usd or 0, o.name)
        )
        return tuple(
            Tier(
                offer=option.name,
                usd=option.usd,
                resources=tuple(
                    TierResource(
                        resource=limit.resource,
                        needed=limit.needed,
                        available=limit.available,
                        unit=limit.unit,
                    )
                    for limit in option.limits
                ),
                misses=tuple(need for need, _ in _named_misses(option)),
            )
            for option in ordered
        )

    def memory(self, evaluation: Evaluation) -> str:
        """Say whether the hot pages of a design have to be in memory, and why."""
        hurried = _sized(evaluation).load.hurried
        if hurried is None:
            return (
                "Hot pages that are not in memory are read from disk, where an offer states its "
                "disk operations; where it states none, they have to fit"
            )
        return (
            "All hot pages have to be in memory, as the disk is too slow for "
            f"`{hurried.pattern}`: {hurried.pages:,.0f} pages within {hurried.target_ms:f} ms"
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
            ends = {
                case: tuple(each for sized in able for each in sized.ends.get(case, ()))
                for case in CASES
            }
            at_ends = {case: best_of(options) for case, options in ends.items()}
            light, heavy = costs_range(
                {case: None if option is None else option.usd for case, option in at_ends.items()}
            )
            alone = any(need == "high_availability" for need, _ in best.offer.lacks)
            return DatabaseLine(
                lines=best.lines,
                light=light,
                heavy=heavy,
                ends=_range_ends(ends, best_of),
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
        """Return how many times the load an offer holds."""
        sized = _sized(evaluation)
        return times_held(sized.option(offer).offer, sized.load, sized.figures)


WORDS_OF_ENDS = {
    "server-light": "a call asks the least of the server that its constants allow",
    "server-heavy": "a call asks the most of the server that its constants allow",
    "habits-light": "users keep the fewest pages and connections in use that are assumed",
    "habits-heavy": "users keep the most pages and connections in use that are assumed",
}


def _range_ends(
    ends: Mapping[str, Sequence[Option]], choose: Callable[[tuple[Option, ...]], Option | None]
) -> tuple[RangeEnd, ...]:
    """Return the offers at the light and the heavy end, where they are other than the chosen one.

    Of the two causes at an end, server and habits, the one that changes the bill more.
    """
    here = choose(tuple(ends.get("value", ())))
    range_ends = []
    for end, farther in (("light", min), ("heavy", max)):
        cases = [
            (option.usd, case, option)
            for case in (f"server-{end}", f"habits-{end}")
            if (option := choose(tuple(ends.get(case, ())))) is not None and option.usd is not None
        ]
        if not cases:
            continue
        usd, case, option = farther(cases, key=lambda entry: entry[0])
        if here is not None and option.name == here.name:
            continue
        range_ends.append(
            RangeEnd(
                offer=option.name,
                usd=usd,
                bound_by=str(option.bound_by) if option.bound_by else "",
                when=WORDS_OF_ENDS[case],
            )
        )
    return tuple(range_ends)


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
