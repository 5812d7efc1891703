"""Networks and load balancers as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Resource
from tablewright.deploy.shapes.values import Block, plainly, snaked, tags_of


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
        if "SourcePrefixListId" in opening:
            body["prefix_list_ids"] = [opening["SourcePrefixListId"]]
        if "SourceSecurityGroupId" in opening:
            body["security_groups"] = [opening["SourceSecurityGroupId"]]
        return Block.inner(body)

    body: dict[str, Any] = {
        "vpc_id": p["VpcId"],
        "description": p["GroupDescription"],
        "ingress": [rule(opening) for opening in p["SecurityGroupIngress"]] or None,
        "egress": [rule(opening) for opening in p["SecurityGroupEgress"]],
    }
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_security_group", body)]


def _address(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"domain": p["Domain"], "instance": p.get("InstanceId")}
    if tags_of(p):
        body["tags"] = tags_of(p)
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
    if tags_of(p):
        body["tags"] = tags_of(p)
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
    if tags_of(p):
        body["tags"] = tags_of(p)
    return [Block("aws_lb_target_group", body)]


def _action(action: Mapping[str, Any]) -> Block:
    inner: dict[str, Any] = {"type": action["Type"]}
    if "TargetGroupArn" in action:
        inner["target_group_arn"] = action["TargetGroupArn"]
    if "RedirectConfig" in action:
        inner["redirect"] = [Block.inner(snaked(action["RedirectConfig"]))]
    if "FixedResponseConfig" in action:
        inner["fixed_response"] = [Block.inner(snaked(action["FixedResponseConfig"]))]
    return Block.inner(inner)


def _listener(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "load_balancer_arn": p["LoadBalancerArn"],
        "port": p["Port"],
        "protocol": p["Protocol"],
    }
    if p.get("SslPolicy"):
        body["ssl_policy"] = p["SslPolicy"]
        body["certificate_arn"] = p["Certificates"][0]["CertificateArn"]
    body["default_action"] = [_action(p["DefaultActions"][0])]
    return [Block("aws_lb_listener", body)]


def _listener_rule(resource: Resource) -> list[Block]:
    p = resource.properties
    conditions = [
        Block.inner(
            {"path_pattern": [Block.inner({"values": condition["PathPatternConfig"]["Values"]})]}
        )
        for condition in p["Conditions"]
    ]
    body = {
        "listener_arn": p["ListenerArn"],
        "priority": p["Priority"],
        "condition": conditions,
        "action": [_action(action) for action in p["Actions"]],
    }
    return [Block("aws_lb_listener_rule", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::EC2::EIP": _address,
    "AWS::EC2::InternetGateway": plainly("aws_internet_gateway"),
    "AWS::EC2::NatGateway": plainly("aws_nat_gateway"),
    "AWS::EC2::Route": plainly("aws_route"),
    "AWS::EC2::RouteTable": plainly("aws_route_table"),
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::Subnet": plainly("aws_subnet"),
    "AWS::EC2::SubnetRouteTableAssociation": plainly("aws_route_table_association"),
    "AWS::EC2::VPC": plainly("aws_vpc"),
    "AWS::EC2::VPCEndpoint": plainly("aws_vpc_endpoint"),
    "AWS::EC2::VPCGatewayAttachment": plainly("aws_internet_gateway_attachment"),
    "AWS::ElasticLoadBalancingV2::Listener": _listener,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _listener_rule,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _target_group,
}
