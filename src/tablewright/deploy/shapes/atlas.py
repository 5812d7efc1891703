"""Clusters at MongoDB Atlas as the provider mongodb/mongodbatlas writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 2.
"""

from __future__ import annotations

from collections.abc import Callable

from tablewright.deploy.resources import Resource
from tablewright.deploy.shapes.values import Block


def _cluster(resource: Resource) -> list[Block]:
    p = resource.properties
    electable = {"instance_size": p["InstanceSize"], "node_count": p["NodeCount"]}
    place = {
        "provider_name": "AWS",
        "region_name": p["RegionName"],
        "priority": 7,
        "electable_specs": electable,
    }
    return [
        Block(
            "mongodbatlas_advanced_cluster",
            {
                "project_id": p["ProjectId"],
                "name": p["Name"],
                "cluster_type": "REPLICASET",
                "mongo_db_major_version": p["MongoDBMajorVersion"],
                "backup_enabled": p["BackupEnabled"],
                "pit_enabled": p["PitEnabled"],
                "termination_protection_enabled": p["TerminationProtectionEnabled"],
                "advanced_configuration": {
                    "minimum_enabled_tls_protocol": "TLS1_2",
                    "javascript_enabled": False,
                },
                "replication_specs": [{"region_configs": [place]}],
                "tags": p["Tags"] or None,
            },
        )
    ]


def _user(resource: Resource) -> list[Block]:
    p = resource.properties
    roles = {"role_name": p["RoleName"], "database_name": p["RoleDatabase"]}
    return [
        Block(
            "mongodbatlas_database_user",
            {
                "project_id": p["ProjectId"],
                "username": p["Username"],
                "password": p["Password"],
                "auth_database_name": p["DatabaseName"],
                "roles": [Block.inner(roles)],
                "scopes": [Block.inner({"name": p["ClusterName"], "type": "CLUSTER"})],
            },
        )
    ]


def _access(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"project_id": p["ProjectId"], "ip_address": p["IpAddress"], "comment": p["Comment"]}
    return [Block("mongodbatlas_project_ip_access_list", body)]


def _audit(resource: Resource) -> list[Block]:
    p = resource.properties
    return [
        Block(
            "mongodbatlas_auditing",
            {
                "project_id": p["ProjectId"],
                "enabled": p["Enabled"],
                "audit_authorization_success": p["AuditAuthorizationSuccess"],
                "audit_filter": p["AuditFilter"],
            },
        )
    ]


def _backups(resource: Resource) -> list[Block]:
    p = resource.properties
    daily = {
        "frequency_interval": 1,
        "retention_unit": "days",
        "retention_value": p["DailyRetentionDays"],
    }
    return [
        Block(
            "mongodbatlas_cloud_backup_schedule",
            {
                "project_id": p["ProjectId"],
                "cluster_name": p["ClusterName"],
                "reference_hour_of_day": p["ReferenceHourOfDay"],
                "restore_window_days": p["RestoreWindowDays"],
                "policy_item_daily": [Block.inner(daily)],
            },
        )
    ]


def _search_nodes(resource: Resource) -> list[Block]:
    p = resource.properties
    specs = {"instance_size": p["InstanceSize"], "node_count": p["NodeCount"]}
    return [
        Block(
            "mongodbatlas_search_deployment",
            {"project_id": p["ProjectId"], "cluster_name": p["ClusterName"], "specs": [specs]},
        )
    ]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "MongoDB::Atlas::Cluster": _cluster,
    "MongoDB::Atlas::DatabaseUser": _user,
    "MongoDB::Atlas::ProjectIpAccessList": _access,
    "MongoDB::Atlas::Auditing": _audit,
    "MongoDB::Atlas::CloudBackupSchedule": _backups,
    "MongoDB::Atlas::SearchDeployment": _search_nodes,
}
