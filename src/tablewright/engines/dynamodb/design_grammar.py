"""The grammar of a DynamoDB design in the model file, as shapes.

In: nothing. Out: `DYNAMODB`, the shape of one entry of `designs:`. It does not know the model.
"""

from __future__ import annotations

from yaml.nodes import Node, ScalarNode

from tablewright.core.frozen import frozen
from tablewright.design.grammar import ATTRIBUTES, COMMON, EMBED
from tablewright.model import nodes, scalars
from tablewright.model.grammar import REGION
from tablewright.model.names import ATTRIBUTE_NAME, ENTITY_NAME
from tablewright.model.nodes import Reading
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    ByKind,
    Field,
    ListOf,
    MappingOf,
    Name,
    RecordShape,
    Scalar,
    Shape,
    WordChoice,
    wrong_type,
)
from tablewright.model.value_shapes import BOOL, BYTES, NUMBER, PROSE, SHARE, VALUE, WHOLE

TABLE_NAME = Name(
    "the name of a table",
    r"[A-Za-z0-9_.-]{3,255}",
    "3 to 255 letters, digits, `_`, `-` and `.`",
)
INDEX_NAME = Name(
    "the name of an index",
    r"[A-Za-z0-9_.-]{3,255}",
    "3 to 255 letters, digits, `_`, `-` and `.`",
)
SHAPE_NAME = Name("the name of an item shape", r"[A-Za-z][A-Za-z0-9_]*", "letters, digits and `_`")
ACCOUNT = Name("the number of an AWS account", r"[0-9]{12}", "its 12 digits, in quotes")
DAX_NODE = Name("the type of a node", r"(dax\.)?[a-z][a-z0-9]*\.[a-z0-9]+", "such as r5.large")
KEY_NAME = Name("the name of a key attribute", ATTRIBUTE_NAME.pattern, ATTRIBUTE_NAME.rule)


@frozen(kw_only=False, slots=False)
class OrFalse:
    """A shape, or yes/no in its place."""

    other: Shape
    expects: str

    def read(self, node: Node, reading: Reading) -> object:
        """Return True, False, or what the shape reads."""
        if isinstance(node, ScalarNode) and not nodes.is_null(node):
            boolean = nodes.boolean(node.value)
            if boolean is not None:
                return boolean
        if nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        return self.other.read(node, reading)

    def schema(self) -> dict[str, object]:
        """Return either."""
        return {"anyOf": [BOOL.schema(), self.other.schema()]}


def _pitr(text: str) -> int:
    value = scalars.days(text)
    if value != value.to_integral_value() or not 1 <= value <= 35:
        raise Bad("is not 1 to 35 days", help="write 35d, or false")
    return int(value)


def _years(text: str) -> int:
    if text not in ("1y", "3y"):
        raise Bad
    return int(text[0])


def _times(period: str, words: str) -> Scalar:
    return Scalar(
        lambda text: scalars.times_per(text, period),
        f"how often, such as {words}",
        rf"{scalars.NUMBER_PATTERN}(\s*/\s*(hour|day|week|month|year)s?)?",
        numeric=True,
        scaled=lambda value, factor: value * factor,
    )


STREAM_VIEWS = ("keys-only", "new-image", "old-image", "new-and-old-images")
RESERVED = Scalar(_years, "1y or 3y", "[13]y")
RESERVED_FIELD = Field("reserved", RESERVED, doc="reserved capacity: 1y or 3y")
AUTO_SCALING = RecordShape(
    "auto scaling",
    (
        Field("min_rcu", NUMBER, required=True),
        Field("max_rcu", NUMBER, required=True),
        Field("min_wcu", NUMBER, required=True),
        Field("max_wcu", NUMBER, required=True),
        Field("target", SHARE, doc="target utilisation, default 70%"),
    ),
)
ON_DEMAND = RecordShape(
    "on-demand with a maximum",
    (
        Field("max_reads", NUMBER, doc="read request units a second; more is refused"),
        Field("max_writes", NUMBER, doc="write request units a second; more is refused"),
    ),
)
WARM = RecordShape(
    "warm throughput",
    (
        Field("reads", NUMBER, doc="read units a second it serves at once"),
        Field("writes", NUMBER, doc="write units a second it serves at once"),
    ),
)
MODE = ByKind(
    scalar=WordChoice(("on-demand",)),
    mapping=RecordShape(
        "a capacity mode",
        (
            Field("rcu", NUMBER, doc="provisioned read capacity units"),
            Field("wcu", NUMBER, doc="provisioned write capacity units"),
            Field("auto_scaling", AUTO_SCALING),
            Field("on_demand", ON_DEMAND, doc="on-demand with a maximum"),
            Field("warm", WARM, doc="warm throughput, charged once; alone it is of on-demand"),
            RESERVED_FIELD,
        ),
    ),
    what="on-demand, {on_demand: {...}}, {rcu: 5, wcu: 2} or {auto_scaling: {...}}",
)

