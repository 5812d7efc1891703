"""How the Terraform provider hashicorp/aws writes each kind of resource of the tree.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6; the
names are compared with its schema by a test. The tree's property values are taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tablewright.deploy.resources import Ref, Resource


@dataclass(frozen=True, slots=True)
class Expression:
    """A text that is written into HCL as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Json:
    """A document that goes through `jsonencode`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text that goes through `base64encode`."""

    text: Any


@dataclass(frozen=True, slots=True)
class Block:
    """A resource block, or (with no kind) a nested one."""

    kind: str
    body: Mapping[str, Any]
    suffix: str = ""
    is_main: bool = True

    @classmethod
    def inner(cls, body: Mapping[str, Any]) -> Block:
        """Return a nested block."""
        return cls("", body)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _snaked(value: Any) -> Any:
    """Return a value whose property names are written the provider's way, however deep."""
    if isinstance(value, Mapping):
        return {_snake(key): _snaked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_snaked(item) for item in value]
    return value


def _inner(values: list[Mapping[str, Any]]) -> list[Block]:
    return [Block.inner(_snaked(value)) for value in values]


def _tags(properties: Mapping[str, Any]) -> Any:
    tags = properties.get("Tags")
    if tags is None or isinstance(tags, Mapping):
        return tags
    return {tag["Key"]: tag["Value"] for tag in tags}


def _plain(kind: str, **renamed: str) -> Callable[[Resource], list[Block]]:
    """Return a shape that only writes names its own way; `renamed` maps property to argument."""

    def shape(resource: Resource) -> list[Block]:
        body: dict[str, Any] = {}
        for key, value in resource.properties.items():
            if key == "Tags":
                continue
            body[renamed.get(key, _snake(key))] = value
        tags = _tags(resource.properties)
        if tags:
            body["tags"] = tags
        return [Block(kind, body)]

    return shape


# ------------------------------------------------------------------ DynamoDB


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
    return Block.inner(body)


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
    body["server_side_encryption"] = [Block.inner({"enabled": True})]
    protected = p.get("DeletionProtectionEnabled")
    if protected is None and replicas:
        protected = replicas[0].get("DeletionProtectionEnabled")
    body["deletion_protection_enabled"] = bool(protected)
    if len(replicas) > 1:
        body["replica"] = [Block.inner({"region_name": r["Region"]}) for r in replicas[1:]]
    tags = _tags(p) or _tags(replicas[0] if replicas else {})
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


# ------------------------------------------------------------------ rights, logs, functions


def _role(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"assume_role_policy": Json(p["AssumeRolePolicyDocument"])}
    if _tags(p):
        body["tags"] = _tags(p)
    blocks = [Block("aws_iam_role", body)]
    for policy in p.get("Policies", []):
        blocks.append(
            Block(
                "aws_iam_role_policy",
                {
                    "name": policy["PolicyName"],
                    "role": Ref(resource.name, "Id"),
                    "policy": Json(policy["PolicyDocument"]),
                },
                suffix=policy["PolicyName"],
                is_main=False,
            )
        )
    return blocks


def _profile(resource: Resource) -> list[Block]:
    return [Block("aws_iam_instance_profile", {"role": resource.properties["Roles"][0]})]


def _log_group(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"name": p["LogGroupName"], "retention_in_days": p["RetentionInDays"]}
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_cloudwatch_log_group", body)]


def _function(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "function_name": _physical(resource),
        "architectures": p["Architectures"],
        "s3_bucket": p["Code"]["S3Bucket"],
        "s3_key": p["Code"]["S3Key"],
        "handler": p["Handler"],
        "runtime": p["Runtime"],
        "memory_size": p["MemorySize"],
        "timeout": p["Timeout"],
        "role": p["Role"],
        "dead_letter_config": [Block.inner({"target_arn": p["DeadLetterConfig"]["TargetArn"]})],
        "environment": [Block.inner({"variables": p["Environment"]["Variables"]})],
        "logging_config": [
            Block.inner(
                {
                    "log_group": p["LoggingConfig"]["LogGroup"],
                    "log_format": p["LoggingConfig"]["LogFormat"],
                }
            )
        ],
        "tracing_config": [Block.inner({"mode": p["TracingConfig"]["Mode"]})],
    }
    if p.get("VpcConfig"):
        body["vpc_config"] = [
            Block.inner(
                {
                    "subnet_ids": p["VpcConfig"]["SubnetIds"],
                    "security_group_ids": p["VpcConfig"]["SecurityGroupIds"],
                }
            )
        ]
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_lambda_function", body)]


