"""Put everything side by side: engines, offerings, architectures, a choice and what would flip it.

In: a model, evaluations of its designs at its scales, the price book, and what is always free of a
design's bill. Out: a `Comparison`. Between the scales a database line is read off the straight line
through its neighbours; all other parts are priced at the very number of users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

from tablewright.bill.prices import PriceBook
from tablewright.compare.advice import advise
from tablewright.compare.expressions import evaluate
from tablewright.compare.migration_cost import Move, Side, move
from tablewright.compare.own import check_own
from tablewright.compare.pricing import (
    Database,
    at,
    availability,
    crossing,
    placed,
    price_at,
    reaches,
)
from tablewright.compare.reader import (
    CheckRule,
    architectures,
    checks,
    figures,
    neighbours,
    offerings,
)
from tablewright.compare.requirements import hold
from tablewright.compare.values import (
    Architecture,
    ArchitectureResult,
    Check,
    Comparison,
    EngineCost,
    Flip,
    OfferingResult,
    Phase,
    Priced,
)
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError, PriceUnknownError, UsageError
from tablewright.core.quantities import DAYS_PER_MONTH, GB, ZERO
from tablewright.engines.servers.sizing import (
    CASES,
    Option,
    ServerEvaluation,
    cheapest,
    costs_range,
)
from tablewright.engines.servers.sizing import figures as sizing
from tablewright.evaluation.values import Evaluation
from tablewright.model.statistics import has_peak
from tablewright.model.values import Model

STEPS = 64
"""Numbers of users, evenly spaced on a logarithmic scale, at which the cheapest is looked for."""
CENT = Decimal("0.01")
FAR = 20
"""Limits farther away than this many times the largest scale are not worth a word."""
MAIN = ("dynamodb", "atlas-dedicated", "aurora-postgresql")
"""The offering that stands for its engine where one is spoken of by itself."""
DEFAULT_WEIGHTS = {"cost": 40, "requirements": 20, "headroom": 15, "effort": 15, "risk": 10}

T = TypeVar("T")
FreeOf = Callable[[Evaluation], Decimal]
"""What always-free offers take off the bill of an evaluation, USD a month and positive."""


def compare(
    model: Model,
    evaluations: Sequence[Evaluation],
    book: PriceBook,
    region: str,
    users: int,
    *,
    free_of: FreeOf,
    own: tuple[Architecture, ...] = (),
    left_out: tuple[str, ...] = (),
) -> Comparison:
    """Return engines, offerings and architectures of a model side by side.

    Args:
        model: the application.
        evaluations: of every design at every scale; at least two scales give crossovers.
        book: the prices.
        region: where the model's own prices are taken from.
        users: the scale the choice is made for; one of the evaluated ones.
        free_of: see `FreeOf`.
        own: architectures of the user's beside the packaged ones.
        left_out: designs that could not be evaluated, in words.

    Raises:
        UsageError: weights or figures of the model file that nothing knows.
    """
    board = _Board(
        model=model,
        evaluations=tuple(evaluations),
        book=book,
        region=region,
        users=users,
        free_of=free_of,
    )
    stored = hold(model, offerings())
    check_own(
        own,
        book,
        engines={evaluation.design.engine for evaluation in evaluations},
        offerings={offering.name for offering in offerings()},
        offers={
            option.name
            for evaluation in evaluations
            if isinstance(evaluation, ServerEvaluation)
            for option in evaluation.options
        },
    )
    chosen = (*_for_app(model.app), *own)
    names = [entry.name for entry in chosen]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise UsageError(
            f"there are two ways to deploy called `{twice}`",
            remedy="give yours under `architectures` another name",
        )
    weights = _weights(model)
    results = _scored([_result(board, entry, stored) for entry in chosen], board, stored, weights)
    phases = _phases(board, results, stored)
    ranked = _ranked(results, stored)
    best = next(iter(ranked), None)
    flips = _flips(board, results, best)
    advice = advise(
        users=users,
        scales=board.scales,
        region=region,
        ranked=ranked,
        lacks={result.architecture.name: lacking(result, stored) for result in results},
        results=results,
        phases=phases,
        flips=flips,
        costs=board.engine_costs(),
        targets=model.targets,
        weights=weights,
        without={
            entry.offering.engine: _missed(entry) for entry in stored if entry.offering.name in MAIN
        },
    )
    return Comparison(
        app=model.app,
        title=model.title or model.app,
        region=region,
        users=users,
        scales=board.scales,
        workload=tuple(board.told()),
        engines=board.engine_costs(),
        offerings=stored,
        architectures=tuple(results),
        weights=tuple(weights.items()),
        phases=phases,
        flips=flips,
        checks=_wholes([_check(board, rule, results, stored) for rule in checks(model.app)]),
        advice=(advice,),
        left_out=left_out,
        assumptions=tuple(why for _, _, why in board.told() if why.startswith("assumed")),
    )


@dataclass(frozen=True, kw_only=True)
class _Board:
    """What every part of the comparison looks up: evaluations and figures at a scale."""

    model: Model
    evaluations: tuple[Evaluation, ...]
    book: PriceBook
    region: str
    users: int
    free_of: FreeOf
    _kept: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    """What was computed already, by what it is, of which architecture, at how many users."""

    def _keep(self, kind: str, name: str, users: int, make: Callable[[], T]) -> T:
        key = (kind, name, users)
        if key not in self._kept:
            self._kept[key] = make()
        keep: T = self._kept[key]
        return keep

    @cached_property
    def scales(self) -> tuple[int, ...]:
        return tuple(sorted({evaluation.users for evaluation in self.evaluations}))

    @property
    def engines(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(evaluation.design.engine for evaluation in self.evaluations))

    def ranked(self, engine: str, users: int) -> list[Evaluation]:
        """Return the evaluations of an engine at a scale: what serves most, then what is cheap."""
        evaluations = [
            e for e in self.evaluations if e.users == users and e.design.engine == engine
        ]
        return sorted(evaluations, key=_rank)

    def engine_costs(self) -> tuple[EngineCost, ...]:
        engine_costs = []
        for engine in self.engines:
            for users in self.scales:
                ranked = self.ranked(engine, users)
                if ranked:
                    best = ranked[0]
                    option = _option(best)
                    light, heavy = _range(best)
                    engine_costs.append(
                        EngineCost(
                            engine=engine,
                            users=users,
                            design=best.design.name,
                            usd=_usd(best),
                            offer=option.name if option else "",
                            light=light,
                            heavy=heavy,
                            misses=tuple(why.partition(":")[0] for why in option.misses)
                            if option
                            else (),
                            bound_by=str(option.bound_by) if option and option.bound_by else "",
                            others=tuple((e.design.name, _usd(e)) for e in ranked[1:]),
                            unserved=_unserved(best),
                        )
                    )
        return tuple(engine_costs)

    def around(self, users: int) -> tuple[int, int]:
        """Return the scales to read a figure off: the two around, or the two nearest."""
        scales = self.scales
        if users in scales or len(scales) == 1:
            position = users if users in scales else scales[0]
            return position, position
        for low, high in pairwise(scales):
            if users <= high:
                return low, high
        return scales[-2], scales[-1]

    def between(self, users: int, value: Callable[[int], Decimal]) -> Decimal:
        low, high = self.around(users)
        if low == high:
            return value(low)
        part = Decimal(users - low) / (high - low)
        return max(ZERO, value(low) + part * (value(high) - value(low)))

    def data_gb(self, users: int) -> Decimal:
        """Return the GB of tables at a scale."""
        return self._keep("data_gb", "", users, lambda: self._data_gb(users))

    def _data_gb(self, users: int) -> Decimal:
        """Return the GB of tables of the best design of the first engine of the file."""
        ranked = self.ranked(self.engines[0], users)
        stored = (r.item_bytes for r in ranked[0].resources if r.kind not in _INDEX_KINDS)
        return sum(stored, ZERO) / GB

    def figures(self, users: int) -> dict[str, Decimal]:
        """Return every figure of the workload at a number of users."""
        return self._keep("figures", "", users, lambda: self._figures(users))

    def _figures(self, users: int) -> dict[str, Decimal]:
        names = {
            "users": Decimal(users),
            "calls": ZERO,
            "reads": ZERO,
            "writes": ZERO,
            "peak_per_second": ZERO,
        }
        for pattern in self.model.patterns:
            a_month = self.model.calls_per_day(pattern, users) * DAYS_PER_MONTH
            names["calls"] += a_month
            names["writes" if pattern.verb.is_write else "reads"] += a_month
            peak = self.model.calls_per_second(pattern, users) * pattern.peak
            names["peak_per_second"] += peak
        if not has_peak(self.model):
            names["peak_per_second"] *= sizing("postgresql")["unstated_peak"]
        if self.evaluations:
            names["data_gb"] = self.between(users, self.data_gb)
        provided = _given(
            self.model, "workload", (figure.name for figure in figures()), ("data_gb",)
        )
        for figure in figures():
            value = provided.get(figure.name, figure.value)
            names[figure.name] = at(f"options.workload.{figure.name}", value, names)
        if "data_gb" in provided:
            names["data_gb"] = at("options.workload.data_gb", provided["data_gb"], names)
        return names

    def told(self) -> Iterable[tuple[str, Decimal, str]]:
        """Return the figures at the reviewed scale, each with where it comes from."""
        whys = {**_MODEL_WHYS, **{figure.name: figure.why for figure in figures()}}
        provided = _given(self.model, "workload", whys, ("data_gb",))
        for name, value in self.figures(self.users).items():
            why = "given in the model file" if name in provided else whys[name]
            yield name, value, why

    def database(self, architecture: Architecture, users: int) -> Database | None:
        """Return the database line at a scale: of the engine's best design, or on servers."""
        return self._keep(
            "database", architecture.name, users, lambda: self._database(architecture, users)
        )

    def _database(self, architecture: Architecture, users: int) -> Database | None:
        ranked = self.ranked(architecture.engine, users)
        if not ranked:
            return None
        if architecture.servers:
            return _on_servers(self, architecture, ranked)
        return Database(lines=ranked[0].bill.all_lines, always_free=self.free_of(ranked[0]))

    def side(self, architecture: Architecture, users: int) -> Side | None:
        """Return the database of an architecture as something to move, None if none is known."""
        scale = next((n for n in self.scales if n >= users), self.scales[-1])
        ranked = self.ranked(architecture.engine, scale) if architecture.engine else []
        if not ranked:
            return None
        database = self.database(architecture, scale)
        lines = database.lines if database is not None else ()
        place = next((line.where for line in lines), "") if architecture.servers else ""
        return Side(
            engine=architecture.engine,
            place=place or architecture.engine,
            resources=ranked[0].resources,
            factor=Decimal(users) / scale,
        )

    def move(self, old: Architecture, new: Architecture, users: int) -> Move | None:
        """Return what moving the data from one to the other is charged, None if not known."""
        sides = self.side(old, users), self.side(new, users)
        if sides[0] is None or sides[1] is None:
            return None
        return move(sides[0], sides[1], self.book, self.region)

    def priced(self, architecture: Architecture, users: int) -> Priced:
        database = self.database(architecture, users) if architecture.engine else None
        return price_at(architecture, self.figures(users), self.book, self.region, database)

    def total(self, architecture: Architecture, users: int) -> Decimal:
        """Return the monthly cost at any number of users, the database line read off."""
        return self._keep(
            "total", architecture.name, users, lambda: self._total(architecture, users)
        )

    def _total(self, architecture: Architecture, users: int) -> Decimal:
        if not architecture.engine or users in self.scales:
            return self.priced(architecture, users).total
        if self.database(architecture, self.scales[0]) is None:
            return self.priced(architecture, users).total
        price = price_at(
            architecture, self.figures(users), self.book, self.region, Database(lines=())
        )

        def line(at: int) -> Decimal:
            database = self.database(architecture, at)
            return database.total if database else ZERO

        return price.total + self.between(users, line)


