"""What the grammars of all engines' designs share, as shapes.

In: nothing. Out: the fields and shapes that an engine builds its own grammar with.
"""

from __future__ import annotations

from tablewright.model.names import ENTITY_NAME, LABEL, PATH
from tablewright.model.shapes import ByKind, Field, ListOf, RecordShape, WordChoice
from tablewright.model.value_shapes import PROSE, VALUE

EMBED = ByKind(
    scalar=ENTITY_NAME,
    mapping=RecordShape(
        "an embedded entity",
        (Field("of", ENTITY_NAME, required=True), Field("as", WordChoice(("list", "map")))),
    ),
    what="an entity, or {of: Device, as: map}",
)
ATTRIBUTES = ByKind(
    scalar=PATH,
    sequence=ListOf(PATH, single=False),
    mapping=RecordShape(
        "attributes",
        (
            Field(
                "except",
                ListOf(PATH, what="an attribute or a list of them"),
                required=True,
            ),
        ),
    ),
    what="all, a list of attributes, or {except: [...]}",
)
COMMON = (
    Field("engine", VALUE, required=True, doc="dynamodb, mongodb, postgresql"),
    Field("title", PROSE),
    Field("note", PROSE),
)
DESIGN_NAME = LABEL
