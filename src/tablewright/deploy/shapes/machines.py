"""Containers and instances as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import (
    Block,
    Encoded,
    Json,
    inner_blocks,
    physical_name,
    tags_of,
)


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
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_ecr_repository", body)]


def _cluster(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "name": p["ClusterName"],
        "setting": inner_blocks(p["ClusterSettings"]),
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
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
        "name": p["ServiceName"],
        "cluster": p["Cluster"],
        "task_definition": p["TaskDefinition"],
        "desired_count": p["DesiredCount"],
        "launch_type": p["LaunchType"],
        "deployment_minimum_healthy_percent": rollout["MinimumHealthyPercent"],
        "deployment_maximum_percent": rollout["MaximumPercent"],
        "deployment_circuit_breaker": inner_blocks([rollout["DeploymentCircuitBreaker"]]),
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
        body["load_balancer"] = inner_blocks(p["LoadBalancers"])
    if tags_of(p):
        body["tags"] = tags_of(p)
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
                "vpc_security_group_ids": data.get("SecurityGroupIds"),
                "network_interfaces": [
                    Block.inner(
                        {
                            "device_index": interface["DeviceIndex"],
                            "associate_public_ip_address": interface["AssociatePublicIpAddress"],
                            "security_groups": interface["Groups"],
                        }
                    )
                    for interface in data.get("NetworkInterfaces", [])
                ]
                or None,
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
                "tags": tags_of(p),
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


def _group_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    settings = p["TargetTrackingConfiguration"]
    metric = settings["PredefinedMetricSpecification"]["PredefinedMetricType"]
    tracking = {
        "target_value": settings["TargetValue"],
        "predefined_metric_specification": [Block.inner({"predefined_metric_type": metric})],
    }
    body = {
        "name": physical_name(resource),
        "autoscaling_group_name": p["AutoScalingGroupName"],
        "policy_type": p["PolicyType"],
        "target_tracking_configuration": [Block.inner(tracking)],
    }
    return [Block("aws_autoscaling_policy", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::AutoScaling::ScalingPolicy": _group_policy,
    "AWS::EC2::Instance": _instance,
    "AWS::EC2::LaunchTemplate": _launch_template,
    "AWS::ECR::Repository": _repository,
    "AWS::ECS::Cluster": _cluster,
    "AWS::ECS::Service": _service,
    "AWS::ECS::TaskDefinition": _task,
}
