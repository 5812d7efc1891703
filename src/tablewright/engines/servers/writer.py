"""Print designs of databases on servers as entries of `designs:`, for both engines alike.

In: plain mappings that an engine made of a design. Out: YAML that reads back as the same design.
"""

from __future__ import annotations

import textwrap
from typing import Any

WIDTH = 1000
"""Columns: long enough that no line is broken."""


class OnLines(dict[str, Any]):
    """A mapping of which each entry has a line of its own, though it is short."""


def section_of(name: str, fields: dict[str, Any]) -> str:
    """Return the entry of a design, indented by two as under `designs:`.

    Example:
        >>> fields = {"engine": "mongodb", "collections": {"notes": {"holds": "N"}}}
        >>> print(section_of("first", fields))
          first:
            engine: mongodb
            collections:
              notes: {holds: N}
        <BLANKLINE>
    """
    import yaml

    class _SectionDumper(yaml.SafeDumper):
        """Knows mappings on lines."""

    _SectionDumper.add_representer(
        OnLines,
        lambda writer, value: writer.represent_mapping(
            "tag:yaml.org,2002:map", value.items(), flow_style=False
        ),
    )
    text = yaml.dump(
        {name: fields},
        Dumper=_SectionDumper,
        sort_keys=False,
        default_flow_style=None,
        width=WIDTH,
        allow_unicode=True,
    )
    return textwrap.indent(text, "  ")


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields without those that say nothing: empty, false, or none."""
    return {key: value for key, value in fields.items() if value not in ("", [], {}, None, False)}
