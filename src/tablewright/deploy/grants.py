"""Least privilege: what each access pattern needs, and the policy statements that allow just that.

In: `Grant`s, one for each request of a pattern, as engines derive them from routes. Out: statements
of an IAM policy: requests on the same resource with the same conditions share one, each says which
patterns need it. Nothing is granted on `*` that can be named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tablewright.deploy.resources import Account, Ref, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action on one resource, and why."""

    action: str
    """Such as `dynamodb:GetItem`."""
    table: str
    """Logical name of the table's resource."""
    index: str = ""
    """The index that is read, where it is one."""
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of a policy: its id, actions, resources, and the patterns that need it."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    patterns: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Operator, condition key, values."""

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


def statements(grants: Iterable[Grant]) -> tuple[Statement, ...]:
    """Return one statement for each table and one for each index that is read.

    Grants of several patterns on one resource are joined; the actions of each are sorted, so that
    the same grants give the same bytes.
    """
    joined: dict[tuple[str, str], dict[str, set[str]]] = {}
    for grant in grants:
        actions = joined.setdefault((grant.table, grant.index), {})
        actions.setdefault(grant.action, set()).update(grant.patterns)
    written: list[Statement] = []
    for (table, index), actions in sorted(joined.items()):
        arn: Any = Ref(table, "Arn")
        if index:
            arn = Text((Ref(table, "Arn"), f"/index/{index}"))
        patterns = sorted({name for names in actions.values() for name in names})
        written.append(
            Statement(
                sid=_sid(table, index),
                actions=tuple(sorted(actions)),
                resources=(arn,),
                patterns=tuple(patterns),
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
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": Account("id")}}
    return {"Version": "2012-10-17", "Statement": [statement]}
