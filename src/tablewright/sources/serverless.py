"""Import tables from serverless.yml.

In: the file, with its variables (`${self:…}`, `${opt:…}`, `${file(…):…}`). Out: facts of
the tables among its resources, which are CloudFormation. Files it names are read from its folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tablewright.core.errors import TablewrightError
from tablewright.sources.cloudformation import tables_of
from tablewright.sources.facts import SourceFacts
from tablewright.sources.source import ReadOptions, Source, inside, read_document
from tablewright.sources.yaml_files import Placed, parse

TITLE = "serverless.yml"
_VARIABLE = re.compile(r"\$\{([^${}]+)\}")
DEEPEST = 24


def recognises(source: Source) -> bool:
    """Whether it is a serverless.yml."""
    if not source.is_file or source.path.suffix not in (".yml", ".yaml", ".json"):
        return False
    text = source.head_text
    has_service = re.search(r'^\s*"?service"?\s*:', text, re.MULTILINE) is not None
    return has_service and re.search(r'^\s*"?provider"?\s*:', text, re.MULTILINE) is not None


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables among the resources.

    Raises:
        UsageError: the file is not valid.
    """
    document = parse(source.document(), str(source.path))
    notes: list[str] = []
    variables = _Variables(document, source.path, dict(options.parameters), notes)
    blocks = document.get("resources") if isinstance(document, Mapping) else None
    stores = []
    for block in blocks if isinstance(blocks, list) else [blocks]:
        resolved = variables.value(block, 0)
        for inner in resolved if isinstance(resolved, list) else [resolved]:
            if not isinstance(inner, Mapping):
                continue
            template = inner if "Resources" in inner else {"Resources": inner}
            stores += tables_of(template, str(source.path), options, notes)
    for name in variables.missing:
        notes.append(
            f"{source.shown}: the variable `${{{name}}}` has no value; give it with "
            f"--parameter '{name}=…'"
        )
    count = len(stores)
    noun = "table" if count == 1 else "tables"
    service = variables.text("self:service")
    return SourceFacts(
        app=service if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", service) else "",
        region=options.region,
        stores=tuple(stores),
        notes=tuple(notes),
        sources=(f"{count} {noun} of {source.shown}",),
    )


class _Variables:
    """Resolves the variables of one file."""

    def __init__(
        self, document: Any, path: Path, parameters: dict[str, str], notes: list[str]
    ) -> None:
        self._document = document
        self._path = path
        self._parameters = parameters
        self._notes = notes
        self.missing: dict[str, None] = {}

    def value(self, node: Any, depth: int) -> Any:
        """Return a value with its variables resolved, as far as they are known."""
        if depth > DEEPEST:
            return node
        if isinstance(node, Mapping):
            out = Placed({name: self.value(inner, depth + 1) for name, inner in node.items()})
            out.line = node.line if isinstance(node, Placed) else 0
            return out
        if isinstance(node, list):
            return [self.value(inner, depth + 1) for inner in node]
        if not isinstance(node, str) or "${" not in node:
            return node
        return self._text(node, depth)

    def text(self, name: str) -> str:
        """Return a variable as text, empty where it is not known."""
        known, value = self._named(name, 0)
        return str(value) if known and isinstance(value, str | int) else ""

    def _text(self, text: str, depth: int) -> Any:
        for _ in range(DEEPEST):
            lone = _VARIABLE.fullmatch(text)
            if lone is not None:
                known, value = self._any(lone[1], depth + 1)
                return value if known else text
            replaced = _VARIABLE.sub(lambda match: self._inner(match, depth), text)
            if replaced == text:
                return text
            text = replaced
        return text

    def _inner(self, match: re.Match[str], depth: int) -> str:
        known, value = self._any(match[1], depth + 1)
        return str(value) if known and not isinstance(value, Mapping | list) else match[0]

    def _any(self, text: str, depth: int) -> tuple[bool, Any]:
        """Return the first of several alternatives that is known."""
        if depth > DEEPEST:
            return False, None
        for alternative in re.split(r",\s*", text):
            known, value = self._named(alternative.strip(), depth)
            if known:
                return True, value
        if not text.startswith(("AWS::", "aws:", "cf:", "ssm:")) and ":" in text:
            self.missing[re.split(r",\s*", text)[0].strip()] = None
        return False, None

    def _named(self, name: str, depth: int) -> tuple[bool, Any]:
        if name in self._parameters:
            return True, self._parameters[name]
        if len(name) >= 2 and name[0] == name[-1] and name[0] in "'\"":
            return True, name[1:-1]
        short = name.partition(":")[2]
        if name.startswith(("opt:", "env:", "param:", "sls:")):
            if short in self._parameters:
                return True, self._parameters[short]
            return (True, "dev") if name == "sls:stage" else (False, None)
        if name.startswith("self:"):
            known, value = self._path_to(self._document, short, depth)
            if not known and short == "provider.stage":
                return True, "dev"  # Serverless Framework, "Variables": the default stage
            return known, value
        match = re.fullmatch(r"file\(([^)]+)\)(?::(.+))?", name)
        if match is not None:
            return self._file(match[1].strip(), match[2] or "", depth)
        return False, None

    def _path_to(self, node: Any, path: str, depth: int) -> tuple[bool, Any]:
        for part in path.split(".") if path else ():
            if isinstance(node, str):
                node = self.value(node, depth + 1)
            if not isinstance(node, Mapping) or part not in node:
                return False, None
            node = node[part]
        value = self.value(node, depth + 1)
        return not (isinstance(value, str) and _VARIABLE.fullmatch(value)), value

    def _file(self, name: str, path: str, depth: int) -> tuple[bool, Any]:
        try:
            file = inside(self._path.parent, name, named_in=self._path)
            if not file.is_file() or file.suffix not in (".yml", ".yaml", ".json"):
                self._notes.append(f"{self._path}: {name} cannot be read and was left out")
                return False, None
            return self._path_to(parse(read_document(file), str(file)), path, depth)
        except TablewrightError as problem:
            self._notes.append(f"{problem.message}; it was left out")
            return False, None
