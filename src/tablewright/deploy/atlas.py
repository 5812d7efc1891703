"""A cluster at MongoDB Atlas: its tier as priced, backups, who may call it, the application's user.

In: a site. Out: resources of kinds that Terraform's provider mongodb/mongodbatlas makes, and no
CloudFormation. Data at rest is encrypted (AES-256) on every tier; connections are TLS only.
Sources: documentation of mongodb/mongodbatlas 2, and MongoDB Atlas, "Cluster tiers".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import HOURS_PER_MONTH
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Parameter, ParameterRef, Ref, Resource

CLUSTER = "MongoDB::Atlas::Cluster"
CLUSTER_NAME = "DatabaseCluster"
NODES = 3
BACKUP_DAYS = 7
MAJOR_VERSION = "8.0"


def atlas(site: Site) -> Iterator[Resource]:
    """Yield the cluster of an option that pays for one.

    Raises:
        UnsupportedError: the priced tier is none that can be written.
    """
    if not has_cluster(site):
        return
    tier = _tier(site)
    name = site.stack_name[:64]
    yield Resource(
        name=CLUSTER_NAME,
        kind=CLUSTER,
        properties={
            "ProjectId": ParameterRef("AtlasProjectId"),
            "Name": name,
            "InstanceSize": tier,
            "NodeCount": NODES,
            "RegionName": site.region.upper().replace("-", "_"),
            "MongoDBMajorVersion": site.version or MAJOR_VERSION,
            "BackupEnabled": True,
            "PitEnabled": site.has("mongodb.atlas.pitr"),
            "TerminationProtectionEnabled": site.environment == "production",
            "Tags": dict(site.tags),
        },
        reason=f"{tier} as priced, three nodes in three zones; encrypted at rest with AES-256, "
        "called over TLS 1.2 or newer alone",
        keeps_data=True,
        price_keys=("mongodb.atlas",),
    )
    yield Resource(
        name="DatabaseUser",
        kind="MongoDB::Atlas::DatabaseUser",
        properties={
            "ProjectId": ParameterRef("AtlasProjectId"),
            "Username": "application",
            "Password": ParameterRef("AtlasPassword"),
            "DatabaseName": "admin",
            "RoleName": "readWrite",
            "RoleDatabase": database_name(site),
            "ClusterName": Ref(CLUSTER_NAME, "Name"),
        },
        reason="SCRAM-SHA-256; reads and writes one database of one cluster",
    )
    yield Resource(
        name="DatabaseAccess",
        kind="MongoDB::Atlas::ProjectIpAccessList",
        properties={
            "ProjectId": ParameterRef("AtlasProjectId"),
            "IpAddress": ParameterRef("ApplicationAddress"),
            "Comment": f"{site.stack_name}: the application",
        },
        reason="one address: that of the NAT gateway or instance; never the whole internet",
    )
    yield Resource(
        name="DatabaseAudit",
        kind="MongoDB::Atlas::Auditing",
        properties={
            "ProjectId": ParameterRef("AtlasProjectId"),
            "Enabled": True,
            "AuditAuthorizationSuccess": False,
            "AuditFilter": '{"atype": {"$in": ["authenticate", "authCheck"]}}',
        },
        reason="sign-ins and refused calls are recorded",
    )
    yield Resource(
        name="DatabaseBackups",
        kind="MongoDB::Atlas::CloudBackupSchedule",
        properties={
            "ProjectId": ParameterRef("AtlasProjectId"),
            "ClusterName": Ref(CLUSTER_NAME, "Name"),
            "ReferenceHourOfDay": 3,
            "RestoreWindowDays": BACKUP_DAYS,
            "DailyRetentionDays": BACKUP_DAYS,
        },
        reason=f"every night, kept for {BACKUP_DAYS} days",
    )
    yield from _search_nodes(site)


def _search_nodes(site: Site) -> Iterator[Resource]:
    """Yield the search nodes an option pays for: as many as were priced, of the priced size."""
    for part in site.parts_of("mongodb.atlas.search."):
        size = part.price_key.rpartition(".")[2].upper()
        count = int(part.quantity / HOURS_PER_MONTH)
        yield Resource(
            name="SearchNodes",
            kind="MongoDB::Atlas::SearchDeployment",
            properties={
                "ProjectId": ParameterRef("AtlasProjectId"),
                "ClusterName": Ref(CLUSTER_NAME, "Name"),
                "InstanceSize": f"{size}_HIGHCPU_NVME",
                "NodeCount": count,
            },
            reason=f"{count} nodes of {size} as priced, whose memory holds the indexes of vectors",
        )


def has_cluster(site: Site) -> bool:
    """Whether the option pays for a cluster at Atlas."""
    return site.has("mongodb.atlas.")


def database_name(site: Site) -> str:
    """Return the name of the database within the cluster.

    Example:
        >>> from decimal import Decimal
        >>> database_name(Site(app="poafix", title="", option="", environment="production",
        ...     region="", engine="", parts=(), users=1,
        ...     peak_requests_per_second=Decimal(1), usd_per_month=Decimal(1)))
        'poafix_prod'
    """
    ending = "prod" if site.environment == "production" else site.environment
    return f"{site.app.replace('-', '_')}_{ending}"


def atlas_parameters(site: Site) -> Iterator[Parameter]:
    """Yield what the cluster's configuration is given when it is applied."""
    if not has_cluster(site):
        return
    yield Parameter(name="AtlasProjectId", text="Project at MongoDB Atlas that holds the cluster")
    yield Parameter(name="AtlasPassword", text="Password of the application's user", is_secret=True)
    yield Parameter(
        name="ApplicationAddress",
        text="The one address that may call the cluster: of the NAT gateway or the instance",
    )


def _tier(site: Site) -> str:
    for part in site.parts_of("mongodb.atlas."):
        match = re.fullmatch(r"mongodb\.atlas\.(m\d+)\.hour", part.price_key)
        if match:
            return match[1].upper()
    raise UnsupportedError(
        f"the option `{site.option}` has no tier of MongoDB Atlas that can be written",
        remedy="choose an option with a dedicated cluster (M10 or larger)",
    )
