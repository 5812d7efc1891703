"""`compare`: which database, on which architecture, at which price, now and later.

In: a session. Out: a Comparison at every scale of the model.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.compare.result import Comparison
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.engines.registry import unstated_peak
from tablewright.evaluation.values import Evaluation
from tablewright.session import Session


def compare(session: Session) -> Comparison:
    """Return engines, offerings and architectures side by side, at every scale of the model.

    Raises:
        UsageError: weights, figures or architectures of the model file that nothing knows.
        PriceUnknownError: a price that a design of the file needs is not known.
    """
    from tablewright.compare import comparison
    from tablewright.compare.reader import read_architectures

    scales = sorted({*session.model.scales, session.users})
    with_free_tier = session.with_options(free_tier=True)
    at_list_price = session.with_options(free_tier=False)

    def free_of(evaluation: Evaluation) -> Decimal:
        bill = with_free_tier.evaluate(evaluation.design, evaluation.users).bill
        return -sum((line.amount for line in bill.free_tier), ZERO)

    architectures = session.model.architectures
    designs = (*session.designs, *_usual_designs(session))
    left_out = list(session.not_evaluated())
    left_out += [
        f"the file has no design for {name}; `tablewright plan` makes one"
        for name, engine in session.engines.items()
        if engine.is_planned and not any(design.engine == name for design in designs)
    ]
    return comparison.compare(
        session.model,
        [at_list_price.evaluate(design, users) for design in designs for users in scales],
        session.book(),
        session.region,
        session.users,
        free_of=free_of,
        comparing={name: engine.comparing for name, engine in session.engines.items()},
        unstated_peak=unstated_peak(),
        own=read_architectures(architectures, f"{session.file.path}: architectures")
        if architectures
        else (),
        left_out=tuple(left_out),
        latencies=_latencies(session),
    )


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


def _usual_designs(session: Session) -> tuple[Design, ...]:
    """Return a sensible design for each engine on servers, to stand beside those written."""
    usual = (session.usual_design(name) for name in session.engines)
    written = {design.name for design in session.designs}
    return tuple(design for design in usual if design is not None and design.name not in written)
