"""A `read` on a server: its parts are run one after the other, each by its own route.

In: a route with parts, a call with as many, what runs one. Out: one outcome for all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from tablewright.evaluation.doors import Consumption, Matching, Outcome
from tablewright.evaluation.values import Request, Route
from tablewright.sample.calls import Call

Examples = Callable[[Route, Call, Matching], tuple[Request, ...]]


def example_parts(
    examples: Examples, route: Route, call: Call, matching: Matching
) -> tuple[Request, ...]:
    """Return the requests of every part of a `read`, each with its statement."""
    each = zip(route.parts, call.parts, strict=True)
    return tuple(request for own, part in each for request in examples(own, part, matching))


def run_parts(route: Route, call: Call, run: Callable[[Route, Call], Outcome]) -> Outcome:
    """Run every part of a `read`; where one was not measured, the whole was not."""
    outcomes = [run(own, part) for own, part in zip(route.parts, call.parts, strict=True)]
    consumed: list[Consumption] | None = []
    for outcome in outcomes:
        if outcome.consumed is None:
            consumed = None
        elif consumed is not None:
            consumed += outcome.consumed
    return Outcome(
        parts=tuple(outcome.rows for outcome in outcomes),
        consumed=None if consumed is None else tuple(consumed),
        requests=sum(outcome.requests for outcome in outcomes),
        retries=sum(outcome.retries for outcome in outcomes),
        seconds=sum(outcome.seconds for outcome in outcomes),
        access=", ".join(dict.fromkeys(outcome.access for outcome in outcomes if outcome.access)),
    )
