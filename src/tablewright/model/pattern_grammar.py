"""What may be written under `patterns:`: fields, conditions, parts of transactions.

In: nothing. Out: the shapes `PATTERN` and `PART`. It does not know how they are resolved.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.model import scalars
from tablewright.model.names import (
    ATTRIBUTE_NAME,
    ENTITY_NAME,
    LABEL,
    PATH,
    PATHS,
)
from tablewright.model.shapes import (
    ByKind,
    Field,
    ListOf,
    MappingOf,
    Name,
    RecordShape,
    Scalar,
    Shape,
    ShapeRef,
    WordChoice,
)
from tablewright.model.value_shapes import (
    BOOL,
    NUMBER,
    POSITIVE,
    PROSE,
    RATE,
    SHARE,
    VALUE,
)

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
    "read",
)


PART_VERBS = ("put", "update", "delete", "check")


READ_PART_VERBS = ("get", "list")


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
    mapping=RecordShape(
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


COMPARISONS = ("lt", "le", "gt", "ge")


COMPARISON = ByKind(
    scalar=VALUE,
    mapping=RecordShape(
        "a comparison",
        (
            *(Field(name, VALUE) for name in COMPARISONS),
            Field("not", VALUE, doc="any value but this one"),
            Field("in", ListOf(VALUE, single=False, least=1, what="a list of values")),
        ),
    ),
    what="a value, an attribute, `given`, `exists`, `absent`, or {lt: limit}, {in: [a, b]}",
)


COMPARED = MappingOf(PATH, COMPARISON, least=1)


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


CHILDREN = ByKind(
    scalar=ENTITY_NAME,
    sequence=ListOf(ENTITY_NAME, single=False, least=1),
    mapping=MappingOf(
        ENTITY_NAME,
        ByKind(
            scalar=POSITIVE,
            mapping=RecordShape(
                "children put with their parent",
                (
                    Field("count", POSITIVE, doc="how many of them"),
                    Field("set", MappingOf(PATH, VALUE), doc="what each of them begins with"),
                ),
            ),
            what="how many of them, or {count: 3, set: {status: new}}",
        ),
        least=1,
        what="a mapping from children to how many of them, such as {OrderLine: 3}",
    ),
    what="a child, a list of them, or a mapping such as {OrderLine: 3}",
)


def _amount_or_given(text: str) -> Decimal | str:
    return text if text == "given" else scalars.signed(text)


AMOUNT = Scalar(
    _amount_or_given,
    "an amount such as 1 or -1, or `given`",
    rf"(given|-?{scalars.NUMBER_PATTERN})",
    numeric=True,
    least=None,
)


CONSISTENCIES = ("eventual", "strong", "transactional")


PURPOSES = ("online", "batch", "report", "search")


def _part() -> Shape:
    return PART


def _read_part() -> Shape:
    return READ_PART


_CONDITION_FIELDS = (
    Field("by", WHERE, doc="what selects"),
    Field("where", WHERE, doc="what selects"),
    Field("set", SET, doc="attributes an update changes, or what a put begins with"),
    Field(
        "increment",
        ByKind(
            scalar=PATHS,
            sequence=PATHS,
            mapping=MappingOf(PATH, AMOUNT, least=1),
            what="an attribute, a list of them, or a mapping such as {stock: -1}",
        ),
        doc="attributes an update counts up, by 1 or by what the caller says",
    ),
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
            mapping=COMPARED,
            what="`absent`, a list of attributes, words, or {requests: {lt: limit}}",
        ),
        doc="condition of a write",
    ),
    Field(
        "if_on",
        ByKind(
            scalar=PATHS,
            sequence=PATHS,
            mapping=COMPARED,
            what="an attribute, a list of them, or a mapping such as {requests: {lt: limit}}",
        ),
        doc="attributes the condition looks at, or compares",
    ),
    Field("fails", SHARE, doc="share of calls whose condition fails"),
    Field("known", PATHS, doc="further attributes the caller holds"),
    Field("batch", POSITIVE, doc="instances per call"),
    Field("with", CHILDREN, doc="children that are put together with their parent"),
    Field("note", PROSE),
)


_ONLY_WRITES = "only put, update, delete and check can be part of a transaction"


PART = RecordShape(
    "a part of a transaction",
    (*(Field(verb, ENTITY_NAME) for verb in PART_VERBS), *_CONDITION_FIELDS),
    hints=dict.fromkeys(("get", "list", "scan", "aggregate", "transact"), _ONLY_WRITES),
)


_SORT = Field("sort", ListOf(SORT_NAME, what="an attribute such as -created_at, or a list"))


_SELECT = Field(
    "select",
    ByKind(
        scalar=PATH,
        sequence=ListOf(PATH, single=False, least=1),
        mapping=RecordShape("select", (Field("except", PATHS, required=True),)),
        what="a list of attributes, or {except: [...]}",
    ),
    doc="attributes wanted",
)


_LIMIT = Field("limit", POSITIVE, doc="instances wanted")


_MATCHED = Field("matched", NUMBER, doc="how many instances meet `where`")


_ALL = Field("all", BOOL, doc="every match is needed, page by page")


READ_PART = RecordShape(
    "a part of a read",
    (
        *(Field(verb, ENTITY_NAME) for verb in READ_PART_VERBS),
        Field("by", WHERE, doc="what selects"),
        Field("where", WHERE, doc="what selects"),
        _SORT,
        _LIMIT,
        _SELECT,
        _MATCHED,
        _ALL,
        Field("note", PROSE),
    ),
    hints=dict.fromkeys(
        ("put", "update", "delete", "check", "scan", "aggregate", "near", "search", "similar"),
        "only get and list can be part of a read",
    ),
)


_PARTS = {
    "transact": Field(
        "transact",
        ListOf(
            ShapeRef("part", _part),
            single=False,
            least=1,
            what="a list of parts such as {put: User, if: absent}",
        ),
    ),
    "read": Field(
        "read",
        ListOf(
            ShapeRef("read_part", _read_part),
            single=False,
            least=2,
            what="a list of parts such as {list: Comment, where: post_id}",
        ),
        doc="gets and lists of several kinds, asked for at once",
    ),
}


PATTERN = RecordShape(
    "an access pattern",
    (
        *(_PARTS.get(verb) or Field(verb, ENTITY_NAME) for verb in VERBS),
        *_CONDITION_FIELDS,
        Field("id", LABEL, doc="a short label such as S1"),
        Field("title", PROSE),
        _SORT,
        _LIMIT,
        Field("skip", POSITIVE, doc="instances passed over before them, where paged by offset"),
        Field("ignore_case", PATHS, doc="attributes compared case-insensitively"),
        _SELECT,
        _MATCHED,
        _ALL,
        Field("hit", SHARE, doc="share of reads that find something"),
        Field("consistency", WordChoice(CONSISTENCIES)),
        Field("rate", RATE, required=True, doc="how often"),
        Field("peak", NUMBER, doc="peak rate over mean rate"),
        Field("latency_p99_ms", NUMBER),
        Field("staleness_ms", NUMBER),
        Field("purpose", WordChoice(PURPOSES)),
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
        "children": "children put together with their parent are named by `with`",
        "including": "children put together with their parent are named by `with`",
        "frequency": "how often is the `rate`",
    },
)
