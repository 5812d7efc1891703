"""The choice as a 0/1 integer programme, solved by HiGHS.

In: for each entity its options. Out: one option and a set of indexes for each, with the cost, a
proven lower bound and the gap between them. With everything in one programme, one variable chooses
a placement, one an index of a placement, one a path of a question; a path needs its indexes, an
index its placement. Where the indexes of each placement are known, placements alone are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tablewright.capacity.limits import MAX_GLOBAL_INDEXES
from tablewright.core.descriptors import silenced
from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import ZERO
from tablewright.plan.cheapest_indexes import (
    SIMPLER_USD,
    CheapestIndexes,
    path_charge,
    simplicity_charge,
)
from tablewright.plan.values import Choice, PlacementOption, Solution

MICRO = 1e6


@dataclass
class _Programme:
    costs: list[float] = field(default_factory=list)
    charges: list[float] = field(default_factory=list)
    """The part of each cost that is there for simplicity only."""
    integral: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, list[tuple[int, float]]]] = field(default_factory=list)

    def variable(self, usd: Decimal, charge: float, *, integral: bool) -> int:
        self.costs.append((float(usd) + charge) * MICRO)
        self.charges.append(charge * MICRO)
        self.integral.append(integral)
        return len(self.costs) - 1

    def row(self, low: float, high: float, entries: list[tuple[int, float]]) -> None:
        self.rows.append((low, high, entries))


def solve_together(
    entities: Sequence[Sequence[PlacementOption]],
    *,
    most_structures: int | None = None,
    most_gsis: int = MAX_GLOBAL_INDEXES,
    seconds: float = 60.0,
) -> Solution | None:
    """Return the cheapest choice of placements, indexes and paths in one; None where there is none.

    Args:
        entities: the options of each entity.
        most_structures: tables and indexes in all, where limited.
        most_gsis: global indexes of one table.
        seconds: after which the best found so far is taken, with its gap.

    Raises:
        UnsupportedError: HiGHS is not installed.
    """
    highspy = _highs()
    inf = highspy.kHighsInf
    programme = _Programme()
    handles: list[list[tuple[int, list[int]]]] = []
    structures: list[tuple[int, float]] = []
    for options in entities:
        of_entity: list[tuple[int, list[int]]] = []
        for place, option in enumerate(options):
            x, y = _add_option(programme, option, inf, most_gsis, place)
            of_entity.append((x, y))
            count = float(len(option.placement.table_names))
            structures.append((x, count))
            structures += [(entry, 1.0) for entry in y]
        programme.row(1.0, 1.0, [(x, 1.0) for x, _ in of_entity])
        handles.append(of_entity)
    for parents, inside in _links(entities, handles):
        programme.row(0.0, 0.0, [(x, 1.0) for x in parents] + [(x, -1.0) for x in inside])
    if most_structures is not None:
        programme.row(-inf, float(most_structures), structures)
    result = _run(highspy, programme, seconds)
    if result is None:
        return None
    values, bound = result
    choices: list[Choice] = []
    total = ZERO
    for options, of_entity in zip(entities, handles, strict=True):
        position = max(range(len(options)), key=lambda i: values[of_entity[i][0]])
        x, y = of_entity[position]
        chosen = _needed(options[position], [i for i, v in enumerate(y) if values[v] > 0.5])
        cost = options[position].total(frozenset(chosen))
        assert cost is not None, "a solution of the programme answers every question"
        total += cost
        choices.append(Choice(option=position, indexes=tuple(chosen)))
    charges = Decimal(str(_charges(programme, values))) / Decimal(str(MICRO))
    return _solution(choices, total, bound, charges)


def choose_placements(
    entities: Sequence[Sequence[PlacementOption]],
    indexes: Sequence[Sequence[CheapestIndexes | None]],
    *,
    seconds: float,
) -> Solution | None:
    """Return the cheapest placements where the indexes of each are known; None where none fit.

    Args:
        entities: the options of each entity.
        indexes: of each option the cheapest; None where it cannot be taken.
        seconds: after which the best found so far is taken, with its gap.

    Raises:
        UnsupportedError: HiGHS is not installed.
    """
    highspy = _highs()
    programme = _Programme()
    handles: list[list[tuple[int, list[int]]]] = []
    for chosen in indexes:
        columns = []
        for choice in chosen:
            column = programme.variable(choice.charged if choice else ZERO, 0.0, integral=True)
            if choice is None:
                programme.row(0.0, 0.0, [(column, 1.0)])
            columns.append((column, list[int]()))
        programme.row(1.0, 1.0, [(column, 1.0) for column, _ in columns])
        handles.append(columns)
    for parents, inside in _links(entities, handles):
        programme.row(0.0, 0.0, [(x, 1.0) for x in parents] + [(x, -1.0) for x in inside])
    result = _run(highspy, programme, seconds)
    if result is None:
        return None
    values, bound = result
    choices: list[Choice] = []
    total = charged = ZERO
    for options, known, columns in zip(entities, indexes, handles, strict=True):
        position = max(range(len(options)), key=lambda i: values[columns[i][0]])
        taken = known[position]
        assert taken is not None, "the programme takes no option that cannot be taken"
        cost = options[position].total(frozenset(taken.indexes))
        assert cost is not None, "the indexes of an option answer every question"
        total, charged = total + cost, charged + taken.charged
        choices.append(Choice(option=position, indexes=taken.indexes))
    return _solution(choices, total, bound, charged - total)


def _solution(choices: Sequence[Choice], usd: Decimal, bound: float, charges: Decimal) -> Solution:
    """Return what was chosen, with the bound of the objective as one of the cost.

    The objective has the small charges for what is less simple in it; they are taken off.
    """
    low = Decimal(str(bound)) / Decimal(str(MICRO)) - charges
    return Solution(choices=tuple(choices), usd=usd, bound=max(ZERO, min(usd, low)))


def _links(
    entities: Sequence[Sequence[PlacementOption]],
    handles: Sequence[Sequence[tuple[int, list[int]]]],
) -> list[tuple[list[int], list[int]]]:
    """Return for each parent and child the options that hold the child, on both sides.

    One is taken exactly where the other is. Where the other side is not in the programme, neither.
    """
    holding: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    for options, of_entity in zip(entities, handles, strict=True):
        for option, (x, _) in zip(options, of_entity, strict=True):
            place = option.placement
            for child in place.embeds:
                holding.setdefault((place.entity, child), ([], []))[0].append(x)
            if place.within:
                holding.setdefault((place.within, place.entity), ([], []))[1].append(x)
    return list(holding.values())


def _add_option(
    programme: _Programme, option: PlacementOption, inf: float, most_gsis: int, place: int
) -> tuple[int, list[int]]:
    x = programme.variable(option.usd, float(simplicity_charge(option, place)), integral=True)
    y = [programme.variable(usd, float(SIMPLER_USD), integral=True) for usd in option.index_usd]
    for one in y:
        programme.row(-inf, 0.0, [(one, 1.0), (x, -1.0)])
    for slot in option.slots:
        z = []
        users: dict[int, list[int]] = {}
        for path in slot.paths:
            v = programme.variable(path.usd, float(path_charge(path.depth)), integral=False)
            z.append(v)
            for need in path.needs:
                users.setdefault(need, []).append(v)
        programme.row(0.0, 0.0, [*((v, 1.0) for v in z), (x, -1.0)])
        for need, through in sorted(users.items()):
            programme.row(-inf, 0.0, [*((v, 1.0) for v in through), (y[need], -1.0)])
    for table in option.placement.table_names:
        own_key = [
            y[position]
            for position, index in enumerate(option.indexes)
            if index.table == table and not index.is_local
        ]
        if len(own_key) > most_gsis:
            programme.row(-inf, float(most_gsis), [(entry, 1.0) for entry in own_key])
    return x, y


def _charges(programme: _Programme, values: Sequence[float]) -> float:
    """Return what the charges for simplicity add to the objective of a solution."""
    return sum(charge * value for charge, value in zip(programme.charges, values, strict=True))


def _needed(option: PlacementOption, chosen: list[int]) -> list[int]:
    """Drop indexes that nothing uses and that cost nothing to leave out."""
    needed = list(chosen)
    total = option.total(frozenset(needed))
    for position in reversed(chosen):
        without = frozenset(k for k in needed if k != position)
        cost = option.total(without)
        if cost is not None and total is not None and cost <= total:
            needed.remove(position)
            total = cost
    return needed


def _run(highspy: Any, programme: _Programme, seconds: float) -> tuple[list[float], float] | None:
    import numpy as np

    lp = highspy.HighsLp()
    columns, rows = len(programme.costs), len(programme.rows)
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = np.array(programme.costs, dtype=np.double)
    lp.col_lower_ = np.zeros(columns)
    lp.col_upper_ = np.ones(columns)
    lp.row_lower_ = np.array([low for low, _, _ in programme.rows], dtype=np.double)
    lp.row_upper_ = np.array([high for _, high, _ in programme.rows], dtype=np.double)
    starts, indices, values = [0], [], []
    for _, _, entries in programme.rows:
        indices += [column for column, _ in entries]
        values += [value for _, value in entries]
        starts.append(len(indices))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(values, dtype=np.double)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[integral] for integral in programme.integral]
    with silenced():  # HiGHS prints its version and licence when the first solver is constructed
        solver = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 1),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.0),
        ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
        ("time_limit", seconds),
    ):
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    bound = info.mip_dual_bound if any(programme.integral) else info.objective_function_value
    return list(solver.getSolution().col_value), float(bound)


def _highs() -> Any:
    try:
        import highspy
    except ImportError as missing:
        raise UnsupportedError(
            "planning needs the solver HiGHS, which is not installed",
            remedy="install it with: pip install highspy",
        ) from missing
    return highspy
