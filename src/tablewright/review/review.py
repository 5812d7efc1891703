"""Review a design: run the rules, re-cost the fixes, grade what remains, find the way to better.

In: an evaluation, an `Evaluator`, and what the design's engine brings (`Reviewing`). Out: a
`ReportCard`. Pure and deterministic; it knows no engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.design.changes import BACKFILLS, REBUILDS, Change, apply_all, effort_of
from tablewright.design.values import Design
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.review.catalogue import Catalogue
from tablewright.review.findings import Finding, Fix, Level
from tablewright.review.grade import (
    BARELY_COVERED,
    MissingInput,
    PathStep,
    ReportCard,
    Score,
    Unassessed,
    grade,
    pessimistic,
    without_a_figure,
)
from tablewright.review.protocol import DesignFacts, Recosting, Reviewing
from tablewright.review.recosting import Budget, FixOutcome
from tablewright.review.runner import Pair, PendingFinding, Run, run

Known = dict[Pair, tuple[FixOutcome | None, tuple[str, ...]]]
"""Fixes that were re-costed before: the chosen one, and why others were rejected."""

HALF, DOUBLE = Decimal("0.5"), Decimal(2)
_STRUCTURAL = REBUILDS | BACKFILLS | {"add_guard_item", "shard_key", "drop_index"}
"""Kinds of fixes that change keys, indexes or what items hold."""
_ABOUT_MONEY = frozenset({"indexes", "projections", "cost", "capacity"})
"""Categories whose findings cost money and nothing else: whoever compares bills counts them."""
UNSURE, DOUBTFUL = Decimal("0.7"), Decimal("0.5")
_TOGETHER = ("add_guard_item", "change_projection")
"""Beside settings: fixes that do not interfere, so that all of one rule are one step."""
MOST_STEPS = 12
LEAST_GAIN = Decimal("0.5")


@frozen
class Weighed:
    """A candidate with its re-costed fix and its level."""

    candidate: PendingFinding
    level: Level
    outcome: FixOutcome | None
    rejected: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()


@frozen(slots=False)
class _Bench:
    """What every examination of one review shares."""

    reviewing: Reviewing
    evaluator: Evaluator
    rules: Catalogue
    doubts: Sequence[frozenset[Pair]] | None = None
    """Which findings appear with assumed figures halved, and doubled; None without assumptions."""

    def facts(self, evaluation: Evaluation, factor: Decimal | None = None) -> DesignFacts:
        return self.reviewing.facts(evaluation, self.evaluator.book, self.rules.k, factor=factor)

    def evaluate(self, model: Model, design: Design, users: int) -> Evaluation:
        return self.reviewing.evaluate(self.evaluator, model, design, users)


def review(
    evaluation: Evaluation,
    evaluator: Evaluator,
    reviewing: Reviewing,
    *,
    rules: Catalogue | None = None,
    with_path: bool = True,
    scales: Sequence[int] = (),
) -> ReportCard:
    """Return the report card of a design at the scale it was evaluated at.

    Args:
        evaluation: the design's routes, sizes and bill.
        evaluator: evaluates changed models and designs of the same engine.
        reviewing: the engine's rules, facts and re-costing.
        rules: another catalogue than the engine's.
        with_path: whether to look for the improvement path, which evaluates a few designs more.
        scales: other numbers of users at which each step of the path is priced.
    """
    bench = _Bench(reviewing=reviewing, evaluator=evaluator, rules=rules or reviewing.rules)
    facts = bench.facts(evaluation)
    bench = replace(bench, doubts=_doubts(bench, facts))
    first = _examine(bench, facts)
    if evaluation.bill.figure is None:
        low = without_a_figure(first.low)
        first = replace(first, score=without_a_figure(first.score), low=low)
    has_path = with_path and reviewing.has_path and evaluation.bill.figure is not None
    path = _path(bench, first, facts, scales) if has_path else ()
    return replace(
        _card(first, facts),
        path=path,
        questions=_questions(first.run.unassessed),
        notes=(*reviewing.notes, *_notes(first)),
    )


def fired(evaluation: Evaluation, evaluator: Evaluator, reviewing: Reviewing) -> frozenset[Pair]:
    """Return rule and subject of all that fires on a design, before any fix is weighed."""
    rules = reviewing.rules
    facts = reviewing.facts(evaluation, evaluator.book, rules.k)
    return frozenset(candidate.pair for candidate in run(facts, rules).candidates)


def severe(evaluation: Evaluation, evaluator: Evaluator, reviewing: Reviewing) -> frozenset[Pair]:
    """Return rule and subject of what is critical or high whatever a fix would save.

    Rules that stand only where a saving is large enough are left out: they are about money. So are
    those that a setting or the application fixes: no other keys or indexes would.
    """
    rules = reviewing.rules
    facts = reviewing.facts(evaluation, evaluator.book, rules.k)
    return frozenset(
        candidate.pair
        for candidate in run(facts, rules).candidates
        if candidate.rule.only_when is None
        and candidate.rule.fix_kind in _STRUCTURAL
        and candidate.rule.category not in _ABOUT_MONEY
        and candidate.level() >= Level.HIGH
    )


def _notes(examination: _Examination) -> tuple[str, ...]:
    skipped = len(examination.recoster.skipped)
    if not skipped:
        return ()
    return (
        f"the fixes of {skipped} findings were not costed: on so large a design only those of the "
        "worst findings are",
    )


# --------------------------------------------------------------------------- one examination


@frozen(slots=False)
class _Examination:
    """The findings of one design and what they score."""

    run: Run
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    changes: dict[Pair, tuple[Change, ...]]
    fixes: Known
    recoster: Recosting
    score: Score
    low: Score
    coverage: Decimal


def _examine(
    bench: _Bench,
    facts: DesignFacts,
    known: Known | None = None,
    budget: Budget | None = None,
) -> _Examination:
    rules = bench.rules
    without = run(facts, rules)
    recoster = bench.reviewing.recosting(facts, without, rules, bench.evaluator, budget)
    worst_first = sorted(without.candidates, key=lambda c: (-c.level(), c.pair))
    weighed = [weigh(c, facts, recoster, known) for c in worst_first]
    without = without.without(
        c
        for c, w in zip(worst_first, weighed, strict=True)
        if w is None and c.pair in recoster.skipped
    )
    standing = supersede([w for w in weighed if w is not None], rules.k["min_save"])
    findings = [_finding(w, facts, _confidence(w.candidate.pair, bench.doubts)) for w in standing]
    changes = {
        (w.candidate.rule.id, w.candidate.subject): w.outcome.option.changes
        for w in standing
        if w.outcome is not None
    }
    findings += _migrations(findings, rules)
    named = tuple(sorted(_accept(findings, facts.model), key=_order))
    counted = tuple(f for f in named if not f.accepted)
    coverage = without.coverage.share
    saving = _saving_share(counted, facts, rules)
    score = _score(counted, without, rules, bench.reviewing.least_headroom(facts), saving)
    low = score
    if coverage < BARELY_COVERED:
        low = _score((*counted, *pessimistic(without.unassessed)), without, rules, None, saving)
    return _Examination(
        run=without,
        findings=counted,
        accepted=tuple(f for f in named if f.accepted),
        changes=changes,
        fixes={
            w.candidate.pair: (w.outcome, w.rejected)
            for w in weighed
            if w is not None and w.outcome is not None
        },
        recoster=recoster,
        score=score,
        low=low,
        coverage=coverage,
    )


def _saving_share(
    findings: Sequence[Finding], facts: DesignFacts, rules: Catalogue
) -> Decimal | None:
    """Return what share of the bill fixes save at least; None where it is not worth a word.

    Fixes of one rule on several subjects add up; of several rules only the best counts, since
    they may save the same money.
    """
    by_rule: dict[str, Decimal] = {}
    for finding in findings:
        saves = finding.fix.saves_per_month if finding.fix is not None else None
        if saves is not None and saves > 0:
            by_rule[finding.rule] = by_rule.get(finding.rule, ZERO) + saves
    maximum = max(by_rule.values(), default=ZERO)
    if not facts.cost or maximum < rules.k["min_save"]:
        return None
    return min(ONE, maximum / facts.cost)


def _score(
    findings: Sequence[Finding],
    run: Run,
    rules: Catalogue,
    least_headroom: Decimal | None,
    saving_share: Decimal | None = None,
) -> Score:
    applicable = run.applicable if saving_share is None else run.applicable | {"cost"}
    return grade(
        findings,
        rules.categories,
        applicable=applicable,
        saving_share=saving_share,
        severe_rules=rules.severe_rules,
        coverage=run.coverage.share,
        least_headroom=least_headroom,
    )


def weigh(
    candidate: PendingFinding,
    facts: DesignFacts,
    recoster: Recosting,
    known: Known | None = None,
) -> Weighed | None:
    """Return a candidate with its best fix; None where its saving does not carry it."""
    outcome, rejected = _best_fix(candidate, recoster, known)
    names: dict[str, Decimal | bool | None] = {"save": None, "save_share": None}
    if outcome is not None and outcome.saves is not None:
        names = {
            "save": outcome.saves,
            "save_share": _share(
                outcome.saves, facts.cost_around(candidate.subject, candidate.hit.covers)
            ),
            "save_share_all": _share(outcome.saves, facts.cost),
        }
    only = candidate.rule.only_when
    if only is not None and not only.holds({**candidate.hit.values, **names}):
        return None
    return Weighed(
        candidate=candidate,
        level=candidate.level(**names),
        outcome=outcome,
        rejected=rejected,
    )


def _best_fix(
    candidate: PendingFinding, recoster: Recosting, known: Known | None
) -> tuple[FixOutcome | None, tuple[str, ...]]:
    """Return the first option that is not rejected, and why those before it were."""
    if known is not None and candidate.pair in known:
        return known[candidate.pair]
    rejected: list[str] = []
    for option in candidate.hit.options():
        if recoster.budget.is_spent:
            recoster.skipped.add(candidate.pair)
            return None, (*rejected, f"{option}: not costed, the design is too large")
        outcome = recoster.outcome(option, candidate.pair)
        if not outcome.reject:
            return outcome, tuple(rejected)
        rejected.append(f"{option}: {outcome.reject}")
    return None, tuple(rejected)


def _share(saves: Decimal, cost: Decimal) -> Decimal | None:
    return saves / cost if cost else None


def supersede(weighed: Sequence[Weighed], least: Decimal) -> list[Weighed]:
    """Fold findings that follow from another one on the same subject into that one.

    A finding whose fix saves `least` USD a month or more stays beside one whose fix has no saving:
    folded, the saving would be lost.
    """
    by_pair = {w.candidate.pair: w for w in weighed}
    folded: dict[Pair, Pair] = {}
    for w in sorted(weighed, key=lambda w: (-w.level, w.candidate.pair)):
        mine = w.candidate.pair
        if mine in folded:
            continue
        for rule in w.candidate.rule.supersedes:
            for subject in (w.candidate.subject, *w.candidate.hit.covers):
                other = (rule, subject)
                if other not in by_pair or other in folded or other == mine:
                    continue
                if _saves(w) is None and (_saves(by_pair[other]) or ZERO) >= least:
                    continue
                folded[other] = mine
    out = []
    for w in weighed:
        if w.candidate.pair in folded:
            continue
        under = [other for other, top in sorted(folded.items()) if top == w.candidate.pair]
        if under:
            worst = max((by_pair[other].level for other in under), default=w.level)
            consequences = tuple(
                rule if subject == w.candidate.subject else f"{rule} {subject}"
                for rule, subject in under
            )
            w = replace(w, consequences=consequences, level=max(w.level, worst))
        out.append(w)
    return out


def _saves(w: Weighed) -> Decimal | None:
    return w.outcome.saves if w.outcome is not None else None


def _finding(w: Weighed, facts: DesignFacts, confidence: Decimal) -> Finding:
    rule = w.candidate.rule
    level = w.level
    if confidence <= DOUBTFUL:
        level = min(level, Level.MEDIUM)
    exposure = ONE
    if level is not Level.CRITICAL:
        exposure = facts.exposure(rule.subject, w.candidate.subject)
    return Finding(
        rule=rule.id,
        title=rule.title,
        category=rule.category,
        level=level,
        subject=w.candidate.subject,
        evidence=w.candidate.hit.evidence,
        why=rule.why,
        fix=fix_of(w),
        exposure=exposure,
        confidence=confidence,
        consequences=w.consequences,
        sources=rule.sources,
    )


def fix_of(w: Weighed) -> Fix:
    """Return what is told of the fix of a finding."""
    rule = w.candidate.rule
    if w.outcome is None:
        advice = rule.fix
        if w.rejected:
            advice = f"accept or redesign: {advice}"
        return Fix(
            kind=rule.fix_kind, text=advice, rejected=w.rejected, effort=effort_of(rule.fix_kind)
        )
    outcome = w.outcome
    return Fix(
        kind=outcome.option.changes[0].kind,
        text=str(outcome.option),
        saves_per_month=outcome.saves,
        cost_once=outcome.cost_once,
        hours=outcome.hours,
        effort=outcome.effort,
        effect=outcome.effect,
        rejected=w.rejected,
    )


def _accept(findings: Iterable[Finding], model: Model) -> list[Finding]:
    reasons = {(a.rule, a.subject): a.reason for a in model.accepted}
    return [
        replace(f, accepted=reasons.get((f.rule, f.subject)) or reasons.get((f.rule, "")) or "")
        for f in findings
    ]


def _order(finding: Finding) -> tuple[int, Decimal, str, str]:
    saves = finding.fix.saves_per_month if finding.fix else None
    return (-finding.level, -(saves or ZERO), finding.rule, finding.subject)


def _migrations(findings: Sequence[Finding], rules: Catalogue) -> list[Finding]:
    """Return DDB-MIG-002 once: what all proposed rebuilds and backfills cost together."""
    rule = next((r for r in rules.rules if r.subject == "fix"), None)
    moving = [f for f in findings if f.fix is not None and f.fix.cost_once]
    if rule is None or not moving:
        return []
    hit = rule.predicate(moving)
    if hit is None:
        return []
    return [
        Finding(
            rule=rule.id,
            title=rule.title,
            category=rule.category,
            level=rule.level_for(hit.values),
            subject="design",
            evidence=hit.evidence,
            why=rule.why,
            fix=Fix(kind=rule.fix_kind, text=rule.fix),
            sources=rule.sources,
        )
    ]


# --------------------------------------------------------------------------- confidence


def _doubts(bench: _Bench, facts: DesignFacts) -> tuple[frozenset[Pair], ...] | None:
    """Return which findings appear with every assumed input halved, and with it doubled."""
    with_assumed = bench.evaluator.with_assumed
    if with_assumed is None or not bench.reviewing.tests_assumptions:
        return None
    pairs = []
    for factor in (HALF, DOUBLE):
        evaluation = bench.evaluate(with_assumed(factor), facts.design, facts.users)
        pairs.append(run(bench.facts(evaluation, factor), bench.rules).pairs)
    return tuple(pairs)


def _confidence(pair: Pair, doubts: Sequence[frozenset[Pair]] | None) -> Decimal:
    if doubts is None:
        return ONE
    flips = sum(1 for pairs in doubts if pair not in pairs)
    return (ONE, UNSURE, DOUBTFUL)[flips]


# --------------------------------------------------------------------------- the card


def _card(examination: _Examination, facts: DesignFacts) -> ReportCard:
    score, low = examination.score, examination.low
    return ReportCard(
        design=facts.design.name,
        users=facts.users,
        score=score.score,
        letter=score.letter,
        low_score=low.score,
        low_letter=low.letter,
        coverage=examination.coverage,
        categories=score.categories,
        findings=examination.findings,
        accepted=examination.accepted,
        unassessed=examination.run.unassessed,
        passed=examination.run.passed,
        strengths=examination.run.strengths,
        cap=score.cap,
    )


def _questions(unassessed: Iterable[Unassessed]) -> tuple[MissingInput, ...]:
    """Return what to ask for: the missing inputs, those that block the heaviest rules first."""
    by: dict[str, list[Unassessed]] = {}
    for entry in unassessed:
        by.setdefault(entry.missing, []).append(entry)
    weight = {what: max(int(u.level) for u in group) for what, group in by.items()}
    order = sorted(by, key=lambda what: (-weight[what], -len(by[what]), what))
    return tuple(
        MissingInput(
            missing=what,
            rules=tuple(sorted({u.rule for u in by[what]})),
            subjects=tuple(sorted({u.subject for u in by[what]})),
        )
        for what in order
    )


# --------------------------------------------------------------------------- the way to better


@frozen
class _Move:
    """Fixes that make one step: one finding's, or the same setting on several tables."""

    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    worth: Decimal