KEY = ListOf(KEY_NAME, least=1, most=2, what="a partition key, or [partition key, sort key]")
MANY_KEYS = ListOf(KEY_NAME, least=1, what="an attribute or a list of them")

PROJECT = ByKind(
    scalar=WordChoice(("all", "keys-only")),
    sequence=ListOf(ATTRIBUTE_NAME, single=False, least=1),
    what="all, keys-only, or a list of attributes",
)
USAGE = Field(
    "usage",
    RecordShape(
        "stated usage",
        (
            Field("reads", NUMBER, doc="read units a month"),
            Field("writes", NUMBER, doc="write units a month"),
            Field("stored", BYTES, doc="what is stored, with the bytes the service adds"),
        ),
    ),
    doc="units and bytes taken from a bill or a metric, in place of those that patterns would need",
)
INDEX = RecordShape(
    "an index",
    (
        Field("key", KEY, doc="partition key, or [partition key, sort key]"),
        Field("partition", MANY_KEYS, doc="up to four partition key attributes"),
        Field("sort", MANY_KEYS, doc="up to four sort key attributes"),
        Field("local", BOOL, doc="a local secondary index"),
        Field("project", PROJECT, doc="what an entry holds; default all"),
        Field("mode", MODE),
        USAGE,
        Field("title", PROSE),
    ),
)

VECTOR_INDEX = RecordShape(
    "a vector index",
    (
        Field("vector", ATTRIBUTE_NAME, required=True, doc="the vector attribute"),
        Field("partition", ATTRIBUTE_NAME, doc="each search gives its value"),
        Field("filters", ListOf(ATTRIBUTE_NAME), doc="what a search may filter by"),
        Field("project", PROJECT, doc="what an entry holds; default keys-only"),
        Field("title", PROSE),
    ),
)

