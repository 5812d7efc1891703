"""A cache before a table: read, what it answers, what it costs.

In: the fields of a table; requests of routes; loads of tables. Out: a `Cache`, loads and lines of a
bill. How often a cache answers is stated by the file and never computed here: it follows from when
each item is asked for again, which no model says.

Sources, read 2026-12: Amazon DynamoDB Developer Guide, "DAX and DynamoDB consistency models"
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.consistency.html): gets and
queries that are eventually consistent are answered, strong and transactional reads pass through;
"DAX: How it works": 1 to 11 nodes; Amazon ElastiCache User Guide, "DynamoDB caching"
(https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ddb-caching.md); ElastiCache pricing: an
ECPU for each KB of a request, at least 100 MB held (https://aws.amazon.com/elasticache/pricing/).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.capacity.units import Consistency
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ONE, ZERO, format_number, plain
from tablewright.engines.dynamodb.design import Cache, DynamoDesign, ModeKind, Table
from tablewright.engines.dynamodb.loads import CacheLoad, TableLoad
from tablewright.evaluation.values import Request
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Fields
from tablewright.model.values import Pattern

MOST_NODES = 11
LEAST_STORED = Decimal(100 * 1024**2)
_KB = Decimal(1024)
_CACHED = ("GetItem", "BatchGetItem", "Query")
_WRITTEN = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


def read_cache(fields: Fields, table: str, reading: Reading) -> Cache | None:
    """Return the cache that the fields of a table state, None for none; what is wrong is noted."""
    stated = fields.get("cache")
    if not isinstance(stated, Fields):
        return None
    dax, serverless = stated.get("dax"), stated.get("elasticache")
    if (dax is None) == (serverless is None):
        reading.error(
            "bad-cache",
            f"the cache of table `{table}` is either DAX or ElastiCache"
            + (", and both are given" if dax is not None else ""),
            fields.at("cache"),
            "write {dax: {node: r5.large, nodes: 3}, hits: 80%}, or "
            "{elasticache: {stored: 2GB}, hits: 80%}",
        )
        return None
    hits = stated.get("hits", ZERO)
    if dax is None:
        stored, cluster = serverless.get("stored", ZERO), serverless.get("cluster", "")
        return Cache(hits=hits, stored_bytes=Decimal(stored), cluster=str(cluster))
    nodes = int(dax.get("nodes", 1))
    if not 1 <= nodes <= MOST_NODES:
        reading.error(
            "bad-cache",
            f"the cache of table `{table}` has {nodes} nodes, and a DAX cluster has 1 to "
            f"{MOST_NODES}",
            dax.at("nodes"),
            "state 3 for one in each of three zones",
        )
    node = str(dax.get("node", "")).removeprefix("dax.")
    return Cache(hits=hits, node=node, nodes=nodes, cluster=str(dax.get("cluster", "")))


def unlike_clusters(design: DynamoDesign) -> Iterator[tuple[Table, str, str]]:
    """Yield tables that name a cluster of another table and state it otherwise, with a remedy."""
    first: dict[str, Table] = {}
    for table in design.tables:
        if table.cache is None or not table.cache.cluster:
            continue
        other = first.setdefault(table.cache.cluster, table)
        if _size(other) != _size(table):
            yield (
                table,
                f"tables `{other.name}` and `{table.name}` share the cache "
                f"`{table.cache.cluster}` and state it differently",
                "state the same nodes or bytes at both; `hits` may differ",
            )


def _size(table: Table) -> tuple[object, ...]:
    cache = table.cache
    return () if cache is None else (cache.node, cache.nodes, cache.stored_bytes)


class CachesUnderLoad:
    """What the caches of a design answer and are charged as, gathered request by request."""

    def __init__(self, design: DynamoDesign) -> None:
        self._caches = {table.name: table.cache for table in design.tables if table.cache}
        self._answered: dict[str, Decimal] = {}
        self._ecpus: dict[str, Decimal] = {}
        self._charged: set[str] = set()

    def answer(self, pattern: Pattern, request: Request, calls: Decimal) -> Decimal:
        """Return the share of a request that does not reach its table, and count it.

        Args:
            pattern: that it belongs to; what a write reads before is not asked of a cache.
            request: of its route.
            calls: of the pattern, a month.
        """
        name = request.target.partition("/")[0]
        cache = self._caches.get(name)
        if cache is None:
            return ZERO
        sizes = max(ONE, request.bytes / _KB) * request.calls * calls
        if request.operation in _WRITTEN:
            self._ecpus[name] = self._ecpus.get(name, ZERO) + sizes
        is_cached = (
            request.operation in _CACHED
            and not pattern.verb.is_write
            and pattern.consistency is Consistency.EVENTUAL
        )
        if not is_cached:
            return ZERO
        units = sum((use.units.mean for use in request.uses if use.dimension == "read"), ZERO)
        self._answered[name] = self._answered.get(name, ZERO) + units * calls * cache.hits
        # what is not found is asked for once more, to be put into the cache
        self._ecpus[name] = self._ecpus.get(name, ZERO) + sizes * (2 - cache.hits)
        return cache.hits

    def load_of(self, table: Table) -> CacheLoad | None:
        """Return the load of a table's cache; of a shared one the first table has the charge."""
        cache = table.cache
        if cache is None:
            return None
        again = bool(cache.cluster) and cache.cluster in self._charged
        self._charged.add(cache.cluster)
        return CacheLoad(
            cache=cache,
            answered=self._answered.get(table.name, ZERO),
            ecpus=ZERO if cache.is_dax else self._ecpus.get(table.name, ZERO),
            is_charged_elsewhere=again,
        )


