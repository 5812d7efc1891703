"""What a bill line counts: reads, writes, storage, backup … as an enum, told from its price.

In: the key of a price, such as "aws.dynamodb.ondemand.wru.standard". Out: its `Dimension`. The
parts of a key are names of the price book, so they are looked up whole; nothing searches in words.
"""

from __future__ import annotations

import enum


class Dimension(enum.Enum):
    """What is counted. Servers are `COMPUTE`; data leaving a service is `TRANSFER`."""

    READS = "reads"
    WRITES = "writes"
    STORAGE = "storage"
    RECOVERY = "recovery"
    """Point-in-time recovery."""
    BACKUP = "backup"
    """Backups, restores, exports."""
    REQUESTS = "requests"
    """Requests that are neither reads nor writes of a database."""
    COMPUTE = "compute"
    TRANSFER = "transfer"
    OTHER = "other"


_BY_PART = {
    Dimension.READS: "rru rcu reads get",
    Dimension.WRITES: "wru rwru wcu rwcu writes put deletes",
    Dimension.STORAGE: "storage disk gp3 ssd sia deep lrs",
    Dimension.RECOVERY: "pitr",
    Dimension.BACKUP: "backup snapshot restore export import retrieval history branch",
    Dimension.TRANSFER: (
        "internet interregion inter-az egress dto transfer natgw fill data-transfer bandwidth"
    ),
    Dimension.REQUESTS: (
        "http rest ws https requests req query api invocations lookup publish outbound io dpu "
        "class-a class-b"
    ),
    Dimension.COMPUTE: (
        "vcpu cpu gbs acu sv2 db pg vitess compute cu ec2 dax elasticache fargate lightsail "
        "app-runner hour mem ram memory dcu droplets f1micro g1small"
    ),
}
_PARTS = {part: kind for kind, parts in _BY_PART.items() for part in parts.split()}


def dimension_of(price_key: str) -> Dimension:
    """Return what a price counts: the first part of its key that says so.

    Example:
        >>> dimension_of("aws.dynamodb.ondemand.wru.standard").value
        'writes'
        >>> dimension_of("aws.rds-postgresql.pg.db.t4g.micro.single").value
        'compute'
    """
    for part in price_key.split("."):
        if part in _PARTS:
            return _PARTS[part]
    return Dimension.OTHER
