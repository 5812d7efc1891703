"""What every part of the comparison looks up: evaluations and figures of a model at a scale.

In: a model, evaluations of its designs at its scales, the price book, what each engine brings. Out:
figures, the best design of an engine, the database line and the total of an architecture. Between
the scales a database line is read off the straight line through its neighbours; all other parts
are priced at the very number of users.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

from tablewright.bill.prices import PriceBook
from tablewright.compare.migration_cost import Move, Side, move
from tablewright.compare.pricing import at, price_at
from tablewright.compare.protocol import BilledChoice, Comparing, DatabaseLine
from tablewright.compare.reader import architectures, figures, neighbours
from tablewright.compare.values import Architecture, EngineCost, EngineTiers, Priced
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, GB, ZERO
from tablewright.evaluation.values import Evaluation
from tablewright.model.statistics import has_peak
from tablewright.model.values import BudgetScope, Model

T = TypeVar("T")
OVERLAP = "overlap_days"
"""The figure that only switches use."""
ALL = frozenset({"*"})
"""Stands for every figure, and for an option of which it is not known which figures it uses."""
USE = "use"
"""The factor that stands for all rates and data of a user: with twice of it a number of users is
priced as twice as many are."""
FreeOf = Callable[[Evaluation], Decimal]
"""What always-free offers take off the bill of an evaluation, USD a month and positive."""


@frozen(slots=False)
class Board:
    """What every part of the comparison looks up: evaluations and figures at a scale."""

    model: Model
    evaluations: tuple[Evaluation, ...]
    book: PriceBook
    region: str
    users: int
    free_of: FreeOf
    comparing: Mapping[str, Comparing]
    """What each engine brings, by its name."""
    unstated_peak: Decimal
    """The busiest hour over the mean, where no pattern of the model states a peak."""
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    """By how much figures of the workload are multiplied, by their names."""
    _kept: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    """What was computed already, by what it is, of which architecture, at how many users."""

    def keep(self, kind: str, name: str, users: int, make: Callable[[], T]) -> T:
        """Return what was computed for a kind, an architecture and users; compute it once."""
        key = (kind, name, users)
        if key not in self._kept:
            self._kept[key] = make()
        keep: T = self._kept[key]
        return keep

    def with_factor(self, figure: str, factor: Decimal) -> Board:
        """Return the board with one figure of the workload multiplied.

        The databases stay, and the totals of the options whose parts the figure has no part in.
        """
        touched = ALL if figure == USE else touched_by(figure, self._given_figures())
        unaffected = {
            key: value
            for key, value in self._kept.items()
            if _is_apart(key[0])
            or (key[0] == "total" and touched is not ALL and not self._uses(key[1], touched))
        }
        return replace(self, factors={**self.factors, figure: factor}, _kept=unaffected)

    def is_used(self, figure: str, architectures: Iterable[Architecture]) -> bool:
        """Whether a figure of the workload has a part in any option, or in a switch."""
        touched = touched_by(figure, self._given_figures())
        return figure == OVERLAP or any(not touched.isdisjoint(words_of(a)) for a in architectures)

    def with_own(self, figure: str) -> Board:
        """Return the board for options in which a figure of their own was changed."""
        unaffected = {
            key: value
            for key, value in self._kept.items()
            if _is_apart(key[0])
            or key[0] == "figures"
            or (key[0] == "total" and not self._uses(key[1], frozenset({figure})))
        }
        return replace(self, _kept=unaffected)

    def with_terms(self) -> Board:
        """Return the board for other terms of ownership: only switches are computed again."""
        kept = {k: v for k, v in self._kept.items() if not k[0].startswith("switch to ")}
        return replace(self, _kept=kept)

    def _uses(self, architecture: str, names: frozenset[str]) -> bool:
        """Whether an option that was priced on this board has parts that depend on figures."""
        words = self.keep("words", architecture, 0, lambda: ALL)
        return words is ALL or not names.isdisjoint(words)

    def _given_figures(self) -> Mapping[str, str]:
        """Return the expressions of the figures of the workload, by name."""
        return {
            figure.name: self.model.options.get(f"workload.{figure.name}", figure.value)
            for figure in figures()
        }

    @cached_property
    def scales(self) -> tuple[int, ...]:
        """Every number of users that designs are evaluated at, in order."""
        return tuple(sorted({evaluation.users for evaluation in self.evaluations}))

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that designs are evaluated for, in the order of the file."""
        return tuple(dict.fromkeys(evaluation.design.engine for evaluation in self.evaluations))

    def ranked(self, engine: str, users: int) -> list[Evaluation]:
        """Return the evaluations of an engine at a scale: what serves most, then what is cheap.

        A design whose capacity refuses requests comes after those that answer as many patterns.
        """
        return self.keep("ranked", engine, users, lambda: self._ranked(engine, users))

    def _ranked(self, engine: str, users: int) -> list[Evaluation]:
        evaluations = [
            e for e in self.evaluations if e.users == users and e.design.engine == engine
        ]
        return sorted(evaluations, key=self._rank)

    def _rank(self, evaluation: Evaluation) -> tuple[int, bool, bool, Decimal, str]:
        usd = self.usd(evaluation)
        return (
            len(unserved(evaluation)),
            evaluation.refuses,
            usd is None,
            usd or ZERO,
            evaluation.design.name,
        )

    def choice(self, evaluation: Evaluation) -> BilledChoice:
        """Return what a design is billed on at its scale."""
        design = evaluation.design
        return self.keep(
            "choice",
            f"{design.engine}/{design.name}",
            evaluation.users,
            lambda: self.comparing[design.engine].choice(evaluation),
        )

    def offers(self, engine: str) -> tuple[str, ...]:
        """Return the names of the servers that the designs of an engine may run on."""
        evaluations = [e for e in self.evaluations if e.design.engine == engine]
        return self.comparing[engine].offers(evaluations)

    def usd(self, evaluation: Evaluation) -> Decimal | None:
        """Return USD a month of a design, None where no offer holds its load."""
        return self.choice(evaluation).usd

    def engine_costs(self) -> tuple[EngineCost, ...]:
        """Return what the best design of each engine costs at each scale."""
        engine_costs = []
        for engine in self.engines:
            for users in self.scales:
                ranked = self.ranked(engine, users)
                if ranked:
                    best = ranked[0]
                    choice = self.choice(best)
                    engine_costs.append(
                        EngineCost(
                            engine=engine,
                            users=users,
                            design=best.design.name,
                            usd=choice.usd,
                            why=choice.why,
                            offer=choice.offer,
                            light=choice.light,
                            heavy=choice.heavy,
                            ends=choice.ends,
                            misses=tuple(why.partition(":")[0] for why in choice.misses),
                            bound_by=choice.bound_by,
                            others=tuple((e.design.name, self.usd(e)) for e in ranked[1:]),
                            unserved=unserved(best),
                            sized_by=best.sized_by,
                        )
                    )
        return tuple(engine_costs)

    def tiers(self) -> tuple[EngineTiers, ...]:
        """Return every tier of each engine on servers beside the load at the reviewed scale."""
        engines = []
        for engine in self.engines:
            ranked = self.ranked(engine, self.users)
            tiers = self.comparing[engine].tiers(ranked[0]) if ranked else ()
            if tiers:
                engines.append(
                    EngineTiers(
                        engine=engine,
                        design=ranked[0].design.name,
                        tiers=tiers,
                        memory=self.comparing[engine].memory(ranked[0]),
                    )
                )
        return tuple(engines)

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
        """Return a figure at any number of users, read off the line through its neighbours."""
        low, high = self.around(users)
        if low == high:
            return value(low)
        part = Decimal(users - low) / (high - low)
        return max(ZERO, value(low) + part * (value(high) - value(low)))

    def data_gb(self, users: int) -> Decimal:
        """Return the GB of tables at a scale."""
        return self.keep("data_gb", "", users, lambda: self._data_gb(users))

    def _data_gb(self, users: int) -> Decimal:
        """Return the GB of tables of the best design of the first engine of the file."""
        ranked = self.ranked(self.engines[0], users)
        stored = (r.item_bytes for r in ranked[0].resources if r.kind not in _INDEX_KINDS)
        return sum(stored, ZERO) / GB

    def figures(self, users: int) -> dict[str, Decimal]:
        """Return every figure of the workload at a number of users."""
        return self.keep(
            "figures",
            "",
            users,
            lambda: {**self._figures(int(users * self._use)), "users": Decimal(users)},
        )

    @property
    def _use(self) -> Decimal:
        """By how much all rates and data of a user are multiplied."""
        return self.factors.get(USE, Decimal(1))

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
            names["peak_per_second"] *= self.unstated_peak
        names["peak_per_second"] *= self.factors.get("peak_per_second", 1)
        if self.evaluations:
            names["data_gb"] = self.between(users, self.data_gb)
        provided = given_options(
            self.model, "workload", (figure.name for figure in figures()), ("data_gb",)
        )
        for figure in figures():
            value = provided.get(figure.name, figure.value)
            names[figure.name] = at(f"options.workload.{figure.name}", value, names)
            names[figure.name] *= self.factors.get(figure.name, 1)
        if "data_gb" in provided:
            names["data_gb"] = at("options.workload.data_gb", provided["data_gb"], names)
        return names

    def stated(self) -> Iterable[tuple[str, Decimal, str]]:
        """Return the figures at the reviewed scale, each with where it comes from."""
        whys = {**_MODEL_WHYS, **{figure.name: figure.why for figure in figures()}}
        provided = given_options(self.model, "workload", whys, ("data_gb",))
        for name, value in self.figures(self.users).items():
            why = "given in the model file" if name in provided else whys[name]
            yield name, value, why

    def database(self, architecture: Architecture, users: int) -> DatabaseLine | None:
        """Return the database line at a scale: of the engine's best design, or on servers."""
        return self.keep(
            "database", architecture.name, users, lambda: self._database(architecture, users)
        )

    def _database(self, architecture: Architecture, users: int) -> DatabaseLine | None:
        ranked = self.ranked(architecture.engine, users)
        if not ranked:
            return None
        if architecture.servers:
            fewest = len(unserved(ranked[0]))
            return self.comparing[architecture.engine].on_servers(
                [evaluation for evaluation in ranked if len(unserved(evaluation)) == fewest],
                architecture.servers,
                self.book,
                neighbours().get(self.region, ()),
            )
        bill = ranked[0].bill
        if bill.figure is None:
            return DatabaseLine(lines=(), missing=bill.no_figure)
        return DatabaseLine(lines=bill.all_lines, always_free=self.free_of(ranked[0]))

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
            comparing=self.comparing[architecture.engine],
            place=place or architecture.engine,
            resources=ranked[0].resources,
            factor=Decimal(users) / scale,
        )

    def move(self, old: Architecture, new: Architecture, users: int) -> Move | None:
        """Return what moving the data from one to the other is charged, None if not known."""
        return self.keep(
            f"move to {new.name}", old.name, users, lambda: self._move(old, new, users)
        )

    def _move(self, old: Architecture, new: Architecture, users: int) -> Move | None:
        sides = self.side(old, users), self.side(new, users)
        if sides[0] is None or sides[1] is None:
            return None
        return move(sides[0], sides[1], self.book, self.region)

    def priced(self, architecture: Architecture, users: int) -> Priced:
        """Return an architecture priced at one of the scales."""
        database = self.database(architecture, users) if architecture.engine else None
        return self.priced_with(architecture, users, database)

    def priced_with(
        self, architecture: Architecture, users: int, database: DatabaseLine | None
    ) -> Priced:
        """Return an architecture priced with a database line that is known."""
        return price_at(architecture, self.figures(users), self.book, self.region, database)

    def total(self, architecture: Architecture, users: int) -> Decimal:
        """Return the monthly cost at any number of users, the database line read off."""
        return self.keep(
            "total", architecture.name, users, lambda: self._total(architecture, users)
        )

    def _total(self, architecture: Architecture, users: int) -> Decimal:
        self.keep("words", architecture.name, 0, lambda: words_of(architecture))
        if not architecture.engine or (users in self.scales and self._use == 1):
            return self.priced(architecture, users).total
        if self.database(architecture, self.scales[0]) is None:
            return self.priced(architecture, users).total
        price = price_at(
            architecture, self.figures(users), self.book, self.region, DatabaseLine(lines=())
        )
        return price.total + self._database_usd(architecture, users)

    def _database_usd(self, architecture: Architecture, users: int) -> Decimal:
        def line(users: int) -> Decimal:
            database = self.database(architecture, users)
            return database.total if database else ZERO

        return self.between(int(users * self._use), line)

    def spent(self, architecture: Architecture, users: int) -> Decimal:
        """Return USD a month of an architecture that count for the budget of the model.

        Of a budget for the database alone that is the database line, and everything where no
        design is evaluated for the database.
        """
        if self.is_spent_on_database(architecture):
            return self._database_usd(architecture, users)
        return self.total(architecture, users)

    def is_spent_on_database(self, architecture: Architecture) -> bool:
        """Whether only the database of an architecture counts for the budget."""
        if self.model.targets.monthly_cost_of is BudgetScope.DEPLOYMENT or not architecture.engine:
            return False
        return self.database(architecture, self.scales[0]) is not None

    def spent_words(self, architecture: Architecture) -> str:
        """Return what the money of `spent` is for, where that is not everything."""
        return "for the database " if self.is_spent_on_database(architecture) else ""


