"""`explain`: how a design answers an access pattern, or what a rule checks.

In: a session and the name of a pattern, or the id of a rule. Out: an ExplainView or a RuleView.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tablewright.core.frozen import frozen
from tablewright.evaluation.values import Evaluation, Request
from tablewright.session import Session, rule_of
from tablewright.verbs.bill_rows import CostRow, PatternCost, pattern_costs, rows_of
from tablewright.verbs.shortening import shortened

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target
    from tablewright.review.catalogue import Rule
    from tablewright.verbs.database import Announce


@frozen
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
    preamble: str = ""
    """Lines that statements need before them."""
    server: str = ""
    """The server that was asked how it would run them; "" where none was."""
    plan: str = ""
    """What it said, a line for each step."""


@frozen
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
    fix: str
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
        fix=rule.fix,
        effect=rule.effect,
        note=rule.note,
        sources=rule.sources,
    )


def explain_view(
    evaluation: Evaluation,
    pattern: str,
    requests: tuple[Request, ...] = (),
    preamble: str = "",
) -> ExplainView:
    """Return how a design answers a pattern (KeyError if there is no such pattern).

    `requests` are those of the route with their parameters, where they were filled in; `preamble`
    is what their statements need before them.
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
        price_lines=rows_of(lines, evaluation.bill.total),
        preamble=preamble,
    )


def explain(
    session: Session,
    pattern: str,
    design: str = "",
    *,
    full: bool = False,
    target: Target | None = None,
    announce: Announce | None = None,
) -> ExplainView:
    """Return the requests by which a design answers a pattern, with the arithmetic of each unit.

    Args:
        session: the model file.
        pattern: its name, or its label such as S1.
        design: its name; the first of the file unless given.
        full: whether long values of requests are kept whole.
        target: the server that is asked how it would run them; none unless given.
        announce: receives whose server it is, before anything is sent.

    Raises:
        UsageError: there is no such pattern or design.
        EngineError: the server refuses or does not answer.
    """
    evaluation = session.evaluate(design)
    name = session.pattern(pattern).name
    requests = example_requests(session, evaluation, name)
    if not full:
        requests = tuple(shortened(request) for request in requests)
    preamble = session.engine_of(evaluation.design).connector.preamble(evaluation)
    view = explain_view(evaluation, name, requests, preamble)
    if target is None:
        return view
    return _with_plan(session, view, evaluation, target, announce)


def _with_plan(
    session: Session,
    view: ExplainView,
    evaluation: Evaluation,
    target: Target,
    announce: Announce | None,
) -> ExplainView:
    """Return a view with how a server would run its statements."""
    from tablewright.proof import examples
    from tablewright.verbs.database import opened

    name = view.pattern.pattern
    world = examples.example_world(evaluation.model)
    with opened(session, evaluation.design, target, announce=announce) as adapter:
        plan = ""
        if world is not None and view.pattern.route.is_served:
            plan = adapter.plan_of(examples.example_call(world, name))
        return replace(view, server=adapter.description, plan=plan)


def explain_rule(name: str) -> RuleView:
    """Return a rule by its id, such as DDB-KEY-010.

    Raises:
        UsageError: there is none.
    """
    return rule_view(rule_of(name))


def example_requests(session: Session, evaluation: Evaluation, pattern: str) -> tuple[Request, ...]:
    """Return the requests of one call of a pattern, with parameters that could be sent."""
    from tablewright.proof import examples

    connector = session.engine_of(evaluation.design).connector
    return examples.example_requests(connector, evaluation, pattern)
