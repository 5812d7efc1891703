"""Exactly the content of what a reader sees, without any formatting.

In: an assessment. Out: frozen views of figures, names and reasons. Sums, crossings and shares are
worked out here, so that every form (text, Markdown, JSON, HTML) shows the same. Words and figures
are put together in `pages`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from tablewright.bill.dimensions import Dimension
from tablewright.compare.values import Comparison
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO
from tablewright.design.values import Design
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Table
from tablewright.evaluation.values import Evaluation, Request, ResourceFacts, Route
from tablewright.review.assessment import (
    Assessment,
    DesignAssessment,
    Influence,
    TargetResult,
    Verdict,
)
from tablewright.review.grade import PathStep, ReportCard

if TYPE_CHECKING:
    from tablewright.bill.bill import Axis, Bill, Line
    from tablewright.core.diagnostics import Diagnostic
    from tablewright.proof.values import Proof
    from tablewright.review.catalogue import (  # type: ignore[import-not-found,unused-ignore]
        Rule,
    )

"""The hard limit of an item's size on DynamoDB."""

CROSSING_POINTS = 3
"""Fewer scales than this cannot show where two curves cross and stay crossed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One row of a bill: what is charged, how much of it, at what price."""

    where: str
    what: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    per: int
    usd_per_month: Decimal
    share: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostView:
    """The bill of one design at one scale, summed as asked."""

    app: str
    design: str
    engine: str
    region: str
    mode: str
    prices_as_of: str
    users: int
    by: str
    rows: tuple[CostRow, ...]
    usd_per_month: Decimal
    standard_error: Decimal
    """Of the total, from sampling, in USD."""
    sample_items: int
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a design costs at each scale."""

    design: str
    points: tuple[tuple[int, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Where one design becomes cheaper than another, between two scales."""

    cheaper_below: str
    cheaper_above: str
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalesView:
    """All designs at all scales."""

    app: str
    region: str
    prices_as_of: str
    curves: tuple[Curve, ...]
    crossings: tuple[Crossing, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapePicture:
    """One kind of item in a table."""

    name: str
    keys: tuple[tuple[str, str], ...]
    """Key attribute and how it is made."""
    attributes: tuple[str, ...]
    content: str
    """What it holds, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPicture:
    """An index of a table, and the patterns that read it."""

    name: str
    key: str
    projection: str
    is_local: bool
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePicture:
    """A table, what lies in it, and which pattern goes where."""

    name: str
    key: str
    mode: str
    settings: tuple[str, ...]
    shapes: tuple[ShapePicture, ...]
    patterns: tuple[str, ...]
    indexes: tuple[IndexPicture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A design as a picture."""

    design: str
    tables: tuple[TablePicture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCost:
    """What an index costs a month against what reads it."""

    index: str
    writes: Decimal
    storage: Decimal
    reads: Decimal
    """What is paid for reading it."""
    other: Decimal
    total: Decimal
    read_by: tuple[str, ...]
    reads_per_month: Decimal
    """Units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeView:
    """How big the items of one shape are, against the limit."""

    resource: str
    shape: str
    count: Decimal
    mean_bytes: Decimal
    p50: int
    p99: int
    largest: int
    histogram: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternCost:
    """What one access pattern costs on a design, and how it is answered."""

    pattern: str
    label: str
    title: str
    calls_per_month: Decimal
    route: Route
    usd_per_month: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignView:
    """All that is known of one design at the reviewed scale."""

    name: str
    title: str
    engine: str
    cost: CostView
    patterns: tuple[PatternCost, ...]
    resources: tuple[CostRow, ...]
    """The bill by resource."""
    stacks: tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]
    """Of each resource: USD by dimension."""
    indexes: tuple[IndexCost, ...]
    sizes: tuple[SizeView, ...]
    picture: PictureView
    card: ReportCard | None
    targets: tuple[TargetResult, ...]
    influences: tuple[Influence, ...]

    @property
    def saving(self) -> Decimal:
        """USD a month that the improvement path saves; 0 where there is none."""
        if self.card is None or not self.card.path:
            return ZERO
        return self.cost.usd_per_month - self.card.path[-1].usd_per_month


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The whole report."""

    app: str
    title: str
    region: str
    users: int
    entities: int
    pattern_count: int
    scales: ScalesView
    designs: tuple[DesignView, ...]
    verdicts: tuple[Verdict, ...]
    assumptions: tuple[tuple[str, str], ...]
    """All figures marked as assumed: where, and the text."""
    left_out: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]
    comparison: Comparison | None = None
    """Engines and ways to deploy side by side, where they were compared."""
    proofs: tuple[ProofView, ...] = ()
    """The latest proof of each design that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """The latest proof of a design."""

    proof: Proof
    is_right: bool
    """Whether every answer was right."""
    agrees: bool
    """Whether every prediction agrees with the meter."""
    is_stale: bool
    """Whether the model file was changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """Whether the model is valid, its targets met, and the report cards in short."""

    app: str
    users: int
    entities: int
    patterns: int
    designs: tuple[DesignView, ...]
    unchecked: tuple[str, ...]
    """Designs of the file that were not looked at."""
    warnings: tuple[Diagnostic, ...]

    @property
    def missed(self) -> tuple[TargetResult, ...]:
        """Targets that are missed."""
        return tuple(t for design in self.designs for t in design.targets if t.met is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two designs have differently; an empty side means it is not there."""

    subject: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyChange:
    """What one pattern or resource costs a month before and after."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """USD a month more (or less, where negative)."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """What changes from one design to another, and what that does to the bill."""

    before: str
    after: str
    users: int
    prices_as_of: str
    region: str
    differences: tuple[Difference, ...]
    by_pattern: tuple[MoneyChange, ...]
    by_resource: tuple[MoneyChange, ...]
    total: MoneyChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainView:
    """How one design answers one access pattern, with prices where known."""

    app: str
    design: str
    users: int
    region: str
    pattern: PatternCost
    requests: tuple[Request, ...]
    """The requests of one call, with parameters that could be sent."""
    price_lines: tuple[CostRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule of the catalogue."""

    id: str
    title: str
    category: str
    level: str
    subject: str
    check: str
    needs: tuple[str, ...]
    why: str
    mend: str
    effect: str
    note: str
    sources: tuple[str, ...]


def rule_view(rule: Rule) -> RuleView:
    """Return a rule as it is explained."""
    return RuleView(
        id=rule.id,
        title=rule.title,
        category=rule.category,
        level=str(rule.level),
        subject=rule.subject,
        check=rule.check,
        needs=rule.needs,
        why=rule.why,
        mend=rule.fix,
        effect=rule.effect,
        note=rule.note,
        sources=rule.sources,
    )


def cost_view(evaluation: Evaluation, by: str = "resource") -> CostView:
    """Return the bill of an evaluation with its lines added up.

    Args:
        evaluation: one design at one scale.
        by: "line" (resource, dimension and price), "resource", "pattern" or "dimension".
    """
    bill = evaluation.bill
    return CostView(
        app=evaluation.model.app,
        design=evaluation.design.name,
        engine=evaluation.design.engine,
        region=bill.region,
        mode=mode_of(evaluation.design),
        prices_as_of=bill.prices_as_of,
        users=evaluation.users,
        by=by,
        rows=_priced_rows(bill) if by == "line" else _summed_rows(bill, by),
        usd_per_month=bill.total,
        standard_error=evaluation.bill_error,
        sample_items=evaluation.sample_items,
        assumptions=bill.assumptions,
        warnings=bill.warnings,
        left_out=bill.left_out,
    )


def scales_view(assessment: Assessment) -> ScalesView:
    """Return what every design costs at every scale, and where their curves cross."""
    curves = tuple(_curve(one) for one in assessment.designs)
    bills = [e.bill for one in assessment.designs for e in one.evaluations]
    return ScalesView(
        app=assessment.model.app,
        region=bills[0].region if bills else assessment.model.region,
        prices_as_of=bills[0].prices_as_of if bills else "",
        curves=curves,
        crossings=crossings(curves),
        left_out=_all_left_out(bills),
    )


def check_view(assessment: Assessment, names: Sequence[str] = ()) -> CheckView:
    """Return whether targets are met, and the report cards; `names` are all designs there are."""
    model = assessment.model
    checked = {one.design.name for one in assessment.designs}
    return CheckView(
        app=model.app,
        users=assessment.users,
        entities=len(model.entities),
        patterns=len(model.patterns),
        designs=tuple(design_view(one, assessment.users) for one in assessment.designs),
        unchecked=tuple(name for name in names if name not in checked),
        warnings=assessment.warnings,
    )


def report_view(assessment: Assessment) -> ReportView:
    """Return everything the report shows."""
    model = assessment.model
    scales = scales_view(assessment)
    return ReportView(
        app=model.app,
        title=model.title or model.app,
        region=scales.region,
        users=assessment.users,
        entities=len(model.entities),
        pattern_count=len(model.patterns),
        scales=scales,
        designs=tuple(design_view(one, assessment.users) for one in assessment.designs),
        verdicts=assessment.verdicts,
        assumptions=tuple((one.name, one.text) for one in model.assumptions),
        left_out=tuple(dict.fromkeys((*scales.left_out, *assessment.left_out))),
        warnings=assessment.warnings,
    )


def proof_view(proof: Proof, *, is_stale: bool) -> ProofView:
    """Return a proof with its verdict."""
    return ProofView(proof=proof, is_right=proof.is_right, agrees=proof.agrees, is_stale=is_stale)


def design_view(one: DesignAssessment, users: int) -> DesignView:
    """Return all that is known of one design at the reviewed scale."""
    evaluation = one.at(users)
    cost = cost_view(evaluation, by="line")
    return DesignView(
        name=one.design.name,
        title=one.design.title,
        engine=one.design.engine,
        cost=cost,
        patterns=pattern_costs(evaluation),
        resources=_summed_rows(evaluation.bill, "resource"),
        stacks=_stacks(evaluation.bill),
        indexes=index_costs(evaluation),
        sizes=_sizes(evaluation.resources),
        picture=picture_view(evaluation),
        card=one.card,
        targets=one.targets,
        influences=one.influences,
    )


def explain_view(
    evaluation: Evaluation, pattern: str, requests: tuple[Request, ...] = ()
) -> ExplainView:
    """Return how a design answers a pattern (KeyError if there is no such pattern).

    `requests` are those of the route with their parameters, where they were filled in.
    """
    cost = next(c for c in pattern_costs(evaluation) if c.pattern == pattern)
    lines = [line for line in evaluation.bill.all_lines if line.pattern == pattern]
    return ExplainView(
        app=evaluation.model.app,
        design=evaluation.design.name,
        users=evaluation.users,
        region=evaluation.bill.region,
        pattern=cost,
        requests=requests or cost.route.requests,
        price_lines=_rows_of(lines, evaluation.bill.total),
    )


def diff_view(before: Evaluation, after: Evaluation) -> DiffView:
    """Return what changes from one evaluated design to another."""
    return DiffView(
        before=_design_name(before, after),
        after=_design_name(after, before),
        users=after.users,
        prices_as_of=after.bill.prices_as_of,
        region=after.bill.region,
        differences=differences(before.design, after.design),
        by_pattern=_money_changes(before.bill, after.bill, "pattern"),
        by_resource=_money_changes(before.bill, after.bill, "resource"),
        total=MoneyChange(name="Total", before=before.bill.total, after=after.bill.total),
    )


def mode_of(design: Design) -> str:
    """Return how throughput is paid: one mode, or all that occur."""
    if not isinstance(design, DynamoDesign):
        return ""
    kinds = dict.fromkeys(table.mode.kind.value for table in design.tables)
    return " and ".join(kinds)


def pattern_costs(evaluation: Evaluation) -> tuple[PatternCost, ...]:
    """Return each pattern with its route and what it costs a month, the dearest first."""
    spent = evaluation.bill.sum_by("pattern")
    total = evaluation.bill.total
    out = []
    for route in evaluation.routes:
        pattern = evaluation.model.pattern(route.pattern)
        usd = spent.get(route.pattern, ZERO)
        calls = evaluation.model.calls_per_day(pattern, evaluation.users) * HOURS_PER_MONTH / 24
        out.append(
            PatternCost(
                pattern=route.pattern,
                label=pattern.id,
                title=pattern.title,
                calls_per_month=calls,
                route=route,
                usd_per_month=usd,
                share=_share(usd, total),
            )
        )
    return tuple(sorted(out, key=lambda one: (-one.usd_per_month, one.pattern)))


def index_costs(evaluation: Evaluation) -> tuple[IndexCost, ...]:
    """Return what each index costs a month and what reads it, the dearest first."""
    out = []
    for resource in evaluation.resources:
        if resource.kind == "table":
            continue
        lines = [x for x in evaluation.bill.lines if same_resource(x.resource, resource.name)]
        sums = {"writes": ZERO, "storage": ZERO, "reads": ZERO, "other": ZERO}
        units = ZERO
        for line in lines:
            part = _part_of(line)
            sums[part] += line.amount
            if part == "reads":
                units += line.quantity
        readers = tuple(r.pattern for r in evaluation.routes if reads(r, resource.name))
        out.append(
            IndexCost(
                index=shown_resource(resource.name),
                **sums,
                total=sum(sums.values(), ZERO),
                read_by=readers,
                reads_per_month=units,
            )
        )
    return tuple(sorted(out, key=lambda one: (-one.total, one.index)))


def reads(route: Route, resource: str) -> bool:
    """Whether a route reads a resource: takes read units from it, or sends its reads there."""
    return any(
        use.resource == resource and use.dimension == "read"
        for request in route.requests
        for use in request.uses
    )


def crossings(curves: Sequence[Curve]) -> tuple[Crossing, ...]:
    """Return where each two curves cross, read off log-log between neighbouring scales.

    Example:
        >>> flat = Curve(design="flat", points=((100, Decimal(10)), (10_000, Decimal(10))))
        >>> steep = Curve(design="steep", points=((100, Decimal(1)), (10_000, Decimal(100))))
        >>> [(c.cheaper_below, c.cheaper_above, c.users) for c in crossings([flat, steep])]
        [('steep', 'flat', 1000)]
    """
    found = []
    for at, one in enumerate(curves):
        for other in curves[at + 1 :]:
            found += _crossings_of(one, other)
    return tuple(sorted(found, key=lambda c: (c.users, c.cheaper_below, c.cheaper_above)))


def _crossings_of(one: Curve, other: Curve) -> list[Crossing]:
    theirs = dict(other.points)
    shared = [(users, usd, theirs[users]) for users, usd in one.points if users in theirs]
    shared = [point for point in shared if point[1] > 0 and point[2] > 0]
    found = []
    for (users, mine, yours), (next_users, next_mine, next_yours) in pairwise(shared):
        gap = math.log(mine / yours)
        next_gap = math.log(next_mine / next_yours)
        if gap * next_gap >= 0:
            continue
        part = gap / (gap - next_gap)
        at = math.exp(math.log(users) + part * (math.log(next_users) - math.log(users)))
        below, above = (one, other) if gap < 0 else (other, one)
        found.append(
            Crossing(cheaper_below=below.design, cheaper_above=above.design, users=round(at))
        )
    return found


def picture_view(evaluation: Evaluation) -> PictureView:
    """Return the picture of a design: tables, keys, indexes, which pattern goes where."""
    design = evaluation.design
    tables = design.tables if isinstance(design, DynamoDesign) else ()
    return PictureView(
        design=design.name,
        tables=tuple(_table_picture(table, evaluation) for table in tables),
    )


def differences(before: Design, after: Design) -> tuple[Difference, ...]:
    """Return what two designs have differently, table by table."""
    mine = {t.name: t for t in before.tables} if isinstance(before, DynamoDesign) else {}
    yours = {t.name: t for t in after.tables} if isinstance(after, DynamoDesign) else {}
    found: list[Difference] = []
    for name in dict.fromkeys((*mine, *yours)):
        found += _table_differences(name, mine.get(name), yours.get(name))
    return tuple(found)


def shown_resource(name: str) -> str:
    """Return a table or index as it is shown.

    Example:
        >>> shown_resource("orders/by-status")
        'orders.by-status'
    """
    return name.replace("/", ".")


def same_resource(one: str, other: str) -> bool:
    """Whether two names mean the same table or index, however they are joined."""
    return shown_resource(one) == shown_resource(other)


def key_text(names: Iterable[str]) -> str:
    """Return key attributes as people read them.

    Example:
        >>> key_text(["customer_id", "device_id"])
        'customer_id + device_id'
    """
    return " + ".join(names)


def best_path(card: ReportCard | None) -> tuple[PathStep, ...]:
    """Return the improvement path of a card, empty where there is none."""
    return card.path if card is not None else ()


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else ZERO


def _curve(one: DesignAssessment) -> Curve:
    return Curve(
        design=one.design.name,
        points=tuple((e.users, e.bill.total) for e in one.evaluations),
    )


def _all_left_out(bills: Iterable[Bill]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for bill in bills for text in bill.left_out))


def _priced_rows(bill: Bill) -> tuple[CostRow, ...]:
    return _rows_of(bill.all_lines, bill.total)


def _rows_of(lines: Sequence[Line], total: Decimal) -> tuple[CostRow, ...]:
    """Add up lines of the same resource, dimension and price."""
    groups: dict[tuple[str, str, str, Decimal, int, str], list[Line]] = {}
    for line in lines:
        key = (line.resource, line.what, line.unit, line.unit_price, line.per, line.region)
        groups.setdefault(key, []).append(line)
    order = {line.resource: at for at, line in reversed(list(enumerate(lines)))}
    groups = dict(sorted(groups.items(), key=lambda pair: order[pair[0][0]]))
    return tuple(
        CostRow(
            where=shown_resource(resource),
            what=dimension,
            quantity=sum((line.quantity for line in group), ZERO),
            unit=unit,
            unit_price=price,
            per=per,
            usd_per_month=(usd := sum((line.amount for line in group), ZERO)),
            share=_share(usd, total),
            note="; ".join(dict.fromkeys(line.note for line in group if line.note)),
        )
        for (resource, dimension, unit, price, per, _), group in groups.items()
    )


def _summed_rows(bill: Bill, by: str) -> tuple[CostRow, ...]:
    axis: Axis = "pattern" if by == "pattern" else "what" if by == "dimension" else "resource"
    total = bill.total
    sums = bill.sum_by(axis)
    rows = [
        CostRow(
            where=shown_resource(name) if axis == "resource" else name,
            what="",
            quantity=None,
            unit="",
            unit_price=None,
            per=1,
            usd_per_month=usd,
            share=_share(usd, total),
        )
        for name, usd in sums.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.usd_per_month, row.where)))