_INDEX_KINDS = ("gsi", "lsi", "index")
_MODEL_WHYS = {
    "users": "the scale",
    "calls": "calls of all access patterns a month",
    "reads": "calls that read",
    "writes": "calls that write",
    "peak_per_second": "calls a second times the peak of each pattern, 3 where none states one",
    "data_gb": "tables of the cheapest design, without indexes",
}


def _option(evaluation: Evaluation) -> Option | None:
    """Return the offer an evaluation is billed on: the cheapest that meets the needs, if any."""
    if not isinstance(evaluation, ServerEvaluation):
        return None
    return evaluation.chosen_for_needs or evaluation.chosen


def _usd(evaluation: Evaluation) -> Decimal | None:
    """Return USD a month, None where no server holds the load."""
    if not isinstance(evaluation, ServerEvaluation):
        return evaluation.bill.total
    option = _option(evaluation)
    return option.usd if option else None


def _rank(evaluation: Evaluation) -> tuple[int, bool, Decimal, str]:
    usd = _usd(evaluation)
    return len(_unserved(evaluation)), usd is None, usd or ZERO, evaluation.design.name


def _range(evaluation: Evaluation) -> tuple[Decimal | None, Decimal | None]:
    """Return USD a month with the constants of the sizing at both ends, None off servers."""
    if not isinstance(evaluation, ServerEvaluation):
        return None, None
    needs = evaluation.chosen_for_needs is not None
    return evaluation.range_of(lambda options: cheapest(options, meeting_needs=needs))