def _path(
    bench: _Bench, first: _Examination, facts: DesignFacts, scales: Sequence[int] = ()
) -> tuple[PathStep, ...]:
    """Apply the fix that brings most for its effort, again and again, re-costing after each."""
    steps: list[PathStep] = []
    rules = bench.rules
    now, horizon = first, rules.k["horizon_months"]
    tried: set[tuple[Change, ...]] = set()
    budget = Budget(int(rules.k["recost_patterns"]))
    while len(steps) < MOST_STEPS and not budget.is_spent:
        move = _best_move(now, facts, rules, tried, horizon)
        if move is None:
            break
        tried.add(move.changes)
        model, design = apply_all(facts.model, facts.design, move.changes)
        next_facts = bench.facts(bench.evaluate(model, design, facts.users))
        budget.spend(bench.reviewing.routing_effort(model, design))
        known = _untouched(now, move.changes)
        after = _examine(bench, next_facts, known, budget)
        if budget.is_spent:
            break
        gain = _gain(now.score, after.score)
        saves = facts.cost - next_facts.cost
        once = sum((f.fix.cost_once or ZERO for f in move.findings if f.fix), ZERO)
        if gain < LEAST_GAIN and not _pays(saves, once, horizon):
            continue
        steps.append(
            PathStep(
                text="; ".join(str(change) for change in move.changes),
                rules=tuple(sorted({f.rule for f in move.findings})),
                subjects=tuple(f.subject for f in move.findings),
                effort=max(change.effort for change in move.changes),
                saves_per_month=saves,
                cost_once=once,
                score=after.score.score,
                letter=after.score.letter,
                usd_per_month=next_facts.cost,
                usd_at=tuple(
                    (users, bench.facts(bench.evaluate(model, design, users)).cost)
                    for users in scales
                ),
            )
        )
        now, facts = after, next_facts
    return tuple(steps)


