"""Database and cache servers of an option: Aurora or RDS for PostgreSQL, ElastiCache.

In: a site. Out: resources. Their passwords are made and kept by the service, in no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.deploy.network import CACHE_PORT, PRIVATE, from_group, security_group
from tablewright.deploy.option import SERVER_PRICES, Site
from tablewright.deploy.resources import Ref, Resource

POSTGRES_PORT = 5432
BACKUP_DAYS = 14
ENGINE_VERSION = "17.7"
"""Where the design states none; of a stated major version the service takes a minor one."""
SMALLEST_DISK_GB = 20
"""Amazon RDS User Guide, "General Purpose SSD storage" for PostgreSQL."""


def servers(site: Site) -> Iterator[Resource]:
    """Yield the database server and the cache of a site, reachable from the application alone.

    Raises:
        UnsupportedError: the size that is priced is none that can be written.
    """
    runs = site.has("aws.lambda", "aws.fargate", "aws.ec2.")
    if site.has("aws.rds", "aws.aurora", "aws.elasticache") and not runs:
        yield security_group(
            "ComputeGroup", site, "what is in this group may call the database", ()
        )
    if site.has(*SERVER_PRICES):
        yield from _postgresql(site)
    if site.has("aws.elasticache"):
        yield from _cache(site)


def _postgresql(site: Site) -> Iterator[Resource]:
    yield security_group(
        "DatabaseGroup",
        site,
        "the database answers the application, nobody else",
        (from_group(POSTGRES_PORT, "ComputeGroup", "the application"),),
    )
    yield Resource(
        name="DatabaseSubnets",
        kind="AWS::RDS::DBSubnetGroup",
        properties={
            "DBSubnetGroupDescription": f"{site.stack_name}: private subnets",
            "SubnetIds": [Ref(name) for name in PRIVATE],
        },
    )
    common: dict[str, Any] = {
        "EngineVersion": site.version or ENGINE_VERSION,
        "DBSubnetGroupName": Ref("DatabaseSubnets"),
        "MasterUsername": "application",
        "ManageMasterUserPassword": True,
        "StorageEncrypted": True,
        "BackupRetentionPeriod": BACKUP_DAYS,
        "DeletionProtection": site.environment == "production",
        "EnableCloudwatchLogsExports": ["postgresql"],
    }
    if site.has("aws.aurora"):
        yield from _aurora(site, common)
        return
    key, instance = _instance_class(site, "aws.rds")
    yield Resource(
        name="Database",
        kind="AWS::RDS::DBInstance",
        properties={
            **common,
            "Engine": "postgres",
            "DBInstanceClass": instance,
            "AllocatedStorage": str(disk_gb(site)),
            "MaxAllocatedStorage": 1000,
            "StorageType": "gp3",
            "MultiAZ": ".multi" in key,
            "PubliclyAccessible": False,
            "AutoMinorVersionUpgrade": True,
            "CopyTagsToSnapshot": True,
            "VPCSecurityGroups": [Ref("DatabaseGroup", "GroupId")],
        },
        reason="the password is made and rotated by the service",
        keeps_data=True,
        price_keys=("aws.rds",),
    )


def disk_gb(site: Site) -> int:
    """Return the GB of the server's own disk, as priced and at least what the service allows."""
    parts = site.parts_of("aws.rds-postgresql.gp3")
    return max(SMALLEST_DISK_GB, *(round(part.quantity) for part in parts), 0)


def _aurora(site: Site, common: dict[str, Any]) -> Iterator[Resource]:
    serverless = site.has("aws.aurora-postgresql.sv2", "aws.aurora-postgresql.acu")
    properties: dict[str, Any] = {
        **common,
        "Engine": "aurora-postgresql",
        "VpcSecurityGroupIds": [Ref("DatabaseGroup", "GroupId")],
        "CopyTagsToSnapshot": True,
    }
    if serverless:
        fewest, largest = site.program.aurora_units
        properties["ServerlessV2ScalingConfiguration"] = {
            "MinCapacity": fewest,
            "MaxCapacity": largest,
        }
    yield Resource(
        name="Database",
        kind="AWS::RDS::DBCluster",
        properties=properties,
        reason="the password is made and rotated by the service",
        keeps_data=True,
        price_keys=("aws.aurora",),
    )
    instance = "db.serverless"
    if not serverless:
        _, instance = _instance_class(site, "aws.aurora-postgresql")
    for number in range(1, _aurora_instances(site) + 1):
        yield Resource(
            name=f"DatabaseInstance{number}",
            kind="AWS::RDS::DBInstance",
            properties={
                "DBClusterIdentifier": Ref("Database"),
                "DBInstanceClass": instance,
                "Engine": "aurora-postgresql",
                "PubliclyAccessible": False,
                "AutoMinorVersionUpgrade": True,
            },
        )


def _aurora_instances(site: Site) -> int:
    """Return how many instances are priced: each capacity line is one, or hours of instances."""
    capacity_lines = len(site.parts_of("aws.aurora-postgresql.sv2"))
    return max(1, capacity_lines or site.hours_of("aws.aurora-postgresql.pg.db"))


def _instance_class(site: Site, beginning: str) -> tuple[str, str]:
    """Return the price of the server's instances, and their class.

    Raises:
        UnsupportedError: no priced part names one.
    """
    for part in site.parts_of(beginning):
        words = part.price_key.split(".")
        if "db" in words:
            start = words.index("db")
            return part.price_key, ".".join(words[start : start + 3])
    raise UnsupportedError(
        f"no priced part of `{site.option}` says which instance its database runs on",
        remedy="choose another option; `tablewright deploy --list` shows them",
    )


def _cache(site: Site) -> Iterator[Resource]:
    yield security_group(
        "CacheGroup",
        site,
        "the cache answers the application, nobody else",
        (from_group(CACHE_PORT, "ComputeGroup", "the application"),),
    )
    yield Resource(
        name="CacheSubnets",
        kind="AWS::ElastiCache::SubnetGroup",
        properties={
            "Description": f"{site.stack_name}: private subnets",
            "SubnetIds": [Ref(name) for name in PRIVATE],
        },
    )
    node = next((part.price_key for part in site.parts_of("aws.elasticache")), "")
    words = [word for word in node.split(".") if word]
    size = words[-2:] if len(words) >= 2 else ["t4g", "micro"]
    yield Resource(
        name="Cache",
        kind="AWS::ElastiCache::ReplicationGroup",
        properties={
            "ReplicationGroupDescription": f"{site.stack_name}: cache",
            "Engine": "valkey",
            "CacheNodeType": "cache." + ".".join(size),
            "NumCacheClusters": max(1, site.hours_of("aws.elasticache")),
            "AutomaticFailoverEnabled": site.hours_of("aws.elasticache") > 1,
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
            "CacheSubnetGroupName": Ref("CacheSubnets"),
            "SecurityGroupIds": [Ref("CacheGroup", "GroupId")],
        },
        price_keys=("aws.elasticache",),
    )
