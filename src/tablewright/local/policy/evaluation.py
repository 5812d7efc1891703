"""Whether policies allow an action: an explicit denial wins, then any permission, else nothing.

In: identity policies and a resource's policy, an action, a resource and a context. Out: a decision
and its reason, worded as AWS words it.

Source: IAM User Guide, "Policy evaluation logic", within one account.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.frozen import frozen
from tablewright.local.policy.conditions import Context, matches_pattern
from tablewright.local.policy.documents import Policy, Statement

_NOTHING: Context = {}


@frozen
class Decision:
    """Whether an action is allowed, and why."""

    is_allowed: bool
    reason: str
    sid: str = ""
    """Of the statement that decided, if it has one."""


def evaluate(
    policies: Sequence[Policy],
    *,
    action: str,
    resource: str,
    context: Context = _NOTHING,
    resource_policy: Policy | None = None,
    principal: str = "*",
) -> Decision:
    """Return whether policies allow an action on a resource.

    Args:
        policies: the caller's identity policies.
        action: such as "dynamodb:GetItem".
        resource: the ARN of a table, index or stream.
        context: what is known of the request, by condition key in lower case.
        resource_policy: what the resource itself carries.
        principal: the ARN of the caller.

    Example:
        >>> from tablewright.local.policy.documents import read_policy
        >>> reader = read_policy({"Statement": {"Effect": "Allow", "Action": "dynamodb:Get*",
        ...                                     "Resource": "arn:aws:dynamodb:*:*:table/Orders"}})
        >>> table = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders"
        >>> evaluate([reader], action="dynamodb:GetItem", resource=table).is_allowed
        True
        >>> evaluate([reader], action="dynamodb:PutItem", resource=table).reason
        'because no identity-based policy allows the dynamodb:PutItem action'
    """
    matching: list[tuple[str, Statement]] = []
    for policy in policies:
        matching += [
            ("identity-based", statement)
            for statement in policy.statements
            if _applies(statement, action, resource, context, None)
        ]
    if resource_policy is not None:
        matching += [
            ("resource-based", statement)
            for statement in resource_policy.statements
            if _applies(statement, action, resource, context, principal)
        ]
    for kind, statement in matching:
        if not statement.is_allow:
            reason = f"with an explicit deny in a {kind} policy"
            if kind == "identity-based":
                reason = "with an explicit deny in an identity-based policy"
            return Decision(is_allowed=False, reason=reason, sid=statement.sid)
    if matching:
        kind, statement = matching[0]
        return Decision(is_allowed=True, reason=f"allowed by a {kind} policy", sid=statement.sid)
    return Decision(
        is_allowed=False, reason=f"because no identity-based policy allows the {action} action"
    )


def _applies(
    statement: Statement, action: str, resource: str, context: Context, principal: str | None
) -> bool:
    is_action = any(
        matches_pattern(pattern.lower(), action.lower()) for pattern in statement.actions
    )
    if is_action == statement.except_actions:
        return False
    is_resource = any(matches_pattern(pattern, resource) for pattern in statement.resources)
    if is_resource == statement.except_resources:
        return False
    if principal is not None and not _is_for(statement, principal):
        return False
    return all(condition.holds(context) for condition in statement.conditions)


def _is_for(statement: Statement, principal: str) -> bool:
    account = principal.split(":")[4] if principal.count(":") >= 5 else ""
    names = {principal, "*", account, f"arn:aws:iam::{account}:root"}
    is_named = any(each in names for each in statement.principals or ())
    return is_named != statement.except_principals
