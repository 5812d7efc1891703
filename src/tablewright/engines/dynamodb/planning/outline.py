"""The tables and indexes of a DynamoDB design as rows of a table that people read.

In: a design. Out: `Structure`s. It knows no figures.
"""

from __future__ import annotations

from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Table
from tablewright.plan.values import Structure


def outline(design: DynamoDesign) -> tuple[Structure, ...]:
    """Return each table, followed by its indexes."""
    rows: list[Structure] = []
    for table in design.tables:
        items = ", ".join(map(_items, table.shapes))
        rows.append(Structure(name=table.name, key=_key(table), items=items))
        rows += [
            Structure(
                name=index.name,
                key=_index_key(index, table),
                projection=str(index.projection),
                is_index=True,
            )
            for index in table.indexes
        ]
    return tuple(rows)


def _items(shape: ItemShape) -> str:
    """Return a kind of item, and what of it is not kept as it is."""
    words = [f"{embed.entity} inside" for embed in shape.embeds]
    words += [f"{name} compressed" for name, _ in shape.compress]
    words += [f"{name} in object storage" for name in shape.offload]
    if shape.counters:
        words.append(f"{', '.join(shape.counters)} over {shape.copies} items")
    return f"{shape.name} ({'; '.join(words)})" if words else shape.name


def _key(table: Table) -> str:
    shape = table.shapes[0]
    texts = (str(shape.template(key)) for key in table.keys)
    return " + ".join(text.replace("{", "").replace("}", "") for text in texts)


def _index_key(index: Index, table: Table) -> str:
    words = []
    for key in index.keys:
        template = next((t for s in table.shapes if (t := s.template(key)) is not None), None)
        when = (
            ""
            if template is None
            else ", ".join(f"{name} is {' or '.join(allowed)}" for name, allowed in template.when)
        )
        words.append(f"{key} ({when})" if when else key)
    return " + ".join(words)
