"""Routes of DynamoDB designs for tests, as lines: all requests with their units."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.evaluation.values import Evaluation, Route

HEAD = "app: routes\nregion: us-east-1\nscales: [10]\n"


def evaluated(text: str, design: int = 0) -> Evaluation:
    """Evaluate a design of a model, without its head, for 10 users."""
    file = read_model(HEAD + dedent(text))
    return DynamoEngine().evaluate(file.model, file.designs[design], 10, PriceBook())


def _number(value: Decimal) -> str:
    return f"{value:.6g}" if value else "0"


def all_routes(evaluation: Evaluation) -> list[str]:
    """Every route under the name of its pattern."""
    return [line for route in evaluation.routes for line in (f"# {route.pattern}", *_told(route))]


def _told(route: Route) -> list[str]:
    """One line for the route and its refused routes, one for each request and what it uses."""
    if route.cannot:
        return [f"cannot: {route.cannot}"]
    first = f"{route.operation} {route.target}, {route.depth} in turn, {_number(route.matched)} hit"
    lines = [first + (", read before" if route.reads_first else "")]
    lines += [f"not {other.route}: {other.reason}" for other in route.rejected]
    for request in route.requests:
        lines.append(
            f"{_number(request.calls)} {request.operation} {request.target}: "
            f"{_number(request.items)} of {_number(request.bytes)} B"
            + (f" ({request.note})" if request.note else "")
        )
        lines += [
            f"  {use.resource} {use.dimension} {_number(use.units.mean)}: {use.why}"
            for use in request.uses
        ]
    return lines
