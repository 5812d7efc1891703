"""A stack as a CloudFormation template in YAML, with the reasons as comments.

In: a stack. Out: text; the same stack gives the same bytes. Short tags are used for references, as
people write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import plain
from tablewright.deploy.resources import (
    AccountFact,
    Parameter,
    ParameterRef,
    Ref,
    Resource,
    Stack,
    Text,
    references,
)

PSEUDO = {"id": "AWS::AccountId", "region": "AWS::Region", "partition": "AWS::Partition"}
LINUX_IMAGE = (
    "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}"
)
"""The newest Amazon Linux 2023; AWS Systems Manager User Guide, "Calling AMI public parameters"."""


class _Tagged(str):
    """A scalar with a CloudFormation tag."""

    tag = ""

    def __new__(cls, value: str, tag: str) -> _Tagged:
        new = super().__new__(cls, value)
        new.tag = tag
        return new


class _Select:
    """The n-th zone of the region."""

    def __init__(self, number: int) -> None:
        self.number = number


class _Dumper(yaml.SafeDumper):
    """Writes mappings in their own order, long texts as blocks, tagged scalars with their tag."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out: a template is read by people."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_tagged(dumper: _Dumper, value: _Tagged) -> yaml.Node:
    style = "|" if "\n" in value else ("'" if value.tag == "!Sub" else "")
    return dumper.represent_scalar(value.tag, str(value), style=style)


def _represent_select(dumper: _Dumper, value: _Select) -> yaml.Node:
    zones = yaml.ScalarNode("!GetAZs", "", style="'")
    number = yaml.ScalarNode("tag:yaml.org,2002:int", str(value.number))
    return yaml.SequenceNode("!Select", [number, zones], flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Tagged, _represent_tagged)
_Dumper.add_representer(_Select, _represent_select)


def render(stack: Stack, transform: str = "") -> str:
    """Return the template; a transform is what the service applies before it reads it.

    Raises:
        UnsupportedError: a resource is none of AWS's.
    """
    foreign = [r for r in stack.resources if not r.kind.startswith("AWS::")]
    if foreign:
        raise UnsupportedError(
            f"{stack.name} has resources that CloudFormation does not make: "
            + ", ".join(resource.kind for resource in foreign),
            remedy="write it with --format terraform",
        )
    head = {"AWSTemplateFormatVersion": "2010-09-09", "Description": stack.title}
    if transform:
        head["Transform"] = transform
    pieces = [
        f"# {stack.title}\n# Written by `tablewright deploy`; the model file says why.\n",
        _dump(head),
    ]
    if stack.usage:
        usage = {
            f"{entry.price_key}@{entry.region}": plain(round(entry.quantity, 6))
            for entry in stack.usage
        }
        text = "What the model expects in a month, by price: `tablewright cost` says how."
        pieces.append("\n" + _comment(text).replace("  #", "#"))
        metadata: dict[str, Any] = {"Usage": usage}
        if stack.billed_in:
            metadata["BilledIn"] = dict(stack.billed_in)
        pieces.append(_dump({"Metadata": metadata}))
    if stack.parameters:
        pieces.append(_section("Parameters", {p.name: _parameter(p) for p in stack.parameters}))
    pieces.append("\nResources:\n")
    for resource in stack.resources:
        if resource.reason:
            pieces.append(_comment(resource.reason))
        pieces.append(_indented(_dump({resource.name: _resource(resource, stack)})))
    if stack.outputs:
        outputs = {
            output.name: {"Description": output.text, "Value": _value(output.value)}
            for output in stack.outputs
        }
        pieces.append(_section("Outputs", outputs))
    return "".join(pieces)


def _dump(value: Any) -> str:
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        width=100,
        allow_unicode=True,
    )


def _section(name: str, value: Mapping[str, Any]) -> str:
    return "\n" + _dump({name: dict(value)})


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _comment(reason: str) -> str:
    import textwrap

    lines = textwrap.wrap(reason, width=94)
    return "".join(f"  # {line}\n" for line in lines)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    kind = "Number" if parameter.is_number else "String"
    written: dict[str, Any] = {"Type": kind, "Description": parameter.text}
    if parameter.default is not None:
        written["Default"] = parameter.default
    if parameter.is_secret:
        written["NoEcho"] = True
    if parameter.pattern:
        written["AllowedPattern"] = parameter.pattern
    return written


def _resource(resource: Resource, stack: Stack) -> dict[str, Any]:
    written: dict[str, Any] = {"Type": resource.kind}
    needed = {
        reference.resource
        for reference in references(resource.properties)
        if isinstance(reference, Ref)
    }
    after = [name for name in resource.after if name not in needed]
    if after:
        written["DependsOn"] = after if len(after) > 1 else after[0]
    if resource.keeps_data:
        # what a stack leaves that failed half way would be in the way of the next attempt:
        # AWS CloudFormation Template Reference, "DeletionPolicy attribute"
        written["DeletionPolicy"] = "RetainExceptOnCreate"
        written["UpdateReplacePolicy"] = "Retain"
    if resource.properties:
        written["Properties"] = _value(resource.properties)
    return written


def _value(value: Any) -> Any:
    if isinstance(value, Ref):
        if value.attribute:
            return _Tagged(f"{value.resource}.{value.attribute}", "!GetAtt")
        return _Tagged(value.resource, "!Ref")
    if isinstance(value, ParameterRef):
        return _Tagged(value.name, "!Ref")
    if isinstance(value, AccountFact):
        return _fact(value)
    if isinstance(value, Text):
        text = "".join(_substituted(part) for part in value.parts)
        return _Tagged(text, "!Sub") if "${" in text else text
    if isinstance(value, Mapping):
        inner = {key: _value(item) for key, item in value.items()}
        if "UserData" in inner:
            inner["UserData"] = {"Fn::Base64": inner["UserData"]}
        return inner
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return value


def _fact(account: AccountFact) -> Any:
    if account.fact.startswith("zone "):
        return _Select(int(account.fact.split()[1]))
    if account.fact == "amazon-linux":
        return LINUX_IMAGE
    return _Tagged(PSEUDO[account.fact], "!Ref")


def _substituted(part: Any) -> str:
    """Return a part of a text as `!Sub` takes it; `${` of the text itself is escaped."""
    if isinstance(part, Ref):
        return f"${{{part.resource}{'.' + part.attribute if part.attribute else ''}}}"
    if isinstance(part, ParameterRef):
        return f"${{{part.name}}}"
    if isinstance(part, AccountFact):
        return f"${{{PSEUDO[part.fact]}}}"
    return str(part).replace("${", "${!")
