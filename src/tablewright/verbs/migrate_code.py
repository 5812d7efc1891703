"""`migrate --code`: the requests of every access pattern before and after a move.

In: a session, two designs. Out: a MigrateCodeView with requests to paste, and what changes for
those who call them.
"""

from __future__ import annotations

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.values import Evaluation, Request, Route
from tablewright.migrate.callers import CallerChange, caller_changes
from tablewright.session import Session
from tablewright.verbs.explain import example_requests
from tablewright.verbs.shortening import shortened


@frozen
class PatternCode:
    """One access pattern by both designs."""

    pattern: str
    before: tuple[Request, ...]
    """Empty where the design that is left cannot serve it."""
    after: tuple[Request, ...]
    """Empty where the design that is moved to cannot serve it."""
    changes: tuple[CallerChange, ...]


@frozen
class MigrateCodeView:
    """The requests of every access pattern before and after a move."""

    app: str
    source: str
    target: str
    region: str
    patterns: tuple[PatternCode, ...]


def code(
    session: Session, source: str, target: str, *, users: int | None = None, full: bool = True
) -> MigrateCodeView:
    """Return what the application sends now, and what it will send.

    Args:
        session: the model file.
        source: the design that is left.
        target: the design that is moved to.
        users: the scale that routes are chosen at.
        full: whether long values of requests are kept whole.

    Raises:
        UsageError: there is no such design, or they are the same.
    """
    designs = session.design(source), session.design(target)
    if designs[0].name == designs[1].name:
        raise UsageError(
            f"`{source}` is both source and target", remedy="name another design with --to"
        )
    sides = [session.evaluate(design, users or session.users) for design in designs]
    patterns: list[PatternCode] = []
    for pattern in session.model.patterns:
        routes = [side.route(pattern.name) for side in sides]
        requests = [
            _requests(session, side, route, full=full)
            for side, route in zip(sides, routes, strict=True)
        ]
        changes = caller_changes(
            session.model, pattern, (routes[0], requests[0]), (routes[1], requests[1])
        )
        patterns.append(
            PatternCode(
                pattern=pattern.name, before=requests[0], after=requests[1], changes=changes
            )
        )
    return MigrateCodeView(
        app=session.model.app,
        source=source,
        target=target,
        region=session.region,
        patterns=tuple(patterns),
    )


def _requests(
    session: Session, evaluation: Evaluation, route: Route, *, full: bool
) -> tuple[Request, ...]:
    if not route.is_served:
        return ()
    try:
        requests = example_requests(session, evaluation, route.pattern)
    except UnsupportedError:
        requests = route.requests
    return requests if full else tuple(shortened(request) for request in requests)
