"""Read other people's YAML and JSON safely, with the place of what was read.

In: text. Out: plain values, with unknown tags (`!Ref`, `!Sub`) in the long form of CloudFormation.
Aliases that multiply beyond measure (a YAML bomb), and nesting beyond sense, are refused.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tablewright.core.errors import UsageError

MOST_NODES = 2_000_000
"""Nodes visited, each as often as an alias repeats it."""
DEEPEST = 100
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHORT = {"Ref": "Ref", "Condition": "Condition"}


class Placed(dict[str, Any]):
    """A mapping that knows the line it begins at, counted from 1."""

    line: int = 0


def parse(text: str, name: str) -> Any:
    """Return the first document of a YAML or JSON text.

    Raises:
        UsageError: it is not YAML, or a bomb; says where.
    """
    try:
        loader = _LOADER(text)
        try:
            node = loader.get_node() if loader.check_node() else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise UsageError(
            f"{where} is not valid YAML: {problem.problem}", remedy="correct it there"
        ) from problem
    except (yaml.YAMLError, RecursionError) as problem:
        raise UsageError(f"{name} is not valid YAML", remedy="is this the right file?") from problem
    return None if node is None else _Builder(name, loader).value(node, 0)


class _Builder:
    """Makes values of nodes, counting them."""

    def __init__(self, name: str, loader: Any) -> None:
        self._name = name
        self._loader = loader
        self._count = 0

    def value(self, node: Node, depth: int) -> Any:
        self._count += 1
        if self._count > MOST_NODES:
            raise UsageError(
                f"{self._name}:{node.start_mark.line + 1}: aliases multiply to more than "
                f"{MOST_NODES:,} values",
                remedy="this looks like a YAML bomb; nothing was read",
            )
        if depth > DEEPEST:
            raise UsageError(
                f"{self._name}:{node.start_mark.line + 1}: nested more than {DEEPEST} deep",
                remedy="is this the right file?",
            )
        plain = self._plain(node, depth)
        if node.tag.startswith("!") and len(node.tag) > 1:
            name = node.tag[1:]
            if name == "GetAtt" and isinstance(plain, str):
                plain = plain.split(".", 1)
            return {_SHORT.get(name, f"Fn::{name}"): plain}
        return plain

    def _plain(self, node: Node, depth: int) -> Any:
        if isinstance(node, MappingNode):
            mapping = Placed()
            mapping.line = node.start_mark.line + 1
            for key, value in node.value:
                name = str(key.value) if isinstance(key, ScalarNode) else "?"
                if name == "<<" and isinstance(value, MappingNode):
                    merged = self.value(value, depth + 1)
                    mapping.update({k: v for k, v in merged.items() if k not in mapping})
                    continue
                mapping[name] = self.value(value, depth + 1)
            return mapping
        if isinstance(node, SequenceNode):
            return [self.value(inner, depth + 1) for inner in node.value]
        assert isinstance(node, ScalarNode)
        return self._scalar(node)

    def _scalar(self, node: ScalarNode) -> Any:
        if node.style or node.tag.startswith("!"):
            return node.value
        if node.tag.endswith(":int"):
            try:
                return int(node.value.replace("_", ""), 0)
            except ValueError:
                return node.value
        if node.tag.endswith(":bool"):
            return node.value.lower() in ("true", "yes", "on")
        return None if node.tag.endswith(":null") else node.value