def _untouched(now: _Examination, changes: Sequence[Change]) -> Known:
    """Return the fixes whose part of the design some changes leave alone."""
    touched = now.recoster.touched(changes)
    return {
        pair: (outcome, rejected)
        for pair, (outcome, rejected) in now.fixes.items()
        if outcome is not None and not now.recoster.touched(outcome.option.changes) & touched
    }


def _best_move(
    now: _Examination,
    facts: DesignFacts,
    rules: Catalogue,
    tried: set[tuple[Change, ...]],
    horizon: Decimal,
) -> _Move | None:
    moves = [m for m in _moves(now, facts, rules, horizon) if m.changes not in tried]
    return max(moves, key=lambda m: (m.worth, str(m.changes)), default=None)


def _moves(
    now: _Examination, facts: DesignFacts, rules: Catalogue, horizon: Decimal
) -> Iterable[_Move]:
    """Return the moves that gain something, with what they are worth for their effort."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in now.findings:
        changes = now.changes.get((finding.rule, finding.subject))
        if changes is None or finding.fix is None:
            continue
        together = all(c.effort == 1 or c.kind in _TOGETHER for c in changes)
        groups.setdefault((finding.rule, "" if together else finding.subject), []).append(finding)
    for findings in groups.values():
        changes = tuple(c for f in findings for c in now.changes[f.rule, f.subject])
        saves = sum((f.fix.saves_per_month or ZERO for f in findings if f.fix), ZERO)
        once = sum((f.fix.cost_once or ZERO for f in findings if f.fix), ZERO)
        gone = set(map(id, findings))
        rest = tuple(f for f in now.findings if id(f) not in gone)
        without = _score(rest, now.run, rules, None, _saving_share(rest, facts, rules))
        gain = _gain(now.score, without)
        if gain < LEAST_GAIN and not _pays(saves, once, horizon):
            continue
        effort = max(c.effort for c in changes)
        relative = saves / facts.cost * 20 if facts.cost else ZERO
        yield _Move(findings=tuple(findings), changes=changes, worth=(gain + relative) / effort)


def _gain(before: Score, after: Score) -> Decimal:
    """Return the points gained; where a cap hides a fix's part of them, those without caps."""
    return max(after.score - before.score, after.uncapped - before.uncapped)


def _pays(saves: Decimal, once: Decimal, horizon: Decimal) -> bool:
    """Whether a change saves a cent a month or more and returns its cost within the horizon."""
    return saves >= Decimal("0.01") and saves * horizon >= once
