"""Resource policies: documents that tables and streams carry, and who may do what by them.

In: ARNs and policies of requests. Out: the stored policies. They are part of a table's definition;
`local.policy` evaluates them.

Source: API reference, PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy (20 KB, revisions,
NO_POLICY as the revision of a resource without one).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.core.quantities import KB
from tablewright.local.faults import (
    PolicyNotFoundException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.policy import PolicyError, read_policy

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

MAX_POLICY_BYTES = 20 * KB
_NO_POLICY = "NO_POLICY"

Stored = dict[str, str]


def put_policy(engine: LocalEngine, arn: str, policy: str, expected_revision: str | None) -> str:
    """Attach a policy to a resource and return its revision. Inside a write.

    Raises:
        ValidationException: it is no policy, or too long.
        PolicyNotFoundException: the expected revision is not the current one.
        ResourceNotFoundException: there is no such table or stream.
    """
    check_policy(policy)
    table, member = _place(engine, arn)
    _check_revision(table.definition.get(member), expected_revision, arn)
    previous = table.definition.get(member)
    if previous is not None and previous["Policy"] == policy:
        return str(previous["RevisionId"])
    revision = _revision(policy, engine.clock())
    stored = {"Policy": policy, "RevisionId": revision}
    engine.save({**table.definition, member: stored})
    return revision


def check_policy(policy: str) -> None:
    """Refuse a text that a resource cannot carry as its policy."""
    if len(policy.encode()) > MAX_POLICY_BYTES:
        raise ValidationException(
            f"Resource-based policy exceeds the maximum size of {MAX_POLICY_BYTES} bytes"
        )
    try:
        read_policy(policy, needs_principal=True)
    except PolicyError as problem:
        raise ValidationException(f"Invalid policy document: {problem}") from None


def find_policy(engine: LocalEngine, arn: str) -> Stored:
    """Return the policy of a resource with its revision. Inside a read.

    Raises:
        PolicyNotFoundException: it has none.
    """
    table, member = _place(engine, arn)
    stored: Stored | None = table.definition.get(member)
    if stored is None:
        raise _not_found(arn)
    return stored


def delete_policy(engine: LocalEngine, arn: str, expected_revision: str | None) -> str | None:
    """Take the policy from a resource; return its revision, None if it had none. In a write."""
    table, member = _place(engine, arn)
    stored = table.definition.get(member)
    _check_revision(stored, expected_revision, arn)
    if stored is None:
        return None
    engine.save({name: value for name, value in table.definition.items() if name != member})
    return str(stored["RevisionId"])


def policy_of(table: Table, *, is_stream: bool = False) -> str | None:
    """Return the policy document that a table or its stream carries, None without one."""
    stored = table.definition.get("StreamPolicy" if is_stream else "ResourcePolicy")
    return None if stored is None else str(stored["Policy"])


def _revision(policy: str, moment: float) -> str:
    digest = hashlib.sha256(orjson.dumps([policy, moment])).digest()
    return str(int.from_bytes(digest[:8], "big"))


def _place(engine: LocalEngine, arn: str) -> tuple[Table, str]:
    """Return the table that an ARN names, and the member of its definition for the policy."""
    name, _, rest = arn.partition(":table/")[2].partition("/")
    table = engine.tables.get(name)
    if table is None or not arn.startswith(engine.arn(name)):
        raise ResourceNotFoundException(
            f"Requested resource not found: ResourcArn: {arn} not found"
        )
    if not rest:
        return table, "ResourcePolicy"
    if rest == f"stream/{table.definition.get('StreamLabel')}":
        return table, "StreamPolicy"
    raise _no_resource(arn)


def _no_resource(arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Requested resource not found: ResourcArn: {arn} not found")


def _check_revision(stored: Any, expected: str | None, arn: str) -> None:
    if expected is None:
        return
    if expected != (_NO_POLICY if stored is None else stored["RevisionId"]):
        raise _not_found(arn)


def _not_found(arn: str) -> PolicyNotFoundException:
    return PolicyNotFoundException(
        f"Resource-based policy not found for the provided ResourceArn: {arn}"
    )
