"""The report card of a design, and the targets and claims of the model beside computed figures.

In: a session and a design. Out: a card, targets, verdicts. Cards are kept by the session.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import format_number
from tablewright.design.values import Design
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import BudgetScope
from tablewright.proof.latency import what_it_means, where_measured
from tablewright.review.assessment import TargetResult, Verdict
from tablewright.review.claims import assess_claim
from tablewright.review.grade import ReportCard, is_at_least
from tablewright.review.review import review
from tablewright.session import Session, Tasks
from tablewright.verbs.compare import whole_deployment
from tablewright.verbs.proofs import latest_proofs


def report_card(session: Session, design: Design, *, with_path: bool = True) -> ReportCard:
    """Return the report card of a design at the reviewed scale.

    Fixes are evaluated on a smaller sample: what counts is the difference they make.
    """
    return session.remember(
        _card_key(design, with_path),
        lambda: _report_card(session, design, with_path=with_path),
    )


def card_tasks(session: Session, design: Design) -> Tasks:
    """Return the report card that `report_card` remembers, to be computed ahead."""
    return {_card_key(design, True): lambda: _report_card(session, design, with_path=True)}


def _card_key(design: Design, with_path: bool) -> tuple[str, str, bool]:
    return ("report card", design.name, with_path)


def _report_card(session: Session, design: Design, *, with_path: bool) -> ReportCard:
    reviewing = session.engine_of(design).reviewing
    return review(
        session.evaluate(design),
        session.evaluator(design.engine),
        reviewing,
        with_path=with_path,
        scales=session.model.scales if reviewing.has_advisory else (),
    )


def claim_verdicts(session: Session) -> tuple[Verdict, ...]:
    """Return every claim of the model beside the computed figure."""
    if not session.designs:
        return ()

    def evaluate(design: str, users: int, region: str, as_of: str) -> Evaluation:
        return session.evaluate(design, users, region=region, as_of=as_of)

    def grade_of(name: str) -> str:
        design = session.design(name)
        with_path = session.is_remembered(_card_key(design, True))
        return report_card(session, design, with_path=with_path).grade

    first = session.designs[0].name
    return tuple(
        assess_claim(claim, evaluate, first, session.users, grade_of, session.model.scales)
        for claim in session.model.claims
    )


def target_results(
    session: Session, design: Design, card: ReportCard | None = None
) -> tuple[TargetResult, ...]:
    """Return the targets of the model and whether a design meets them."""
    targets = session.model.targets
    results: list[TargetResult] = []
    if targets.grade is not None and card is not None:
        results.append(
            TargetResult(
                name="grade",
                design=design.name,
                users=card.users,
                wanted=targets.grade,
                reached=card.grade,
                met=is_at_least(card.letter, targets.grade),
            )
        )
    results += [monthly_cost(session, design, users, usd) for users, usd in targets.monthly_cost]
    return (*results, *_service_levels(session, design))


def monthly_cost(session: Session, design: Design, users: int, budget: Decimal) -> TargetResult:
    """Return a budget and whether a design keeps it, alone or in a whole deployment."""
    scope = session.model.targets.monthly_cost_of
    evaluation = session.evaluate(design, users)
    figure, shortcoming = evaluation.bill.figure, evaluation.shortcoming
    result = TargetResult(
        name="monthly_cost",
        design=design.name,
        users=users,
        wanted=str(budget),
        reached="" if figure is None else str(figure),
        met=not shortcoming and figure is not None and figure <= budget,
        why=shortcoming,
        of=scope.value,
    )
    if scope is BudgetScope.DATABASE or figure is None or shortcoming:
        return result
    whole = whole_deployment(session, design, users)
    if whole is None:
        why = f"no deployment option holds it with a database on {design.engine}"
        return replace(result, reached="", met=False, why=why)
    return replace(
        result,
        reached=str(whole.usd),
        met=whole.usd <= budget,
        option=whole.option,
        part=str(whole.database_usd),
    )


def _service_levels(session: Session, design: Design) -> tuple[TargetResult, ...]:
    """Return the targets that no arithmetic decides: an SLA answers them, or a measurement."""
    targets = session.model.targets
    results: list[TargetResult] = []
    if targets.availability is not None:
        results.append(_availability(session, design, targets.availability))
    timed = any(p.latency_p99_ms is not None for p in session.model.patterns)
    if targets.latency_p99_ms is not None or timed:
        results.append(_latency(session, design))
    return tuple(results)


def _availability(session: Session, design: Design, target: Decimal) -> TargetResult:
    """Return the target of availability and whether the whole with a design promises it.

    Where no option holds the design, only the promise of the database is known: below the target
    it misses it, for no whole promises more than its parts; else nothing is decided.
    """
    result = TargetResult(
        name="availability",
        design=design.name,
        users=session.users,
        wanted=f"{target} %",
        reached="",
        met=None,
        of=BudgetScope.DEPLOYMENT.value,
    )
    whole = whole_deployment(session, design, session.users)
    if whole is not None:
        from tablewright.compare.needs import availability_against

        verdict, how = availability_against(whole.availability, target)
        return replace(
            result,
            reached=f"{whole.availability.percent.quantize(Decimal('0.001'))} %",
            met={"met": True, "missed": False}.get(verdict),
            why="" if verdict == "met" else f"with `{whole.option}` {how}",
            option=whole.option,
        )
    promised = session.engine_of(design).promised_availability(design, session.book())
    why = f"no deployment option holds it with a database on {design.engine}"
    if promised is None:
        return replace(result, why=why)
    return replace(
        result,
        reached=f"{promised} % of the database",
        met=False if promised < target else None,
        why=why,
    )


def _latency(session: Session, design: Design) -> TargetResult:
    """Return the latency target beside the slowest pattern of the design's latest proof."""
    target = session.model.targets.latency_p99_ms
    result = TargetResult(
        name="latency_p99_ms",
        design=design.name,
        users=None,
        wanted="by pattern" if target is None else str(target),
        reached="measure it with prove",
        met=None,
    )
    for view in latest_proofs(session, [design.name]):
        proof, slowest = view.proof, view.proof.slowest
        if view.is_stale:
            return replace(result, reached="prove it again", measured=STALE)
        if slowest is None or slowest.latency_target_ms is None:
            continue
        decides = proof.decides_latency
        limit = "" if slowest.latency_target_ms == target else f" of {slowest.latency_target_ms}"
        where = where_measured(proof)
        return replace(
            result,
            users=proof.users,
            reached=f"{format_number(slowest.latency_ms[2], 1)}{limit} ({slowest.pattern})",
            met=proof.is_in_time if decides else None,
            met_there=None if decides else proof.is_in_time,
            measured=f"Latency was {where}. {what_it_means(proof)}",
        )
    return result


STALE = "Latency was measured before the model file was changed: run `tablewright prove` again."