_APART = ("choice", "ranked", "database", "data_gb", "needs", "words", "parts")
"""What was computed that no figure of the workload changes."""
_NAME = re.compile(r"[a-z_][a-z_0-9]*")
_INDEX_KINDS = ("gsi", "lsi", "index")
_MODEL_WHYS = {
    "users": "the scale",
    "calls": "calls of all access patterns a month",
    "reads": "calls that read",
    "writes": "calls that write",
    "peak_per_second": "calls a second times the peak of each pattern, 3 where none states one",
    "data_gb": "tables of the cheapest design, without indexes",
}


def _is_apart(kind: str) -> bool:
    return kind in _APART or kind.startswith("move to ")


def words_of(architecture: Architecture) -> frozenset[str]:
    """Return the names in the expressions of an option, of figures and of functions."""
    texts = [expression for _, expression in architecture.let]
    texts += [text for limit in architecture.limits for text in (limit.of, limit.most)]
    for part in architecture.components:
        texts += [part.quantity, *(free.quantity for free in part.free)]
    return frozenset(name for text in texts for name in _NAME.findall(text))


def touched_by(figure: str, expressions: Mapping[str, str]) -> frozenset[str]:
    """Return a figure with all that are computed from it.

    Example:
        >>> sorted(touched_by("a", {"b": "a * 2", "c": "b + 1", "d": "3"}))
        ['a', 'b', 'c']
    """
    touched = {figure}
    for name, expression in expressions.items():  # each of those before it
        if not touched.isdisjoint(_NAME.findall(expression)):
            touched.add(name)
    return frozenset(touched)


def unserved(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the access patterns that a design cannot serve."""
    return tuple(route.pattern for route in evaluation.routes if not route.is_served)


def architectures_for(app: str) -> tuple[Architecture, ...]:
    """Return the architectures drawn up for an application, else those for any."""
    every = architectures()
    return tuple(a for a in every if app in a.apps) or tuple(a for a in every if not a.apps)


def given_options(
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
