"""Turn the text of a file into YAML nodes with positions, bounded in every direction.

In: bytes or text. Out: the root node, or diagnostics. It does not know what the keys mean.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard, TypeVar, cast

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tablewright.core.diagnostics import Diagnostics, Span
from tablewright.core.quantities import ONE
from tablewright.model.values import Assumption

T = TypeVar("T")

LARGEST_FILE_BYTES = 5 * 1024 * 1024
MOST_NODES = 400_000
"""Nodes visited, each as often as an alias repeats it: what stops a YAML bomb."""
DEEPEST = 60
MOST_PROBLEMS = 200
"""Problems after which reading stops: a file with more is not a model file gone wrong."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"\s*\((assumed|seen)\)\s*\Z")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


class TooManyProblemsError(Exception):
    """Reading has been given up; what was found until then stands."""


class Word(str):
    """A name as the file has it: a string that knows its place."""

    __slots__ = ("span",)
    span: Span

    def __new__(cls, text: str, span: Span) -> Word:
        """Return the text with its place."""
        word = super().__new__(cls, text)
        word.span = span
        return word


@dataclass
class Reading:
    """The state of one reading: diagnostics so far, assumptions, where we are."""

    file: str
    lines: list[str]
    scale_assumed: Decimal | None = None
    overrides: Mapping[tuple[str, ...], Decimal] = field(default_factory=dict)
    found: Diagnostics = field(default_factory=Diagnostics)
    assumptions: list[Assumption] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    heads: list[Span] = field(default_factory=list)
    """Where each step of the path stands: the key that leads on."""

    @property
    def is_moved(self) -> bool:
        """Whether figures are moved on purpose, so that they need not fit each other."""
        return self.scale_assumed is not None or bool(self.overrides)

    @property
    def place(self) -> str:
        """Where we are, as people write it: `patterns.save.rate`."""
        return ".".join(self.path)

    def enter(self, name: str, head: Span) -> None:
        """Go one step down."""
        self.path.append(name)
        self.heads.append(head)

    def leave(self) -> None:
        """Go one step up."""
        self.path.pop()
        self.heads.pop()

    def span(self, node: Node) -> Span:
        """Return where a node stands: its first line."""
        start, end = node.start_mark, node.end_mark
        if end.line == start.line:
            stop = end.column
        else:
            line = self.lines[start.line] if start.line < len(self.lines) else ""
            stop = len(line.rstrip())
        column = start.column + 1
        return Span(self.file, start.line + 1, column, max(stop + 1, column + 1))

    def once(self, path: tuple[str, ...], sources: tuple[object, ...], read: Callable[[], T]) -> T:
        """Return what a part of the file says; read once where figures of other parts are moved.

        Args:
            path: where the part stands.
            sources: what it is read from; the same objects give the same result.
            read: reads it. What it notes is noted again, and nothing is kept where that is a
                problem.
        """
        if not self.overrides or self.scale_assumed is not None:
            return read()
        if any(moved[: len(path)] == path for moved in self.overrides):
            return read()
        key = (self.file, path, *map(id, sources))
        part = _PARTS.get(key)
        if part is None:
            problems, assumptions = len(self.found), len(self.assumptions)
            result = read()
            if len(self.found) == problems:
                _PARTS[key] = (sources, result, tuple(self.assumptions[assumptions:]))
            return result
        _, known, assumed = part
        self.assumptions += assumed
        return cast(T, known)

    def error(self, id: str, message: str, at: Node | Span, help: str = "") -> None:
        """Note an error at a node or a span.

        Raises:
            TooManyProblemsError: it was one too many.
        """
        span = at if isinstance(at, Span) else self.span(at)
        self.found.error(id, message, span, help)
        if len(self.found) >= MOST_PROBLEMS:
            self.found.error(
                "too-many-problems",
                f"{MOST_PROBLEMS} problems were found, and reading stopped there",
                Span(self.file, max(1, len(self.lines)), 1, 2),
                "fix these first; is this the right file?",
            )
            raise TooManyProblemsError

    def warning(self, id: str, message: str, at: Node | Span, help: str = "") -> None:
        """Note a warning at a node or a span."""
        self.found.warning(id, message, at if isinstance(at, Span) else self.span(at), help)

    def text(self, node: ScalarNode) -> tuple[str, Decimal]:
        """Return the text of a scalar and the factor of its figure (1 unless asked otherwise).

        A mark ` (assumed)` is taken off and noted; ` (seen)`, an observed figure, is taken off.
        """
        text: str = node.value
        assumed = False
        if text.endswith(")") and (match := _MARK.search(text)):
            assumed = match[1] == "assumed"
            text = text[: match.start()]
        if assumed:
            self.assumptions.append(
                Assumption(path=tuple(self.path), text=text.strip(), span=self.span(node))
            )
        factor = ONE
        if assumed and self.scale_assumed is not None:
            factor = self.scale_assumed
        if self.overrides:
            factor *= self.overrides.get(tuple(self.path), ONE)
        return text.strip(), factor