def _physical(resource: Resource) -> str:
    """Return a name for what Terraform wants named and CloudFormation names by itself."""
    tags = _tags(resource.properties) or {}
    words = [tags.get("app", ""), tags.get("environment", ""), _snake(resource.name)]
    return "-".join(word.replace("_", "-") for word in words if word)


def _permission(resource: Resource) -> list[Block]:
    p = resource.properties
    return [
        Block(
            "aws_lambda_permission",
            {
                "action": p["Action"],
                "function_name": Ref(p["FunctionName"].resource, "Name"),
                "principal": p["Principal"],
                "source_arn": p["SourceArn"],
            },
        )
    ]


def _queue(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "sqs_managed_sse_enabled": p["SqsManagedSseEnabled"],
        "message_retention_seconds": p["MessageRetentionPeriod"],
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_sqs_queue", body)]


def _api(resource: Resource) -> list[Block]:
    p = resource.properties
    cors = _snaked(p["CorsConfiguration"])
    body = {
        "name": p["Name"],
        "protocol_type": p["ProtocolType"],
        "cors_configuration": [Block.inner(cors)],
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_apigatewayv2_api", body)]


def _integration(resource: Resource) -> list[Block]:
    p = dict(resource.properties)
    body = {_snake(key): value for key, value in p.items()}
    body["timeout_milliseconds"] = body.pop("timeout_in_millis")
    body["integration_uri"] = Ref(p["IntegrationUri"].resource, "InvokeArn")
    return [Block("aws_apigatewayv2_integration", body)]


def _stage(resource: Resource) -> list[Block]:
    p = resource.properties
    return [
        Block(
            "aws_apigatewayv2_stage",
            {
                "api_id": p["ApiId"],
                "name": p["StageName"],
                "auto_deploy": p["AutoDeploy"],
                "default_route_settings": [Block.inner(_snaked(p["DefaultRouteSettings"]))],
                "access_log_settings": [Block.inner(_snaked(p["AccessLogSettings"]))],
            },
        )
    ]


# ------------------------------------------------------------------ network


def _security_group(resource: Resource) -> list[Block]:
    p = resource.properties

    def rule(opening: Mapping[str, Any]) -> Block:
        body: dict[str, Any] = {
            "protocol": opening["IpProtocol"],
            "from_port": opening.get("FromPort", 0),
            "to_port": opening.get("ToPort", 0),
            "description": opening["Description"],
        }
        if "CidrIp" in opening:
            body["cidr_blocks"] = [opening["CidrIp"]]
        if "SourceSecurityGroupId" in opening:
            body["security_groups"] = [opening["SourceSecurityGroupId"]]
        return Block.inner(body)

    body: dict[str, Any] = {
        "vpc_id": p["VpcId"],
        "description": p["GroupDescription"],
        "ingress": [rule(opening) for opening in p["SecurityGroupIngress"]] or None,
        "egress": [rule(opening) for opening in p["SecurityGroupEgress"]],
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_security_group", body)]


def _address(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"domain": p["Domain"], "instance": p.get("InstanceId")}
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_eip", body)]


def _balancer(resource: Resource) -> list[Block]:
    p = resource.properties
    settings = {a["Key"]: a["Value"] for a in p["LoadBalancerAttributes"]}
    body = {
        "name": p["Name"],
        "load_balancer_type": p["Type"],
        "internal": False,
        "subnets": p["Subnets"],
        "security_groups": p["SecurityGroups"],
        "drop_invalid_header_fields": settings["routing.http.drop_invalid_header_fields.enabled"]
        == "true",
        "enable_deletion_protection": settings["deletion_protection.enabled"] == "true",
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_lb", body)]


def _target_group(resource: Resource) -> list[Block]:
    p = resource.properties
    settings = {a["Key"]: a["Value"] for a in p["TargetGroupAttributes"]}
    body = {
        "name": p["Name"],
        "vpc_id": p["VpcId"],
        "port": p["Port"],
        "protocol": p["Protocol"],
        "target_type": p["TargetType"],
        "deregistration_delay": int(settings["deregistration_delay.timeout_seconds"]),
        "health_check": [
            Block.inner(
                {
                    "path": p["HealthCheckPath"],
                    "interval": p["HealthCheckIntervalSeconds"],
                    "healthy_threshold": p["HealthyThresholdCount"],
                    "unhealthy_threshold": p["UnhealthyThresholdCount"],
                    "matcher": p["Matcher"]["HttpCode"],
                }
            )
        ],
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_lb_target_group", body)]


def _listener(resource: Resource) -> list[Block]:
    p = resource.properties
    action = p["DefaultActions"][0]
    inner: dict[str, Any] = {"type": action["Type"]}
    if "TargetGroupArn" in action:
        inner["target_group_arn"] = action["TargetGroupArn"]
    if "RedirectConfig" in action:
        inner["redirect"] = [Block.inner(_snaked(action["RedirectConfig"]))]
    body: dict[str, Any] = {
        "load_balancer_arn": p["LoadBalancerArn"],
        "port": p["Port"],
        "protocol": p["Protocol"],
    }
    if p.get("SslPolicy"):
        body["ssl_policy"] = p["SslPolicy"]
        body["certificate_arn"] = p["Certificates"][0]["CertificateArn"]
    body["default_action"] = [Block.inner(inner)]
    return [Block("aws_lb_listener", body)]


# ------------------------------------------------------------------ machines


def _repository(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {
        "name": p["RepositoryName"],
        "image_tag_mutability": p["ImageTagMutability"],
        "image_scanning_configuration": [
            Block.inner({"scan_on_push": p["ImageScanningConfiguration"]["ScanOnPush"]})
        ],
        "encryption_configuration": [
            Block.inner({"encryption_type": p["EncryptionConfiguration"]["EncryptionType"]})
        ],
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_ecr_repository", body)]


def _cluster(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "name": _physical(resource),
        "setting": _inner(p["ClusterSettings"]),
    }
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_ecs_cluster", body)]


def _task(resource: Resource) -> list[Block]:
    p = resource.properties

    def lowered(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                key if "-" in key else key[0].lower() + key[1:]: lowered(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [lowered(item) for item in value]
        return value

    containers = [
        {**lowered(c), "readonlyRootFilesystem": c["ReadonlyRootFilesystem"]}
        for c in p["ContainerDefinitions"]
    ]
    platform = p["RuntimePlatform"]
    return [
        Block(
            "aws_ecs_task_definition",
            {
                "family": p["Family"],
                "cpu": p["Cpu"],
                "memory": p["Memory"],
                "network_mode": p["NetworkMode"],
                "requires_compatibilities": p["RequiresCompatibilities"],
                "task_role_arn": p["TaskRoleArn"],
                "execution_role_arn": p["ExecutionRoleArn"],
                "runtime_platform": [
                    Block.inner(
                        {
                            "cpu_architecture": platform["CpuArchitecture"],
                            "operating_system_family": platform["OperatingSystemFamily"],
                        }
                    )
                ],
                "container_definitions": Json(containers),
            },
        )
    ]


def _service(resource: Resource) -> list[Block]:
    p = resource.properties
    placing = p["NetworkConfiguration"]["AwsvpcConfiguration"]
    rollout = p["DeploymentConfiguration"]
    body: dict[str, Any] = {
        "name": _physical(resource),
        "cluster": p["Cluster"],
        "task_definition": p["TaskDefinition"],
        "desired_count": p["DesiredCount"],
        "launch_type": p["LaunchType"],
        "deployment_minimum_healthy_percent": rollout["MinimumHealthyPercent"],
        "deployment_maximum_percent": rollout["MaximumPercent"],
        "deployment_circuit_breaker": _inner([rollout["DeploymentCircuitBreaker"]]),
        "network_configuration": [
            Block.inner(
                {
                    "subnets": placing["Subnets"],
                    "security_groups": placing["SecurityGroups"],
                    "assign_public_ip": placing["AssignPublicIp"] == "ENABLED",
                }
            )
        ],
    }
    if "LoadBalancers" in p:
        body["health_check_grace_period_seconds"] = p["HealthCheckGracePeriodSeconds"]
        body["load_balancer"] = _inner(p["LoadBalancers"])
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_ecs_service", body)]


def _launch_template(resource: Resource) -> list[Block]:
    data = resource.properties["LaunchTemplateData"]
    devices = [
        Block.inner(
            {
                "device_name": device["DeviceName"],
                "ebs": [
                    Block.inner(
                        {
                            "volume_size": device["Ebs"]["VolumeSize"],
                            "volume_type": device["Ebs"]["VolumeType"],
                            "encrypted": device["Ebs"]["Encrypted"],
                            "delete_on_termination": device["Ebs"]["DeleteOnTermination"],
                        }
                    )
                ],
            }
        )
        for device in data["BlockDeviceMappings"]
    ]
    options = data["MetadataOptions"]
    return [
        Block(
            "aws_launch_template",
            {
                "image_id": data["ImageId"],
                "instance_type": data["InstanceType"],
                "iam_instance_profile": [Block.inner({"arn": data["IamInstanceProfile"]["Arn"]})],
                "vpc_security_group_ids": data["SecurityGroupIds"],
                "metadata_options": [
                    Block.inner(
                        {
                            "http_tokens": options["HttpTokens"],
                            "http_put_response_hop_limit": options["HttpPutResponseHopLimit"],
                        }
                    )
                ],
                "block_device_mappings": devices,
                "user_data": Encoded(data["UserData"]),
            },
        )
    ]


def _instance(resource: Resource) -> list[Block]:
    p = resource.properties
    template = p["LaunchTemplate"]["LaunchTemplateId"]
    return [
        Block(
            "aws_instance",
            {
                "launch_template": [
                    Block.inner(
                        {"id": template, "version": Ref(template.resource, "LatestVersionNumber")}
                    )
                ],
                "subnet_id": p["SubnetId"],
                "tags": _tags(p),
            },
        )
    ]


def _group(resource: Resource) -> list[Block]:
    p = resource.properties
    template = p["LaunchTemplate"]["LaunchTemplateId"]
    return [
        Block(
            "aws_autoscaling_group",
            {
                "min_size": int(p["MinSize"]),
                "max_size": int(p["MaxSize"]),
                "desired_capacity": int(p["DesiredCapacity"]),
                "health_check_type": p["HealthCheckType"],
                "health_check_grace_period": p["HealthCheckGracePeriod"],
                "vpc_zone_identifier": p["VPCZoneIdentifier"],
                "target_group_arns": p["TargetGroupARNs"],
                "launch_template": [
                    Block.inner(
                        {"id": template, "version": Ref(template.resource, "LatestVersionNumber")}
                    )
                ],
            },
        )
    ]


# ------------------------------------------------------------------ storage, delivery, secrets


def _bucket(resource: Resource) -> list[Block]:
    p = resource.properties
    bucket = Ref(resource.name)
    main: dict[str, Any] = {"bucket_prefix": f"{_physical(resource)}-"}
    if _tags(p):
        main["tags"] = _tags(p)
    rule = p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    apply = Block.inner(
        {"apply_server_side_encryption_by_default": [Block.inner({"sse_algorithm": algorithm})]}
    )

    def beside(kind: str, suffix: str, body: Mapping[str, Any]) -> Block:
        return Block(kind, {"bucket": bucket, **body}, suffix=suffix, is_main=False)

    return [
        Block("aws_s3_bucket", main),
        beside(
            "aws_s3_bucket_server_side_encryption_configuration", "encryption", {"rule": [apply]}
        ),
        beside(
            "aws_s3_bucket_public_access_block",
            "access",
            _snaked(p["PublicAccessBlockConfiguration"]),
        ),
        beside(
            "aws_s3_bucket_ownership_controls",
            "ownership",
            {"rule": _inner(p["OwnershipControls"]["Rules"])},
        ),
        beside(
            "aws_s3_bucket_versioning",
            "versioning",
            {"versioning_configuration": [Block.inner({"status": "Enabled"})]},
        ),
        beside(
            "aws_s3_bucket_lifecycle_configuration",
            "lifecycle",
            {"rule": [_lifecycle(rule) for rule in p["LifecycleConfiguration"]["Rules"]]},
        ),
    ]


def _lifecycle(rule: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {
        "id": rule["Id"],
        "status": rule["Status"],
        "filter": [Block.inner({"prefix": rule.get("Prefix", "")})],
    }
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        body["abort_incomplete_multipart_upload"] = [Block.inner({"days_after_initiation": days})]
    if "NoncurrentVersionExpiration" in rule:
        days = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        body["noncurrent_version_expiration"] = [Block.inner({"noncurrent_days": days})]
    if "ExpirationInDays" in rule:
        body["expiration"] = [Block.inner({"days": rule["ExpirationInDays"]})]
    return Block.inner(body)


def _bucket_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"bucket": p["Bucket"], "policy": Json(p["PolicyDocument"])}
    return [Block("aws_s3_bucket_policy", body)]


def _access_control(resource: Resource) -> list[Block]:
    settings = resource.properties["OriginAccessControlConfig"]
    return [Block("aws_cloudfront_origin_access_control", _snaked(settings))]


def _distribution(resource: Resource) -> list[Block]:
    p = resource.properties["DistributionConfig"]
    origin = p["Origins"][0]
    behaviour = p["DefaultCacheBehavior"]
    body: dict[str, Any] = {
        "enabled": p["Enabled"],
        "comment": p["Comment"],
        "default_root_object": p["DefaultRootObject"],
        "http_version": p["HttpVersion"],
        "is_ipv6_enabled": p["IPV6Enabled"],
        "price_class": p["PriceClass"],
        "origin": [
            Block.inner(
                {
                    "origin_id": origin["Id"],
                    "domain_name": origin["DomainName"],
                    "origin_access_control_id": origin["OriginAccessControlId"],
                }
            )
        ],
        "default_cache_behavior": [
            Block.inner(
                {
                    "target_origin_id": behaviour["TargetOriginId"],
                    "viewer_protocol_policy": behaviour["ViewerProtocolPolicy"],
                    "cache_policy_id": behaviour["CachePolicyId"],
                    "response_headers_policy_id": behaviour["ResponseHeadersPolicyId"],
                    "compress": behaviour["Compress"],
                    "allowed_methods": ["GET", "HEAD"],
                    "cached_methods": ["GET", "HEAD"],
                }
            )
        ],
        "restrictions": [
            Block.inner({"geo_restriction": [Block.inner({"restriction_type": "none"})]})
        ],
        "viewer_certificate": [Block.inner({"cloudfront_default_certificate": True})],
    }
    if _tags(resource.properties):
        body["tags"] = _tags(resource.properties)
    return [Block("aws_cloudfront_distribution", body)]


def _secret(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"name": p["Name"], "description": p["Description"]}
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_secretsmanager_secret", body)]


# ------------------------------------------------------------------ servers


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
    tags = _tags(p)
    p.pop("Tags", None)
    in_cluster = "DBClusterIdentifier" in p
    body: dict[str, Any] = {_RDS.get(key, _snake(key)): value for key, value in p.items()}
    if in_cluster:
        kind = "aws_rds_cluster_instance"
    elif resource.kind.endswith("DBCluster"):
        kind = "aws_rds_cluster"
        scaling = body.pop("serverless_v2_scaling_configuration", None)
        if scaling:
            body["serverlessv2_scaling_configuration"] = _inner([scaling])
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
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_elasticache_replication_group", body)]


# ------------------------------------------------------------------ watching


def _alarm(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "alarm_name": f"{_snake(resource.name).replace('_', '-')}",
        "alarm_description": p["AlarmDescription"],
        "alarm_actions": p["AlarmActions"],
        "ok_actions": p["OKActions"],
        "comparison_operator": p["ComparisonOperator"],
        "treat_missing_data": p["TreatMissingData"],
        "evaluation_periods": p["EvaluationPeriods"],
        "threshold": p["Threshold"],
    }
    if "DatapointsToAlarm" in p:
        body["datapoints_to_alarm"] = p["DatapointsToAlarm"]
    if "Metrics" in p:
        body["metric_query"] = [_metric(metric) for metric in p["Metrics"]]
    else:
        body["namespace"] = p["Namespace"]
        body["metric_name"] = p["MetricName"]
        body["statistic"] = p["Statistic"]
        body["period"] = p["Period"]
        body["dimensions"] = {d["Name"]: d["Value"] for d in p["Dimensions"]}
    return [Block("aws_cloudwatch_metric_alarm", body)]


def _metric(metric: Mapping[str, Any]) -> Block:
    body: dict[str, Any] = {"id": metric["Id"]}
    if "Expression" in metric:
        body["expression"] = metric["Expression"]
        body["label"] = metric["Label"]
        body["return_data"] = True
        return Block.inner(body)
    stat = metric["MetricStat"]
    body["metric"] = [
        Block.inner(
            {
                "namespace": stat["Metric"]["Namespace"],
                "metric_name": stat["Metric"]["MetricName"],
                "dimensions": {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]},
                "period": stat["Period"],
                "stat": stat["Stat"],
            }
        )
    ]
    return Block.inner(body)


def _topic(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"name": p["TopicName"], "kms_master_key_id": p["KmsMasterKeyId"]}
    if _tags(p):
        body["tags"] = _tags(p)
    return [Block("aws_sns_topic", body)]


def _budget(resource: Resource) -> list[Block]:
    budget = resource.properties["Budget"]
    notices = [
        Block.inner(
            {
                "notification_type": n["Notification"]["NotificationType"],
                "comparison_operator": n["Notification"]["ComparisonOperator"],
                "threshold": n["Notification"]["Threshold"],
                "threshold_type": n["Notification"]["ThresholdType"],
                "subscriber_email_addresses": [s["Address"] for s in n["Subscribers"]],
            }
        )
        for n in resource.properties["NotificationsWithSubscribers"]
    ]
    filters = [
        Block.inner({"name": name, "values": values})
        for name, values in budget["CostFilters"].items()
    ]
    return [
        Block(
            "aws_budgets_budget",
            {
                "name": budget["BudgetName"],
                "budget_type": budget["BudgetType"],
                "time_unit": budget["TimeUnit"],
                "limit_amount": str(budget["BudgetLimit"]["Amount"]),
                "limit_unit": budget["BudgetLimit"]["Unit"],
                "cost_filter": filters,
                "notification": notices,
            },
        )
    ]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::ApiGatewayV2::Api": _api,
    "AWS::ApiGatewayV2::Integration": _integration,
    "AWS::ApiGatewayV2::Route": _plain("aws_apigatewayv2_route"),
    "AWS::ApiGatewayV2::Stage": _stage,
    "AWS::ApplicationAutoScaling::ScalableTarget": _plain("aws_appautoscaling_target"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling_policy,
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::Budgets::Budget": _budget,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::CloudFront::OriginAccessControl": _access_control,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _plain("aws_cloudwatch_dashboard"),
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::EIP": _address,
    "AWS::EC2::Instance": _instance,
    "AWS::EC2::InternetGateway": _plain("aws_internet_gateway"),
    "AWS::EC2::LaunchTemplate": _launch_template,
    "AWS::EC2::NatGateway": _plain("aws_nat_gateway"),
    "AWS::EC2::Route": _plain("aws_route"),
    "AWS::EC2::RouteTable": _plain("aws_route_table"),
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::Subnet": _plain("aws_subnet"),
    "AWS::EC2::SubnetRouteTableAssociation": _plain("aws_route_table_association"),
    "AWS::EC2::VPC": _plain("aws_vpc"),
    "AWS::EC2::VPCEndpoint": _plain("aws_vpc_endpoint"),
    "AWS::EC2::VPCGatewayAttachment": _plain("aws_internet_gateway_attachment"),
    "AWS::ECR::Repository": _repository,
    "AWS::ECS::Cluster": _cluster,
    "AWS::ECS::Service": _service,
    "AWS::ECS::TaskDefinition": _task,
    "AWS::ElastiCache::ReplicationGroup": _cache,
    "AWS::ElastiCache::SubnetGroup": _subnet_group("aws_elasticache_subnet_group", "Description"),
    "AWS::ElasticLoadBalancingV2::Listener": _listener,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _target_group,
    "AWS::IAM::InstanceProfile": _profile,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::RDS::DBCluster": _database,
    "AWS::RDS::DBInstance": _database,
    "AWS::RDS::DBSubnetGroup": _subnet_group("aws_db_subnet_group", "DBSubnetGroupDescription"),
    "AWS::Route53::HostedZone": _plain("aws_route53_zone"),
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _plain("aws_sns_topic_subscription"),
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SecretsManager::Secret": _secret,
}

MAIN_TYPES: dict[str, str] = {
    "AWS::ApiGatewayV2::Api": "aws_apigatewayv2_api",
    "AWS::ApiGatewayV2::Integration": "aws_apigatewayv2_integration",
    "AWS::ApiGatewayV2::Route": "aws_apigatewayv2_route",
    "AWS::ApiGatewayV2::Stage": "aws_apigatewayv2_stage",
    "AWS::ApplicationAutoScaling::ScalableTarget": "aws_appautoscaling_target",
    "AWS::CloudFront::Distribution": "aws_cloudfront_distribution",
    "AWS::CloudFront::OriginAccessControl": "aws_cloudfront_origin_access_control",
    "AWS::DynamoDB::GlobalTable": "aws_dynamodb_table",
    "AWS::DynamoDB::Table": "aws_dynamodb_table",
    "AWS::EC2::EIP": "aws_eip",
    "AWS::EC2::Instance": "aws_instance",
    "AWS::EC2::InternetGateway": "aws_internet_gateway",
    "AWS::EC2::LaunchTemplate": "aws_launch_template",
    "AWS::EC2::NatGateway": "aws_nat_gateway",
    "AWS::EC2::RouteTable": "aws_route_table",
    "AWS::EC2::SecurityGroup": "aws_security_group",
    "AWS::EC2::Subnet": "aws_subnet",
    "AWS::EC2::VPC": "aws_vpc",
    "AWS::EC2::VPCGatewayAttachment": "aws_internet_gateway_attachment",
    "AWS::ECR::Repository": "aws_ecr_repository",
    "AWS::ECS::Cluster": "aws_ecs_cluster",
    "AWS::ECS::TaskDefinition": "aws_ecs_task_definition",
    "AWS::ElastiCache::SubnetGroup": "aws_elasticache_subnet_group",
    "AWS::ElasticLoadBalancingV2::Listener": "aws_lb_listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "aws_lb",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "aws_lb_target_group",
    "AWS::IAM::InstanceProfile": "aws_iam_instance_profile",
    "AWS::IAM::Role": "aws_iam_role",
    "AWS::Lambda::Function": "aws_lambda_function",
    "AWS::Logs::LogGroup": "aws_cloudwatch_log_group",
    "AWS::RDS::DBCluster": "aws_rds_cluster",
    "AWS::RDS::DBSubnetGroup": "aws_db_subnet_group",
    "AWS::S3::Bucket": "aws_s3_bucket",
    "AWS::SNS::Topic": "aws_sns_topic",
    "AWS::SQS::Queue": "aws_sqs_queue",
    "AWS::SecretsManager::Secret": "aws_secretsmanager_secret",
}
"""The provider's name of each kind that other resources refer to."""

ATTRIBUTES: dict[tuple[str, str], str] = {
    ("AWS::ApiGatewayV2::Api", ""): "id",
    ("AWS::ApiGatewayV2::Api", "ApiEndpoint"): "api_endpoint",
    ("AWS::ApiGatewayV2::Integration", ""): "id",
    ("AWS::ApplicationAutoScaling::ScalableTarget", "ServiceNamespace"): "service_namespace",
    ("AWS::ApplicationAutoScaling::ScalableTarget", "ResourceId"): "resource_id",
    ("AWS::ApplicationAutoScaling::ScalableTarget", "ScalableDimension"): "scalable_dimension",
    ("AWS::CloudFront::Distribution", ""): "id",
    ("AWS::CloudFront::Distribution", "DomainName"): "domain_name",
    ("AWS::CloudFront::OriginAccessControl", ""): "id",
    ("AWS::DynamoDB::GlobalTable", ""): "name",
    ("AWS::DynamoDB::GlobalTable", "Arn"): "arn",
    ("AWS::DynamoDB::Table", ""): "name",
    ("AWS::DynamoDB::Table", "Arn"): "arn",
    ("AWS::EC2::EIP", ""): "public_ip",
    ("AWS::EC2::EIP", "AllocationId"): "allocation_id",
    ("AWS::EC2::Instance", ""): "id",
    ("AWS::EC2::InternetGateway", ""): "id",
    ("AWS::EC2::LaunchTemplate", ""): "id",
    ("AWS::EC2::LaunchTemplate", "LatestVersionNumber"): "latest_version",
    ("AWS::EC2::NatGateway", ""): "id",
    ("AWS::EC2::RouteTable", ""): "id",
    ("AWS::EC2::SecurityGroup", "GroupId"): "id",
    ("AWS::EC2::Subnet", ""): "id",
    ("AWS::EC2::VPC", ""): "id",
    ("AWS::ECR::Repository", "Arn"): "arn",
    ("AWS::ECR::Repository", "RepositoryUri"): "repository_url",
    ("AWS::ECS::Cluster", ""): "id",
    ("AWS::ECS::TaskDefinition", ""): "arn",
    ("AWS::ElastiCache::SubnetGroup", ""): "name",
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", ""): "arn",
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName"): "dns_name",
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName"): "arn_suffix",
    ("AWS::ElasticLoadBalancingV2::TargetGroup", ""): "arn",
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName"): "arn_suffix",
    ("AWS::IAM::InstanceProfile", "Arn"): "arn",
    ("AWS::IAM::Role", ""): "name",
    ("AWS::IAM::Role", "Arn"): "arn",
    ("AWS::IAM::Role", "Id"): "id",
    ("AWS::Lambda::Function", ""): "function_name",
    ("AWS::Lambda::Function", "Name"): "function_name",
    ("AWS::Lambda::Function", "Arn"): "arn",
    ("AWS::Lambda::Function", "InvokeArn"): "invoke_arn",
    ("AWS::Logs::LogGroup", ""): "name",
    ("AWS::Logs::LogGroup", "Arn"): "arn",
    ("AWS::RDS::DBCluster", ""): "cluster_identifier",
    ("AWS::RDS::DBSubnetGroup", ""): "name",
    ("AWS::S3::Bucket", ""): "id",
    ("AWS::S3::Bucket", "Arn"): "arn",
    ("AWS::S3::Bucket", "RegionalDomainName"): "bucket_regional_domain_name",
    ("AWS::SNS::Topic", ""): "arn",
    ("AWS::SQS::Queue", "Arn"): "arn",
    ("AWS::SQS::Queue", "QueueName"): "name",
    ("AWS::SecretsManager::Secret", ""): "arn",
}
"""What the provider calls a resource's `Ref` ("") and each of its attributes."""
