"""`compare`: which database, on which architecture, at which price, now and later.

In: a session. Out: a Comparison at every scale of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.engines.registry import unstated_peak
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import BudgetScope
from tablewright.session import Session, Tasks

if TYPE_CHECKING:
    from tablewright.compare.board import Board
    from tablewright.compare.decision import Candidates
    from tablewright.compare.result import Comparison
    from tablewright.compare.values import Architecture, Availability


COMPARED = "comparison"


def compare(session: Session) -> Comparison:
    """Return engines, offerings and architectures side by side, at every scale of the model.

    Raises:
        UsageError: weights, figures or architectures of the model file that nothing knows.
        PriceUnknownError: a price that a design of the file needs is not known.
    """
    return session.remember(COMPARED, lambda: _compared(session))


def comparing_tasks(session: Session) -> Tasks:
    """Return what `compare` remembers, to be computed ahead."""
    return {COMPARED: lambda: _compared(session)}


def _compared(session: Session) -> Comparison:
    from tablewright.compare import comparison
    from tablewright.compare.board import architectures_for
    from tablewright.compare.stated_path import stated_months

    own = _own(session)
    # a path that cannot be is refused before anything is priced
    stated_months(
        session.model, [each.name for each in (*architectures_for(session.model.app), *own)]
    )
    scales = sorted({*session.model.scales, session.users})
    designs = compared_designs(session)
    left_out = list(session.not_evaluated())
    left_out += [
        f"the file has no design for {name}; `tablewright plan` makes one"
        for name, engine in session.engines.items()
        if engine.is_planned and not any(design.engine == name for design in designs)
    ]
    board = _board(session, designs, scales, session.users)
    return comparison.compare(
        board, own=own, left_out=tuple(left_out), latencies=_latencies(session)
    )


def deployment_options(session: Session) -> Candidates:
    """Return the deployment options priced at the session's users; nothing is decided.

    Raises:
        UsageError: see `compare`.
        PriceUnknownError: a price that a design of the file needs is not known.
    """
    from tablewright.compare.comparison import candidates_on

    def priced() -> Candidates:
        users = session.users
        return candidates_on(
            _board(session, compared_designs(session), [users], users), _own(session)
        )

    return session.remember("deployment options", priced)


@frozen
class WholeDeployment:
    """The cheapest deployment option that a design could be the database of."""

    option: str
    usd: Decimal
    """USD a month of everything, without what is always free."""
    database_usd: Decimal
    """What of that is the database."""
    availability: Availability
    """What its parts promise together."""


def whole_deployment(session: Session, design: Design, users: int) -> WholeDeployment | None:
    """Return the cheapest whole deployment with a design, None if no option holds it.

    It is priced as `compare` prices it: the option carries the load and misses the fewest hard
    needs.

    Raises:
        UsageError: see `compare`.
    """
    key, compute = _whole_task(session, design, users)
    return session.remember(key, compute)


def whole_tasks(session: Session, design: Design) -> Tasks:
    """Return the whole deployments that the budgets of the model ask for, to be computed ahead."""
    targets = session.model.targets
    if targets.monthly_cost_of is BudgetScope.DATABASE:
        return {}
    return dict(_whole_task(session, design, users) for users, _ in targets.monthly_cost)


def _whole_task(
    session: Session, design: Design, users: int
) -> tuple[Hashable, Callable[[], WholeDeployment | None]]:
    key = ("whole deployment", design.name, users)
    return key, lambda: _whole_deployment(session, design, users)


def _whole_deployment(session: Session, design: Design, users: int) -> WholeDeployment | None:
    from tablewright.compare.comparison import candidates_on
    from tablewright.compare.decision import least_with

    board = _board(session, [design], [users], users)
    own = tuple(option for option in _own(session) if option.engine == design.engine)
    least = least_with(candidates_on(board, own), design.engine, users)
    if least is None:
        return None
    price = least.at(users)
    return WholeDeployment(
        option=least.architecture.name,
        usd=price.total,
        database_usd=price.spent(BudgetScope.DATABASE),
        availability=least.availability,
    )


def _board(session: Session, designs: Sequence[Design], scales: Sequence[int], users: int) -> Board:
    """Return designs at list prices at some scales, with what is always free of them."""
    from tablewright.compare.board import Board

    with_free_tier = session.with_options(free_tier=True)
    at_list_price = session.with_options(free_tier=False)
    at_list_price.evaluate_ahead(designs, scales)

    def free_of(evaluation: Evaluation) -> Decimal:
        bill = with_free_tier.evaluate(evaluation.design, evaluation.users).bill
        return -sum((line.amount for line in bill.free_tier), ZERO)

    return Board(
        model=session.model,
        evaluations=tuple(
            at_list_price.evaluate(design, scale) for design in designs for scale in scales
        ),
        book=session.book(),
        region=session.region,
        users=users,
        free_of=free_of,
        comparing={name: engine.comparing for name, engine in session.engines.items()},
        unstated_peak=unstated_peak(),
    )


def _own(session: Session) -> tuple[Architecture, ...]:
    """Return the deployment options of the model file."""
    from tablewright.compare.reader import read_architectures

    architectures = session.model.architectures
    if not architectures:
        return ()
    return read_architectures(architectures, f"{session.file.path}: architectures")


def _latencies(session: Session) -> tuple[tuple[str, str], ...]:
    """Return the latency of the design of each engine that was proved last, in words."""
    from tablewright.verbs.proofs import latest_proofs

    words = {}
    for view in latest_proofs(session, [design.name for design in session.designs]):
        called = [pattern for pattern in view.proof.patterns if pattern.calls]
        if not called:
            continue
        slowest = max(called, key=lambda pattern: pattern.latency_ms[2])
        design = session.design(view.proof.design)
        where = "" if view.decides_latency else ", measured here and not over its network"
        words[design.engine] = (
            f"99 of 100 calls within {slowest.latency_ms[2]:.2g} ms for the slowest pattern, "
            f"{slowest.pattern}{where} (proof of {view.proof.design}"
            + (", older than the model file)" if view.is_stale else ")")
        )
    return tuple(words.items())


def compared_designs(session: Session) -> tuple[Design, ...]:
    """Return the designs of the file, and a sensible one for each engine on servers."""
    usual = (session.usual_design(name) for name in session.engines)
    written = {design.name for design in session.designs}
    beside = (design for design in usual if design is not None and design.name not in written)
    return (*session.designs, *beside)
