"""Services beside a database: what serves the access patterns that it cannot, and at which price.

In: the board and an option. Out: the option with the parts of such a service, where one serves all
that its database leaves. It decides nothing: an option that nothing completes is ruled out later.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.compare.board import Board, unserved
from tablewright.compare.reader import services
from tablewright.compare.values import Architecture, SupportingService


def completed(board: Board, option: Architecture) -> Architecture:
    """Return an option with the service for what its database cannot serve at some scale.

    As it is where nothing is left, where its own parts serve it, or where no service does.
    """
    lost = _left_by(board, option)
    if not lost or option.serves(lost):
        return option
    service = _service_for(board, option.engine, lost)
    if service is None:
        return option
    return replace(
        option,
        title=f"{option.title}, {service.title}",
        components=(
            *option.components,
            *(replace(part, serves=lost) for part in service.components),
        ),
        operations=(*option.operations, *service.operations),
        meets=(*option.meets, *((need, service.title) for need in service.meets)),
    )


def _left_by(board: Board, option: Architecture) -> tuple[str, ...]:
    """Return the access patterns that the best design of an option's engine cannot serve."""
    lost: dict[str, None] = {}
    for users in board.scales if option.engine else ():
        for evaluation in board.ranked(option.engine, users)[:1]:
            lost.update(dict.fromkeys(unserved(evaluation)))
    return tuple(lost)


def _service_for(board: Board, engine: str, patterns: tuple[str, ...]) -> SupportingService | None:
    verbs = {board.model.pattern(name).verb.value for name in patterns}
    return next(
        (s for s in services() if engine in s.engines and verbs.issubset(s.verbs)),
        None,
    )
