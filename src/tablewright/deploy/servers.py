"""Database and cache servers of an option: Aurora or RDS for PostgreSQL, ElastiCache.

In: a site. Out: resources. Their passwords are made and kept by the service, in no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.network import PRIVATE, from_group, security_group
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Ref, Resource

POSTGRES_PORT = 5432
CACHE_PORT = 6379
BACKUP_DAYS = 14
ENGINE_VERSION = "17"


def servers(site: Site) -> Iterator[Resource]:
    """Yield the database server and the cache of a site, reachable from the application alone."""
    if site.engine == "postgresql" and site.has("aws.rds", "aws.aurora"):
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
        "EngineVersion": ENGINE_VERSION,
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
    part = next(iter(site.parts_of("aws.rds")), None)
    size = part.price_key.rsplit(".db.", 1)[-1].split(".")[:2] if part else []
    instance = "db." + ".".join(size) if len(size) == 2 else "db.t4g.medium"
    yield Resource(
        name="Database",
        kind="AWS::RDS::DBInstance",
        properties={
            **common,
            "Engine": "postgres",
            "DBInstanceClass": instance,
            "AllocatedStorage": "20",
            "MaxAllocatedStorage": 1000,
            "StorageType": "gp3",
            "MultiAZ": "multi" in (part.price_key if part else ""),
            "PubliclyAccessible": False,
            "AutoMinorVersionUpgrade": True,
            "CopyTagsToSnapshot": True,
            "VPCSecurityGroups": [Ref("DatabaseGroup", "GroupId")],
        },
        reason="the password is made and rotated by the service",
        keeps_data=True,
        price_keys=("aws.rds",),
    )


def _aurora(site: Site, common: dict[str, Any]) -> Iterator[Resource]:
    serverless = site.has("aws.aurora-postgresql.sv2", "aws.aurora-postgresql.acu")
    properties: dict[str, Any] = {
        **common,
        "Engine": "aurora-postgresql",
        "VpcSecurityGroupIds": [Ref("DatabaseGroup", "GroupId")],
        "CopyTagsToSnapshot": True,
    }
    if serverless:
        properties["ServerlessV2ScalingConfiguration"] = {"MinCapacity": 0.5, "MaxCapacity": 16}
    yield Resource(
        name="Database",
        kind="AWS::RDS::DBCluster",
        properties=properties,
        reason="the password is made and rotated by the service",
        keeps_data=True,
        price_keys=("aws.aurora",),
    )
    instance = "db.serverless" if serverless else _aurora_class(site)
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
    return max(1, capacity_lines or site.hours_of("aws.aurora-postgresql.db"))


def _aurora_class(site: Site) -> str:
    for part in site.parts_of("aws.aurora-postgresql.db"):
        words = part.price_key.split(".")
        if "db" in words:
            return ".".join(words[words.index("db") : words.index("db") + 3])
    return "db.t4g.medium"


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
