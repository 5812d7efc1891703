"""What a move changes for the code that calls the database, access pattern by access pattern.

In: a pattern, its routes by two designs, the requests of one call of each. Out: sentences on
consistency, order, pages, uniqueness, transactions and round trips. Pure: it goes by what the
routes and requests say, and knows no engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.frozen import frozen
from tablewright.evaluation.values import Request, Route
from tablewright.model.values import Model, Pattern, Verb

READS = frozenset({Verb.GET, Verb.LIST})
STRONG, EVENTUAL = "strong", "eventual"


@frozen
class CallerChange:
    """One thing that the calling code meets."""

    what: str
    """served, consistency, order, pages, uniqueness, transaction, round-trips, conditions."""
    text: str


def caller_changes(
    model: Model,
    pattern: Pattern,
    before: tuple[Route, Sequence[Request]],
    after: tuple[Route, Sequence[Request]],
) -> tuple[CallerChange, ...]:
    """Return what changes for the caller of a pattern.

    Args:
        model: the model.
        pattern: the access pattern.
        before: the route by the design that is left, and its requests.
        after: those by the design that is moved to.
    """
    if not after[0].is_served:
        text = f"it is no longer served: {after[0].cannot}"
        return (CallerChange(what="served", text=text),)
    if not before[0].is_served:
        return (CallerChange(what="served", text="it was not served before, and is now"),)
    found = [
        *_consistency(pattern, before[1], after[1]),
        *_order(pattern, before[0], after[0]),
        *_pages(pattern, before[1], after[1]),
        *_uniqueness(model, pattern, before[1], after[1]),
        *_transaction(before[1], after[1]),
        *_round_trips(before[0], after[0]),
        *_conditions(before[0], after[0]),
    ]
    return tuple(CallerChange(what=what, text=text) for what, text in found)


def consistency_of(requests: Sequence[Request]) -> str:
    """Return how fresh an answer is: strong where it shows every write that was acknowledged.

    A statement of a server reads from its primary; a request with parameters says for itself
    whether it reads consistently.
    """
    reads = [request for request in requests if request.statement or request.template]
    if all(request.statement or request.template.get("ConsistentRead") for request in reads):
        return STRONG
    return EVENTUAL


def _consistency(
    pattern: Pattern, before: Sequence[Request], after: Sequence[Request]
) -> list[tuple[str, str]]:
    if pattern.verb not in READS:
        return []
    old, new = consistency_of(before), consistency_of(after)
    if old == new:
        return []
    if new == EVENTUAL:
        return [("consistency", "a read may miss a write of the last moment: it was strong before")]
    return [("consistency", "a read shows every acknowledged write: it was eventual before")]


def _order(pattern: Pattern, before: Route, after: Route) -> list[tuple[str, str]]:
    if after.sorts_in_code and not before.sorts_in_code:
        keys = ", ".join(name for name, _ in pattern.sort)
        return [("order", f"the caller sorts by {keys} after reading everything")]
    if before.sorts_in_code and not after.sorts_in_code:
        return [("order", "rows come in order: the caller need not sort any more")]
    return []


def _pages(
    pattern: Pattern, before: Sequence[Request], after: Sequence[Request]
) -> list[tuple[str, str]]:
    if pattern.verb is not Verb.LIST:
        return []
    old, new = (any(request.template for request in each) for each in (before, after))
    if new and not old:
        text = "pages end at 1 MB or the limit; go on with LastEvaluatedKey, not with an offset"
        return [("pages", text)]
    if old and not new:
        return [("pages", "go on after the last key of a page: there is no LastEvaluatedKey")]
    return []


def _uniqueness(
    model: Model, pattern: Pattern, before: Sequence[Request], after: Sequence[Request]
) -> list[tuple[str, str]]:
    if pattern.verb not in (Verb.PUT, Verb.UPDATE) or not pattern.entity:
        return []
    unique = [a.name for a in model.entity(pattern.entity).attributes if a.unique]
    changed = {*unique} if pattern.verb is Verb.PUT else {*unique} & {*pattern.touched}
    if not changed:
        return []
    old, new = _is_transaction(before), _is_transaction(after)
    names = ", ".join(sorted(changed))
    if new and not old:
        text = f"that {names} is unique is kept by items of their own in the transaction"
        return [("uniqueness", f"{text}: a second one is refused as a cancelled transaction")]
    if old and not new and not any(request.template for request in after):
        return [("uniqueness", f"a unique index keeps {names}: a second one is a duplicate key")]
    return []


def _transaction(before: Sequence[Request], after: Sequence[Request]) -> list[tuple[str, str]]:
    old, new = _is_transaction(before), _is_transaction(after)
    if new and not old:
        text = "several records are written together: the call may be cancelled by another one"
        return [("transaction", f"{text}, and is then repeated")]
    if old and not new:
        return [("transaction", "one record is written: no transaction is needed any more")]
    return []


def _is_transaction(requests: Sequence[Request]) -> bool:
    return any(
        "Transact" in request.operation
        or request.statement.startswith("BEGIN")
        or "start_transaction" in request.statement
        for request in requests
    )


def _round_trips(before: Route, after: Route) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if before.depth != after.depth:
        found.append(("round-trips", f"{after.depth} one after another, {before.depth} before"))
    if after.reads_first and not before.reads_first:
        found.append(("round-trips", "it reads before it writes, with a condition on what it read"))
    return found


def _conditions(before: Route, after: Route) -> list[tuple[str, str]]:
    new = [name for name in after.filtered if name not in before.filtered]
    if not new:
        return []
    return [("conditions", f"{', '.join(new)} is looked at after the read, which is paid for")]
