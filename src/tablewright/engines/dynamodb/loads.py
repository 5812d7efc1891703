"""What a DynamoDB bill is computed from: units, storage and extras of each table.

In: nothing. Out: frozen values.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from tablewright.bill.bill import Line, total_of
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import Cache, CapacityMode
from tablewright.model.statistics import LoadCurve


@frozen
class PatternUnits:
    """Request units a month that one access pattern consumes on one resource."""

    pattern: str
    reads: Decimal = ZERO
    writes: Decimal = ZERO


@frozen
class ResourceLoad:
    """A table or an index under load.

    Attributes:
        name: the table, or "table/index".
        kind: table, gsi or lsi.
        units: what each access pattern consumes on it.
        stored_bytes: with the 100 bytes of every item or entry (148 on a global table).
        mode: the provisioned capacity of a global index, where it differs from the table's.
    """

    name: str
    kind: str = "table"
    units: tuple[PatternUnits, ...] = ()
    stored_bytes: Decimal | int = ZERO
    mode: CapacityMode | None = None


@frozen
class CacheLoad:
    """A cache before a table under load.

    Attributes:
        cache: what it is, with the share of hits that the file states.
        answered: read units a month that do not reach the table.
        ecpus: of ElastiCache: what its requests are charged as.
        is_charged_elsewhere: whether another table of the cluster has its lines.
    """

    cache: Cache
    answered: Decimal = ZERO
    ecpus: Decimal = ZERO
    is_charged_elsewhere: bool = False


@frozen
class VectorLoad:
    """A vector index under load.

    Attributes:
        name: "table/index".
        units: bytes that each access pattern searches (as reads) and writes.
        stored_bytes: with the 100 bytes of every entry.
    """

    name: str
    units: tuple[PatternUnits, ...] = ()
    stored_bytes: Decimal = ZERO


@frozen
class TableLoad:
    """One table with everything it is charged for in a month; GB are binary.

    Attributes:
        curve: the shape of the day, used where capacity is provisioned.
        backup_gb: on-demand backups kept.
        stream_reads: GetRecords requests that are charged (those of Lambda are not).
        replicas: further regions of a global table; all writes arrive in the home region.
        strong_replicas: whether a write waits for a second of its regions.
        witness: a region that holds changes only, and is charged neither writes nor storage.
        replica_accounts: region and account of replicas in accounts of their own.
        replicated_gb: bytes written that are sent to each replica.
        expired_writes: write units of deletions by TTL, free at home, charged in each replica.
        data_out_gb: sent to the internet.
        objects: gets (as reads) and puts (as writes) of what is kept in object storage.
        object_gb: kept there, in the home region.
    """

    table: str
    resources: tuple[ResourceLoad, ...]
    mode: CapacityMode = field(default_factory=CapacityMode)
    infrequent_access: bool = False
    curve: LoadCurve = field(default_factory=LoadCurve)
    pitr: bool = False
    backup_gb: Decimal = ZERO
    restore_gb: Decimal = ZERO
    export_gb: Decimal = ZERO
    incremental_export_gb: Decimal = ZERO
    stream_reads: Decimal = ZERO
    replicas: tuple[str, ...] = ()
    strong_replicas: bool = False
    witness: str = ""
    replica_accounts: tuple[tuple[str, str], ...] = ()
    replicated_gb: Decimal = ZERO
    expired_writes: Decimal = ZERO
    data_out_gb: Decimal = ZERO
    objects: tuple[PatternUnits, ...] = ()
    object_gb: Decimal = ZERO
    vectors: tuple[VectorLoad, ...] = ()
    cache: CacheLoad | None = None

    @property
    def price_class(self) -> str:
        """The table class as price keys name it."""
        return "ia" if self.infrequent_access else "standard"


@frozen
class Throttled:
    """Requests that exceed a capacity and its burst, as a share of all of them."""

    resource: str
    dimension: str
    region: str
    share: Decimal
    kind: str
    limit: str = "provisioned capacity"
    """What they exceed: that, or the on-demand maximum."""


@frozen
class TableCharges:
    """The lines of one table, and what its capacity would refuse."""

    lines: tuple[Line, ...]
    throttled: tuple[Throttled, ...] = ()

    @property
    def total(self) -> Decimal:
        """USD a month."""
        return total_of(self.lines)

    @property
    def throttled_share(self) -> Decimal:
        """The largest share of requests that one of its resources would refuse."""
        return max((t.share for t in self.throttled), default=ZERO)


@frozen
class ModeCandidate:
    """One way to pay for a table; `cannot` says why it could not be priced."""

    name: str
    load: TableLoad
    charges: TableCharges | None = None
    cannot: str = ""

    @property
    def total(self) -> Decimal | None:
        """USD a month, None where it could not be priced."""
        return self.charges.total if self.charges else None
