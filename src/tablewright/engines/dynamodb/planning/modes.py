"""How each table is paid for: capacity mode and table class, chosen last, from the resulting load.

In: a design and a way to evaluate it. Out: the design with the cheapest way to pay for each table,
and what else was considered. Reserved capacity is a commitment and left to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.errors import PriceUnknownError
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, ModeKind, Table
from tablewright.evaluation.values import Evaluation
from tablewright.plan.values import Evaluate, ModeChoice

AUTO = CapacityMode(
    kind=ModeKind.AUTO_SCALING,
    rcu=Decimal(1),
    wcu=Decimal(1),
    max_rcu=Decimal(40_000),
    max_wcu=Decimal(40_000),
)
WAYS: tuple[tuple[str, CapacityMode, bool], ...] = (
    ("on-demand", CapacityMode(), False),
    ("on-demand, Standard-IA", CapacityMode(), True),
    ("auto scaling", AUTO, False),
    ("auto scaling, Standard-IA", AUTO, True),
)


def choose_modes(
    design: DynamoDesign,
    evaluate: Evaluate,
    users: int,
    scales: Sequence[int],
    how: str = "safe",
) -> tuple[DynamoDesign, tuple[ModeChoice, ...]]:
    """Return the design with the cheapest capacity mode allowed for each table.

    Args:
        design: on-demand.
        evaluate: prices a design at a number of users.
        users: the scale whose bill decides.
        scales: every scale of the model.
        how: `safe` takes a mode if it costs no more than on-demand at any scale; `cheapest` takes
            what is cheapest at `users`; `on-demand` changes nothing.
    """
    if how == "on-demand":
        return design, ()
    required = sorted({users, *(scales if how == "safe" else ())})
    costs: dict[str, dict[int, dict[str, Decimal]]] = {}
    throttled: dict[str, str] = {}
    for name, mode, infrequent in WAYS:
        variant = _paid(design, mode, infrequent)
        try:
            result = {scale: evaluate(variant, scale) for scale in required}
        except PriceUnknownError:
            continue
        costs[name] = {scale: e.bill.sum_by("where") for scale, e in result.items()}
        throttled[name] = " ".join(w for e in result.values() for w in e.bill.warnings)
    tables: list[Table] = []
    choices: list[ModeChoice] = []
    for table in design.tables:
        ways = sorted(
            (by_scale[users].get(table.name, ZERO), place, name)
            for place, (name, by_scale) in enumerate(costs.items())
        )
        chosen, note = "on-demand", ""
        for usd, _, name in ways:
            if f"{table.name} in" in throttled[name]:
                continue
            if all(
                by.get(table.name, ZERO) <= costs["on-demand"][scale].get(table.name, ZERO)
                for scale, by in costs[name].items()
            ):
                chosen = name
                break
            saving = costs["on-demand"][users].get(table.name, ZERO) - usd
            if not note and saving > 0:
                note = f"{name} would save {saving:.2f} USD at {users:,} users, not at every scale"
        if table.vector_indexes:
            chosen, note = "on-demand", "vector indexes are for tables on demand only"
        mode, infrequent = next((m, i) for n, m, i in WAYS if n == chosen)
        tables.append(replace(table.paid(mode), infrequent_access=infrequent))
        choices.append(
            ModeChoice(
                table=table.name,
                chosen=chosen,
                ways=tuple((name, usd) for usd, _, name in ways),
                note=note,
            )
        )
    return replace(design, tables=tuple(tables)), tuple(choices)


def paid_as(design: DynamoDesign, mode: CapacityMode) -> DynamoDesign:
    """Return a design with every table and index in one capacity mode."""
    return replace(
        design,
        tables=tuple(
            table if table.vector_indexes else table.paid(mode) for table in design.tables
        ),
    )


def _paid(design: DynamoDesign, mode: CapacityMode, infrequent: bool) -> DynamoDesign:
    return replace(
        design,
        tables=tuple(
            table
            if table.vector_indexes  # vector indexes are for tables on demand only
            else replace(table.paid(mode), infrequent_access=infrequent)
            for table in design.tables
        ),
    )


def without_idle_indexes(
    design: DynamoDesign, evaluate: Evaluate, users: int, scales: Sequence[int]
) -> tuple[DynamoDesign, tuple[str, ...]]:
    """Return the design without indexes that do not pay where capacity is provisioned.

    Structure is chosen at on-demand prices; a provisioned index also costs its minimum. One index
    at a time goes, while that is cheaper at `users`, costs no more at any scale, and nothing scans.
    Tables that hold no entity together are looked at apart: their bills have nothing in common.
    """
    tables: dict[str, Table] = {}
    gone: list[str] = []
    for group in _groups(design):
        part, names = _group_without_idle(group, evaluate, users, scales)
        tables.update((table.name, table) for table in part.tables)
        gone += names
    return replace(design, tables=tuple(tables[t.name] for t in design.tables)), tuple(gone)


def _groups(design: DynamoDesign) -> list[DynamoDesign]:
    """Return a design in parts whose tables hold no entity together."""
    parts: list[tuple[set[str], list[Table]]] = []
    for table in design.tables:
        stored = {s.entity for s in table.shapes} | {
            e.entity for s in table.shapes for e in s.embeds
        }
        tables = [table]
        for part in [p for p in parts if p[0] & stored]:
            parts.remove(part)
            stored |= part[0]
            tables = [*part[1], *tables]
        parts.append((stored, tables))
    return [replace(design, tables=tuple(tables)) for _, tables in parts]


def _group_without_idle(
    design: DynamoDesign, evaluate: Evaluate, users: int, scales: Sequence[int]
) -> tuple[DynamoDesign, list[str]]:
    gone: list[str] = []
    if not any(t.indexes and t.mode.kind is not ModeKind.ON_DEMAND for t in design.tables):
        return design, gone
    required = sorted({users, *scales})
    now = {scale: evaluate(design, scale) for scale in required}
    while True:
        trials = []
        for table in design.tables:
            if table.mode.kind is ModeKind.ON_DEMAND:
                continue
            for index in table.indexes:
                trial = _without(design, table, index.name)
                result = {scale: evaluate(trial, scale) for scale in required}
                if all(_is_no_worse(now[s], result[s]) for s in required):
                    saved = now[users].bill.total - result[users].bill.total
                    if saved > 0:
                        trials.append((-saved, f"{table.name}/{index.name}", trial, result))
        if not trials:
            return design, gone
        _, name, design, now = min(trials, key=lambda t: t[:2])
        gone.append(name)


def _without(design: DynamoDesign, table: Table, index: str) -> DynamoDesign:
    smaller = replace(table, indexes=tuple(i for i in table.indexes if i.name != index))
    return replace(design, tables=tuple(smaller if t is table else t for t in design.tables))


def _is_no_worse(before: Evaluation, after: Evaluation) -> bool:
    """Whether everything is served as before, at no higher price, and no pattern newly scans."""
    if after.bill.total > before.bill.total:
        return False
    for old, new in zip(before.routes, after.routes, strict=True):
        if not old.is_served:
            continue  # of another part of the design
        if not new.is_served or new.depth > old.depth:
            return False
        if any(r.operation == "Scan" for r in new.requests) and not any(
            r.operation == "Scan" for r in old.requests
        ):
            return False
    return True
