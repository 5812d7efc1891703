"""Whether a request is allowed: the caller's policies, and those that tables and streams carry.

In: an engine, identity policies and a request. Out: nothing, or an AccessDeniedException worded as
the service words it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tablewright.local.engine import table_name
from tablewright.local.faults import AccessDeniedException
from tablewright.local.policy import Policy, accesses_of, evaluate, read_policy
from tablewright.local.resource_policies import policy_of

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine

ANYTHING = read_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
"""The policy of a caller whose own policies are not asked for."""


def caller(engine: LocalEngine) -> str:
    """Return the ARN of the one caller there is."""
    return f"arn:aws:iam::{engine.account}:user/local"


def authorize(
    engine: LocalEngine, policies: Sequence[Policy], operation: str, request: Mapping[str, Any]
) -> None:
    """Refuse a request that is not allowed.

    Raises:
        AccessDeniedException: one of the actions it needs is not allowed, or denied.
    """

    def partition_keys(name: str, index_name: str | None) -> tuple[str, ...]:
        table = engine.tables.get(table_name(name))
        if table is None:
            return ()
        index = table.indexes.get(index_name) if index_name else None
        keys = table.keys if index is None else index.keys
        return tuple(attribute for attribute, _ in keys.partition)

    user = caller(engine)
    for access in accesses_of(operation, request, partition_keys=partition_keys, arn=engine.arn):
        decision = evaluate(
            policies,
            action=access.action,
            resource=access.resource,
            context={"aws:username": ("local",), **access.context},
            resource_policy=_resource_policy(engine, access.resource),
            principal=user,
        )
        if not decision.is_allowed:
            raise AccessDeniedException(
                f"User: {user} is not authorized to perform: {access.action} on resource: "
                f"{access.resource} {decision.reason}"
            )


def _resource_policy(engine: LocalEngine, resource: str) -> Policy | None:
    table = engine.tables.get(table_name(resource))
    if table is None:
        return None
    text = policy_of(table, is_stream="/stream/" in resource)
    return None if text is None else read_policy(text, needs_principal=True)