def is_null(node: Node) -> bool:
    """Whether nothing is written there."""
    return isinstance(node, ScalarNode) and node.value in _NULLS and not node.style


def kind_of(node: Node) -> str:
    """Return what a node is, in words."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    return "nothing" if is_null(node) else "a single value"


def boolean(text: str) -> bool | None:
    """Return what yes, no, true, false, on and off mean, None for anything else."""
    low = text.lower()
    return True if low in _TRUE else False if low in _FALSE else None


def plain(node: Node) -> Any:
    """Return a node as plain data: dict, list, str, int, float, bool, None (YAML 1.2 core).

    Only for trees that `compose` has found to be bounded.
    """
    if isinstance(node, MappingNode):
        return {str(plain(key)): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    assert isinstance(node, ScalarNode)
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _NULLS:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]{1,300}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", text):
        return float(text)
    return text


def split_lines(text: str) -> list[str]:
    """Return the lines as YAML counts them."""
    return list(_lines_of(text))


@lru_cache(maxsize=1)  # for sensitivity the same text is read many times over
def _lines_of(text: str) -> tuple[str, ...]:
    return tuple(_BREAK.split(text))


def compose(text: str, reading: Reading) -> Node | None:
    """Parse the text; None (with diagnostics) where it is not one bounded YAML document.

    A text that was parsed without a problem is not parsed again while it is the last one: for
    sensitivity the same file is read many times over, and reading changes no node.
    """
    compose = _LATEST.get(text)
    if compose is not None:
        return compose
    node = _compose(text, reading)
    if node is not None and not len(reading.found):
        _LATEST.clear()
        _PARTS.clear()
        _LATEST[text] = node
    return node


_LATEST: dict[str, Node] = {}
_PARTS: dict[Hashable, tuple[tuple[object, ...], object, tuple[Assumption, ...]]] = {}
"""Parts of the latest text as read with other figures moved: sources, result, assumptions."""


def _compose(text: str, reading: Reading) -> Node | None:
    if (bad := _UNPRINTABLE.search(text)) is not None:
        line = len(_BREAK.findall(text, 0, bad.start()))
        before = text[: bad.start()]
        column = len(_BREAK.split(before)[-1]) + 1
        reading.error(
            "unprintable-character",
            f"the file contains the character U+{ord(bad[0]):04X}, which YAML does not allow",
            Span(reading.file, line + 1, column, column + 1),
            "delete it; if the file looks scrambled it is not a text file",
        )
        return None
    try:
        if (problem_at := _first_excess(text)) is not None:
            limit, what, mark = problem_at
            span = Span(reading.file, mark.line + 1, mark.column + 1, mark.column + 2)
            _too_complex(limit, what, span, reading)
            return None
        node: Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as problem:
        _syntax_error(problem, reading)
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        reading.error("syntax-error", f"not valid YAML: {problem}", Span(reading.file, 1, 1, 2))
        return None
    if node is None or is_null(node):
        reading.error(
            "empty-file",
            "the file is empty",
            Span(reading.file, 1, 1, 2),
            "`tablewright init` writes a starter to begin with",
        )
        return None
    if not _bounded(node, reading):
        return None
    if "(" in text:
        _join_split_values(node, set())
    return node


def _join_split_values(node: Node, seen: set[int]) -> None:
    """Put together again what commas split in braces and brackets: `{role: enum(owner, member)}`.

    YAML ends a plain value of a flow collection at a comma, also inside parentheses, and takes what
    follows for a key without a value. No key of a model file has an unmatched parenthesis.
    """
    if id(node) in seen or isinstance(node, ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, MappingNode):
        if node.flow_style:
            node.value = _joined_pairs(node.value)
        for key, value in node.value:
            _join_split_values(key, seen)
            _join_split_values(value, seen)
    elif isinstance(node, SequenceNode):
        if node.flow_style:
            node.value = _joined_items(node.value)
        for item in node.value:
            _join_split_values(item, seen)


def _joined_pairs(pairs: list[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    result: list[tuple[Node, Node]] = []
    place = 0
    while place < len(pairs):
        key, value = pairs[place]
        lone = [k for k, v in itertools.takewhile(lambda p: is_null(p[1]), pairs[place + 1 :])]
        whole, taken = _whole(value, lone)
        result.append((key, whole))
        place += 1 + taken
    return result


def _joined_items(items: list[Node]) -> list[Node]:
    result: list[Node] = []
    place = 0
    while place < len(items):
        whole, taken = _whole(items[place], items[place + 1 :])
        result.append(whole)
        place += 1 + taken
    return result


def _whole(value: Node, rest: Sequence[Node]) -> tuple[Node, int]:
    """Return a value with as many of the following as close its parentheses, and how many."""
    if not _is_plain(value) or _open_parentheses(value) <= 0:
        return value, 0
    depth = _open_parentheses(value)
    parts = [value.value]
    for count, part in enumerate(rest, 1):
        if not _is_plain(part):
            break
        parts.append(part.value)
        depth += _open_parentheses(part)
        if depth == 0:
            start, end = value.start_mark, part.end_mark
            return ScalarNode(value.tag, ", ".join(parts), start, end, style=value.style), count
    return value, 0


def _is_plain(node: Node) -> TypeGuard[ScalarNode]:
    """Whether a node is a value without quotes."""
    return isinstance(node, ScalarNode) and node.style in (None, "")


def _open_parentheses(node: Node) -> int:
    text: str = node.value
    return text.count("(") - text.count(")")


def _syntax_error(problem: yaml.MarkedYAMLError, reading: Reading) -> None:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    what = str(problem.problem or "this cannot be read")
    if problem.context:
        what += f" ({problem.context}"
        if problem.context_mark and problem.context_mark.line != line:
            what += f" that begins in line {problem.context_mark.line + 1}"
        what += ")"
    source = reading.lines[line] if line < len(reading.lines) else ""
    if line and line >= len(reading.lines) - 1 and not source.strip():
        line = max(i for i, text in enumerate(reading.lines) if text.strip() or i == 0)
        source = reading.lines[line]
        column = len(source)
    help = "look for a missing quote, bracket or colon here or in the line above"
    id = "syntax-error"
    indent = source[: len(source) - len(source.lstrip())]
    if "\t" in indent or source[column : column + 1] == "\t":
        id, what = "tab-indentation", "a tab stands where YAML wants spaces"
        column = source.index("\t")
        help = "indent with spaces; most editors can convert tabs"
    elif source[column : column + 1] in ("%", "@", "`"):
        help = f"put the value in quotes: a plain one cannot begin with `{source[column]}`"
    elif "mapping values are not allowed" in what:
        help = "put a text that contains `: ` in quotes, or look for wrong indentation"
    elif "single document" in what:
        what, help = "the file holds more than one YAML document", "keep one, delete the `---`"
    elif "undefined alias" in what:
        help = "a name after `*` must be set with `&` further up; quote a text that begins with `*`"
    if id == "syntax-error":
        what = f"not valid YAML: {what}"
    reading.error(id, what, Span(reading.file, line + 1, column + 1, column + 2), help)


def _first_excess(text: str) -> tuple[int, str, Any] | None:
    """Return where a file becomes too deep or too long, before a tree is made of it.

    libyaml's composer calls itself for each level, and a file of brackets would end the process.
    """
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER), 1):
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return DEEPEST, "levels of nesting", event.start_mark
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if count > MOST_NODES:
            return MOST_NODES, "values", event.start_mark
    return None


def _too_complex(limit: int, what: str, at: Node | Span, reading: Reading) -> None:
    reading.error(
        "file-too-complex",
        f"the file has more than {limit:,} {what}",
        at,
        "a model never needs that; look for an alias (`*name`) that repeats itself",
    )


def _bounded(root: Node, reading: Reading) -> bool:
    """Whether the tree, aliases written out, has a sane size and depth."""
    count = 0
    stack: list[tuple[Node, int]] = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MOST_NODES:
            _too_complex(MOST_NODES, "values, aliases written out", node, reading)
            return False
        if depth > DEEPEST:
            _too_complex(DEEPEST, "levels of nesting", node, reading)
            return False
        if isinstance(node, MappingNode):
            for key, value in node.value:
                stack.append((key, depth + 1))
                stack.append((value, depth + 1))
        elif isinstance(node, SequenceNode):
            stack.extend((item, depth + 1) for item in node.value)
    return True
