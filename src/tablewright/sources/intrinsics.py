"""Resolve the intrinsic functions of CloudFormation as far as a template itself says.

In: a template with its parameters, mappings and conditions. Out: values; what cannot be known is
an `Unresolved` that says what it depends on. Nothing is looked up in an account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tablewright.core.frozen import frozen

_VARIABLE = re.compile(r"\$\{([^!${}][^${}]*)\}")
_PSEUDO = {"AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_PARAMETER_TYPES_OF_LISTS = ("CommaDelimitedList", "List<")
DEEPEST = 60


@frozen(kw_only=False)
class Unresolved:
    """A value a template leaves to somebody else: a parameter, an import, an attribute."""

    what: str

    def __str__(self) -> str:
        return f"${{{self.what}}}"


class Resolver:
    """Resolves the values of one template."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, str], region: str = ""
    ):
        self._template = template
        self._chosen = dict(parameters)
        self._region = region
        self.missing: dict[str, None] = {}
        """Parameters without a value or default, in the order they were asked for."""
        self._deciding: set[str] = set()

    def value(self, node: Any, depth: int = 0) -> Any:
        """Return a value with its intrinsic functions resolved."""
        if depth > DEEPEST:
            return Unresolved("nested too deeply")
        if isinstance(node, list):
            values = [self.value(inner, depth + 1) for inner in node]
            return [v for v in values if v is not _NO_VALUE]
        if not isinstance(node, Mapping):
            return node
        if len(node) == 1:
            ((name, content),) = node.items()
            function = self._functions().get(name)
            if function is not None:
                return function(content, depth + 1)
            if name.startswith("Fn::") or name == "Condition":
                return Unresolved(name)
        pairs = {name: self.value(inner, depth + 1) for name, inner in node.items()}
        return {name: inner for name, inner in pairs.items() if inner is not _NO_VALUE}

    def text(self, node: Any) -> str:
        """Return a value as text, what is not known in the form `${What}`."""
        value = self.value(node)
        return "" if value is None or value is _NO_VALUE else str(value)

    def condition(self, name: Any) -> bool | None:
        """Return whether a condition holds, None where that cannot be known."""
        conditions = self._template.get("Conditions") or {}
        if not isinstance(name, str) or name not in conditions or name in self._deciding:
            return None
        self._deciding.add(name)
        try:
            return self._truth(conditions[name])
        finally:
            self._deciding.discard(name)

    def _truth(self, node: Any) -> bool | None:
        if not isinstance(node, Mapping) or len(node) != 1:
            value = self.value(node)
            return value if isinstance(value, bool) else None
        ((name, content),) = node.items()
        if name == "Condition":
            return self.condition(content)
        if name == "Fn::Equals" and isinstance(content, list) and len(content) == 2:
            first, second = self.value(content[0]), self.value(content[1])
            if isinstance(first, Unresolved) or isinstance(second, Unresolved):
                return None
            return str(first) == str(second)
        if name in ("Fn::And", "Fn::Or", "Fn::Not") and isinstance(content, list):
            return _combined(name, [self._truth(inner) for inner in content])
        return None

    def _functions(self) -> dict[str, Any]:
        return {
            "Ref": self._ref,
            "Fn::Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::GetAtt": self._attribute,
            "Fn::ImportValue": lambda content, depth: Unresolved(f"import {self.text(content)}"),
            "Fn::Base64": lambda content, depth: self.value(content, depth),
            "Fn::ToJsonString": lambda content, depth: Unresolved("JSON"),
        }

    def _ref(self, content: Any, _depth: int) -> Any:
        name = str(content)
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name == "AWS::Region" and self._region:
            return self._region
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name.startswith("AWS::"):
            return Unresolved(name)
        parameters = self._template.get("Parameters") or {}
        parameter = parameters.get(name)
        if name in self._chosen:
            return self._typed(self._chosen[name], parameter)
        if isinstance(parameter, Mapping):
            if "Default" in parameter:
                return self._typed(parameter["Default"], parameter)
            self.missing[name] = None
        return Unresolved(name)

    def _typed(self, value: Any, parameter: Any) -> Any:
        kind = str(parameter.get("Type", "")) if isinstance(parameter, Mapping) else ""
        if kind.startswith(_PARAMETER_TYPES_OF_LISTS) and isinstance(value, str):
            return [part.strip() for part in value.split(",")]
        return value

    def _sub(self, content: Any, depth: int) -> Any:
        text: Any = content
        extra: Mapping[str, Any] = {}
        if isinstance(content, list) and content:
            text = content[0]
            if len(content) > 1 and isinstance(content[1], Mapping):
                extra = content[1]
        if not isinstance(text, str):
            return Unresolved("Fn::Sub")

        def replaced(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in extra:
                return str(self.value(extra[name], depth))
            if "." in name and not name.startswith("AWS::"):
                return f"${{{name}}}"
            return str(self._ref(name, depth))

        return _VARIABLE.sub(replaced, text).replace("${!", "${")

    def _join(self, content: Any, depth: int) -> Any:
        if not isinstance(content, list) or len(content) != 2:
            return Unresolved("Fn::Join")
        parts = self.value(content[1], depth)
        if not isinstance(parts, list):
            return parts if isinstance(parts, Unresolved) else Unresolved("Fn::Join")
        return str(content[0]).join(str(part) for part in parts)

    def _if(self, content: Any, depth: int) -> Any:
        if not isinstance(content, list) or len(content) != 3:
            return Unresolved("Fn::If")
        answer = self.condition(content[0])
        if answer is None:
            first, second = self.value(content[1], depth), self.value(content[2], depth)
            if first is _NO_VALUE or second is _NO_VALUE:
                return Unresolved(f"condition {content[0]}")
            return first if str(first) == str(second) else Unresolved(f"condition {content[0]}")
        return self.value(content[1] if answer else content[2], depth)

    def _find(self, content: Any, depth: int) -> Any:
        if not isinstance(content, list) or len(content) < 3:
            return Unresolved("Fn::FindInMap")
        names = [self.value(part, depth) for part in content[:3]]
        value: Any = self._template.get("Mappings") or {}
        for name in names:
            if isinstance(name, Unresolved):
                return name
            if not isinstance(value, Mapping) or str(name) not in value:
                return Unresolved(f"mapping {names[0]}")
            value = value[str(name)]
        return value

    def _select(self, content: Any, depth: int) -> Any:
        if not isinstance(content, list) or len(content) != 2:
            return Unresolved("Fn::Select")
        values = self.value(content[1], depth)
        try:
            return values[int(str(self.value(content[0], depth)))]
        except (TypeError, ValueError, IndexError):
            return Unresolved("Fn::Select")

    def _split(self, content: Any, depth: int) -> Any:
        if not isinstance(content, list) or len(content) != 2 or not str(content[0]):
            return Unresolved("Fn::Split")
        text = self.value(content[1], depth)
        return text if isinstance(text, Unresolved) else str(text).split(str(content[0]))

    def _attribute(self, content: Any, _depth: int) -> Any:
        if isinstance(content, list):
            return Unresolved(".".join(str(part) for part in content))
        return Unresolved(str(content))


def _combined(name: str, answers: list[bool | None]) -> bool | None:
    if name == "Fn::Not":
        return None if len(answers) != 1 or answers[0] is None else not answers[0]
    decisive = name == "Fn::Or"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


class _NoValue:
    """Stands for `AWS::NoValue`."""

    def __str__(self) -> str:
        return ""


_NO_VALUE = _NoValue()