def _part_of(line: Line) -> str:
    shown = (Dimension.READS, Dimension.WRITES, Dimension.STORAGE)
    return line.dimension.value if line.dimension in shown else "other"


def _stacks(bill: Bill) -> tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]:
    sums: dict[str, dict[str, Decimal]] = {}
    for line in bill.all_lines:
        parts = sums.setdefault(shown_resource(line.resource), {})
        part = _part_of(line)
        parts[part] = parts.get(part, ZERO) + line.amount
    ordered = sorted(sums.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    return tuple((name, tuple(parts.items())) for name, parts in ordered)


def _sizes(resources: Iterable[ResourceFacts]) -> tuple[SizeView, ...]:
    return tuple(
        SizeView(
            resource=shown_resource(resource.name),
            shape=shape.name,
            count=shape.count,
            mean_bytes=shape.sizes.mean.mean,
            p50=shape.sizes.p50,
            p99=shape.sizes.p99,
            largest=shape.sizes.largest,
            histogram=shape.sizes.histogram,
        )
        for resource in resources
        if resource.kind == "table"
        for shape in resource.shapes
    )


def _table_picture(table: Table, evaluation: Evaluation) -> TablePicture:
    def patterns_at(resource: str) -> tuple[str, ...]:
        return tuple(r.pattern for r in evaluation.routes if _goes_to(r, resource))

    return TablePicture(
        name=table.name,
        key=key_text(table.keys),
        mode=table.mode.kind.value,
        settings=tuple(f"{what} {value}" for what, value in _settings(table).items()),
        shapes=tuple(_shape_picture(shape) for shape in table.shapes),
        patterns=patterns_at(table.name),
        indexes=tuple(
            IndexPicture(
                name=index.name,
                key=key_text(index.keys),
                projection=str(index.projection),
                is_local=index.is_local,
                patterns=patterns_at(f"{table.name}/{index.name}"),
            )
            for index in table.indexes
        ),
    )


def _goes_to(route: Route, resource: str) -> bool:
    """Whether a request of the route is sent there; index upkeep is not sent by anyone."""
    return any(same_resource(request.target, resource) for request in route.requests)


def _shape_picture(shape: ItemShape) -> ShapePicture:
    holds = list(shape.attributes)
    holds += [f"{embed.attribute} (all {embed.entity})" for embed in shape.embeds]
    packed = {name for name, _ in shape.compress}
    words = [
        f"{name} (gzip)"
        if name in packed
        else f"{name} (pointer)"
        if name in shape.offload
        else name
        for name in holds
    ]
    keys = tuple((name, str(template)) for name, template in shape.keys)
    made = [f"{name} = {text}" for name, text in keys]
    if shape.guards:
        words = [f"keeps {', '.join(shape.guards)} unique"]
    return ShapePicture(
        name=shape.name,
        keys=keys,
        attributes=tuple(holds),
        content="; ".join(part for part in (", ".join(made), ", ".join(words)) if part),
    )


def _settings(table: Table) -> dict[str, str]:
    mode = table.mode
    out = {"capacity": mode.kind.value}
    if mode.rcu is not None or mode.wcu is not None:
        out["capacity"] += f" {mode.rcu or 0} RCU, {mode.wcu or 0} WCU"
    if mode.reserved_years:
        out["reserved"] = f"{mode.reserved_years} y"
    out["class"] = "infrequent access" if table.infrequent_access else "standard"
    if table.ttl:
        out["TTL"] = table.ttl
    if table.pitr_days:
        out["recovery"] = f"{table.pitr_days} days"
    if table.backups_kept:
        out["backups"] = str(table.backups_kept)
    if table.stream:
        out["stream"] = table.stream
    if table.deletion_protection is not None:
        out["deletion protection"] = "on" if table.deletion_protection else "off"
    if table.replicas:
        out["replicas"] = ", ".join(table.replicas)
    return out


def _table_differences(name: str, before: Table | None, after: Table | None) -> list[Difference]:
    def one(subject: str, what: str, left: str, right: str) -> list[Difference]:
        if left == right:
            return []
        return [Difference(subject=subject, what=what, before=left, after=right)]

    left = key_text(before.keys) if before else ""
    right = key_text(after.keys) if after else ""
    found = one(name, "key" if before and after else "table by", left, right)
    if before and after:
        mine, yours = _settings(before), _settings(after)
        for what in dict.fromkeys((*mine, *yours)):
            found += one(name, what, mine.get(what, ""), yours.get(what, ""))
    shapes = {s.name: s for s in before.shapes} if before else {}
    others = {s.name: s for s in after.shapes} if after else {}
    for shape in dict.fromkeys((*shapes, *others)):
        left = _shape_picture(shapes[shape]).content if shape in shapes else ""
        right = _shape_picture(others[shape]).content if shape in others else ""
        found += one(name, f"item {shape}", left, right)
    indexes = {i.name: i for i in before.indexes} if before else {}
    wanted = {i.name: i for i in after.indexes} if after else {}
    for index in dict.fromkeys((*indexes, *wanted)):
        left = _index_text(indexes[index]) if index in indexes else ""
        right = _index_text(wanted[index]) if index in wanted else ""
        found += one(f"{name}.{index}", "index", left, right)
    return found


def _index_text(index: Index) -> str:
    return f"{key_text(index.keys)}, {index.projection}" + (", local" if index.is_local else "")


def _money_changes(before: Bill, after: Bill, axis: Axis) -> tuple[MoneyChange, ...]:
    mine, yours = before.sum_by(axis), after.sum_by(axis)
    changes = [
        MoneyChange(
            name=shown_resource(name), before=mine.get(name, ZERO), after=yours.get(name, ZERO)
        )
        for name in dict.fromkeys((*mine, *yours))
    ]
    return tuple(sorted(changes, key=lambda c: (-abs(c.change), c.name)))


def _design_name(one: Evaluation, other: Evaluation) -> str:
    if one.design.name == other.design.name:
        return f"{one.model.app} {one.design.name}"
    return one.design.name