def _on_servers(
    board: _Board, architecture: Architecture, ranked: Sequence[Evaluation]
) -> Database:
    """Return the cheapest of the offers an architecture names that holds any of the designs.

    Offers that meet every need of the model come before those that miss some. Where none has a
    price in the model's region, those of its neighbours stand in.
    """
    maximum = len(_unserved(ranked[0]))
    able = [
        entry
        for entry in ranked
        if isinstance(entry, ServerEvaluation) and len(_unserved(entry)) == maximum
    ]

    def best_of(result: Iterable[Option]) -> Option | None:
        named = [entry for entry in result if _is_named(entry.name, architecture.servers)]
        return cheapest(named, meeting_needs=True) or cheapest(named)

    best = best_of(option for entry in able for option in entry.options)
    costs: dict[str, Decimal | None] = {}
    for case in CASES:
        result = best_of(option for entry in able for option in entry.ends.get(case, ()))
        costs[case] = result.usd if result is not None else None
    light, heavy = costs_range(costs)
    if best is not None:
        alone = any(need == "high_availability" for need, _ in best.offer.lacks)
        return Database(lines=best.lines, light=light, heavy=heavy, zones=1 if alone else 2)
    unpriced = [
        (option, entry)
        for entry in able
        for option in entry.options
        if option.holds and option.not_priced and _is_named(option.name, architecture.servers)
    ]
    for place in neighbours().get(board.region, ()):
        near = best_of(_priced_in(place, option, one, board.book) for option, one in unpriced)
        if near is not None:
            return Database(lines=near.lines, elsewhere=True)
    return Database(
        lines=(),
        missing=f"an offer that holds the load among {', '.join(architecture.servers)}"
        if not unpriced
        else f"a price of {unpriced[0][0].name} ({unpriced[0][0].not_priced})",
    )


