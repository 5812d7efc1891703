"""Policy documents: JSON to statements, read strictly.

In: the text of a policy, or its parsed JSON. Out: a `Policy`, or a `PolicyError` that says which
statement is wrong and why. What is not known is an error: a condition that nobody evaluates would
grant or refuse by accident.

Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.local.policy.conditions import PolicyCondition, read_conditions

_TOP = {"Version", "Id", "Statement"}
_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition",
}  # fmt: skip


class PolicyError(ValueError):
    """A text is not a policy that can be evaluated."""


@frozen
class Statement:
    """One statement: what it allows or denies, on what, to whom and when."""

    sid: str
    is_allow: bool
    actions: tuple[str, ...]
    except_actions: bool
    resources: tuple[str, ...]
    except_resources: bool
    principals: tuple[str, ...] | None
    """None in identity policies; "*" for everybody."""
    except_principals: bool = False
    conditions: tuple[PolicyCondition, ...] = ()


@frozen
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]
    version: str = field(default=_VERSIONS[0])


def read_policy(document: str | Mapping[str, Any], *, needs_principal: bool = False) -> Policy:
    """Return the policy that a document states.

    Args:
        document: its text, or its parsed JSON.
        needs_principal: whether each statement must say to whom it applies, as those of resources
            do; else none may.

    Raises:
        PolicyError: the document is not a policy.

    Example:
        >>> policy = read_policy('{"Statement": {"Effect": "Allow", "Action": "dynamodb:Get*",'
        ...                      ' "Resource": "*"}}')
        >>> policy.statements[0].actions
        ('dynamodb:Get*',)
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as problem:
            raise PolicyError(f"it is not JSON: {problem}") from None
    if not isinstance(document, Mapping):
        raise PolicyError("it is not an object")
    _check_members(document, _TOP, "the policy")
    version = document.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise PolicyError(f"Version must be one of {', '.join(_VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("Statement must be a statement or a list of them")
    return Policy(
        statements=tuple(
            _statement(entry, number, needs_principal) for number, entry in enumerate(statements, 1)
        ),
        version=version,
    )


def _statement(entry: Any, number: int, needs_principal: bool) -> Statement:
    where = f"statement {number}"
    if not isinstance(entry, Mapping):
        raise PolicyError(f"{where} is not an object")
    _check_members(entry, _MEMBERS, where)
    effect = entry.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect must be Allow or Deny")
    actions, except_actions = _either(entry, "Action", where)
    resources, except_resources = _either(entry, "Resource", where, is_optional=needs_principal)
    has_principal = "Principal" in entry or "NotPrincipal" in entry
    if needs_principal != has_principal:
        verb = "needs" if needs_principal else "may not have"
        raise PolicyError(f"{where} {verb} a Principal")
    principals, except_principals = _principals(entry, where) if has_principal else (None, False)
    try:
        conditions = read_conditions(entry.get("Condition", {}))
    except ValueError as problem:
        raise PolicyError(f"{where}: {problem}") from None
    return Statement(
        sid=str(entry.get("Sid", "")),
        is_allow=effect == "Allow",
        actions=actions,
        except_actions=except_actions,
        resources=resources or ("*",),
        except_resources=except_resources,
        principals=principals,
        except_principals=except_principals,
        conditions=conditions,
    )


def _check_members(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise PolicyError(f"{where} has unknown members: {', '.join(unknown)}")


def _either(
    entry: Mapping[str, Any], member: str, where: str, *, is_optional: bool = False
) -> tuple[tuple[str, ...], bool]:
    """Return a member or its negation, and whether it was the negation."""
    names = [name for name in (member, f"Not{member}") if name in entry]
    if not names and is_optional:
        return (), False
    if len(names) != 1:
        raise PolicyError(f"{where} needs either {member} or Not{member}")
    return _texts(entry[names[0]], f"{where}: {names[0]}"), names[0] != member


def _texts(value: Any, where: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, str) and each for each in listed):
        raise PolicyError(f"{where} must be a text or a list of texts")
    return tuple(listed)


def _principals(entry: Mapping[str, Any], where: str) -> tuple[tuple[str, ...], bool]:
    (name,) = [each for each in ("Principal", "NotPrincipal") if each in entry]
    value = entry[name]
    if value == "*":
        return ("*",), name != "Principal"
    if not isinstance(value, Mapping) or not value:
        raise PolicyError(f'{where}: {name} must be "*" or an object')
    principals: list[str] = []
    for kind, listed in value.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise PolicyError(f"{where}: {name} has an unknown kind {kind}")
        principals += _texts(listed, f"{where}: {name}.{kind}")
    return tuple(principals), name != "Principal"
