"""`schema`: the JSON Schemas of what the other verbs print, and of the model file."""

from __future__ import annotations

import json

import click

from tablewright.cli.output import Output, verb


@click.command(epilog="Example: tablewright schema cost > cost.schema.json")
@click.argument("kind", default="", metavar="[KIND]")
@click.option("--path", "is_path", is_flag=True, help="Print the path of its file instead.")
@verb
def command(out: Output, kind: str, is_path: bool) -> None:
    """Print the JSON Schema of what a verb prints with --json, or of the model file (`model`).

    Without KIND, list them. The field `schema` of what a verb prints says which it is.
    """
    from tablewright.verbs.schema import MODEL, published_schema, published_schemas, schema_path

    if is_path:
        out.text(str(schema_path(kind or MODEL)))
        return
    if kind:
        out.text(json.dumps(published_schema(kind), indent=1, ensure_ascii=False))
        return
    out.show(published_schemas(), "schemas")
