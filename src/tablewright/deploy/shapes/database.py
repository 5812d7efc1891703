"""Tables, servers and caches as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import Block, inner_blocks, plainly, snake_case, tags_of


def _table(resource: Resource) -> list[Block]:
    p = resource.properties
    return [Block("aws_dynamodb_table", {**_table_keys(p), **_table_settings(p)})]


def _key_name(schema: list[Mapping[str, str]], kind: str) -> Any:
    names = [part["AttributeName"] for part in schema if part["KeyType"] == kind]
    return names[0] if len(names) == 1 else names or None


def _table_keys(p: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": p["TableName"],
        "billing_mode": p["BillingMode"],
        "hash_key": _key_name(p["KeySchema"], "HASH"),
        "range_key": _key_name(p["KeySchema"], "RANGE"),
        "attribute": [
            Block.inner({"name": a["AttributeName"], "type": a["AttributeType"]})
            for a in p["AttributeDefinitions"]
        ],
    }
    throughput = p.get("ProvisionedThroughput")
    if throughput:
        body["read_capacity"] = throughput["ReadCapacityUnits"]
        body["write_capacity"] = throughput["WriteCapacityUnits"]
    body |= _throughput_blocks(p)
    for name, argument in (
        ("GlobalSecondaryIndexes", "global_secondary_index"),
        ("LocalSecondaryIndexes", "local_secondary_index"),
    ):
        if p.get(name):
            body[argument] = [_table_index(index, argument) for index in p[name]]
    return body


def _table_index(index: Mapping[str, Any], argument: str) -> Block:
    schema = index["KeySchema"]
    body: dict[str, Any] = {"name": index["IndexName"]}
    if argument == "global_secondary_index":
        if len(schema) > 2:  # several attributes on a side: a block for each
            body["key_schema"] = [
                Block.inner({"attribute_name": k["AttributeName"], "key_type": k["KeyType"]})
                for k in schema
            ]
        else:
            body["hash_key"] = _key_name(schema, "HASH")
            body["range_key"] = _key_name(schema, "RANGE")
    else:
        body["range_key"] = _key_name(schema, "RANGE")
    projection = index["Projection"]
    body["projection_type"] = projection["ProjectionType"]
    if projection.get("NonKeyAttributes"):
        body["non_key_attributes"] = projection["NonKeyAttributes"]
    throughput = index.get("ProvisionedThroughput")
    if throughput:
        body["read_capacity"] = throughput["ReadCapacityUnits"]
        body["write_capacity"] = throughput["WriteCapacityUnits"]
    return Block.inner(body | _throughput_blocks(index))


THROUGHPUT_BLOCKS = {
    "OnDemandThroughput": (
        "on_demand_throughput",
        {
            "MaxReadRequestUnits": "max_read_request_units",
            "MaxWriteRequestUnits": "max_write_request_units",
        },
    ),
    "WarmThroughput": (
        "warm_throughput",
        {
            "ReadUnitsPerSecond": "read_units_per_second",
            "WriteUnitsPerSecond": "write_units_per_second",
        },
    ),
}


def _throughput_blocks(p: Mapping[str, Any]) -> dict[str, Any]:
    """Return the blocks of on-demand maximum and warm throughput that a table or index states."""
    return {
        block: [Block.inner({names[name]: units for name, units in p[member].items()})]
        for member, (block, names) in THROUGHPUT_BLOCKS.items()
        if p.get(member)
    }


def _table_settings(p: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if p.get("TableClass"):
        body["table_class"] = p["TableClass"]
    replicas = p.get("Replicas", [])
    recovery = p.get("PointInTimeRecoverySpecification") or (
        replicas[0].get("PointInTimeRecoverySpecification") if replicas else None
    )
    if recovery:
        inner: dict[str, Any] = {"enabled": recovery["PointInTimeRecoveryEnabled"]}
        if "RecoveryPeriodInDays" in recovery:
            inner["recovery_period_in_days"] = recovery["RecoveryPeriodInDays"]
        body["point_in_time_recovery"] = [Block.inner(inner)]
    if p.get("TimeToLiveSpecification"):
        ttl = p["TimeToLiveSpecification"]
        body["ttl"] = [
            Block.inner({"attribute_name": ttl["AttributeName"], "enabled": ttl["Enabled"]})
        ]
    if p.get("StreamSpecification"):
        body["stream_enabled"] = True
        body["stream_view_type"] = p["StreamSpecification"]["StreamViewType"]
    protected = p.get("DeletionProtectionEnabled")
    if protected is None and replicas:
        protected = replicas[0].get("DeletionProtectionEnabled")
    body["deletion_protection_enabled"] = bool(protected)
    if len(replicas) > 1:
        strong = {"consistency_mode": "STRONG"} if p.get("MultiRegionConsistency") else {}
        body["replica"] = [
            Block.inner({"region_name": r["Region"], **strong}) for r in replicas[1:]
        ]
    if p.get("GlobalTableWitnesses"):
        (witness,) = p["GlobalTableWitnesses"]
        body["global_table_witness"] = [Block.inner({"region_name": witness["Region"]})]
    tags = tags_of(p) or tags_of(replicas[0] if replicas else {})
    if tags:
        body["tags"] = tags
    return body


def _scaling_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    settings = p["TargetTrackingScalingPolicyConfiguration"]
    target = p["ScalingTargetId"]
    metric = settings["PredefinedMetricSpecification"]["PredefinedMetricType"]
    return [
        Block(
            "aws_appautoscaling_policy",
            {
                "name": p["PolicyName"],
                "policy_type": p["PolicyType"],
                "service_namespace": Ref(target.resource, "ServiceNamespace"),
                "resource_id": Ref(target.resource, "ResourceId"),
                "scalable_dimension": Ref(target.resource, "ScalableDimension"),
                "target_tracking_scaling_policy_configuration": [
                    Block.inner(
                        {
                            "target_value": settings["TargetValue"],
                            "predefined_metric_specification": [
                                Block.inner({"predefined_metric_type": metric})
                            ],
                        }
                    )
                ],
            },
        )
    ]


_RDS = {
    "DBSubnetGroupName": "db_subnet_group_name",
    "DBInstanceClass": "instance_class",
    "EnableCloudwatchLogsExports": "enabled_cloudwatch_logs_exports",
    "ManageMasterUserPassword": "manage_master_user_password",
    "MultiAZ": "multi_az",
    "VPCSecurityGroups": "vpc_security_group_ids",
    "VpcSecurityGroupIds": "vpc_security_group_ids",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBClusterIdentifier": "cluster_identifier",
}


def _database(resource: Resource) -> list[Block]:
    p = dict(resource.properties)
    tags = tags_of(p)
    p.pop("Tags", None)
    in_cluster = "DBClusterIdentifier" in p
    body: dict[str, Any] = {_RDS.get(key, snake_case(key)): value for key, value in p.items()}
    if in_cluster:
        kind = "aws_rds_cluster_instance"
    elif resource.kind.endswith("DBCluster"):
        kind = "aws_rds_cluster"
        scaling = body.pop("serverless_v2_scaling_configuration", None)
        if scaling:
            body["serverlessv2_scaling_configuration"] = inner_blocks([scaling])
    else:
        kind = "aws_db_instance"
        body["username"] = body.pop("master_username")
        body["allocated_storage"] = int(body["allocated_storage"])
    if tags:
        body["tags"] = tags
    return [Block(kind, body)]


def _subnet_group(kind: str, text: str) -> Callable[[Resource], list[Block]]:
    def shape(resource: Resource) -> list[Block]:
        p = resource.properties
        body: dict[str, Any] = {"description": p[text], "subnet_ids": p["SubnetIds"]}
        if kind == "aws_elasticache_subnet_group":
            body = {"name": _cache_name(p[text]), **body}
        return [Block(kind, body)]

    return shape


def _cache_name(text: str) -> str:
    return text.partition(":")[0] + "-cache"


def _cache(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {
        "replication_group_id": _cache_name(p["ReplicationGroupDescription"])[:40],
        "description": p["ReplicationGroupDescription"],
        "engine": p["Engine"],
        "node_type": p["CacheNodeType"],
        "num_cache_clusters": p["NumCacheClusters"],
        "automatic_failover_enabled": p["AutomaticFailoverEnabled"],
        "at_rest_encryption_enabled": p["AtRestEncryptionEnabled"],
        "transit_encryption_enabled": p["TransitEncryptionEnabled"],
        "subnet_group_name": p["CacheSubnetGroupName"],
        "security_group_ids": p["SecurityGroupIds"],
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_elasticache_replication_group", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": plainly("aws_appautoscaling_target"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling_policy,
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::DynamoDB::Table": _table,
    "AWS::ElastiCache::ReplicationGroup": _cache,
    "AWS::ElastiCache::SubnetGroup": _subnet_group("aws_elasticache_subnet_group", "Description"),
    "AWS::RDS::DBCluster": _database,
    "AWS::RDS::DBInstance": _database,
    "AWS::RDS::DBSubnetGroup": _subnet_group("aws_db_subnet_group", "DBSubnetGroupDescription"),
}