def cache_lines(load: TableLoad, book: PriceBook, region: str) -> Iterator[Line]:
    """Yield what the cache of a table costs, in its home region."""
    if load.cache is None:
        return
    cache = load.cache.cache
    quantities: list[tuple[str, str, Decimal, str]] = []
    note = f"answers {format_number(load.cache.answered)} read units a month"
    if cache.is_dax and not load.cache.is_charged_elsewhere:
        hours = cache.nodes * HOURS_PER_MONTH
        quantities.append((f"aws.dax.{cache.node}", f"DAX nodes {cache.node}", hours, note))
    elif not cache.is_dax:
        stored = max(cache.stored_bytes, LEAST_STORED) / GB * HOURS_PER_MONTH
        if not load.cache.is_charged_elsewhere:
            quantities.append(
                ("aws.elasticache.serverless.valkey.gb", "cache, data held", stored, note)
            )
        key = "aws.elasticache.serverless.valkey.ecpu"
        quantities.append((key, "cache, requests", load.cache.ecpus, ""))
    for key, what, quantity, text in quantities:
        if quantity:
            yield charge(
                book.price(key, region),
                quantity,
                where=load.table,
                resource=f"{load.table}/cache",
                what=what,
                region=region,
                note=text,
            )


def assumed_of_caches(tables: Sequence[TableLoad], book: PriceBook, region: str) -> Iterator[str]:
    """Yield what a bill with caches rests on: the stated hits, and what they keep off."""
    cached = [load for load in tables if load.cache is not None]
    for load in cached:
        assert load.cache is not None
        price = book.find(f"aws.dynamodb.ondemand.rru.{load.price_class}", region)
        saved = ""
        if price is not None and load.mode.kind is ModeKind.ON_DEMAND:
            saved = f" ({load.cache.answered * price.usd / price.per:.2f} USD)"
        yield (
            f"a cache answers {plain(load.cache.cache.hits * 100)} % of the eventually consistent "
            f"gets and queries of {load.table}, as the file states and nothing here computes: "
            f"{format_number(load.cache.answered)} read units a month{saved} do not reach it"
        )
    if cached:
        yield "an empty cache sends all reads to the table; rules and proofs look at that case"
    if any(load.cache and not load.cache.cache.is_dax for load in cached):
        yield (
            "a request of a cache takes an ECPU for each KB of its mean size, at least one; what "
            "is not found is put into it by a second one"
        )


def left_out_of_caches(tables: Sequence[TableLoad]) -> Iterator[str]:
    """Yield what is not known of the charges of caches."""
    if any(load.cache and not load.cache.cache.is_dax for load in tables):
        yield (
            "what DynamoDB caching costs above the rates of ElastiCache Serverless for Valkey: no "
            "source says whether it does"
        )
