"""Print a draft as a model file, formatted and commented like the shipped applications.

In: a draft and its questions. Out: YAML text. The caller reads the text back before it writes it:
what this module prints is valid by construction, and that is checked.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from tablewright.core.quantities import plain
from tablewright.sources.draft import (
    ASSUMED,
    SEEN,
    AttributeDraft,
    Draft,
    EntityDraft,
    PatternDraft,
    ShapeDraft,
    TableDraft,
)
from tablewright.sources.inference import naming
from tablewright.sources.inference.attributes import quoted

WIDTH = 100
_RULE = "# ---- {} "


def model_text(draft: Draft, questions: Iterable[str] = ()) -> str:
    """Return a draft as the text of a model file."""
    lines = [*_head(draft, list(questions)), ""]
    lines += [f"app: {quoted(draft.app)}"]
    if draft.region:
        lines.append(f"region: {draft.region}")
    scales = ", ".join(str(scale) for scale in draft.scales)
    basis = f"one {draft.user_entity} each" if draft.user_entity else "numbers to answer for"
    lines += [f"scales: [{scales}]  # users: {basis}", "", _rule("What is stored"), ""]
    lines.append("entities:")
    for number, entity in enumerate(draft.entities):
        if number:
            lines.append("")
        lines += _entity(entity)
    lines += ["", _rule("How it is asked for"), ""]
    lines += _wrapped(
        "A rate marked (assumed) is nobody's measurement: put in your own. One marked (seen) was "
        "observed."
    )
    lines.append("patterns:" if draft.patterns else "patterns: {}")
    width = max((len(p.name) for p in draft.patterns), default=0)
    for pattern in _ordered(draft.patterns):
        lines += _pattern(pattern, width)
    lines += ["", _rule("The tables as they are"), "", "designs:", "  current:"]
    lines.append(f"    engine: {draft.engine}")
    lines.append("    title: As it is")
    if draft.declared_by:
        noun = "collections" if draft.engine == "mongodb" else "tables"
        lines.append(f"    note: {quoted(f'Its {noun} are declared in {draft.declared_by}.')}")
    if draft.database:
        lines.append(f"    database: {quoted(draft.database)}")
    if draft.version:
        lines.append(f"    version: {draft.version}")
    lines.append("    collections:" if draft.engine == "mongodb" else "    tables:")
    for table in draft.tables:
        lines += _table(table, draft.engine)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rule(title: str) -> str:
    start = _RULE.format(title)
    return start + "-" * (WIDTH - len(start))


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """Return a comment of one or more lines."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    lead = " " * indent + "# "
    return textwrap.wrap(
        clean, WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False
    )


def _head(draft: Draft, questions: list[str]) -> list[str]:
    lines = _wrapped(f"{draft.app}, from what exists: {'; '.join(draft.sources) or 'no source'}.")
    lines += [
        "#",
        *_wrapped(
            "Figures marked (seen) come from data or metrics, those marked (assumed) are "
            "proposals. No value of the data is in this file: only names, types, sizes, shares, "
            "and words that are codes."
        ),
    ]
    if questions:
        lines += ["#", "# Answer these first; they move the bill most:"]
        for number, question in enumerate(questions, 1):
            lines += textwrap.wrap(
                "".join(c if c.isprintable() else "?" for c in question),
                WIDTH,
                initial_indent=f"#   {number}. ",
                subsequent_indent="#      ",
                break_on_hyphens=False,
            )
    if draft.notes:
        lines += ["#", "# Not recovered:"]
        for note in draft.notes[:40]:
            lines += [line.replace("# ", "#   ", 1) for line in _wrapped(note)]
        if len(draft.notes) > 40:
            lines.append(f"#   and {len(draft.notes) - 40} more of the kind")
    return lines


# ---------------------------------------------------------------- entities


def _entity(entity: EntityDraft) -> list[str]:
    lines: list[str] = []
    for comment in entity.comment:
        lines += _wrapped(comment, 2)
    lines.append(f"  {entity.name}:")
    if entity.parent:
        lines.append(f"    of: {entity.parent}")
    lines.append(f"    key: {_names(entity.key)}")
    count = entity.count or "1/user"
    label = entity.count_label if entity.count else ASSUMED
    lines.append(f"    count: {_labelled(count, label)}")
    if entity.append_only:
        lines.append("    append_only: true")
    lines.append("    attributes:" if entity.attributes else "    attributes: {}")
    for attribute in entity.attributes:
        lines += _attribute(attribute)
    return lines


def _labelled(text: str, label: str) -> str:
    if not label:
        return text
    if text.startswith("{"):
        # The mark belongs to a figure: the mean of a mapping.
        start, comma, rest = text.partition(",")
        return f"{start} ({label}){comma}{rest}" if comma else f"{text[:-1]} ({label})}}"
    return f"{text} ({label})"


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"


def _attribute(attribute: AttributeDraft) -> list[str]:
    if attribute.options:
        inside = ", ".join(f"{name}: {text}" for name, text in attribute.options.items())
        line = f"      {attribute.name}: {{type: {attribute.type}, {inside}}}"
    else:
        line = f"      {attribute.name}: {attribute.type}"
    if len(line) > WIDTH and attribute.options:
        return _long_attribute(attribute)
    if attribute.comment:
        remark = "".join(c if c.isprintable() else "?" for c in attribute.comment)
        return [f"{line}  # {remark}"]
    return [line]


