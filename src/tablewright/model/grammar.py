"""The grammar of the model file, as shapes: the same text that `docs/model-file.md` explains.

In: nothing. Out: `MODEL_FIELDS`, what may stand at the top of the file, and the JSON Schema of it.
It does not know the grammar of designs: `designs:` is read by the design package.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from yaml.nodes import Node

from tablewright.core.diagnostics import nearest
from tablewright.model import nodes, scalars
from tablewright.model.nodes import Reading
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    BOOL,
    BYTES_SPREAD,
    COUNT_SCALAR,
    DURATION,
    NUMBER,
    NUMBER_SPREAD,
    POSITIVE,
    PROSE,
    RATE,
    SHARE,
    SIGNED,
    VALUE,
    WHOLE,
    Anything,
    ByKind,
    Choice,
    Field,
    Fields,
    ListOf,
    MappingOf,
    Name,
    Record,
    Ref,
    Scalar,
    Schema,
    Shape,
    finish_spread,
    one_of,
    spread_fields,
)
from tablewright.model.values import Count, Kind, Spread

ENTITY_NAME = Name("the name of an entity", r"[A-Za-z][A-Za-z0-9_]*", "letters, digits and `_`")
ATTRIBUTE_NAME = Name("the name of an attribute")
PATH = Name(
    "the name of an attribute",
    r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*",
    "letters, digits, `_` and `-`; a dot leads into a map",
)
COPIED = Name(
    "an attribute of another entity",
    r"[A-Za-z_][A-Za-z0-9_-]*\.[A-Za-z_][A-Za-z0-9_-]*",
    "a ref or the parent and its attribute, as in `author_id.name`",
)
PATTERN_NAME = Name("the name of an access pattern")
LABEL = Name("a short label", r"[A-Za-z0-9_.-]+", "letters, digits, `_`, `-` and `.`", bare=True)
ENUM_VALUE = Name("a value of an enum", r"[^\s].*", "any text")

VERBS = (
    "get",
    "list",
    "put",
    "update",
    "delete",
    "transact",
    "aggregate",
    "near",
    "search",
    "similar",
    "scan",
)
PART_VERBS = ("put", "update", "delete", "check")
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


@dataclass(frozen=True)
class TypeText:
    """A type as written, with what its argument says."""

    kind: Kind
    bytes: Spread | None = None
    values: tuple[tuple[str, Decimal], ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    to: str = ""
    dimensions: int | None = None


MAX_DIMENSIONS = 16_000
"""More than any engine here takes: each checks its own limit."""

METRICS = ("cosine", "euclidean", "dot_product")

_TYPE = re.compile(r"([A-Za-z_]+)\s*(?:\((.*)\))?", re.DOTALL)
SIZED = frozenset(
    {
        Kind.ID,
        Kind.EMAIL,
        Kind.USERNAME,
        Kind.PHONE,
        Kind.NAME,
        Kind.URL,
        Kind.COUNTRY,
        Kind.TEXT,
        Kind.TOKEN,
        Kind.DIGITS,
        Kind.BINARY,
        Kind.MAP,
        Kind.LIST,
        Kind.SET,
    }
)
RANGED = frozenset({Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.COUNTER})


def parse_type(text: str) -> TypeText:
    """Read a type in its short form.

    Example:
        >>> parse_type("text(2KB)").bytes.mean
        Decimal('2048')
        >>> [value for value, share in parse_type("enum(ios, android)").values]
        ['ios', 'android']
    """
    match = _TYPE.fullmatch(text)
    if match is None:
        raise Bad
    kind = _kind(match[1])
    argument = match[2]
    if argument is None:
        return TypeText(kind=kind)
    argument = argument.strip()
    if kind in SIZED:
        try:
            return TypeText(kind=kind, bytes=Spread(mean=scalars.byte_count(argument)))
        except Bad as bad:
            raise Bad(
                bad.reason or "has no size in its brackets",
                id=bad.id,
                help=f"write {kind.value}(24) or {kind.value}(2KB)",
            ) from bad
    if kind is Kind.ENUM:
        return TypeText(kind=kind, values=even(_enum_words(argument)))
    if kind in RANGED:
        low, dots, high = argument.partition("..")
        try:
            if not dots:
                raise Bad
            return TypeText(
                kind=kind, low=scalars.signed(low.strip()), high=scalars.signed(high.strip())
            )
        except Bad as bad:
            raise Bad("has no range in its brackets", help=f"write {kind.value}(0..100)") from bad
    if kind is Kind.REF:
        return TypeText(kind=kind, to=argument)
    if kind is Kind.VECTOR:
        return TypeText(kind=kind, dimensions=_dimensions(argument))
    raise Bad(f"takes nothing in brackets: `{kind.value}` stands alone", help=f"write {kind.value}")


def _dimensions(argument: str) -> int:
    try:
        dimensions = scalars.whole(argument)
    except Bad as bad:
        raise Bad("has no number of dimensions in its brackets", help="write vector(1024)") from bad
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise Bad(
            f"has {dimensions} dimensions",
            id="impossible-value",
            help=f"a vector has 1 to {MAX_DIMENSIONS:,} dimensions",
        )
    return dimensions


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        known = [kind.value for kind in Kind]
        close = nearest(word.lower(), known) or _OTHER_NAMES.get(word.lower())
        raise Bad(
            "is not a type",
            id="unknown-type",
            help=f"did you mean `{close}`?" if close else f"types: {', '.join(known)}",
        ) from None


_OTHER_NAMES = {
    "string": "text",
    "str": "text",
    "varchar": "text",
    "char": "text",
    "number": "decimal",
    "numeric": "decimal",
    "float": "decimal",
    "double": "decimal",
    "long": "int",
    "bigint": "int",
    "datetime": "timestamp",
    "time": "timestamp",
    "object": "map",
    "json": "map",
    "document": "map",
    "dict": "map",
    "array": "list",
    "embedding": "vector",
    "blob": "binary",
    "bytes": "binary",
    "guid": "uuid",
    "objectid": "id",
    "password": "token",
    "hash": "token",
    "s": "text",
    "n": "int",
    "m": "map",
    "l": "list",
    "b": "binary",
}


def _enum_words(argument: str) -> list[str]:
    words = [word.strip() for word in argument.split(",")]
    if not all(words):
        raise Bad("has an empty value", help="write enum(active, paused)")
    twice = next((word for position, word in enumerate(words) if word in words[:position]), None)
    if twice is not None:
        raise Bad(f"names `{twice}` twice", help="keep one of the two")
    return words


def even(words: list[str]) -> tuple[tuple[str, Decimal], ...]:
    """Return values with equal shares that add up to exactly one."""
    each = (Decimal(1) / len(words)).quantize(Decimal("1e-12"))
    rest = 1 - each * (len(words) - 1)
    return tuple((word, each if position else rest) for position, word in enumerate(words))


def _type_times(value: TypeText, factor: Decimal) -> TypeText:
    if value.bytes is None:
        return value
    return replace(value, bytes=replace(value.bytes, mean=value.bytes.mean * factor))


TYPE = Scalar(
    parse_type,
    "a type such as uuid, text(24), enum(a, b) or map(38KB)",
    rf"({'|'.join(kind.value for kind in Kind)})\s*(\(.*\))?",
    scaled=_type_times,
)


def _attribute() -> Shape:
    return ATTRIBUTE


ATTRIBUTE = ByKind(
    scalar=TYPE,
    mapping=Record(
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
            Field("metric", Choice(METRICS), doc="how vectors are compared, default cosine"),
            Field("digits", WHOLE, doc="significant digits of each component of a vector"),
            Field(
                "fields",
                MappingOf(ATTRIBUTE_NAME, Ref("attribute", _attribute), what="a mapping of fields"),
                doc="fields of a map",
            ),
            Field("of", Ref("attribute", _attribute), doc="the element of a list or set"),
            Field("items", NUMBER_SPREAD, doc="number of elements of a list or set"),
            Field("to", ENTITY_NAME, doc="the entity a ref points to"),
            Field("other", BOOL, doc="of a ref to an ancestor's kind: another instance of it"),
            Field("presence", SHARE, doc="share of the instances that have it"),
            Field("distinct", NUMBER, doc="number of distinct values"),
            Field("top_share", SHARE, doc="share of the most common value"),
            Field("skew", NUMBER, doc="Zipf exponent of the values' popularity"),
            Field("unique", BOOL, doc="no two instances have the same value"),
            Field("sensitive", BOOL, doc="secret or personal"),
            Field("role", Choice(ROLES), doc="what it is for"),
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
    mapping=Record(
        "a count",
        (
            *spread_fields(NUMBER),
            Field("per", Choice(("parent", "user", "total"))),
        ),
        finish=_finish_count,
    ),
    what="a count such as 2, 1/user, 200 total or {mean: 3, max: 40}",
)

NAMES = ListOf(ATTRIBUTE_NAME, what="an attribute or a list of them")
PATHS = ListOf(PATH, what="an attribute or a list of them")

ENTITY = Record(
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
                Ref("attribute", _attribute),
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


def _share_or_given(text: str) -> Decimal | str:
    return text if text == "given" else scalars.share(text)


RANGE_SHARE = Scalar(
    _share_or_given,
    "the share of entries in that range, such as 30%, or `given`",
    rf"(given|{scalars.NUMBER_PATTERN}\s*%?)",
    numeric=True,
    largest=1,
    scaled=lambda value, factor: value if value == "given" else min(Decimal(1), value * factor),
)
RANGES = ("between", "begins_with", "gt", "ge", "lt", "le")
CONDITION = ByKind(
    scalar=VALUE,
    mapping=Record(
        "a condition",
        (
            *(Field(name, RANGE_SHARE) for name in RANGES),
            Field("in", ListOf(VALUE, single=False, least=1, what="a list of values")),
            Field("not", VALUE, doc="any value but this one, or but a `given` one"),
            Field("contains", RANGE_SHARE, doc="share of the entries that contain the given one"),
            Field("size", RANGE_SHARE, doc="share of the entries that are at least so long"),
        ),
    ),
    what="a value, `given`, `exists`, `absent`, or {between: 30%}, {in: [a, b]}, {not: a}",
)
WHERE = ByKind(
    scalar=PATH,
    sequence=ListOf(PATH, single=False, least=1),
    mapping=MappingOf(PATH, CONDITION, least=1),
    what="an attribute, a list of them, or a mapping such as {status: active}",
)
SORT_NAME = Name(
    "an attribute to sort by", r"-?" + PATH.pattern, "an attribute, with `-` for descending"
)
SET = ByKind(
    scalar=PATH,
    sequence=ListOf(PATH, single=False),
    mapping=MappingOf(PATH, VALUE),
    what="an attribute, a list of them, or a mapping such as {status: active}",
)
CONSISTENCIES = ("eventual", "strong", "transactional")
PURPOSES = ("online", "batch", "report", "search")


def _part() -> Shape:
    return PART


_CONDITION_FIELDS = (
    Field("by", WHERE, doc="what selects"),
    Field("where", WHERE, doc="what selects"),
    Field("set", SET, doc="attributes an update changes"),
    Field("increment", PATHS),
    Field("append", PATHS),
    Field("remove", PATHS),
    Field(
        "changes",
        MappingOf(PATH, SHARE, what="a mapping from attributes to shares"),
        doc="share of updates in which an attribute really changes",
    ),
    Field(
        "if",
        ByKind(
            scalar=VALUE,
            sequence=ListOf(PATH, single=False, least=1),
            what="`absent`, a list of attributes, or words",
        ),
        doc="condition of a write",
    ),
    Field("if_on", PATHS, doc="attributes the condition looks at"),
    Field("fails", SHARE, doc="share of calls whose condition fails"),
    Field("known", PATHS, doc="further attributes the caller holds"),
    Field("batch", POSITIVE, doc="instances per call"),
    Field("note", PROSE),
)

_ONLY_WRITES = "only put, update, delete and check can be part of a transaction"
PART = Record(
    "a part of a transaction",
    (*(Field(verb, ENTITY_NAME) for verb in PART_VERBS), *_CONDITION_FIELDS),
    hints=dict.fromkeys(("get", "list", "scan", "aggregate", "transact"), _ONLY_WRITES),
)

PATTERN = Record(
    "an access pattern",
    (
        *(
            Field(verb, ENTITY_NAME)
            if verb != "transact"
            else Field(
                "transact",
                ListOf(
                    Ref("part", _part),
                    single=False,
                    least=1,
                    what="a list of parts such as {put: User, if: absent}",
                ),
            )
            for verb in VERBS
        ),
        *_CONDITION_FIELDS,
        Field("id", LABEL, doc="a short label such as S1"),
        Field("title", PROSE),
        Field("sort", ListOf(SORT_NAME, what="an attribute such as -created_at, or a list")),
        Field("limit", POSITIVE, doc="instances wanted"),
        Field("skip", POSITIVE, doc="instances passed over before them, where paged by offset"),
        Field("ignore_case", PATHS, doc="attributes compared without regard to capitals"),
        Field(
            "select",
            ByKind(
                scalar=PATH,
                sequence=ListOf(PATH, single=False, least=1),
                mapping=Record("select", (Field("except", PATHS, required=True),)),
                what="a list of attributes, or {except: [...]}",
            ),
            doc="attributes wanted",
        ),
        Field("matched", NUMBER, doc="how many instances meet `where`"),
        Field("all", BOOL, doc="every match is needed, page by page"),
        Field("hit", SHARE, doc="share of reads that find something"),
        Field("consistency", Choice(CONSISTENCIES)),
        Field("rate", RATE, required=True, doc="how often"),
        Field("peak", NUMBER, doc="peak rate over mean rate"),
        Field("latency_p99_ms", NUMBER),
        Field("staleness_ms", NUMBER),
        Field("purpose", Choice(PURPOSES)),
        Field("group", PROSE),
        Field("scope", PATH, doc="owner or tenant attribute that must bound it"),
        Field("atomic", BOOL, doc="false: read, changed and written back"),
        Field("window_s", NUMBER),
        Field("radius_km", NUMBER),
        Field("to", ATTRIBUTE_NAME, doc="the vector that is compared with the caller's"),
        Field("recall", SHARE, doc="the least share of the nearest that must be returned"),
        Field("exact", BOOL, doc="the nearest must be returned, not most of them"),
        Field("hot_share", SHARE),
    ),
    hints={
        "read": "one instance is a `get`, several are a `list`",
        "query": "several instances are a `list`, one is a `get`",
        "find": "several instances are a `list`, one is a `get`",
        "insert": "a new instance is a `put`",
        "create": "a new instance is a `put`",
        "write": "a new instance is a `put`, a changed one an `update`",
        "upsert": "that is a `put` (without `if: absent`)",
        "remove_item": "that is a `delete`",
        "count": "counting is an `aggregate`",
        "check": "a check is part of a `transact`",
        "filter": "what selects is `where`",
        "order_by": "the order is `sort`",
        "order": "the order is `sort`",
        "frequency": "how often is the `rate`",
    },
)


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


@dataclass(frozen=True)
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


OPTIONS = Record(
    "the mapping of options",
    (
        Field("max_tables", POSITIVE, doc="join tables until there are no more"),
        Field("single_table", Choice(("prefer", "avoid"))),
        Field("table_prefix", PROSE, doc="in front of every planned table's name"),
        Field("names", Anything("a mapping such as {Order: orders-v2}"), doc="names of tables"),
        Field(
            "weights",
            Anything("a mapping such as {1000: 0.3, 10000: 0.7} or {cost: 50}"),
            doc="of scales for the planner, of criteria for compare",
        ),
        Field("capacity", Choice(("safe", "cheapest", "on-demand"))),
        Field("object_storage", Choice(("needed", "allow", "avoid"))),
        Field("round_trip_ms", NUMBER, doc="what one request to the database takes"),
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
        "targets",
        Record(
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
                mapping=Record(
                    "a need",
                    (
                        Field("level", Choice(("required", "preferred", "no")), required=True),
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
            ENTITY_NAME, Ref("entity", lambda: ENTITY), least=1, what="a mapping of entities"
        ),
        required=True,
    ),
    Field(
        "patterns",
        MappingOf(
            PATTERN_NAME,
            Ref("pattern", lambda: PATTERN),
            least=1,
            what="a mapping of access patterns",
        ),
        required=True,
    ),
    Field(
        "claims",
        MappingOf(
            LABEL,
            Record(
                "a claim",
                (
                    Field("says", PROSE, required=True),
                    Field("about", Choice(CLAIMABLE), required=True),
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
                    Field("verdict", Choice(("holds", "does not hold", "unclear"))),
                ),
            ),
            what="a mapping of claims",
        ),
    ),
    Field(
        "accept",
        ListOf(
            Record(
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
    Field("options", OPTIONS, doc="what the planner and compare are told; see their pages"),
    Field(
        "architectures",
        Anything("a mapping of ways to deploy"),
        doc="ways to deploy of your own, for compare; docs/compare.md has the form",
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
    }


def document(designs: Shape) -> Record:
    """Return the shape of the whole file, given that of its designs."""
    return Record("the model file", (*MODEL_FIELDS, Field("designs", designs)))
