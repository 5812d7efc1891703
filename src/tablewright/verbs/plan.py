"""`plan`: the cheapest DynamoDB design that meets the requirements, why, and the steps to it.

In: a session and where to start. Out: a PlanResult. Writing the design into the model file is a
step of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tablewright.bill.savings import with_savings_plan
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.engines.registry import languages
from tablewright.evaluation.engine import Refused
from tablewright.review.review import fired, severe
from tablewright.session import Session, in_backticks, read_model
from tablewright.verbs.explain import example_requests
from tablewright.verbs.grading import report_card

if TYPE_CHECKING:
    from tablewright.plan.planning import Planner
    from tablewright.plan.result import PlanResult

FIRED_SAMPLE = 128
"""Instances drawn where the question is only which rules fire on a design between two steps."""


def plan(
    session: Session,
    *,
    users: int | None = None,
    start: str = "",
    name: str = "planned",
    explained: bool = True,
    requests: bool = False,
) -> PlanResult:
    """Return the cheapest design of the model on DynamoDB, what it costs, and why.

    Args:
        session: the model file.
        users: the scale whose bill is minimised; by default that of the options, else the
            largest of the model, so that nothing is chosen that does not grow.
        start: a design to lead from, step by step; its names and settings are kept.
        name: of the new design.
        explained: whether to look for runners-up, fronts and the best of every scale too.
        requests: whether the requests of every pattern are written out.

    Raises:
        UnsupportedError: no design serves the model, or the solver is not installed.
        UsageError: there is no design `start`.
    """
    from tablewright.model.names import LABEL
    from tablewright.plan.result import PatternRequests

    if not re.fullmatch(LABEL.pattern, name):
        raise UsageError(f"`{name}` cannot be the name of a design", remedy=f"use {LABEL.rule}")
    begin = _start(session, start) if start else None
    scale = users or session.options.users or max(session.model.scales)
    planner = _planner(session, name)
    result = planner.plan(scale, start=begin, name=name, explained=explained)
    evaluation = session.evaluator(session.planned_engine).full(result.design, result.users)
    result = replace(result, with_plan=with_savings_plan(evaluation.bill, session.book()))
    if not requests:
        return result
    written = tuple(
        PatternRequests(pattern=p.name, requests=example_requests(session, evaluation, p.name))
        for p in session.model.patterns
    )
    return replace(result, requests=written)


def _start(session: Session, name: str) -> Design:
    """Return the design that steps lead away from."""
    design, engine = session.design(name), session.planned_engine
    if design.engine == engine:
        return design
    title = session.engines[engine].comparing.title
    names = [d.name for d in session.designs if d.engine == engine]
    raise UnsupportedError(
        f"the design `{design.name}` is for {design.engine}; steps lead from one design on {title} "
        "to another",
        remedy=f"start from {in_backticks(names)}"
        if names
        else f"leave --from out, or write a {title} design of what exists",
    )


def _planner(session: Session, name: str) -> Planner:
    from tablewright.plan.planning import Planner

    engine = session.engines[session.planned_engine]
    evaluator = session.evaluator(session.planned_engine)
    planning = engine.planning(evaluator, session.options.mode)
    if isinstance(planning, Refused):
        raise UnsupportedError(planning.reason)

    def findings(design: Design) -> frozenset[tuple[str, str]]:
        card = report_card(session, design, with_path=False)
        return frozenset((finding.rule, finding.subject) for finding in card.findings)

    def fires(design: Design) -> frozenset[tuple[str, str]]:
        evaluation = evaluator.sampled(design, session.users, FIRED_SAMPLE)
        return fired(evaluation, evaluator, engine.reviewing)

    def severe_findings(design: Design) -> frozenset[tuple[str, str]]:
        evaluation = evaluator.sampled(design, max(session.model.scales), FIRED_SAMPLE)
        return severe(evaluation, evaluator, engine.reviewing)

    return Planner(
        evaluator=evaluator,
        planning=planning,
        others=tuple(d for d in session.designs if planning.is_of_engine(d) and d.name != name),
        findings=findings,
        fires=fires,
        severe=severe_findings,
    )


@frozen
class UsualDesignView:
    """The usual design for an engine on servers, as the model file would have it."""

    name: str
    engine: str
    section: str
    usd_per_month: Decimal | None
    """At the reviewed scale; None where nobody can say."""
    offer: str
    """The server it is priced on."""


def usual_section(session: Session, engine: str) -> UsualDesignView:
    """Return the usual design for an engine, with how it is written.

    Raises:
        UsageError: there is no such engine, or its designs are searched for.
    """
    design = session.usual_design(engine)
    section = languages()[engine].section if engine in languages() else None
    if design is None or section is None:
        raise UsageError(
            f"there is no usual design for `{engine}`",
            remedy="mongodb and postgresql have one; for dynamodb leave --engine out",
        )
    choice = session.engines[engine].comparing.choice(session.evaluate(design))
    return UsualDesignView(
        name=design.name,
        engine=engine,
        section=section(design, session.model),
        usd_per_month=choice.usd,
        offer=choice.offer,
    )


def write_design(session: Session, design: Design) -> Path:
    """Put a design into the model file, in place of one of the same name; return the path.

    Comments and layout outside the design stay as they are.

    Raises:
        UnsupportedError: designs of its engine cannot be written.
        UsageError: `designs` is written in a way that no block can be put into.
    """
    from tablewright.design.sections import with_section
    from tablewright.operate.files import write_text

    section = languages()[design.engine].section
    if section is None:
        raise UnsupportedError(f"designs on {design.engine} cannot be written to a file yet")
    path = Path(session.file.path)
    try:
        text = with_section(session.file.source, design.name, section(design, session.model))
    except ValueError as problem:
        raise UsageError(
            f"{path}: {problem}", remedy="write each design on lines of its own"
        ) from problem
    read_model(text, str(path))
    write_text(path, text)
    return path


def replaced_design(session: Session, result: PlanResult) -> str:
    """Return what the planned design changes of the one it replaces in the file; "" if nothing."""
    name = result.design.name
    old = next((design for design in session.file.designs if design.name == name), None)
    if old is None:
        return ""
    if old.engine != result.design.engine:
        return f"it was for {old.engine}"
    summary = languages()[old.engine].summary
    return "; ".join(summary(old, result.design)) if summary is not None else ""