def _long_attribute(attribute: AttributeDraft) -> list[str]:
    lines = _wrapped(attribute.comment, 6) if attribute.comment else []
    lines.append(f"      {attribute.name}:")
    lines.append(f"        type: {attribute.type}")
    for name, text in attribute.options.items():
        line = f"        {name}: {text}"
        if len(line) <= WIDTH or name != "values":
            lines.append(line)
            continue
        if text.startswith("{"):
            lines.append(f"        {name}:")
            lines += [f"          {part}" for part in text[1:-1].split(", ")]
        else:
            lines.append(f"        {name}:")
            lines += [f"          - {part}" for part in text[1:-1].split(", ")]
    return lines


# ---------------------------------------------------------------- patterns


def _ordered(patterns: list[PatternDraft]) -> list[PatternDraft]:
    """Return what was observed first, the most frequent first; then what is assumed."""
    return sorted(patterns, key=lambda p: (p.label == ASSUMED, -p.per_day if p.label else 0))


def _pattern(pattern: PatternDraft, width: int) -> list[str]:
    rate = _rate(pattern)
    inside = ", ".join(f"{name}: {text}" for name, text in pattern.fields.items())
    pad = " " * (min(width, 24) - len(pattern.name))
    line = f"  {pattern.name}: {pad}{{{inside}, rate: {rate}}}"
    if len(line) <= WIDTH + 20:
        return [line]
    lines = [f"  {pattern.name}:"]
    lines += [f"    {name}: {text}" for name, text in pattern.fields.items()]
    lines.append(f"    rate: {rate}")
    return lines


def _rate(pattern: PatternDraft) -> str:
    amount = pattern.per_day
    if amount:
        amount = round(amount, 3 - amount.adjusted())
    label = f" ({pattern.label})" if pattern.label in (SEEN, ASSUMED) else ""
    per = "/day" if pattern.per == "total" else f"/{pattern.per}/day"
    return f"{plain(amount)}{per}{label}"


# ---------------------------------------------------------------- designs


def _table(table: TableDraft, engine: str) -> list[str]:
    lines = [f"      # {table.comment}"] if table.comment else []
    lines.append(f"      {quoted(table.name)}:")
    if engine == "dynamodb":
        lines.append(f"        key: {_names(table.key)}")
        lines += _items(table.shapes)
    else:
        lines += _server_table(table, engine)
    if table.indexes:
        lines.append("        indexes:")
        for index in table.indexes:
            text = index.short or _inline(index.fields)
            lines.append(f"          {quoted(index.name)}: {text}")
    lines += [f"        {name}: {text}" for name, text in table.settings.items()]
    return lines


def _inline(fields: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in fields.items()) + "}"


def _items(shapes: list[ShapeDraft]) -> list[str]:
    if len(shapes) == 1 and _is_bare(shapes[0]):
        return [f"        items: {shapes[0].entity}"]
    lines = ["        items:"]
    for shape in shapes:
        fields = _shape_fields(shape)
        line = f"          {shape.name}: {_inline(fields)}"
        if len(line) <= WIDTH:
            lines.append(line)
            continue
        lines.append(f"          {shape.name}:")
        lines += [f"            {name}: {text}" for name, text in fields.items()]
    return lines


def _is_bare(shape: ShapeDraft) -> bool:
    return not _shape_fields(shape)


def _shape_fields(shape: ShapeDraft) -> dict[str, str]:
    fields: dict[str, str] = {}
    if shape.name != shape.entity:
        fields["of"] = shape.entity
    if shape.guards:
        fields["guards"] = shape.guards
    if shape.keys:
        parts = []
        for key, template in shape.keys.items():
            value = quoted(template)
            if key in shape.when:
                attribute, values = shape.when[key]
                listed = ", ".join(_code(v) for v in values)
                condition = listed if len(values) == 1 else f"[{listed}]"
                value = f"{{value: {value}, when: {{{attribute}: {condition}}}}}"
            parts.append(f"{key}: {value}")
        fields["keys"] = "{" + ", ".join(parts) + "}"
    if shape.attributes is not None:
        fields["attributes"] = f"[{', '.join(shape.attributes)}]"
    for name, mapping in (("embed", shape.embed), ("compress", shape.compress)):
        if mapping:
            fields[name] = _inline(mapping)
    return fields


def _code(text: str) -> str:
    return f'"{text}"' if text in ("true", "false") else quoted(text)


def _server_table(table: TableDraft, engine: str) -> list[str]:
    lines = [f"        holds: {table.holds}"]
    if engine == "postgresql":
        lines.append(f"        primary_key: {_names(map(naming.in_quotes, table.key))}")
        if table.columns:
            lines.append("        columns:")
            for name, (attribute, column) in table.columns.items():
                text = quoted(column)
                if attribute != name:
                    text = f"{{type: {text}, of: {attribute}}}"
                lines.append(f"          {naming.in_quotes(name)}: {text}")
    for shape in table.shapes:
        if shape.embed:
            lines.append(f"        embed: {_inline(shape.embed)}")
    return lines