TEMPLATE = ByKind(
    scalar=VALUE,
    mapping=RecordShape(
        "a key",
        (
            Field("value", VALUE, required=True, doc="such as USER#{userId}"),
            Field(
                "when",
                MappingOf(
                    ATTRIBUTE_NAME,
                    ListOf(VALUE, least=1, what="a value or a list of them"),
                    least=1,
                ),
                doc="only where an attribute has one of these values",
            ),
        ),
    ),
    what="a template such as USER#{userId}, or {value: …, when: …}",
)
SHAPE = RecordShape(
    "an item shape",
    (
        Field("of", ENTITY_NAME, doc="the entity, where the name is not one"),
        Field("keys", MappingOf(KEY_NAME, TEMPLATE), doc="templates of key attributes"),
        Field("attributes", ATTRIBUTES, doc="what of the entity it holds"),
        Field("embed", MappingOf(ATTRIBUTE_NAME, EMBED), doc="children as a list attribute"),
        Field(
            "compress",
            ByKind(
                scalar=ATTRIBUTE_NAME,
                sequence=ListOf(ATTRIBUTE_NAME, single=False),
                mapping=MappingOf(ATTRIBUTE_NAME, SHARE),
                what="a list of attributes, or {webhook_data: 21%}",
            ),
            doc="stored as gzip",
        ),
        Field("offload", ListOf(ATTRIBUTE_NAME), doc="kept in object storage"),
        Field("guards", ListOf(ATTRIBUTE_NAME), doc="the item makes these unique"),
        Field(
            "counters", ListOf(ATTRIBUTE_NAME), doc="spread over the shards of the key, and summed"
        ),
        Field("title", PROSE),
    ),
    nullable=True,
)
REPLICA = ByKind(
    scalar=REGION,
    mapping=RecordShape(
        "a replica",
        (
            Field("region", REGION, required=True),
            Field("account", ACCOUNT, required=True, doc="the account it is in, each its own"),
        ),
    ),
    what='a region such as us-east-1, or {region: us-east-1, account: "123456789012"}',
)
REPLICAS = ByKind(
    scalar=REGION,
    sequence=ListOf(REPLICA, single=False),
    mapping=RecordShape(
        "replicas",
        (
            Field("regions", ListOf(REPLICA, least=1), required=True, doc="beside the home region"),
            Field("consistency", WordChoice(("eventual", "strong")), doc="default eventual"),
            Field("witness", REGION, doc="of strong ones the third region, where it is no replica"),
        ),
        hints={"region": "write a list: replicas: [{region: …, account: …}]"},
    ),
    what="a list of regions, or {regions: [a, b], consistency: strong}",
)
CLUSTER = Field(
    "cluster",
    Name("the name of a cache", r"[A-Za-z][A-Za-z0-9-]*", "letters, digits and `-`"),
    doc="of tables that share one cache, which is charged once",
)
CACHE = RecordShape(
    "a cache",
    (
        Field(
            "dax",
            RecordShape(
                "a DAX cluster",
                (
                    Field("node", DAX_NODE, required=True, doc="the type, such as r5.large"),
                    Field("nodes", WHOLE, required=True, doc="1 to 11"),
                    CLUSTER,
                ),
            ),
        ),
        Field(
            "elasticache",
            RecordShape(
                "DynamoDB caching by ElastiCache Serverless for Valkey",
                (Field("stored", BYTES, required=True, doc="what it holds"), CLUSTER),
            ),
        ),
        Field(
            "hits",
            SHARE,
            required=True,
            doc="the share of eventually consistent gets and queries it answers",
        ),
    ),
)
TABLE = RecordShape(
    "a table",
    (
        Field("key", KEY, required=True, doc="partition key, or [partition key, sort key]"),
        Field(
            "items",
            ByKind(
                scalar=ENTITY_NAME,
                sequence=ListOf(ENTITY_NAME, single=False, least=1),
                mapping=MappingOf(SHAPE_NAME, SHAPE, least=1),
                what="an entity, a list of them, or a mapping of item shapes",
            ),
            required=True,
        ),
        Field("indexes", MappingOf(INDEX_NAME, INDEX)),
        Field("vector_indexes", MappingOf(INDEX_NAME, VECTOR_INDEX)),
        Field("mode", MODE, doc="capacity mode, default on-demand"),
        RESERVED_FIELD,
        Field("class", WordChoice(("standard", "infrequent-access"))),
        Field("ttl", ATTRIBUTE_NAME),
        Field(
            "pitr",
            OrFalse(
                Scalar(_pitr, "1d to 35d", r"[0-9]+(\.0*)?\s*[dwh]"), "yes, no, or days such as 35d"
            ),
        ),
        Field("backups", WHOLE, doc="on-demand backups held"),
        Field("exports", _times("month", "1/month")),
        Field("restores", _times("year", "1/year")),
        Field(
            "stream",
            ByKind(
                scalar=WordChoice(STREAM_VIEWS),
                mapping=RecordShape(
                    "a stream",
                    (
                        Field("view", WordChoice(STREAM_VIEWS), required=True),
                        Field("readers", WHOLE),
                    ),
                ),
            ),
        ),
        Field("deletion_protection", BOOL),
        Field("replicas", REPLICAS, doc="further regions of a global table"),
        Field("cache", CACHE, doc="what stands before it and answers some of its reads"),
        USAGE,
        Field("title", PROSE),
    ),
    hints={
        "gsi": "secondary indexes are `indexes`",
        "gsis": "secondary indexes are `indexes`",
        "lsi": "a local index is one of the `indexes`, with `local: true`",
        "global_secondary_indexes": "secondary indexes are `indexes`",
        "billing": "how throughput is paid is the `mode`",
        "billing_mode": "how throughput is paid is the `mode`",
        "on_demand_throughput": "a maximum is of the `mode`: {on_demand: {max_reads: 1000}}",
        "warm": "warm throughput is of the `mode`: {warm: {reads: 20000, writes: 8000}}",
        "warm_throughput": "it is of the `mode`: {warm: {reads: 20000, writes: 8000}}",
        "consistency": "it is of the `replicas`: {regions: [a, b], consistency: strong}",
        "witness": "it is of the `replicas`: {regions: [a], consistency: strong, witness: b}",
        "dax": "it is a `cache`: {dax: {node: r5.large, nodes: 3}, hits: 80%}",
        "elasticache": "it is a `cache`: {elasticache: {stored: 2GB}, hits: 80%}",
        "partition": "a table has a `key`: partition, or [partition, sort]",
        "entity": "what a table holds are its `items`",
        "entities": "what a table holds are its `items`",
    },
)
DYNAMODB = RecordShape(
    "a DynamoDB design",
    (*COMMON, Field("tables", MappingOf(TABLE_NAME, TABLE, least=1), required=True)),
)
