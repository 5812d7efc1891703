"""TransactWriteItems: up to a hundred writes and condition checks, all or none.

A transaction sent again with its token within ten minutes changes nothing and succeeds; tokens are
kept in the file, so that this holds after a restart too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from tablewright.capacity.limits import MAX_TRANSACTION_BYTES
from tablewright.capacity.units import Consistency, read_units, write_units
from tablewright.local.expressions import BoundCondition, BoundUpdate
from tablewright.local.faults import (
    EmptyKeyException,
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
from tablewright.local.tables import Table, TokenRecord
from tablewright.local.validation import (
    check_expression_parameters,
    check_index_keys,
    check_item,
    check_request,
    is_too_deep,
    key_of_item,
    key_of_request,
)
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import (
    Image,
    check_item_size,
    collection_metrics,
    size_of,
    stored_image,
    write,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

TOKEN_SECONDS = 600

_ACTIONS = ("ConditionCheck", "Put", "Delete", "Update")


@dataclass(slots=True, kw_only=True)
class TransactMember:
    """One member of a transaction, checked and bound."""

    kind: str
    parameters: dict[str, Any]
    condition: BoundCondition | None
    update: BoundUpdate | None
    new: Image | None = None
    table: Table
    key: bytes = b""
    old: Image | None = None
    refusal: ValidationException | None = None
    """What the table's schema has against it; cancels the transaction."""


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a TransactWriteItems request."""
    request = check_request("transact_write_items", request)
    # Every statement is checked before any table is looked up.
    bound = [_bind(entry) for entry in request["TransactItems"]]
    actions = [_on_table(engine, each) for each in bound]
    token = request.get("ClientRequestToken")
    digest = _digest(request) if token is not None else ""
    with engine.store.writing:
        if token is not None:
            known = _known_token(engine, token, digest)
            if known is not None:
                _meter_repeat(actions, known.sizes, meter)
                return _reply(engine, request, actions, meter, split="Read")
        write_all(engine, actions, meter)
        if token is not None:
            sizes = tuple(max(size_of(a.old) or 0, size_of(a.new) or 0) for a in actions)
            engine.keep_token(token, TokenRecord(digest, engine.clock(), sizes))
        return _reply(engine, request, actions, meter, split="Write")


class _BoundAction(NamedTuple):
    kind: str
    parameters: dict[str, Any]
    condition: BoundCondition | None
    update: BoundUpdate | None
    new: Image | None


def _bind(entry: dict[str, Any]) -> _BoundAction:
    """Check what an action says by itself.

    Raises:
        ValidationException: it is not one action; an expression or a value is wrong.
    """
    kinds = [kind for kind in _ACTIONS if kind in entry]
    if len(kinds) != 1:
        raise ValidationException(
            "TransactItems can only contain one of Check, Put, Update or Delete"
        )
    (kind,) = kinds
    parameters = entry[kind]
    expressions = ("ConditionExpression",)
    check_expression_parameters(
        parameters,
        ("UpdateExpression", *expressions) if kind == "Update" else expressions,
        (),
    )
    too_deep = None
    try:
        check_item(parameters["Item"] if kind == "Put" else parameters["Key"])
    except ValidationException as fault:
        if not is_too_deep(fault):
            raise
        too_deep = fault  # the expressions of the action are checked before
    update = bind_update(parameters) if kind == "Update" else None
    condition = bind_condition(parameters)
    check_all_used_in(parameters, update, condition)
    if too_deep is not None:
        raise too_deep
    new = None
    if kind == "Put":
        new = Image.of(parameters["Item"])
        check_item_size(new)
    return _BoundAction(kind, parameters, condition, update, new)


def _on_table(engine: LocalEngine, bound: _BoundAction) -> TransactMember:
    """Return an action on its table.

    Raises:
        ResourceNotFoundException: there is no such table.
        EmptyKeyException: a key is empty, which refuses the transaction as a whole.
    """
    action = TransactMember(**bound._asdict(), table=engine.table(bound.parameters["TableName"]))
    try:
        if action.kind == "Put":
            action.key = key_of_item(action.table, action.parameters["Item"])
        else:
            action.key = key_of_request(action.table, action.parameters["Key"])
            check_keys_untouched(action.table, action.update)
            _check_index_keys_set(action)
    except EmptyKeyException:
        raise
    except ValidationException as fault:
        action.refusal = fault
    return action


def _check_index_keys_set(action: TransactMember) -> None:
    """Refuse an update that sets an index key to an empty value, before any item is read."""
    if action.update is None or not action.table.indexes:
        return
    written = action.update.plain_values()
    try:
        check_index_keys(action.table, written, is_update=True)
    except EmptyKeyException:
        raise
    except ValidationException:
        return  # of another type: found again when the update is applied


def write_all(engine: LocalEngine, actions: list[TransactMember], meter: Meter) -> None:
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
        raise cancelled(_with_one_validation_error(reasons))
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


def _reason(action: TransactMember) -> dict[str, Any]:
    """Find out whether an action can be done and what it leaves behind; return its reason."""
    if action.refusal is not None:
        return {"Code": "ValidationError", "Message": action.refusal.message}
    if not holds(action.condition, action.old):
        reason = {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
        }
        on_failure = action.parameters.get("ReturnValuesOnConditionCheckFailure")
        if on_failure == "ALL_OLD" and action.old is not None:
            reason["Item"] = orjson.loads(action.old.raw)
        return reason
    if action.kind == "Update":
        key = action.parameters["Key"]
        try:
            action.new, _ = updated(action.table, key, action.old, action.update)
        except EmptyKeyException:
            raise
        except ItemCollectionSizeLimitExceededException as fault:
            return {"Code": "ItemCollectionSizeLimitExceeded", "Message": fault.message}
        except Fault as fault:
            return {"Code": "ValidationError", "Message": fault.message}
    return {"Code": "None"}


def _with_one_validation_error(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return reasons of which only the first validation error is told."""
    out: list[dict[str, Any]] = []
    for reason in reasons:
        is_repeated = reason["Code"] == "ValidationError" and any(
            earlier["Code"] == "ValidationError" for earlier in out
        )
        out.append({"Code": "None"} if is_repeated else reason)
    return out


