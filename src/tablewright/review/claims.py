"""Claims compared with what is computed: the figure beside it, the verdict, and where they part.

In: a claim and the evaluation it speaks of (at its own scale, region and price date). Out: a
Verdict. A cost is taken apart into what a hand count usually forgets, each part with its amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

from tablewright.bill.dimensions import Dimension
from tablewright.core.quantities import DAYS_PER_MONTH, ZERO
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Claim, Pattern
from tablewright.review.assessment import ClaimStep, UserRange, Verdict

TOLERANCE = Decimal("0.1")
"""A claim holds when the computed figure is within a tenth of it."""

NEGLIGIBLE_USD = Decimal("1E-9")
"""What is left over of a difference by the division of Decimals."""

HOLDS, FAILS, UNCLEAR, NOT_ASSESSED = "holds", "does not hold", "unclear", "not assessed"

Evaluator = Callable[[str, int, str, str], Evaluation]
"""Given design, users, region and price date, the evaluation."""

UNITS = {
    "monthly_cost": "USD/month",
    "reads_cost": "USD/month",
    "writes_cost": "USD/month",
    "storage_cost": "USD/month",
    "pitr_cost": "USD/month",
    "cost_per_user": "USD/user/month",
    "reads_per_month": "requests/month",
    "writes_per_month": "requests/month",
    "rru_per_month": "units/month",
    "wru_per_month": "units/month",
    "storage_bytes": "bytes",
    "table_bytes": "bytes",
    "index_bytes": "bytes",
    "saving_share": "share",
}


def assess_claim(
    claim: Claim,
    evaluate: Evaluator,
    default_design: str,
    users: int,
    grade_of: Callable[[str], str] | None = None,
    scales: Sequence[int] = (),
) -> Verdict:
    """Return a claim beside the computed figure.

    Args:
        claim: the claim.
        evaluate: evaluates a design.
        default_design: that of claims which name none.
        users: the scale of claims which name none.
        grade_of: gives the grade of a design.
        scales: the numbers of users among which the claim is looked for, if it has a figure.
    """
    if claim.about == "fact":
        return Verdict(claim=claim, verdict=claim.verdict or UNCLEAR, reason=claim.answer)
    if claim.about == "grade" and grade_of is not None:
        grade = grade_of(claim.design or default_design)
        same = grade == claim.answer
        return Verdict(
            claim=claim,
            verdict=HOLDS if same else FAILS,
            reason=f"The report card says {grade}"
            + ("." if same else f", not {claim.answer}: its findings say why."),
        )
    if claim.about not in UNITS:
        return Verdict(
            claim=claim, verdict=NOT_ASSESSED, reason=f"nothing computes `{claim.about}` here"
        )
    scale = claim.users or users

    def computed_at(count: int) -> tuple[Decimal | None, Evaluation]:
        result = evaluate(claim.design or default_design, count, claim.region, claim.prices_as_of)
        if _is_money(claim) and result.bill.figure is None:
            return None, result
        if claim.about != "saving_share":
            return _figure(claim, result), result
        compared = evaluate(claim.other or default_design, count, claim.region, claim.prices_as_of)
        if compared.bill.figure is None:
            return None, compared
        before, after = _cost(result, claim), _cost(compared, claim)
        return (before - after) / before if before else ZERO, result

    computed, result = computed_at(scale)
    if computed is None:
        return Verdict(claim=claim, verdict=NOT_ASSESSED, reason=result.bill.no_figure)
    band = _band(claim)
    if band is None:
        verdict, direction, where = claim.verdict or UNCLEAR, "", None
    else:
        low, high = band
        verdict = HOLDS if low <= computed <= high else FAILS
        direction = "" if verdict == HOLDS else "too low" if computed > high else "too high"
        at_scales = [(count, computed_at(count)[0]) for count in sorted(scales)]
        where = holding(band, [(count, found) for count, found in at_scales if found is not None])
    is_split = verdict == FAILS and claim.about != "saving_share"
    return Verdict(
        claim=claim,
        verdict=verdict,
        computed=computed,
        unit=UNITS[claim.about],
        reason=claim.answer,
        steps=_decompose(claim, result) if is_split else (),
        direction=direction,
        users=where,
    )


def _is_money(claim: Claim) -> bool:
    return claim.about == "saving_share" or UNITS[claim.about].startswith("USD")


def _band(claim: Claim) -> tuple[Decimal, Decimal] | None:
    """Return between which figures the claim holds, a tenth granted on either side."""
    low = claim.low if claim.low is not None else claim.high
    high = claim.high if claim.high is not None else claim.low
    if low is None or high is None:
        return None
    # 0 up to a figure is "at most": nothing is added to its lower end
    return low - TOLERANCE * abs(low), high + TOLERANCE * abs(high)


def holding(
    band: tuple[Decimal, Decimal], figures: Sequence[tuple[int, Decimal]]
) -> UserRange | None:
    """Return for how many users a figure lies in a band; None of fewer than two scales.

    Args:
        band: the lowest and the highest figure.
        figures: users and figure, the fewest users first.

    Example:
        >>> holding((Decimal(20), Decimal(30)), [(100, Decimal(10)), (500, Decimal(50))])
        UserRange(low=200, high=300, is_empty=False)
    """
    if len(figures) < 2:
        return None
    low, high = band
    bounds: list[Decimal] = []
    for (users, figure), (more, other) in pairwise(figures):
        if figure == other:
            bounds += [Decimal(users), Decimal(more)] if low <= figure <= high else []
            continue
        slope = (more - users) / (other - figure)
        reached = sorted(users + (edge - figure) * slope for edge in band)
        start, stop = max(reached[0], Decimal(users)), min(reached[1], Decimal(more))
        bounds += [start, stop] if start <= stop else []
    if not bounds:
        return UserRange(is_empty=True)
    first, last = min(bounds), max(bounds)
    return UserRange(
        low=None if first <= figures[0][0] else int(first.to_integral_value()),
        high=None if last >= figures[-1][0] else int(last.to_integral_value()),
    )


def _cost(evaluation: Evaluation, claim: Claim) -> Decimal:
    lines = evaluation.bill.all_lines
    if claim.table:
        lines = tuple(line for line in lines if line.where == claim.table)
    return sum((line.amount for line in lines), ZERO)


def _figure(claim: Claim, evaluation: Evaluation) -> Decimal:
    about = claim.about
    if about == "monthly_cost":
        return _cost(evaluation, claim)
    if about == "cost_per_user":
        return _cost(evaluation, claim) / evaluation.users
    if about.endswith("_cost"):
        return _by_dimension(evaluation, claim).get(about, ZERO)
    if about in ("reads_per_month", "writes_per_month"):
        return _calls(evaluation, claim, writes=about.startswith("writes"))
    if about in ("rru_per_month", "wru_per_month"):
        return _units(evaluation, claim, "read" if about.startswith("rru") else "write")
    return _bytes(evaluation, claim)


def _by_dimension(evaluation: Evaluation, claim: Claim) -> dict[str, Decimal]:
    """Return the amounts of a bill as claims speak of them."""
    sums: dict[str, Decimal] = {}
    for line in evaluation.bill.all_lines:
        if claim.table and line.where != claim.table:
            continue
        name = _COST_OF.get(line.dimension, "other_cost")
        sums[name] = sums.get(name, ZERO) + line.amount
    return sums


_COST_OF = {
    Dimension.WRITES: "writes_cost",
    Dimension.READS: "reads_cost",
    Dimension.STORAGE: "storage_cost",
    Dimension.RECOVERY: "pitr_cost",
}


def _patterns(evaluation: Evaluation, claim: Claim) -> list[Pattern]:
    if not claim.table:
        return list(evaluation.model.patterns)
    names = {
        route.pattern
        for route in evaluation.routes
        for request in route.requests
        # a transaction has one target, and uses units of every table it writes
        for place in (request.target, *(use.resource for use in request.uses))
        if place.split("/")[0] == claim.table
    }
    return [pattern for pattern in evaluation.model.patterns if pattern.name in names]


def _calls(evaluation: Evaluation, claim: Claim, *, writes: bool) -> Decimal:
    return sum(
        (
            evaluation.model.calls_per_day(pattern, evaluation.users) * DAYS_PER_MONTH
            for pattern in _patterns(evaluation, claim)
            if pattern.verb.is_write is writes
        ),
        ZERO,
    )


def _units(evaluation: Evaluation, claim: Claim, dimension: str) -> Decimal:
    total = ZERO
    for route in evaluation.routes:
        calls = evaluation.model.calls_per_day(
            evaluation.model.pattern(route.pattern), evaluation.users
        )
        for request in route.requests:
            for use in request.uses:
                if use.dimension == dimension and (
                    not claim.table or use.resource.split("/")[0] == claim.table
                ):
                    total += use.units.mean * calls * DAYS_PER_MONTH
    return total


def _bytes(evaluation: Evaluation, claim: Claim) -> Decimal:
    kinds = {
        "storage_bytes": ("table", "gsi", "lsi"),
        "table_bytes": ("table",),
        "index_bytes": ("gsi", "lsi"),
    }[claim.about]
    return sum(
        (
            resource.stored_bytes
            for resource in evaluation.resources
            if resource.kind in kinds
            and (not claim.table or resource.name.split("/")[0] == claim.table)
        ),
        ZERO,
    )


# ---------------------------------------------------------------- what a hand count forgets


def _decompose(claim: Claim, evaluation: Evaluation) -> tuple[ClaimStep, ...]:
    if claim.about in ("storage_bytes", "table_bytes", "index_bytes"):
        return _steps_of_bytes(claim, evaluation)
    if claim.about not in ("monthly_cost", "reads_cost", "writes_cost", "cost_per_user"):
        return ()
    start = claim.high if claim.high is not None else claim.low
    if start is None:
        return ()
    per = Decimal(evaluation.users) if claim.about == "cost_per_user" else Decimal(1)
    reads, writes = claim.about != "writes_cost", claim.about != "reads_cost"
    read, write = (_unit_price(evaluation, entry) for entry in (Dimension.READS, Dimension.WRITES))
    if (reads and read is None) or (writes and write is None):
        return ()  # provisioned: no request unit has a price of its own
    table_units, index_units = _split_units(evaluation, claim)
    single = ZERO
    sized = ZERO
    copies = ZERO
    if reads and read is not None:
        single += _calls(evaluation, claim, writes=False) * read
        sized += table_units["read"] * read + index_units["read"] * read
    if writes and write is not None:
        single += _calls(evaluation, claim, writes=True) * write
        sized += table_units["write"] * write
        copies = index_units["write"] * write
    final = _figure(claim, evaluation) * per
    stored = ZERO
    if claim.about in ("monthly_cost", "cost_per_user"):
        stored = final - sized - copies
    total, names = (
        _read_whole(evaluation, claim, read) if reads and read is not None else (ZERO, ())
    )
    parts = [
        ("the same calls at one unit each, at the same prices", single - start * per),
        (
            "items take more than one unit (or less: an eventual read is half)",
            sized - single - total,
        ),
        (f"no key gives the answer, so everything is read: {', '.join(names)}", total),
        ("every write is repeated in the indexes it touches", copies),
        ("storage of tables and indexes, backups and the rest", stored),
        ("provisioned units instead of requests", final - sized - copies - stored),
    ]
    steps: list[ClaimStep] = []
    position = start
    for factor, change in parts:
        if abs(change) > NEGLIGIBLE_USD:
            position += change / per
            steps.append(ClaimStep(factor=factor, change=change / per, after=position))
    return tuple(steps)


def _read_whole(
    evaluation: Evaluation, claim: Claim, price: Decimal
) -> tuple[Decimal, tuple[str, ...]]:
    """Return what patterns cost beyond a unit a call that read all to answer, and their names."""
    total, names = ZERO, []
    for route in evaluation.routes:
        pattern = evaluation.model.pattern(route.pattern)
        if pattern.verb.is_write or not (route.sorts_in_code or route.operation == "scan"):
            continue
        if claim.table and route.target.split("/")[0] != claim.table:
            continue
        calls = evaluation.model.calls_per_day(pattern, evaluation.users) * DAYS_PER_MONTH
        beyond = (route.units("read").mean - 1) * calls * price
        if beyond > NEGLIGIBLE_USD:
            total += beyond
            names.append(pattern.name)
    return total, tuple(names)


def _unit_price(evaluation: Evaluation, dimension: Dimension) -> Decimal | None:
    """Return USD for a request unit on the bill, None where none was charged."""
    for line in evaluation.bill.lines:
        if line.dimension is dimension and line.price_key in _REQUEST_UNITS:
            return line.unit_price / line.per
    return None


_REQUEST_UNITS = frozenset(
    f"aws.dynamodb.ondemand.{unit}.{table_class}"
    for unit in ("rru", "wru", "rwru")
    for table_class in ("standard", "ia")
)


def _split_units(
    evaluation: Evaluation, claim: Claim
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    table = {"read": ZERO, "write": ZERO}
    index = {"read": ZERO, "write": ZERO}
    for route in evaluation.routes:
        calls = evaluation.model.calls_per_day(
            evaluation.model.pattern(route.pattern), evaluation.users
        )
        for request in route.requests:
            for use in request.uses:
                if claim.table and use.resource.split("/")[0] != claim.table:
                    continue
                sums = index if "/" in use.resource else table
                if use.dimension not in sums:
                    continue  # requests of object storage have no units
                sums[use.dimension] += use.units.mean * calls * DAYS_PER_MONTH
    return table, index


def _steps_of_bytes(claim: Claim, evaluation: Evaluation) -> tuple[ClaimStep, ...]:
    start = claim.high if claim.high is not None else claim.low
    if start is None:
        return ()
    resources = [
        r for r in evaluation.resources if not claim.table or r.name.split("/")[0] == claim.table
    ]
    tables = sum((r.item_bytes for r in resources if r.kind == "table"), ZERO)
    indexes = sum((r.item_bytes for r in resources if r.kind != "table"), ZERO)
    required = _bytes(evaluation, claim)
    parts: list[tuple[str, Decimal]] = []
    if claim.about == "index_bytes":
        parts.append(("the entries of the indexes", indexes - start))
        overhead = required - indexes
    else:
        parts.append(("the items of the tables", tables - start))
        overhead = required - tables
        if claim.about == "storage_bytes":
            parts.append(("the entries of the indexes", indexes))
            overhead -= indexes
    parts.append(("100 bytes for each item and entry", overhead))
    steps: list[ClaimStep] = []
    position = start
    for factor, change in parts:
        position += change
        steps.append(ClaimStep(factor=factor, change=change, after=position))
    return tuple(steps)
