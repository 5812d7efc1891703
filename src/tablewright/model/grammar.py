"""The grammar of the model file, as shapes: the same text that `docs/model-file.md` explains.

In: nothing. Out: `MODEL_FIELDS`, what may stand at the top of the file, and the JSON Schema of it.
It does not know the grammar of designs: `designs:` is read by the design package.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from yaml.nodes import Node

from tablewright.core.frozen import frozen
from tablewright.model import nodes, scalars
from tablewright.model.migration_grammar import MIGRATIONS
from tablewright.model.names import (
    ATTRIBUTE_NAME,
    COPIED,
    ENTITY_NAME,
    ENUM_VALUE,
    LABEL,
    NAMES,
    PATTERN_NAME,
)
from tablewright.model.nodes import Reading
from tablewright.model.pattern_grammar import (
    PART,
    PART_VERBS,
    PATTERN,
    READ_PART,
    READ_PART_VERBS,
    VERBS,
)
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    Anything,
    ByKind,
    Field,
    Fields,
    ListOf,
    MappingOf,
    Name,
    RecordShape,
    Scalar,
    Schema,
    Shape,
    ShapeRef,
    WordChoice,
    one_of,
)
from tablewright.model.type_text import CONTENTS, COUNTRIES, METRICS, TYPE
from tablewright.model.value_shapes import (
    BOOL,
    BYTES_SPREAD,
    COUNT_SCALAR,
    DURATION,
    NUMBER,
    NUMBER_SPREAD,
    POSITIVE,
    PROSE,
    SHARE,
    SIGNED,
    UNIQUE,
    VALUE,
    VALUES_COUNT,
    WHOLE,
    finish_spread,
    spread_fields,
)
from tablewright.model.values import BudgetScope, Count

ROLES = (
    "counter",
    "money",
    "stock",
    "quota",
    "balance",
    "status",
    "time",
    "geo",
    "id",
    "login",
    "text",
    "blob",
)
CLAIMABLE = (
    "monthly_cost",
    "reads_cost",
    "writes_cost",
    "storage_cost",
    "reads_per_month",
    "writes_per_month",
    "rru_per_month",
    "wru_per_month",
    "storage_bytes",
    "table_bytes",
    "index_bytes",
    "cost_per_user",
    "saving_share",
    "pitr_cost",
    "grade",
    "fact",
)


# ---------------------------------------------------------------- types of attributes


def _attribute() -> Shape:
    return ATTRIBUTE


ATTRIBUTE = ByKind(
    scalar=TYPE,
    mapping=RecordShape(
        "an attribute",
        (
            Field("type", TYPE, required=True, doc="the type, such as text or map(38KB)"),
            Field("bytes", BYTES_SPREAD, doc="size of the value"),
            Field(
                "values",
                ByKind(
                    sequence=ListOf(VALUE, single=False, least=1),
                    mapping=MappingOf(ENUM_VALUE, SHARE, least=1),
                    what="values, such as [active, paused] or {active: 85%, paused: 15%}",
                ),
                doc="values of an enum, with their shares",
            ),
            Field("min", SIGNED),
            Field("max", SIGNED),
            Field("places", WHOLE, doc="decimal places"),
            Field("metric", WordChoice(METRICS), doc="how vectors are compared, default cosine"),
            Field("digits", WHOLE, doc="significant digits of each component of a vector"),
            Field(
                "fields",
                MappingOf(
                    ATTRIBUTE_NAME, ShapeRef("attribute", _attribute), what="a mapping of fields"
                ),
                doc="fields of a map",
            ),
            Field("of", ShapeRef("attribute", _attribute), doc="the element of a list or set"),
            Field("items", NUMBER_SPREAD, doc="number of elements of a list or set"),
            Field("to", ENTITY_NAME, doc="the entity a ref points to"),
            Field("other", BOOL, doc="of a ref to an ancestor's kind: another instance of it"),
            Field(
                "enforced",
                BOOL,
                doc="of a ref: false where an instance of another kind may stand there too",
            ),
            Field("presence", SHARE, doc="share of the instances that have it"),
            Field("distinct", VALUES_COUNT, doc="number of distinct values: 40, or 1/user"),
            Field("top_share", SHARE, doc="share of the most common value"),
            Field("skew", NUMBER, doc="Zipf exponent of the values' popularity"),
            Field(
                "unique",
                UNIQUE,
                doc="no two instances have the same value; elsewhere: another system sees to it",
            ),
            Field("sensitive", BOOL, doc="secret or personal"),
            Field("role", WordChoice(ROLES), doc="what it is for"),
            Field("immutable", BOOL, doc="never changes"),
            Field("after", ATTRIBUTE_NAME, doc="a time of the same instance that comes before it"),
            Field("copy_of", COPIED, doc="what it repeats, such as author_id.name"),
            Field("present_with", ATTRIBUTE_NAME, doc="an attribute present with it or not at all"),
            Field("like", PROSE, doc="the first value of a sequence, such as col-001"),
            Field(
                "examples",
                ListOf(VALUE, single=False, least=1, what="a list of values"),
                doc="the values it takes",
            ),
            Field("content", WordChoice(CONTENTS), doc="what a text or a name is about"),
            Field("equals", PROSE, doc="what it is worked out from, such as price * pieces"),
            Field("compressible", SHARE, doc="bytes after gzip over bytes before"),
            Field("title", PROSE),
        ),
    ),
    what="a type such as uuid or text(24), or a mapping with `type`",
)


# ---------------------------------------------------------------- entities


def _finish_count(fields: Fields, reading: Reading) -> Count | None:
    per = str(fields.get("per", ""))
    spread = finish_spread(fields, reading)
    if spread is None:
        return None
    return Count(mean=spread.mean, per=per, spread=spread)


COUNT = ByKind(
    scalar=COUNT_SCALAR,
    mapping=RecordShape(
        "a count",
        (
            *spread_fields(NUMBER),
            Field("per", WordChoice(("parent", "user", "total"))),
        ),
        finish=_finish_count,
    ),
    what="a count such as 2, 1/user, 200 total or {mean: 3, max: 40}",
)


ENTITY = RecordShape(
    "an entity",
    (
        Field("title", PROSE),
        Field("of", ENTITY_NAME, doc="the parent"),
        Field(
            "key",
            ListOf(ATTRIBUTE_NAME, least=1, what="an attribute or a list of them"),
            required=True,
            doc="what identifies an instance",
        ),
        Field("count", COUNT, doc="how many there are"),
        Field("retention", DURATION, doc="how long an instance is kept"),
        Field("durable", BOOL, doc="false: can be rebuilt from elsewhere"),
        Field("append_only", BOOL, doc="written once, never changed"),
        Field("identity", NAMES, doc="what tells one from another, where it is not the key"),
        Field("bounded", BOOL, doc="false: the number grows for ever"),
        Field(
            "attributes",
            MappingOf(
                ATTRIBUTE_NAME,
                ShapeRef("attribute", _attribute),
                least=1,
                what="a mapping of attributes",
            ),
            required=True,
        ),
    ),
    hints={
        "parent": "the parent is named with `of`",
        "ttl": "how long an instance is kept is its `retention`",
        "fields": "the fields of an entity are its `attributes`",
        "columns": "the columns of an entity are its `attributes`",
        "id": "what identifies an instance is its `key`",
        "primary_key": "what identifies an instance is its `key`",
    },
)


# ---------------------------------------------------------------- access patterns


# ---------------------------------------------------------------- the rest


def _date(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text) is None:
        raise Bad
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise Bad("is not a day of the calendar") from None
    return text


def _matching(pattern: str) -> Any:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Bad
        return text

    return parse


_DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_REGION_PATTERN = r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"
DATE = Scalar(_date, "a date such as 2024-10-31", _DATE_PATTERN)
PRICES = Scalar(
    lambda text: "" if text == "latest" else _date(text),
    "`latest` or a date such as 2024-10-31",
    rf"(latest|{_DATE_PATTERN})",
)
REGION = Scalar(_matching(_REGION_PATTERN), "a region such as us-east-1", _REGION_PATTERN)
APP = Name(
    "the name of an app",
    r"[A-Za-z0-9][A-Za-z0-9-]*",
    "letters, digits and dashes, as in `my-shop`",
    longest=64,
    bare=True,
)
GRADES = (*(f"{letter}{sign}" for letter in "ABCD" for sign in ("+", "", "-")), "F")
GRADE = Scalar(
    lambda text: text if text in GRADES else _bad_grade(),
    "a grade from A+ to F",
    r"([ABCD][+-]?|F)",
)


def _bad_grade() -> str:
    raise Bad


def _dollars(text: str) -> Decimal:
    return scalars.number(text.removeprefix("$").strip())


USD = Scalar(_dollars, "an amount of dollars", rf"\$?\s*{scalars.NUMBER_PATTERN}", numeric=True)


def _scale(text: str) -> int:
    value = scalars.whole(text)
    if not 1 <= value <= 10**9:
        raise Bad("is out of range", help="a scale is a number of users, 1 to 1,000,000,000")
    return value


SCALE = Scalar(
    _scale, "a number of users", r"[0-9][0-9_]*", numeric=True, whole=True, least=1, largest=10**9
)


@frozen(kw_only=False, slots=False)
class DailyLoad:
    """24 weights, one for each hour."""

    expects: str = "a list of 24 weights, one for each hour"

    def read(self, node: Node, reading: Reading) -> tuple[Decimal, ...] | None:
        """Return the weights."""
        shape = ListOf(NUMBER, single=False, least=24, most=24, what=self.expects)
        before = len(reading.found)
        weights = shape.read(node, reading)
        if weights is None or len(reading.found) > before:
            return None
        if not sum(weights):
            reading.error("impossible-value", "`daily_load` has no weight above 0", node)
            return None
        return weights

    def schema(self) -> Schema:
        """Return an array of 24."""
        return ListOf(NUMBER, single=False, least=24, most=24).schema()


OPTIONS = RecordShape(
    "the mapping of options",
    (
        Field("max_tables", POSITIVE, doc="join tables until there are no more"),
        Field("single_table", WordChoice(("prefer", "avoid"))),
        Field("table_prefix", PROSE, doc="in front of every planned table's name"),
        Field("names", Anything("a mapping such as {Order: orders-v2}"), doc="names of tables"),
        Field(
            "weights",
            Anything("a mapping such as {1000: 0.3, 10000: 0.7} or {cost: 50}"),
            doc="of scales for the planner, of criteria for compare",
        ),
        Field("capacity", WordChoice(("safe", "cheapest", "on-demand"))),
        Field("object_storage", WordChoice(("needed", "allow", "avoid"))),
        Field("round_trip_ms", NUMBER, doc="what one request to the database takes"),
        Field(
            "ownership",
            Anything("a mapping of terms"),
            doc="terms of the total cost of ownership, for compare: months, hour_usd and so on",
        ),
        Field(
            "phases",
            Anything("a mapping such as {minimal: 1, production: 4}"),
            doc="a stated path, for compare: from which month each deployment option runs",
        ),
        Field("platform", PROSE, doc="the provider that everything has to run with, for compare"),
        Field(
            "workload",
            Anything("a mapping such as {response_kb: 12}"),
            doc="figures of the workload, for compare",
        ),
    ),
    finish=lambda found, reading: nodes.plain(found.node),
)

MODEL_FIELDS = (
    Field("app", APP, required=True, doc="the name of the application"),
    Field("title", PROSE),
    Field("region", REGION, doc="default us-east-1"),
    Field(
        "country",
        WordChoice(COUNTRIES),
        doc="where its users live: sampled telephone numbers, towns and places are of there",
    ),
    Field("prices", PRICES, doc="latest, or a date: prices as they were then"),
    Field(
        "scales",
        ListOf(SCALE, least=1, most=50, what="a list of numbers of users such as [100, 10000]"),
        required=True,
        doc="numbers of users",
    ),
    Field("seed", WHOLE),
    Field("horizon", DURATION, doc="age of data that nothing removes"),
    Field("growth", SHARE, doc="of users, a month"),
    Field("daily_load", DailyLoad(), doc="24 weights, one for each hour"),
    Field(
        "reviews",
        RecordShape("reviews", (Field("last", DATE), Field("due", DATE), Field("at_users", SCALE))),
        doc="when the model was reviewed, and when it is to be again",
    ),
    Field(
        "targets",
        RecordShape(
            "targets",
            (
                Field(
                    "monthly_cost",
                    MappingOf(
                        Name("a number of users", r"[0-9][0-9_]*", "digits, as in {10000: 50}", 16),
                        USD,
                        what="a mapping from users to dollars such as {10000: 50}",
                    ),
                ),
                Field(
                    "monthly_cost_of",
                    WordChoice(tuple(scope.value for scope in BudgetScope)),
                    doc="what the budgets are for: the database alone, or the whole deployment",
                ),
                Field("latency_p99_ms", NUMBER),
                Field(
                    "availability",
                    Scalar(
                        lambda text: scalars.number(text.rstrip("% ")),
                        "per cent such as 99.9",
                        rf"{scalars.NUMBER_PATTERN}\s*%?",
                        numeric=True,
                    ),
                ),
                Field("grade", GRADE),
            ),
        ),
    ),
    Field(
        "needs",
        MappingOf(
            Name("a need"),
            ByKind(
                scalar=VALUE,
                mapping=RecordShape(
                    "a need",
                    (
                        Field("level", WordChoice(("required", "preferred", "no")), required=True),
                        Field("why", PROSE, doc="the reason, in words"),
                    ),
                ),
                what="required, preferred or no, with its reason: {level: required, why: …}",
            ),
            what="a mapping such as {transactions: required, geo: no}",
        ),
    ),
    Field(
        "entities",
        MappingOf(
            ENTITY_NAME, ShapeRef("entity", lambda: ENTITY), least=1, what="a mapping of entities"
        ),
        required=True,
    ),
    Field(
        "patterns",
        MappingOf(
            PATTERN_NAME,
            ShapeRef("pattern", lambda: PATTERN),
            least=1,
            what="a mapping of access patterns",
        ),
        required=True,
    ),
    Field(
        "claims",
        MappingOf(
            LABEL,
            RecordShape(
                "a claim",
                (
                    Field("says", PROSE, required=True),
                    Field("about", WordChoice(CLAIMABLE), required=True),
                    Field("design", LABEL),
                    Field("other", LABEL),
                    Field("table", LABEL),
                    Field("users", SCALE),
                    Field(
                        "value", ListOf(VALUE, least=1, most=2, what="a figure or a band [5, 15]")
                    ),
                    Field("region", REGION),
                    Field("prices", PRICES),
                    Field("answer", PROSE),
                    Field("verdict", WordChoice(("holds", "does not hold", "unclear"))),
                ),
            ),
            what="a mapping of claims",
        ),
    ),
    Field(
        "accept",
        ListOf(
            RecordShape(
                "an accepted finding",
                (
                    Field("rule", LABEL, required=True),
                    Field("subject", PROSE),
                    Field("reason", PROSE, required=True),
                ),
            ),
            single=False,
            what="a list such as [{rule: DDB-REL-002, subject: users, reason: …}]",
        ),
    ),
    Field("migrations", MIGRATIONS, doc="what is decided for moving data; docs/migrate.md"),
    Field("options", OPTIONS, doc="what the planner and compare are told; see their pages"),
    Field(
        "architectures",
        Anything("a mapping of deployment options"),
        doc="deployment options of your own, for compare; docs/compare.md has the form",
    ),
    Field(
        "deploy",
        Anything("a mapping of what the program needs"),
        doc="what the program needs where it is deployed; docs/deploy.md has the form",
    ),
)


def definitions() -> Schema:
    """Return the definitions that the fields refer to."""
    return {
        "attribute": ATTRIBUTE.schema(),
        "entity": ENTITY.schema(),
        "pattern": {
            **PATTERN.schema(),
            "oneOf": [{"required": [verb]} for verb in VERBS],
            "description": f"one of {one_of(VERBS)}, with its rate",
        },
        "part": {**PART.schema(), "oneOf": [{"required": [verb]} for verb in PART_VERBS]},
        "read_part": {
            **READ_PART.schema(),
            "oneOf": [{"required": [verb]} for verb in READ_PART_VERBS],
        },
    }


def document(designs: Shape) -> RecordShape:
    """Return the shape of the whole file, given that of its designs."""
    return RecordShape("the model file", (*MODEL_FIELDS, Field("designs", designs)))
