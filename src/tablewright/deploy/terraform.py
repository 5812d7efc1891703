"""A stack as Terraform, for the provider hashicorp/aws.

In: a stack. Out: HCL, by file name. The tree speaks CloudFormation's property names; `SHAPES` says
for each kind what the provider calls it and how its arguments are written: as attributes or as
nested blocks. A kind without a shape is an error, never left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.deploy.resources import (
    AccountFact,
    ParameterRef,
    Ref,
    Resource,
    Stack,
    Text,
)
from tablewright.deploy.shapes import SHAPES
from tablewright.deploy.shapes.names import ATTRIBUTES, MAIN_TYPES
from tablewright.deploy.shapes.values import Block, Encoded, HclExpression, Json
from tablewright.deploy.shapes.values import snaked_name as snake

DATA = {
    "id": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.region",
    "partition": "data.aws_partition.current.partition",
    "amazon-linux": "data.aws_ssm_parameter.linux.value",
}


def render(stack: Stack) -> dict[str, str]:
    """Return the files of a Terraform configuration by name.

    Raises:
        UnsupportedError: the provider's form of a resource is not known here.
    """
    unknown = sorted({r.kind for r in stack.resources if r.kind not in SHAPES})
    if unknown:
        raise UnsupportedError(
            f"{stack.name} has resources without a Terraform form: {', '.join(unknown)}",
            remedy="write it with --format cloudformation",
        )
    writer = _Writer(stack)
    return {
        **{f"{snake(r.name)}.py": r.properties["Code"]["ZipFile"] for r in writer.inline},
        "main.tf": writer.main(),
        "variables.tf": writer.variables(),
        "outputs.tf": writer.outputs(),
        "versions.tf": writer.versions(),
    }


class _Writer:
    """Writes one stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.kinds = {resource.name: resource.kind for resource in stack.resources}
        self.inline = [
            function
            for function in stack.of_kind("AWS::Lambda::Function")
            if "ZipFile" in function.properties["Code"]
        ]
        """Functions whose source is a file beside the configuration."""

    def main(self) -> str:
        pieces = [f"# {self.stack.title}\n# Written by `tablewright deploy`; the model says why.\n"]
        for resource in self.stack.resources:
            shape: Callable[[Resource], list[Block]] = SHAPES[resource.kind]
            blocks = shape(resource)
            for number, block in enumerate(blocks):
                comment = f"# {resource.reason}\n" if resource.reason and number == 0 else ""
                pieces.append(f"\n{comment}{self._block(block, resource)}")
        text = "".join(pieces)
        return text + self._data(text)

    def _data(self, text: str) -> str:
        """Return the data sources that the configuration reads."""
        sources = {
            "data.aws_caller_identity": 'data "aws_caller_identity" "current" {}',
            "data.aws_region": 'data "aws_region" "current" {}',
            "data.aws_partition": 'data "aws_partition" "current" {}',
            "data.aws_availability_zones": 'data "aws_availability_zones" "available" {\n'
            '  state = "available"\n}',
            "data.aws_ssm_parameter.linux": 'data "aws_ssm_parameter" "linux" {\n'
            '  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"\n}',
        }
        needed = [source for name, source in sources.items() if name in text]
        needed += [_packed(snake(function.name)) for function in self.inline]
        return "".join(f"\n{source}\n" for source in needed)

    def _block(self, block: Block, resource: Resource) -> str:
        body = dict(block.body)
        after = [
            f"{_address(self.kinds[name], name)}" for name in resource.after if name in self.kinds
        ]
        if after and block.is_main:
            body["depends_on"] = [HclExpression(address) for address in after]
        if resource.keeps_data and block.is_main:
            body["lifecycle"] = [Block.inner({"prevent_destroy": True})]
        name = snake(resource.name) + (f"_{block.suffix}" if block.suffix else "")
        head = f'resource "{block.kind}" "{name}"'
        return f"{head} {{\n{self._body(body, 1)}}}\n"

    def _body(self, body: Mapping[str, Any], depth: int) -> str:
        indent = "  " * depth
        lines: list[str] = []
        for key, value in body.items():
            if value is None:
                continue
            if isinstance(value, list) and value and all(isinstance(v, Block) for v in value):
                for inner in value:
                    lines.append(
                        f"{indent}{key} {{\n{self._body(inner.body, depth + 1)}{indent}}}\n"
                    )
            else:
                lines.append(f"{indent}{key} = {self.value(value, depth)}\n")
        return "".join(lines)

    def value(self, value: Any, depth: int = 1) -> str:
        """Return a value as an HCL expression."""
        if isinstance(value, HclExpression):
            return value.text
        if isinstance(value, Json):
            return f"jsonencode({self.value(value.value, depth)})"
        if isinstance(value, Encoded):
            return f"base64encode({self.value(value.text, depth)})"
        if isinstance(value, Ref | ParameterRef | AccountFact):
            return self._reference(value)
        if isinstance(value, Text):
            return self._text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            return self._list(value, depth)
        return _quoted(str(value))

    def _mapping(self, value: Mapping[str, Any], depth: int) -> str:
        if not value:
            return "{}"
        indent = "  " * depth
        inner = "".join(
            f"{indent}  {_key(key)} = {self.value(item, depth + 1)}\n"
            for key, item in value.items()
            if item is not None
        )
        return f"{{\n{inner}{indent}}}"

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> str:
        if not value:
            return "[]"
        flat = "[" + ", ".join(self.value(item, depth) for item in value) + "]"
        if len(flat) < 90 and "\n" not in flat:
            return flat
        indent = "  " * depth
        inner = "".join(f"{indent}  {self.value(item, depth + 1)},\n" for item in value)
        return f"[\n{inner}{indent}]"

    def _reference(self, value: Ref | ParameterRef | AccountFact) -> str:
        if isinstance(value, ParameterRef):
            return f"var.{snake(value.name)}"
        if isinstance(value, AccountFact):
            if value.fact.startswith("zone "):
                return f"data.aws_availability_zones.available.names[{value.fact.split()[1]}]"
            return DATA[value.fact]
        kind = self.kinds[value.resource]
        attribute = ATTRIBUTES.get((kind, value.attribute))
        if attribute is None:
            raise UnsupportedError(
                f"Terraform's name of {kind}.{value.attribute or 'Ref'} is not known here",
                remedy="write it with --format cloudformation",
            )
        return f"{_address(kind, value.resource)}.{attribute}"

    def _text(self, text: Text) -> str:
        pieces = "".join(
            f"${{{self.value(part)}}}"
            if isinstance(part, Ref | ParameterRef | AccountFact)
            else str(part).replace("${", "$${")
            for part in text.parts
        )
        if "\n" in pieces:
            return f"<<EOT\n{pieces.rstrip()}\nEOT\n"
        return '"' + _escaped(pieces) + '"'

    def variables(self) -> str:
        pieces = []
        for parameter in self.stack.parameters:
            body: dict[str, Any] = {
                "type": HclExpression("number" if parameter.is_number else "string"),
                "description": parameter.text,
            }
            if parameter.default is not None:
                body["default"] = parameter.default
            if parameter.is_secret:
                body["sensitive"] = True
            pieces.append(f'variable "{snake(parameter.name)}" {{\n{self._body(body, 1)}}}\n')
        return "\n".join(pieces)

    def outputs(self) -> str:
        return "\n".join(
            f'output "{snake(output.name)}" {{\n'
            + self._body({"description": output.text, "value": output.value}, 1)
            + "}\n"
            for output in self.stack.outputs
        )

    def versions(self) -> str:
        kinds = {resource.kind.partition("::")[0] for resource in self.stack.resources}
        providers: dict[str, Any] = {}
        configured = ""
        if "AWS" in kinds:
            providers["aws"] = {"source": "hashicorp/aws", "version": ">= 6.0"}
            configured = f'\nprovider "aws" {{\n{self._body({"region": self.stack.region}, 1)}}}\n'
        if self.inline:
            providers["archive"] = {"source": "hashicorp/archive", "version": ">= 2.4"}
        if "MongoDB" in kinds:  # its keys come from the environment
            providers["mongodbatlas"] = {"source": "mongodb/mongodbatlas", "version": ">= 2.0"}
            configured += '\nprovider "mongodbatlas" {\n}\n'
        body = {"required_version": ">= 1.9", "required_providers": [Block.inner(providers)]}
        return f"terraform {{\n{self._body(body, 1)}}}\n{configured}"


def _packed(name: str) -> str:
    """Return the data source that packs the source of a function."""
    return (
        f'data "archive_file" "{name}" {{\n'
        '  type = "zip"\n'
        f'  output_path = "${{path.module}}/.{name}.zip"\n'
        "  source {\n"
        f'    content = file("${{path.module}}/{name}.py")\n'
        '    filename = "index.py"\n'
        "  }\n"
        "}"
    )


def _address(kind: str, name: str) -> str:
    return f"{MAIN_TYPES[kind]}.{snake(name)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w-]*", key) else _quoted(key)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${")