def _priced_in(place: str, option: Option, of: ServerEvaluation, book: PriceBook) -> Option:
    """Return an offer at the prices of another region, as it is where they are not known either."""
    try:
        lines = option.offer.price(of.load, book, place, of.figures)
    except PriceUnknownError:
        return option
    return replace(option, lines=lines, not_priced="")


def _is_named(name: str, wanted: Sequence[str]) -> bool:
    return any(
        name.startswith(entry[:-1]) if entry.endswith("*") else name == entry for entry in wanted
    )


def _unserved(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(route.pattern for route in evaluation.routes if not route.is_served)


def _for_app(app: str) -> tuple[Architecture, ...]:
    """Return the architectures drawn up for an application, else those for any."""
    every = architectures()
    return tuple(a for a in every if app in a.apps) or tuple(a for a in every if not a.apps)


def _given(
    model: Model, section: str, known: Iterable[str], more: Sequence[str] = ()
) -> dict[str, str]:
    """Return what the model file sets under `options: {section: …}`.

    Raises:
        UsageError: it sets what nothing knows.
    """
    names = (*known, *more)
    result = {}
    for key, value in model.options.items():
        if not key.startswith(f"{section}."):
            continue
        name = key.removeprefix(f"{section}.")
        if name not in names:
            meant = nearest(name, names)
            raise UsageError(
                f"`options: {{{section}: {{{name}: …}}}}`: there is no `{name}`",
                remedy=f"did you mean `{meant}`?" if meant else f"known: {', '.join(names)}",
            )
        result[name] = value
    return result


def _weights(model: Model) -> dict[str, Decimal]:
    weights = {name: Decimal(value) for name, value in DEFAULT_WEIGHTS.items()}
    for name, text in _given(model, "weights", DEFAULT_WEIGHTS).items():
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


# ---------------------------------------------------------------- results and scores


def _result(
    board: _Board, architecture: Architecture, held: Sequence[OfferingResult]
) -> ArchitectureResult:
    excluded = [
        f"{entry.offering.title} does not have `{miss.need}`"
        + (f" ({miss.cell.note})" if miss.cell and miss.cell.note else "")
        for entry in held
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


def _is_priced_around(result: ArchitectureResult, users: int) -> bool:
    """Whether it is priced at the scales on both sides of a number of users."""
    below = [price for price in result.prices if price.users <= users][-1:]
    above = [price for price in result.prices if price.users >= users][:1]
    return all(entry.is_priced for entry in (*below, *above))


def _fits(result: ArchitectureResult, users: int) -> bool:
    """Whether it may be chosen at a number of users: priced, not excluded, within its limits."""
    return (
        _is_priced_around(result, users)
        and not result.excluded
        and all(users <= reach.users for reach in result.reaches)
    )


def lacking(result: ArchitectureResult, held: Sequence[OfferingResult]) -> tuple[str, ...]:
    """Return the hard needs that the offering meets in part, or not by a cell read lately."""
    return tuple(
        need.need
        for entry in held
        if entry.offering.name == result.architecture.offering
        for need in entry.requirements
        if need.is_required and need.result in ("missed", "partly")
    )


def _missed(one: OfferingResult) -> tuple[str, ...]:
    """Return the hard needs that an offering does not have, read lately or not."""
    return tuple(
        need.need for need in one.requirements if need.is_required and need.result == "missed"
    )


def _scored(
    results: list[ArchitectureResult],
    board: _Board,
    held: Sequence[OfferingResult],
    weights: Mapping[str, Decimal],
) -> list[ArchitectureResult]:
    users = board.users
    costs = [result.at(users).total for result in results if _fits(result, users)]
    cheapest = min(costs, default=ZERO)
    scored = []
    for each_result in results:
        if not _fits(each_result, users):
            scored.append(each_result)
            continue
        scores = _scores(each_result, users, cheapest, held)
        total = sum((scores[name] * weight for name, weight in weights.items()), ZERO)
        scored.append(
            replace(each_result, scores=tuple(scores.items()), score=total / sum(weights.values()))
        )
    return scored


def _scores(
    one: ArchitectureResult, users: int, cheapest: Decimal, held: Sequence[OfferingResult]
) -> dict[str, Decimal]:
    """Return the scores of 0 to 10, each by the rule that docs/compare.md states."""
    ten = Decimal(10)
    cost = one.at(users).total
    needs = [
        need
        for offering in held
        if offering.offering.name == one.architecture.offering
        for need in offering.requirements
    ]
    met = Decimal(sum(2 if n.result == "met" else n.result == "partly" for n in needs)) / 2
    nearest_limit = min((reach.users for reach in one.reaches), default=users * 10)
    return {
        "cost": ten * cheapest / cost if cost > 0 else ten,
        "requirements": ten * met / len(needs) if needs else ten,
        "headroom": min(ten, Decimal(nearest_limit) / users),
        "effort": max(ZERO, ten - 2 * len(one.architecture.duties)),
        "risk": max(
            ZERO,
            ten - 3 * len(one.availability.single_points) - len(one.availability.unknown),
        ),
    }


def _ranked(
    results: Sequence[ArchitectureResult], held: Sequence[OfferingResult]
) -> list[ArchitectureResult]:
    """Return what may be chosen: what has every hard need before what has some in part."""
    scored = [result for result in results if result.score is not None]
    return sorted(
        scored,
        key=lambda one: (
            bool(lacking(one, held)),
            -(one.score or ZERO),
            one.architecture.name,
        ),
    )


# ---------------------------------------------------------------- the way from phase to phase


def _grid(low: int, high: int) -> list[int]:
    """Return numbers of users from low to high, evenly spaced on a logarithmic scale."""
    if low >= high:
        return [low]
    ratio = (Decimal(high) / low) ** (Decimal(1) / STEPS)
    return sorted({int(low * ratio**step) for step in range(STEPS)} | {high})


def _phases(
    board: _Board, results: Sequence[ArchitectureResult], held: Sequence[OfferingResult]
) -> tuple[Phase, ...]:
    """Return which option is the cheapest that fits, from which number of users on.

    Options that have every hard need come first; others only where none of those fits.
    """
    phases: list[Phase] = []
    now: ArchitectureResult | None = None
    before = 0
    for users in _grid(board.scales[0], board.scales[-1]):
        fitting = [result for result in results if _fits(result, users)]
        fitting = [entry for entry in fitting if not lacking(entry, held)] or fitting
        best = min(
            fitting,
            key=lambda r: (board.total(r.architecture, users), r.architecture.name),
            default=None,
        )
        if best is None or (now is not None and best.architecture.name == now.architecture.name):
            before = users
            continue
        phases.append(_phase(board, now, best, before, users))
        now, before = best, users
    return tuple(phases)


def _phase(
    board: _Board,
    old: ArchitectureResult | None,
    new: ArchitectureResult,
    before: int,
    users: int,
) -> Phase:
    architecture = new.architecture
    if old is None:
        usd = board.total(architecture, users)
        return Phase(users=users, name=architecture.name, usd=usd)
    past = old.architecture
    position = crossing(
        lambda n: board.total(past, n), lambda n: board.total(architecture, n), before, users
    )
    ends = [reach.users + 1 for reach in old.reaches if before <= reach.users < users]
    start = min([*ends, *([position] if position else [])], default=users)
    days = board.figures(start)["overlap_days"]
    return Phase(
        users=start,
        name=architecture.name,
        usd=board.total(architecture, start),
        switch=architecture.switch,
        days=days,
        overlap_usd=board.total(past, start) * days / DAYS_PER_MONTH,
        move=board.move(past, architecture, start),
    )


def _flips(
    board: _Board, results: Sequence[ArchitectureResult], best: ArchitectureResult | None
) -> tuple[Flip, ...]:
    """Return the users at which the chosen option and another cross, over the whole range."""
    if best is None:
        return ()
    mine = best.architecture
    flips: list[Flip] = []
    grid = _grid(board.scales[0], board.scales[-1])
    for result in results:
        yours = result.architecture
        if yours is mine or not result.is_priced:
            continue
        for low, high in pairwise(grid):
            gaps = [abs(board.total(mine, n) - board.total(yours, n)) for n in (low, high)]
            if min(gaps) < CENT:  # alike: their order means nothing
                continue
            position = crossing(
                lambda n: board.total(mine, n),
                lambda n, yours=yours: board.total(yours, n),  # type: ignore[misc]
                low,
                high,
            )
            if position is not None:
                cheaper = board.total(mine, position) < board.total(yours, position)
                below, above = (yours.name, mine.name) if cheaper else (mine.name, yours.name)
                flips.append(Flip(users=position, below=below, above=above))
    return tuple(sorted(flips, key=lambda flip: (flip.users, flip.below, flip.above)))


# ---------------------------------------------------------------- claims


def _wholes(found: Sequence[Check]) -> tuple[Check, ...]:
    """Return checks with the verdict on their whole claims: all that decides one must hold."""
    out = []
    for check in found:
        deciding = [c.verdict for c in found if c.claim == check.claim and c.decides]
        total = check.said
        if deciding:
            failed = "does not hold" in deciding
            open_ = "not assessed" in deciding
            total = "does not hold" if failed else "unclear" if open_ else "holds"
        out.append(replace(check, whole=total))
    return tuple(out)


def _check(
    board: _Board,
    rule: CheckRule,
    results: Sequence[ArchitectureResult],
    held: Sequence[OfferingResult],
) -> Check:
    by_name = {result.architecture.name: result.architecture for result in results}

    def price(key: str, region: str = "") -> Decimal:
        found = board.book.price(key, region or board.region)
        return found.usd / found.per

    def fact(key: str) -> Decimal:
        return board.book.quantity(key)

    def cost(name: str, users: Decimal) -> Decimal:
        if name not in by_name:
            raise DataError(f"there is no architecture `{name}`")
        priced = by_name[name]
        return board.total(priced, int(users))

    def best(engine: str, users: Decimal) -> Decimal:
        ranked = board.ranked(engine, int(users))
        if not ranked:
            raise DataError(f"no design for {engine} is evaluated at {users} users")
        usd = _usd(ranked[0])
        if usd is None:
            raise DataError(f"no offer holds {engine} at {users} users")
        return usd

    def room(offer: str, engine: str, users: Decimal) -> Decimal:
        """Return how many times the load an offer holds, by the resource that is used most."""
        for one in board.ranked(engine, int(users)):
            if isinstance(one, ServerEvaluation):
                bound = one.option(offer).bound_by
                if bound is not None and bound.use:
                    return 1 / bound.use
        raise DataError(f"nothing is known of {offer} at {users} users")

    def rating(name: str, users: Decimal) -> Decimal:
        """Return the score of a way, ruled out or not, among all that are priced."""
        position = int(users)
        if name not in by_name:
            raise DataError(f"there is no architecture `{name}`")
        priced = [result for result in results if result.at(position).is_priced]
        mine = next((entry for entry in priced if entry.architecture.name == name), None)
        if mine is None:
            raise DataError(f"`{name}` is not priced at {position:,} users")
        cheapest_way = min(entry.at(position).total for entry in priced)
        weights = _weights(board.model)
        scores = _scores(mine, position, cheapest_way, held)
        total = sum((scores[one] * weight for one, weight in weights.items()), ZERO)
        return total / sum(weights.values())

    functions: dict[str, Callable[..., Decimal]] = {
        "room": room,
        "rating": rating,
        "price": price,
        "fact": fact,
        "cost": cost,
        "best": best,
    }
    note, computed = rule.note, None
    try:
        names = board.figures(rule.users or board.users)
        computed = evaluate(rule.compute, names, functions)
    except (PriceUnknownError, DataError) as problem:
        note = f"not computed: {problem.message}"
    if computed is None:
        verdict = "not assessed"
    else:
        low = rule.low * (1 - rule.within)
        fits = rule.high is None or computed <= rule.high * (1 + rule.within)
        verdict = "holds" if low <= computed and fits else "does not hold"
    return Check(
        claim=rule.claim,
        what=rule.what,
        low=rule.low,
        high=rule.high,
        computed=computed,
        verdict=verdict,
        how=rule.compute,
        note=note,
        decides=rule.decides,
        said=next((c.verdict for c in board.model.claims if c.id == rule.claim), ""),
    )
