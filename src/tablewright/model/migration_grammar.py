"""The grammar of `migrations:` in a model file.

In: nothing. Out: the shape of the section. What entities, designs and attributes it names is looked
up by `design.migration_reader`.
"""

from __future__ import annotations

from tablewright.model.names import LABEL
from tablewright.model.shapes import ByKind, Field, ListOf, MappingOf, Name, RecordShape, WordChoice
from tablewright.model.value_shapes import PROSE, VALUE, WHOLE

PLACE = Name(
    "an entity, an attribute of one, or a table or collection",
    r"[A-Za-z0-9_][A-Za-z0-9_.-]*",
    "as in `Order`, `Order.note` or `my-table`",
)
STORED_NAME = Name(
    "the name of a stored field", r"[^\s.$][^.]*", "any text without a dot", bare=True
)
PROBLEMS: dict[str, tuple[str, ...]] = {
    "missing": ("default", "accept", "quarantine"),
    "no-key": ("default", "quarantine"),
    "contradiction": ("accept", "quarantine"),
    "too-large": ("quarantine",),
    "collision": ("quarantine",),
    "unreadable": ("drop", "quarantine"),
    "no-parent": ("drop", "quarantine"),
    "lost": ("drop", "quarantine"),
    "changed": ("accept", "quarantine"),
    "no-place": ("drop", "quarantine"),
    "refused": ("quarantine",),
    "no-file": ("accept", "quarantine"),
}
"""What may be answered to each kind of problem; docs/migrate.md says what they mean."""

_DEFAULT = RecordShape(
    "a default",
    (Field("default", VALUE, required=True, doc="the value of the instances that have none"),),
)


def _answer(words: tuple[str, ...]) -> WordChoice | ByKind:
    choice = WordChoice(tuple(word for word in words if word != "default"))
    return ByKind(scalar=choice, mapping=_DEFAULT) if "default" in words else choice


ANSWERS = RecordShape(
    "answers", tuple(Field(kind, _answer(words)) for kind, words in PROBLEMS.items())
)
STEPS = ("create", "read", "copy", "follow", "files", "compare", "switch", "keep")
"""What a migration does, in its order; docs/migrate.md says what each is."""
WEEKS = Name("weeks", r"[1-9][0-9]?(?:-[1-9][0-9]?)?", "a week or two with a dash: `2`, `2-3`")
PHASE = RecordShape(
    "a phase",
    (
        Field("phase", PROSE, required=True, doc="its name"),
        Field("weeks", WEEKS, doc="of the calendar, counted from the beginning"),
        Field(
            "does",
            ListOf(WordChoice(STEPS)),
            doc="which steps of `migrate --plan` belong to it; the others stand at the end",
        ),
        Field("steps", ListOf(PROSE, single=False), doc="what people do beside that"),
    ),
)
_IGNORED = ListOf(STORED_NAME, single=False)
MIGRATIONS = MappingOf(
    LABEL,
    RecordShape(
        "a migration",
        (
            Field("from", LABEL, required=True, doc="the design that is left"),
            Field("to", LABEL, required=True, doc="the design that is moved to"),
            Field(
                "files",
                RecordShape(
                    "files that move to object storage",
                    (
                        Field("folder", PROSE, required=True, doc="where they are"),
                        Field("bucket", PROSE, required=True, doc="the bucket's folder"),
                        Field("prefix", PROSE, required=True, doc="of references now"),
                        Field("url", PROSE, required=True, doc="of references afterwards"),
                        Field("key", PROSE, doc="what keys of objects begin with"),
                    ),
                ),
            ),
            Field("rate", PROSE, doc="units a second, or a share of the source such as 20%"),
            Field(
                "holds",
                MappingOf(PLACE, WHOLE, what="a mapping such as {Order: 12}"),
                doc="how many instances the source holds now: the dry run compares",
            ),
            Field("phases", ListOf(PHASE, single=False), doc="the calendar, in its order"),
            Field(
                "answers",
                MappingOf(PLACE, ANSWERS, what="a mapping such as {Order.note: {lost: drop}}"),
            ),
            Field(
                "rename",
                MappingOf(
                    PLACE,
                    MappingOf(STORED_NAME, LABEL, what="a mapping such as {mail: email}"),
                    what="a mapping from tables or collections to {stored: name in the model}",
                ),
            ),
            Field(
                "ignore",
                MappingOf(
                    PLACE,
                    ByKind(
                        scalar=STORED_NAME,
                        sequence=_IGNORED,
                        what="a stored field or a list of them",
                    ),
                    what="a mapping from tables or collections to stored fields",
                ),
            ),
        ),
    ),
    what="a mapping of migrations",
)
