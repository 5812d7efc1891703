"""TransactWriteItems: up to a hundred writes and condition checks, all or none.

A transaction sent again with its token within ten minutes changes nothing and succeeds; tokens are
kept in the file, so that this holds after a restart too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.limits import MAX_TRANSACTION_BYTES
from tablewright.capacity.units import Consistency, read_units, write_units
from tablewright.local.expressions import Condition, Update
from tablewright.local.faults import (
    Fault,
    IdempotentParameterMismatchException,
    ItemCollectionSizeLimitExceededException,
    TransactionCanceledException,
    ValidationException,
)
from tablewright.local.operations.update_item import (
    bind_update,
    check_keys_untouched,
    updated,
)
from tablewright.local.requests import bind_condition, check_all_used_in, holds
from tablewright.local.tables import Table
from tablewright.local.validation import (
    check_expression_parameters,
    check_item,
    check_request,
    key_given,
    key_of_item,
)
from tablewright.local.writing import (
    Image,
    check_item_size,
    collection_metrics,
    size_of,
    stored_image,
    write,
)

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter

TOKEN_SECONDS = 600

_ACTIONS = ("ConditionCheck", "Put", "Delete", "Update")


@dataclass(slots=True, kw_only=True)
class Action:
    """One member of a transaction, checked and bound."""

    kind: str
    given: dict[str, Any]
    condition: Condition | None
    update: Update | None
    table: Table
    key: bytes = b""
    old: Image | None = None
    new: Image | None = None
    refusal: ValidationException | None = None
    """What the table's schema has against it; cancels the transaction."""


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a TransactWriteItems request."""
    request = check_request("transact_write_items", request)
    actions = [_bind(engine, given) for given in request["TransactItems"]]
    token = request.get("ClientRequestToken")
    digest = _digest(request) if token is not None else ""
    with engine.store.writing:
        if token is not None and _is_repeated(engine, token, digest):
            _meter_repeat(engine, actions, meter)
            return _reply(engine, request, actions, meter, split="Read")
        write_all(engine, actions, meter)
        if token is not None:
            engine.keep_token(token, digest, engine.clock())
        return _reply(engine, request, actions, meter, split="Write")


def _bind(engine: Engine, given: dict[str, Any]) -> Action:
    kinds = [kind for kind in _ACTIONS if kind in given]
    if len(kinds) != 1:
        raise ValidationException(
            "TransactItems can only contain one of Check, Put, Update or Delete"
        )
    (kind,) = kinds
    parameters = given[kind]
    expressions = ("ConditionExpression",)
    check_expression_parameters(
        parameters,
        ("UpdateExpression", *expressions) if kind == "Update" else expressions,
        (),
    )
    check_item(parameters["Item"] if kind == "Put" else parameters["Key"])
    new = None
    if kind == "Put":
        new = Image.of(parameters["Item"])
        check_item_size(new)
    update = bind_update(parameters) if kind == "Update" else None
    condition = bind_condition(parameters)
    check_all_used_in(parameters, update, condition)
    action = Action(
        kind=kind,
        given=parameters,
        condition=condition,
        update=update,
        table=engine.table(parameters["TableName"]),
        new=new,
    )
    try:
        if kind == "Put":
            action.key = key_of_item(action.table, parameters["Item"])
        else:
            action.key = key_given(action.table, parameters["Key"])
            check_keys_untouched(action.table, update)
    except ValidationException as fault:
        action.refusal = fault
    return action


def write_all(engine: Engine, actions: list[Action], meter: Meter) -> None:
    """Carry out all actions, or none and say why. Inside a write.

    Raises:
        ValidationException: two actions on one item, or more than 4 MB together.
        TransactionCanceledException: a condition does not hold or an update cannot be applied;
            everything is charged as if it had been done, without the index arms.
    """
    keys = [(action.table.name, action.key) for action in actions if action.key]
    if len(set(keys)) != len(keys):
        raise ValidationException(
            "Transaction request cannot include multiple operations on one item"
        )
    reasons: list[dict[str, Any]] = []
    for action in actions:
        if action.refusal is None:
            action.old = stored_image(engine, action.table, action.key)
        reasons.append(_reason(action))
    total = sum(
        max(size_of(action.old) or 0 if action.kind == "Update" else 0, size_of(action.new) or 0)
        for action in actions
    )
    for action in actions:
        if action.refusal is None:
            meter.table(action.table.name).add(writes=_units(action))
    if any(reason["Code"] != "None" for reason in reasons):
        raise cancelled(reasons)
    if total > MAX_TRANSACTION_BYTES:
        raise ValidationException(
            f"Transaction payload size cannot exceed 4MB. Payload Size: {total}"
        )
    for action in actions:
        if action.kind != "ConditionCheck":
            write(
                engine,
                action.table,
                action.key,
                action.old,
                action.new,
                meter.table(action.table.name),
            )


def _reason(action: Action) -> dict[str, Any]:
    """Find out whether an action can be done and what it leaves behind; return its reason."""
    if action.refusal is not None:
        return {"Code": "ValidationError", "Message": action.refusal.message}
    if not holds(action.condition, action.old):
        reason = {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
        }
        wants = action.given.get("ReturnValuesOnConditionCheckFailure")
        if wants == "ALL_OLD" and action.old is not None:
            reason["Item"] = orjson.loads(action.old.raw)
        return reason
    if action.kind == "Update":
        try:
            action.new, _ = updated(action.table, action.given["Key"], action.old, action.update)
        except ItemCollectionSizeLimitExceededException as fault:
            return {"Code": "ItemCollectionSizeLimitExceeded", "Message": fault.message}
        except Fault as fault:
            return {"Code": "ValidationError", "Message": fault.message}
    return {"Code": "None"}


def _units(action: Action) -> Decimal:
    """Return the units of one action on its table: a check costs what writing the item would."""
    if action.kind in ("ConditionCheck", "Delete") or action.new is None:
        return write_units(size_of(action.old), None, transactional=True)
    return write_units(size_of(action.old), size_of(action.new), transactional=True)


def cancelled(reasons: list[dict[str, Any]]) -> TransactionCanceledException:
    """Return the refusal of a transaction, with a reason for each of its actions."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return TransactionCanceledException(
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        extra={"CancellationReasons": reasons},
    )