def _units(action: TransactMember) -> Decimal:
    """Return the units of one action on its table: a check costs what writing the item would."""
    before = written_bytes(action.table, action.old)
    if action.kind in ("ConditionCheck", "Delete") or action.new is None:
        return write_units(before, None, transactional=True)
    return write_units(before, written_bytes(action.table, action.new), transactional=True)


def cancelled(reasons: list[dict[str, Any]]) -> TransactionCanceledException:
    """Return the refusal of a transaction, with a reason for each of its actions."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return TransactionCanceledException(
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        extra={"CancellationReasons": reasons},
    )


def _known_token(engine: LocalEngine, token: str, digest: str) -> TokenRecord | None:
    """Return what is kept of a transaction that was carried out already, by its token."""
    known = engine.token(token, engine.clock() - TOKEN_SECONDS)
    if known is not None and known.digest != digest:
        raise IdempotentParameterMismatchException(
            "The provided client request token was used with different parameters"
        )
    return known


def _digest(request: dict[str, Any]) -> str:
    content = orjson.dumps(request["TransactItems"], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _meter_repeat(actions: list[TransactMember], sizes: Sequence[int], meter: Meter) -> None:
    """Count what a repeated transaction costs: to read the larger image of each of its items."""
    for action, size in zip(actions, sizes or [0] * len(actions), strict=True):
        units = read_units(size, Consistency.TRANSACTIONAL)
        meter.table(action.table.name).add(reads=units)


def _reply(
    engine: LocalEngine,
    request: dict[str, Any],
    actions: list[TransactMember],
    meter: Meter,
    *,
    split: str,
) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"), split=split)
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        collections: dict[str, list[dict[str, Any]]] = {}
        for action in actions:
            if action.kind != "ConditionCheck" and action.table.has_local_indexes:
                key = action.parameters["Item" if action.kind == "Put" else "Key"]
                metrics = collection_metrics(engine, action.table, key)
                listed = collections.setdefault(action.table.name, [])
                if metrics not in listed:
                    listed.append(metrics)
        reply["ItemCollectionMetrics"] = collections
    return reply
