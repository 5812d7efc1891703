"""A neutral tree of infrastructure: resources with their properties, references and reasons.

In: nothing; these are values. Engines and `components` build a `Stack`, renderers write it down.
A resource's properties carry the names of its CloudFormation type (the one public vocabulary that
describes every resource of AWS); `terraform` knows how its provider spells the same. The tree knows
no file format, and holds no secret: what is secret is a `Parameter` or lives in a secret store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen


@frozen(kw_only=False)
class Ref:
    """Another resource of the tree: what identifies it, or one of its attributes (`Arn` …)."""

    resource: str
    attribute: str = ""


@frozen(kw_only=False)
class ParameterRef:
    """The value of a parameter, given when the stack is created."""

    name: str


@frozen(kw_only=False)
class Text:
    """A text with references in it: parts are texts, `Ref`, `ParameterRef` or `AccountFact`."""

    parts: tuple[Any, ...]


@frozen(kw_only=False)
class AccountFact:
    """A fact of where the stack is created: `id`, `region` or `partition`."""

    fact: str


@frozen
class Resource:
    """One resource. `kind` is a CloudFormation type such as `AWS::DynamoDB::Table`."""

    name: str
    """Its logical name within the stack: letters and digits, beginning with a capital."""
    kind: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    """Why it is there, written beside it as a comment."""
    keeps_data: bool = False
    """Deleting the stack must not delete it."""
    after: tuple[str, ...] = ()
    """Resources that must exist first although no property refers to them."""
    price_keys: tuple[str, ...] = ()
    """The prices of the option that pay for it."""


@frozen
class Parameter:
    """A value that differs between environments, or that no file may hold."""

    name: str
    text: str
    default: str | None = None
    is_secret: bool = False
    is_number: bool = False
    pattern: str = ""


@frozen
class StackOutput:
    """What is told once the stack exists."""

    name: str
    text: str
    value: Any


@frozen
class Usage:
    """How much of something that is charged by use the model expects in a month."""

    price_key: str
    region: str
    quantity: Decimal


@frozen
class Stack:
    """A whole deployment: parameters, resources, outputs."""

    name: str
    title: str
    region: str
    environment: str
    parameters: tuple[Parameter, ...] = ()
    resources: tuple[Resource, ...] = ()
    outputs: tuple[StackOutput, ...] = ()
    usage: tuple[Usage, ...] = ()
    billed_in: tuple[tuple[str, str], ...] = ()
    """Prices of resources that are those of another region than the stack's."""

    def resource(self, name: str) -> Resource:
        """Return a resource by its logical name (KeyError if there is none)."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """Return the resources of one kind."""
        return tuple(resource for resource in self.resources if resource.kind == kind)


def logical_name(*words: str) -> str:
    """Return a logical name made of words: letters and digits, each word with a capital.

    Example:
        >>> logical_name("stj_subscribers", "writes-throttled")
        'StjSubscribersWritesThrottled'
    """
    pieces: list[str] = []
    for word in words:
        for piece in "".join(c if c.isalnum() else " " for c in word).split():
            pieces.append(piece[0].upper() + piece[1:])
    return "".join(pieces)


def references(value: Any) -> Iterator[Ref | ParameterRef]:
    """Yield every reference in a property value, however deep."""
    if isinstance(value, Ref | ParameterRef):
        yield value
    elif isinstance(value, Text):
        for part in value.parts:
            yield from references(part)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner)


def checked(stack: Stack) -> Stack:
    """Return the stack as it is, once its names and references are known to be right.

    Raises:
        UsageError: two resources have one name, or a reference leads nowhere.
    """
    names = [resource.name for resource in stack.resources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"two resources of {stack.name} would be called {', '.join(twice)}",
            remedy="rename a table, index or pattern whose name differs from another's only by "
            "punctuation",
        )
    known = set(names)
    parameters = {parameter.name for parameter in stack.parameters}
    for resource in stack.resources:
        missing = [after for after in resource.after if after not in known]
        for reference in references(resource.properties):
            if isinstance(reference, Ref) and reference.resource not in known:
                missing.append(reference.resource)
            if isinstance(reference, ParameterRef) and reference.name not in parameters:
                missing.append(reference.name)
        if missing:
            raise UsageError(
                f"{resource.name} refers to {', '.join(sorted(set(missing)))}, which the stack "
                "does not have",
                remedy="report this: the option is written down incompletely",
            )
    return stack
