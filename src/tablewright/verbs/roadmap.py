"""`roadmap`: for every scale of a model what is due, what to watch, what it saves, which alarms.

In: the assessment of a design, the comparison of deployment options, the session. Out: a
RoadmapView. It computes nothing new: the steps are those of the improvement path, the triggers of
the scale advisory and the moves of the growth path, put where they belong, each once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from math import log

from tablewright.compare.result import Comparison
from tablewright.compare.values import Phase
from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, ZERO, format_bytes, percent
from tablewright.deploy.alarms import units_threshold
from tablewright.deploy.tasks import OperatedDesign, RoutineTask, routine
from tablewright.design.changes import apply_all
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import BudgetScope
from tablewright.review.advisory import CHANGE_DUE, TOO_EXPENSIVE, Stop, Trigger
from tablewright.review.assessment import DesignAssessment, TargetResult
from tablewright.review.findings import Finding, Level
from tablewright.review.grade import PathStep, ReportCard
from tablewright.session import Session
from tablewright.verbs.assess import assess
from tablewright.verbs.bill_rows import shown_resource
from tablewright.verbs.compare import compare
from tablewright.verbs.deploy_site import program_of
from tablewright.verbs.grading import monthly_cost
from tablewright.verbs.shortening import first_changes

LARGE_ITEM = 400_000 // 10
"""Bytes from which the size of items is watched: a tenth of what an item may have."""
ATTENTION = "over 300 KB, of 400 that an item may have"
COMPLETE = "complete_model"
"""The kind of fix that adds to the model what nobody has described."""
FIX, LIMIT, MOVE, ARCHIVE = "fix", "limit", "move", "archive"
ARCHIVE_FROM = GB
"""Bytes of one kind, kept for a time, from which moving what is older is worth a step."""


@frozen
class RoadmapStep:
    """One thing to do: a fix of the design, an answer to a limit, or a move of the deployment."""

    kind: str
    what: str
    why: str
    level: str = ""
    """How bad it is not to do it: critical, high, medium, low; empty where nothing is wrong."""
    rules: tuple[str, ...] = ()
    since: int | None = None
    """The number of users from which it is due, where that is known."""
    saves: Decimal | None = None
    """USD a month at this scale, with the steps before it done; negative where it costs."""
    cost_once: Decimal | None = None
    until: int | None = None
    """The scale from which it would cost more than it saves, if there is one."""
    entity: str = ""
    """Whose old instances are moved, of an archive."""

    @property
    def name(self) -> str:
        """What to do in few words: the first changes of it, and how many more there are."""
        return first_changes(self.what) if self.kind == FIX else self.what


@frozen
class Watched:
    """Something to monitor: what is used of a limit, and when it is used up."""

    what: str
    where: str
    used: str
    """Of how much, in words."""
    users: int | None = None
    """The number of users at which it is used up; None: never, or not known."""


@frozen
class RoadmapAlarm:
    """An alarm to set at a scale."""

    what: str
    where: str
    threshold: str


@frozen
class CheckItem:
    """A line of the checklist: what to do, by when, with which command."""

    what: str
    by: str
    command: str = ""


@frozen
class RoadmapStop:
    """What holds at one number of users."""

    users: int
    month: Decimal
    """When it is reached, as users are taken to grow over the horizon."""
    status: str
    sentence: str
    usd: Decimal | None
    """USD a month of the design as it is."""
    usd_then: Decimal | None
    """With every step up to here done."""
    budget: TargetResult | None
    """That of the next scale with one, and whether the design keeps it here."""
    option: str
    """The deployment option of the growth path."""
    option_usd: Decimal | None
    steps: tuple[RoadmapStep, ...]
    """What becomes due at this scale."""
    watch: tuple[Watched, ...]
    alarms: tuple[RoadmapAlarm, ...]
    checklist: tuple[CheckItem, ...]

    @property
    def saves(self) -> Decimal:
        """USD a month that the steps of this and the scales before save here."""
        if self.usd is None or self.usd_then is None:
            return ZERO
        return self.usd - self.usd_then


@frozen
class RoadmapView:
    """The whole roadmap of a design."""

    app: str
    title: str
    design: str
    engine: str
    months: Decimal
    grade: str
    stops: tuple[RoadmapStop, ...]
    when_wanted: tuple[RoadmapStep, ...]
    """Steps that no scale asks for: low findings, and what only the grade gains by."""
    routine: tuple[RoutineTask, ...]
    leads_to: str = ""
    """The planned design that the steps lead to; empty for those of the improvement path."""


def roadmap(session: Session, design: str = "", *, planned: bool = False) -> RoadmapView:
    """Return the roadmap of a design, the first of the file unless one is named.

    Args:
        session: the model file.
        design: its name.
        planned: whether the steps are those to the planned design (`plan --from`) instead of those
            of the improvement path.

    Raises:
        UsageError: there is no such design.
        UnsupportedError: designs of its engine are not planned step by step.
    """
    chosen = session.design(design)
    assessment = assess(session, designs=[chosen.name], influences=False, claims=False)
    assessed = assessment.design(chosen.name)
    if not planned:
        return roadmap_of(session, assessed, compare(session))
    name, path = _planned_path(session, assessed)
    if assessed.card is not None:
        assessed = replace(assessed, card=replace(assessed.card, path=path))
    return replace(roadmap_of(session, assessed, compare(session)), leads_to=name)


def _planned_path(session: Session, assessed: DesignAssessment) -> tuple[str, tuple[PathStep, ...]]:
    """Return the planned design and the steps to it, each with the bill after it at every scale."""
    from tablewright.verbs.plan import plan

    result = plan(session, start=assessed.design.name, explained=False)
    evaluator = session.evaluator(assessed.design.engine)
    findings = assessed.card.findings if assessed.card is not None else ()
    design = assessed.design
    path = []
    for step in result.steps:
        _, design = apply_all(session.model, design, step.changes)
        path.append(
            PathStep(
                text="; ".join(step.what),
                rules=step.fixes,
                subjects=tuple(dict.fromkeys(f.subject for f in findings if f.rule in step.fixes)),
                effort=max((change.effort for change in step.changes), default=0),
                saves_per_month=step.saves,
                cost_once=step.move.usd,
                score=ZERO,
                letter="",
                usd_per_month=step.usd,
                usd_at=tuple(
                    (users, evaluator.full(design, users).bill.total)
                    for users in session.model.scales
                ),
            )
        )
    return result.design.name, tuple(path)


def roadmap_of(session: Session, assessed: DesignAssessment, comparison: Comparison) -> RoadmapView:
    """Return the roadmap of a design that was assessed, beside options that were compared."""
    card = assessed.card
    scales = session.model.scales
    evaluations = [assessed.at(users) for users in scales]
    path = _placed_path(card, evaluations) if card is not None else {}
    stops: list[RoadmapStop] = []
    mentioned: set[tuple[str, str]] = set()
    for place, evaluation in enumerate(evaluations):
        users = evaluation.users
        steps = [step for step, _ in path.get(users, ())]
        mentioned |= {pair for _, pairs in path.get(users, ()) for pair in pairs}
        stop = _stop_of(card, users)
        limits = list(_limits(stop, mentioned)) if stop is not None else []
        if card is not None and card.advisory is None and users == card.users:
            limits = [_found(finding) for finding in card.findings if finding.fix is not None]
        mentioned |= {(rule, limit.why) for limit in limits for rule in limit.rules}
        before = scales[place - 1] if place else 0
        moves = [_moved(phase) for phase in comparison.phases if before < phase.users <= users]
        old = _archives(session, evaluation, mentioned)
        mentioned |= {(ARCHIVE, step.entity) for step in old}
        due = [*steps, *limits, *moves, *old]
        stops.append(_stop(session, evaluation, comparison, stop, due, card))
    stops = _with_checklists(session, assessed.design.name, stops)
    return RoadmapView(
        app=session.model.app,
        title=session.model.title or session.model.app,
        design=assessed.design.name,
        engine=assessed.design.engine,
        months=_months(comparison),
        grade=card.grade if card is not None else "",
        stops=tuple(stops),
        when_wanted=(*(step for step, _ in path.get(0, ())), *_once_wanted(card, mentioned)),
        routine=_routine(session, assessed),
    )


_Pairs = frozenset[tuple[str, str]]
_Placed = dict[int, list[tuple[RoadmapStep, _Pairs]]]


def _placed_path(card: ReportCard, evaluations: Sequence[Evaluation]) -> _Placed:
    """Return the steps of the improvement path by the scale at which each is due, 0 for none.

    A step is due at the first scale where what it fixes is medium or worse, or where it saves a
    dollar a month; what is worst comes first there. Its saving is that at its scale.
    """
    placed: _Placed = {}
    for number, step in enumerate(card.path):
        pairs = frozenset((rule, subject) for rule in step.rules for subject in step.subjects)
        saves = _saves_at(card, evaluations, number)
        fixed = [f for f in card.findings if (f.rule, f.subject) in pairs]
        due = _due_at(card, pairs, fixed, saves)
        worst = max((finding.level for finding in fixed), default=None)
        pays = saves.get(due, ZERO) > 0
        until = next((u for u, usd in saves.items() if pays and u > due and usd < -1), None)
        placed.setdefault(due, []).append(
            (
                RoadmapStep(
                    kind=FIX,
                    what=step.text,
                    why=_why(fixed),
                    level=str(worst) if worst is not None else "",
                    rules=step.rules,
                    saves=saves.get(due),
                    cost_once=step.cost_once,
                    until=until,
                ),
                pairs,
            )
        )
    return placed


def _saves_at(
    card: ReportCard, evaluations: Sequence[Evaluation], number: int
) -> dict[int, Decimal]:
    """Return what a step of the path saves a month at every scale, after those before it."""
    step: PathStep = card.path[number]
    after = dict(step.usd_at)
    if number:
        before = dict(card.path[number - 1].usd_at)
    else:
        before = {e.users: e.bill.total for e in evaluations if e.bill.figure is not None}
    return {users: before[users] - usd for users, usd in after.items() if users in before}


def _due_at(
    card: ReportCard, pairs: _Pairs, fixed: Sequence[Finding], saves: dict[int, Decimal]
) -> int:
    """Return the first scale at which a step is due, 0 if none asks for it."""
    stops = card.advisory.stops if card.advisory is not None else ()
    scales = [stop.users for stop in stops] or sorted(saves) or [card.users]
    grows = {(t.rule, t.subject) for t in (card.advisory.triggers if card.advisory else ())}
    for users in scales:
        if saves.get(users, ZERO) >= 1:
            return users
        stop = next((s for s in stops if s.users == users), None)
        now = {
            (d.trigger.rule, d.trigger.subject)
            for d in (stop.due if stop is not None else ())
            if d.when == "now" and d.trigger.level >= Level.MEDIUM
        }
        if now & pairs:
            return users
        if any(f.level >= Level.HIGH and (f.rule, f.subject) not in grows for f in fixed):
            return users  # wrong at any number of users
    return 0


def _why(findings: Sequence[Finding]) -> str:
    """Return what a step fixes: the worst finding with its evidence."""
    if not findings:
        return ""
    worst = max(findings, key=lambda f: f.level)
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{worst.title} on {shown_resource(worst.subject)}: {worst.evidence}{more}"


def _stop_of(card: ReportCard | None, users: int) -> Stop | None:
    if card is None or card.advisory is None:
        return None
    return next((stop for stop in card.advisory.stops if stop.users == users), None)


def _limits(stop: Stop, mentioned: set[tuple[str, str]]) -> Iterator[RoadmapStep]:
    """Yield what became due at a scale and no step of the path fixes."""
    for due in stop.due:
        trigger = due.trigger
        if due.when != "now" or not due.is_new or trigger.level < Level.MEDIUM:
            continue
        if (trigger.rule, trigger.subject) in mentioned:
            continue
        yield _limit(trigger)


def _limit(trigger: Trigger) -> RoadmapStep:
    return RoadmapStep(
        kind=LIMIT,
        what=trigger.fix or f"look at {shown_resource(trigger.subject)}",
        why=f"{trigger.title} on {shown_resource(trigger.subject)}: {trigger.evidence}",
        level=str(trigger.level),
        rules=(trigger.rule,),
        since=trigger.users,
    )


def _once_wanted(card: ReportCard | None, said: set[tuple[str, str]]) -> Iterator[RoadmapStep]:
    """Yield what the model would gain, and no number of users asks for: the evidence says when."""
    for finding in card.findings if card is not None else ():
        completes = finding.fix is not None and finding.fix.kind == COMPLETE
        if completes and finding.level is Level.LOW and (finding.rule, finding.subject) not in said:
            yield _found(finding)


def _found(finding: Finding) -> RoadmapStep:
    """Return a finding as a step, of an engine whose findings are known at one scale only."""
    assert finding.fix is not None
    return RoadmapStep(
        kind=FIX,
        what=finding.fix.text,
        why=f"{finding.title} on {shown_resource(finding.subject)}: {finding.evidence}",
        level=str(finding.level),
        rules=(finding.rule,),
        saves=finding.fix.saves_per_month,
        cost_once=finding.fix.cost_once,
    )


def _archives(
    session: Session, evaluation: Evaluation, said: set[tuple[str, str]]
) -> list[RoadmapStep]:
    """Return the kinds that are kept for a time and have become many, each once."""
    steps = []
    for entity in session.model.entities:
        if entity.retention_days is None or (ARCHIVE, entity.name) in said:
            continue
        stored = sum(
            (
                shape.count * shape.sizes.mean.mean
                for resource in evaluation.resources
                if resource.kind not in ("gsi", "lsi", "index")
                for shape in resource.shapes
                if shape.entity == entity.name
            ),
            ZERO,
        )
        if stored < ARCHIVE_FROM:
            continue
        steps.append(
            RoadmapStep(
                kind=ARCHIVE,
                what=f"archive what is older than its retention of {entity.name} to object storage",
                why=f"{format_bytes(stored)} of {entity.name} are kept here for "
                f"{entity.retention_days:.0f} days; what is older is lost where a TTL deletes it, "
                "and paid for where none does",
                level=str(Level.LOW),
                since=evaluation.users,
                entity=entity.name,
            )
        )
    return steps


def _moved(phase: Phase) -> RoadmapStep:
    """Return a phase of the growth path as a step."""
    if not phase.switch:
        return RoadmapStep(
            kind=MOVE,
            what=f"deploy `{phase.name}`",
            why="the growth path starts with it",
            since=phase.users,
            cost_once=phase.switch_usd,
        )
    return RoadmapStep(
        kind=MOVE,
        what=f"move to `{phase.name}`: {phase.switch}",
        why=phase.why,
        since=phase.users,
        saves=phase.before_usd - phase.usd,
        cost_once=phase.switch_usd,
    )


def _stop(
    session: Session,
    evaluation: Evaluation,
    comparison: Comparison,
    stop: Stop | None,
    steps: list[RoadmapStep],
    card: ReportCard | None,
) -> RoadmapStop:
    users = evaluation.users
    phase = next((p for p in reversed(comparison.phases) if p.users <= users), None)
    option = next(
        (o for o in comparison.architectures if phase and o.architecture.name == phase.name), None
    )
    price = option.at(users) if option is not None else None
    last = dict(card.path[-1].usd_at).get(users) if card is not None and card.path else None
    budget = comparison.budget(users)
    kept = monthly_cost(session, evaluation.design, users, budget) if budget is not None else None
    return RoadmapStop(
        users=users,
        month=_month(comparison, users),
        status=_status(stop, steps),
        sentence=_sentence(stop, steps, evaluation, kept, last),
        usd=evaluation.bill.figure,
        usd_then=last if last is not None else evaluation.bill.figure,
        budget=kept,
        option=phase.name if phase is not None else "",
        option_usd=price.total if price is not None and price.is_priced else None,
        steps=tuple(sorted(steps, key=_order)),
        watch=tuple(_watched(stop, comparison, evaluation)),
        alarms=tuple(_alarms(session, evaluation, comparison)),
        checklist=(),
    )


def _status(stop: Stop | None, steps: Sequence[RoadmapStep]) -> str:
    """Return whether something is wrong, costs more than needed, or is as it should be."""
    if any(step.level in ("critical", "high", "medium") for step in steps):
        return CHANGE_DUE
    if any(step.kind == FIX for step in steps):
        return TOO_EXPENSIVE
    return stop.verdict if stop is not None else ""


def _sentence(
    stop: Stop | None,
    steps: Sequence[RoadmapStep],
    evaluation: Evaluation,
    budget: TargetResult | None,
    usd_then: Decimal | None,
) -> str:
    """Return in a sentence or three: budget, what is due, what all steps save, what comes next."""
    usd = evaluation.bill.figure
    parts = []
    if usd is None:
        parts.append(f"Nobody can say what it costs: {evaluation.bill.no_figure}.")
    elif budget is not None and budget.met is False:
        parts.append(
            f"The budget of {Decimal(budget.wanted):,.2f} USD for the {budget.of} is missed."
        )
    counts = [(level, sum(s.level == level for s in steps)) for level in ("critical", "high")]
    worst = " and ".join(f"{many} {level}" for level, many in counts if many)
    if steps:
        parts.append(f"Due: {len(steps)}" + (f", of which {worst}." if worst else "."))
    if usd is not None and usd_then is not None and usd - usd_then >= Decimal("0.01"):
        share = percent((usd - usd_then) / usd)
        parts.append(f"All steps together save {usd - usd_then:,.2f} USD a month ({share}).")
    if stop is not None:
        parts.append(f"{stop.outlook[:1].upper()}{stop.outlook[1:]}.")
    return " ".join(parts)


def _order(step: RoadmapStep) -> tuple[int, Decimal]:
    worst = Level[step.level.upper()] if step.level else Level.INFO
    return -worst, -(step.saves or ZERO)


def _watched(
    stop: Stop | None, comparison: Comparison, evaluation: Evaluation
) -> Iterator[Watched]:
    """Yield the limits that are nearest, the key that is busiest, and what the bill hangs on."""
    engine = evaluation.design.engine
    if stop is None:
        cost = next(
            (c for c in comparison.engines if c.engine == engine and c.users == evaluation.users),
            None,
        )
        if cost is not None and cost.bound_by:
            yield Watched(
                what="the resource that is used most", where=cost.offer, used=cost.bound_by
            )
        return
    for limit in stop.headroom:
        share = limit.used / limit.most if limit.most else ZERO
        yield Watched(
            what=limit.limit,
            where=shown_resource(limit.subject),
            used=f"{_figure(limit.used)} of {_figure(limit.most)} ({percent(share)})",
            users=limit.users,
        )
    for driver in stop.drivers[:1]:
        resource, _, dimension = driver.name.partition(": ")
        yield Watched(
            what=f"the bill: {dimension.rpartition('.')[2].lower()}",
            where=shown_resource(resource),
            used=f"{driver.usd_per_month:,.2f} USD a month, {percent(driver.share)} of the bill",
        )
    for shape in (s for r in evaluation.resources if r.kind == "table" for s in r.shapes):
        if shape.sizes.p99 >= LARGE_ITEM:
            yield Watched(
                what="sizes of items",
                where=shape.name,
                used=f"{shape.sizes.p99 / 1000:,.0f} KB of 400 in one of 100",
            )


def _figure(value: Decimal) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{float(value):.2g}"


def _alarms(
    session: Session, evaluation: Evaluation, comparison: Comparison
) -> Iterator[RoadmapAlarm]:
    """Yield the alarms to set, with the thresholds that `deploy` writes."""
    try:
        share = session.engine_of(evaluation.design).infrastructure(evaluation, "production", ())
    except UnsupportedError:
        share = None
    expected = share.expected if share is not None else ()
    for place in expected:
        where = place.table.removesuffix("Table") + (f".{place.index}" if place.index else "")
        limits = [
            f"{units_threshold(rate):,} {word} units"
            for word, rate in (
                ("read", place.reads_per_second),
                ("write", place.writes_per_second),
            )
            if rate
        ]
        if limits:
            yield RoadmapAlarm(
                what="throttles and units",
                where=where,
                threshold=f"any throttled; {' or '.join(limits)} in five minutes",
            )
    if not expected:
        yield RoadmapAlarm(
            what="processors, disk, connections",
            where=evaluation.design.engine,
            threshold="80 % of each",
        )
    for shape in (s for r in evaluation.resources if r.kind == "table" for s in r.shapes):
        if shape.sizes.p99 >= LARGE_ITEM:
            yield RoadmapAlarm(what="size of an item", where=shape.name, threshold=ATTENTION)
    budget = comparison.budget(evaluation.users)
    usd = evaluation.bill.figure
    is_whole = budget is not None and comparison.budget_of is BudgetScope.DEPLOYMENT
    if budget is not None or usd is not None:
        yield RoadmapAlarm(
            what="the bill of the month",
            where="the account" if is_whole else "the database",
            threshold=f"over {budget if budget is not None else usd:,.2f} USD",
        )


def _months(comparison: Comparison) -> Decimal:
    return sum((phase.months for phase in comparison.phases), ZERO)


def _month(comparison: Comparison, users: int) -> Decimal:
    """Return the month in which a number of users is reached, growing evenly on a log scale."""
    low, high = comparison.scales[0], comparison.scales[-1]
    if low >= high:
        return ZERO
    return _months(comparison) * Decimal(log(users / low) / log(high / low))


def _with_checklists(
    session: Session, design: str, stops: Sequence[RoadmapStop]
) -> list[RoadmapStop]:
    """Return the stops with what to do before each, with the command that does or checks it."""
    file = shlex.quote(str(session.file.path))
    result = []
    for stop in stops:
        by = f"before {stop.users:,} users (month {stop.month:.0f})" if stop.month else "now"
        items = [
            CheckItem(what=_task(step), by=by, command=_command(step, file, design))
            for step in stop.steps
        ] or [CheckItem(what="Nothing is due", by=by)]
        items.append(
            CheckItem(
                what="alarms of this scale are set",
                by=by,
                command=f"tablewright deploy {file} --option {stop.option} --out deploy"
                if stop.option
                else "",
            )
        )
        items.append(
            CheckItem(
                what="sizes of items, throttles and cost are as the model has them",
                by=f"monthly at {stop.users:,} users",
                command=f"tablewright doctor {file} --users {stop.users} --design {design}",
            )
        )
        result.append(replace(stop, checklist=tuple(items)))
    return result


def _task(step: RoadmapStep) -> str:
    text = step.name[:1].upper() + step.name[1:].rstrip(".")
    return f"{text} ({', '.join(step.rules)})" if step.rules else text


def _command(step: RoadmapStep, file: str, design: str) -> str:
    if step.kind == MOVE:
        return f"tablewright deploy {file} --list"
    if step.kind == ARCHIVE:
        return (
            f"tablewright archive {file} --design {design} --entity {step.entity} --to archive "
            "--dry-run"
        )
    if step.rules:
        return f"tablewright explain {step.rules[0]}"
    return f"tablewright check {file} --design {design}"


def _routine(session: Session, assessed: DesignAssessment) -> tuple[RoutineTask, ...]:
    return routine(
        OperatedDesign(
            model=shlex.quote(str(session.file.path)),
            design=assessed.design.name,
            access=session.engine_of(assessed.design).access,
            language=program_of(session).language,
            aging=tuple(e.name for e in session.model.entities if e.retention_days is not None),
            scales=session.model.scales,
        )
    )
