"""Read the text of a model file: YAML nodes, shapes, checks.

In: text. Out: the fields of the file, its Model and the `Reading` with every diagnostic. What
stands under `designs:` is read by the shape the caller hands in, so that this package knows no
engine; `tablewright.design.reader` puts both together and is what others call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from yaml.nodes import MappingNode

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen
from tablewright.model import nodes
from tablewright.model.checker import resolve
from tablewright.model.grammar import document
from tablewright.model.nodes import Reading, TooManyProblemsError
from tablewright.model.shapes import Entry, Fields, Shape
from tablewright.model.values import Model


@frozen(kw_only=False, slots=False)
class ParsedFile:
    """A model file as read, its designs still as the shape left them."""

    model: Model
    designs: tuple[Entry, ...]
    reading: Reading
    migrations: tuple[Entry, ...] = ()


def decode(data: bytes, file: str, size: int | None = None) -> tuple[str | None, Reading]:
    """Return the text of a file, None (with a diagnostic) where it is not UTF-8 or too large.

    `size` is that of the whole file, where `data` is only its beginning.
    """
    reading = Reading(file=file, lines=[])
    start = Span(file, 1, 1, 2)
    size = len(data) if size is None else size
    if size > nodes.LARGEST_FILE_BYTES:
        reading.error(
            "file-too-large",
            f"the file has {size:,} bytes, a model file may have "
            f"{nodes.LARGEST_FILE_BYTES:,} (5 MB)",
            start,
            "a model describes data, it does not hold it; is this the right file?",
        )
        return None, reading
    try:
        return data.decode("utf-8-sig"), reading
    except UnicodeDecodeError as problem:
        before = data[: problem.start]
        line = before.count(b"\n") + 1
        column = len(before.split(b"\n")[-1].decode("utf-8", "replace")) + 1
        reading.lines = nodes.split_lines(data.decode("utf-8", "replace"))
        reading.error(
            "not-utf8",
            f"the file is not UTF-8: byte 0x{data[problem.start]:02X} at offset {problem.start:,}",
            Span(file, line, column, column + 1),
            "save it as UTF-8 (without conversion Latin-1 and UTF-16 look like this)",
        )
        return None, reading


def _without(root: MappingNode, sections: Collection[str]) -> MappingNode:
    """Return the file with some sections emptied; they are there all the same."""
    retained = [
        (key, MappingNode(value.tag, [], value.start_mark, value.end_mark))
        if key.value in sections and isinstance(value, MappingNode)
        else (key, value)
        for key, value in root.value
    ]
    return MappingNode(root.tag, retained, root.start_mark, root.end_mark)


def read_document(
    text: str,
    file: str,
    designs: Shape,
    *,
    scale_assumed: Decimal | None = None,
    overrides: Mapping[tuple[str, ...], Decimal] | None = None,
    leave: Collection[str] = (),
) -> tuple[ParsedFile | None, Reading]:
    """Read a model file; the document is None where nothing could be made of it.

    Args:
        text: the content of the file.
        file: its name, for diagnostics.
        designs: the shape of the `designs:` section.
        scale_assumed: multiplies every figure marked as assumed.
        overrides: factors of single figures by their path.
        leave: sections that are taken as empty.
    """
    reading = Reading(
        file=file,
        lines=nodes.split_lines(text),
        scale_assumed=scale_assumed,
        overrides=overrides or {},
    )
    if len(text) > nodes.LARGEST_FILE_BYTES:
        return None, decode(text.encode("utf-8", "replace"), file)[1]
    root = nodes.compose(text, reading)
    if root is None:
        return None, reading
    if not isinstance(root, MappingNode):
        reading.error(
            "wrong-type",
            f"the model file must be a mapping that begins with `app:`, not {nodes.kind_of(root)}",
            root,
            "`tablewright init` writes a starter to begin with",
        )
        return None, reading
    if leave:
        root = _without(root, leave)
    try:
        fields: Fields = document(designs).read(root, reading)
        model = resolve(fields, reading)
    except TooManyProblemsError:
        return None, reading
    designs_read = tuple(fields.get("designs", ()))
    return ParsedFile(model, designs_read, reading, tuple(fields.get("migrations", ()))), reading