def _is_repeated(engine: Engine, token: str, digest: str) -> bool:
    """Whether a transaction was carried out already, by its token."""
    known = engine.token(token, engine.clock() - TOKEN_SECONDS)
    if known is None:
        return False
    if known != digest:
        raise IdempotentParameterMismatchException(
            "The provided client request token was used with different parameters"
        )
    return True


def _digest(request: dict[str, Any]) -> str:
    content = orjson.dumps(request["TransactItems"], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _meter_repeat(engine: Engine, actions: list[Action], meter: Meter) -> None:
    """Count what a repeated transaction costs: to read its items, as they are now."""
    for action in actions:
        image = stored_image(engine, action.table, action.key)
        size = max(size_of(image) or 0, size_of(action.new) or 0)
        units = read_units(size, Consistency.TRANSACTIONAL)
        meter.table(action.table.name).add(reads=units)


def _reply(
    engine: Engine, request: dict[str, Any], actions: list[Action], meter: Meter, *, split: str
) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"), split=split)
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        collections: dict[str, list[dict[str, Any]]] = {}
        for action in actions:
            if action.kind != "ConditionCheck" and action.table.has_local_indexes:
                key = action.given["Item" if action.kind == "Put" else "Key"]
                metrics = collection_metrics(engine, action.table, key)
                listed = collections.setdefault(action.table.name, [])
                if metrics not in listed:
                    listed.append(metrics)
        reply["ItemCollectionMetrics"] = collections
    return reply
