"""Least privilege: what each access pattern needs, and the policy statements that allow just that.

In: `Grant`s, one for each request of a pattern, as engines derive them from routes. Out: statements
of an IAM policy: requests on the same resource with the same conditions share one, each says which
patterns need it. Nothing is granted on `*` that can be named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.deploy.resources import AccountFact, Ref, Text

USER = "{user}"
"""Replaced in a leading key by the user that a session names."""
Condition = tuple[str, str, tuple[str, ...]]
"""Operator, condition key, values."""


@frozen
class Grant:
    """One action on one resource, and why."""

    action: str
    """Such as `dynamodb:GetItem`."""
    table: str
    """Logical name of the table's resource."""
    index: str = ""
    """The index that is read, where it is one."""
    is_stream: bool = False
    """Whether the stream of the table is read, not the table."""
    patterns: tuple[str, ...] = ()
    leading_key: str = ""
    """Partition key of everything that is asked for, with `{user}` for the user's own id, where
    the pattern reads or writes what belongs to its user alone; otherwise empty."""
    attributes: tuple[str, ...] = ()
    """Attributes that are asked for, where the pattern asks for some alone."""


@frozen
class ChangeFeed:
    """What following the changes of an entity needs, beside what access patterns need."""

    entity: str
    grants: tuple[Grant, ...]


@frozen
class Statement:
    """A statement of a policy: its id, actions, resources, and the patterns that need it."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    patterns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    """Operator, condition key, values."""
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each action with the patterns that need it."""

    def document(self) -> dict[str, Any]:
        """Return the statement as a policy document holds it."""
        written: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.conditions:
            conditions: dict[str, dict[str, list[str]]] = {}
            for operator, key, values in self.conditions:
                conditions.setdefault(operator, {})[key] = list(values)
            written["Condition"] = conditions
        return written


def statements(grants: Iterable[Grant], user_tag: str = "") -> tuple[Statement, ...]:
    """Return a statement for each table and each index that is read, with its conditions.

    Grants of several patterns on one resource are joined; the actions of each are sorted, so that
    the same grants give the same bytes. Without a `user_tag` nothing names a user, and what belongs
    to one is told apart by the application.
    """
    joined: dict[tuple[str, str, bool, tuple[Condition, ...]], dict[str, set[str]]] = {}
    for grant in _alike(tuple(grants)):
        place = (grant.table, grant.index, grant.is_stream, _conditions(grant, user_tag))
        joined.setdefault(place, {}).setdefault(grant.action, set()).update(grant.patterns)
    written: list[Statement] = []
    sids: dict[str, int] = {}
    for (table, index, is_stream, conditions), actions in sorted(joined.items()):
        sid = _sid(table, index) + ("Stream" if is_stream else "")
        sids[sid] = sids.get(sid, 0) + 1
        written.append(
            Statement(
                sid=sid + (str(sids[sid]) if sids[sid] > 1 else ""),
                actions=tuple(sorted(actions)),
                resources=(Ref(table, "StreamArn") if is_stream else _arn(table, index),),
                patterns=tuple(sorted({name for names in actions.values() for name in names})),
                conditions=conditions,
                needs=tuple(
                    (action, tuple(sorted(names))) for action, names in sorted(actions.items())
                ),
            )
        )
    return tuple(written)


def _alike(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Return grants of one key with the same attributes: all, where one asks for all.

    A statement that limits attributes beside one that does not would limit nothing.
    """
    attributes_by_place: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for grant in grants:
        place = (grant.table, grant.index, grant.leading_key)
        attributes_by_place.setdefault(place, []).append(grant.attributes)
    common = {
        place: tuple(sorted({name for names in lists for name in names})) if all(lists) else ()
        for place, lists in attributes_by_place.items()
    }
    return tuple(
        replace(grant, attributes=common[grant.table, grant.index, grant.leading_key])
        for grant in grants
    )


def _arn(table: str, index: str) -> Any:
    return Text((Ref(table, "Arn"), f"/index/{index}")) if index else Ref(table, "Arn")


def _conditions(grant: Grant, user_tag: str) -> tuple[Condition, ...]:
    """Return what a request must fulfil: its keys begin with the user, it asks for these alone.

    Amazon DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control":
    with ForAllValues an absent key holds, so that `Null` asks for one; attributes are limited only
    where the request has to name them (`Select`).
    """
    if not user_tag or not grant.leading_key:
        return ()
    value = grant.leading_key.replace(USER, f"${{aws:PrincipalTag/{user_tag}}}")
    conditions: list[Condition] = [
        ("ForAllValues:StringEquals", "dynamodb:LeadingKeys", (value,)),
        ("Null", "dynamodb:LeadingKeys", ("false",)),
    ]
    if grant.attributes:
        names = tuple(sorted(set(grant.attributes)))
        conditions.append(("ForAllValues:StringEquals", "dynamodb:Attributes", names))
        conditions.append(("StringEqualsIfExists", "dynamodb:Select", ("SPECIFIC_ATTRIBUTES",)))
    return tuple(conditions)


def for_patterns(parts: Sequence[Statement], patterns: Collection[str]) -> tuple[Statement, ...]:
    """Return what some patterns need of these statements: fewer statements, fewer actions."""
    written: list[Statement] = []
    for part in parts:
        needs = tuple(
            (action, tuple(name for name in names if name in patterns))
            for action, names in part.needs
        )
        needs = tuple((action, names) for action, names in needs if names)
        if not needs:
            continue
        written.append(
            Statement(
                sid=part.sid,
                actions=tuple(action for action, _ in needs),
                resources=part.resources,
                patterns=tuple(sorted({name for _, names in needs for name in names})),
                conditions=part.conditions,
                needs=needs,
            )
        )
    return tuple(written)


def _sid(table: str, index: str) -> str:
    words = table if not index else f"{table}Index{index}"
    return "".join(c for c in words if c.isalnum())


def policy(parts: Iterable[Statement]) -> dict[str, Any]:
    """Return a policy document of statements."""
    return {"Version": "2012-10-17", "Statement": [part.document() for part in parts]}


def trust(service: str) -> dict[str, Any]:
    """Return the document that lets a service of AWS take a role on, in this account only.

    The condition on the account stops the confused deputy: another account's resource cannot make
    the service act here (AWS IAM User Guide, "The confused deputy problem").
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if service not in ("ec2", "lambda"):  # these two pass no source account
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": AccountFact("id")}}
    return {"Version": "2012-10-17", "Statement": [statement]}
