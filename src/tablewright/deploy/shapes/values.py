"""Pieces of HCL, and how names of the tree are written the provider's way.

In: properties of a resource. Out: blocks, expressions, names. It knows no kind of resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.deploy.resources import Resource


@frozen(kw_only=False)
class HclExpression:
    """A text that is written into HCL as it is."""

    text: str


@frozen(kw_only=False)
class Json:
    """A document that goes through `jsonencode`."""

    value: Any


@frozen(kw_only=False)
class Encoded:
    """A text that goes through `base64encode`."""

    text: Any


@frozen(kw_only=False)
class Block:
    """A resource block, or (with no kind) a nested one."""

    kind: str
    body: Mapping[str, Any]
    suffix: str = ""
    is_main: bool = True

    @classmethod
    def inner(cls, body: Mapping[str, Any]) -> Block:
        """Return a nested block."""
        return cls("", body)


def snake_case(name: str) -> str:
    """Return a property name as the provider writes it.

    Example:
        >>> snake_case("MapPublicIpOnLaunch"), snake_case("DBName")
        ('map_public_ip_on_launch', 'db_name')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def snaked(value: Any) -> Any:
    """Return a value whose property names are written the provider's way, however deep."""
    if isinstance(value, Mapping):
        return {snake_case(key): snaked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [snaked(item) for item in value]
    return value


def inner_blocks(values: list[Mapping[str, Any]]) -> list[Block]:
    """Return a nested block for each value, its names written the provider's way."""
    return [Block.inner(snaked(value)) for value in values]


def tags_of(properties: Mapping[str, Any]) -> Any:
    """Return the tags of a resource as a mapping; None where it has none."""
    tags = properties.get("Tags")
    if tags is None or isinstance(tags, Mapping):
        return tags
    return {tag["Key"]: tag["Value"] for tag in tags}


def plainly(kind: str, **renamed: str) -> Callable[[Resource], list[Block]]:
    """Return a shape that only writes names its own way; `renamed` maps property to argument."""

    def shape(resource: Resource) -> list[Block]:
        body: dict[str, Any] = {}
        for key, value in resource.properties.items():
            if key == "Tags":
                continue
            body[renamed.get(key, snake_case(key))] = value
        tags = tags_of(resource.properties)
        if tags:
            body["tags"] = tags
        return [Block(kind, body)]

    return shape


def physical_name(resource: Resource) -> str:
    """Return a name for what Terraform wants named and CloudFormation names by itself."""
    tags = tags_of(resource.properties) or {}
    words = [tags.get("app", ""), tags.get("environment", ""), snake_case(resource.name)]
    return "-".join(word.replace("_", "-") for word in words if word)


def snaked_name(name: str) -> str:
    """Return a logical name as Terraform writes names.

    Example:
        >>> snaked_name("UsersTable"), snaked_name("HttpsListener")
        ('users_table', 'https_listener')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
