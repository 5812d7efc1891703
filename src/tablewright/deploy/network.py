"""The network of an option: addresses, subnets in two zones, ways out, and who may call whom.

In: a site. Out: resources. Options without machines (functions and DynamoDB) have no network.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.option import Site, short_name
from tablewright.deploy.resources import AccountFact, ParameterRef, Ref, Resource, Text

CACHE_PORT = 6379
VPC = "Network"
ENDPOINTS = "endpoints"
"""The addition by this name: interface endpoints in the place of public addresses."""
NETWORK_RANGE = "10.0.0.0/16"
ZONES = ("A", "B")
PUBLIC = ("PublicSubnetA", "PublicSubnetB")
PRIVATE = ("PrivateSubnetA", "PrivateSubnetB")


def needs_network(site: Site) -> bool:
    """Whether anything of the option lives in a network."""
    return site.has(
        "aws.fargate", "aws.ec2.", "aws.elb", "aws.rds", "aws.aurora", "aws.elasticache"
    )


def has_nat(site: Site) -> bool:
    """Whether the option pays for a NAT gateway: tasks then have no public address."""
    return site.has("aws.vpc.natgw.hour")


def has_private_way(site: Site) -> bool:
    """Whether tasks and instances reach others without public addresses of their own."""
    return has_nat(site) or ENDPOINTS in site.extras


def compute_subnets(site: Site) -> tuple[str, ...]:
    """Return the subnets that tasks and instances run in."""
    return PRIVATE if has_private_way(site) else PUBLIC


def network(site: Site) -> Iterator[Resource]:
    """Yield the network of a site, of two zones whatever runs in it."""
    if not needs_network(site):
        return
    yield Resource(
        name=VPC,
        kind="AWS::EC2::VPC",
        properties={
            "CidrBlock": NETWORK_RANGE,
            "EnableDnsHostnames": True,
            "EnableDnsSupport": True,
            "Tags": [{"Key": "Name", "Value": site.stack_name}],
        },
        reason="one network; nothing outside reaches it but through what is opened below",
    )
    yield Resource(name="Gateway", kind="AWS::EC2::InternetGateway", properties={})
    yield Resource(
        name="GatewayAttachment",
        kind="AWS::EC2::VPCGatewayAttachment",
        properties={"VpcId": Ref(VPC), "InternetGatewayId": Ref("Gateway")},
    )
    yield from _subnets(site)
    yield from _routes(site)
    if site.access.gateway:
        yield _gateway_endpoint("DynamoEndpoint", site.access.gateway, site)
    if site.has("aws.s3") or ENDPOINTS in site.extras:  # ECR keeps the layers of images in S3
        yield _gateway_endpoint("StorageEndpoint", "s3", site)


def _subnets(site: Site) -> Iterator[Resource]:
    for position, zone in enumerate(ZONES):
        for kind, third in (("Public", position), ("Private", 128 + position)):
            yield Resource(
                name=f"{kind}Subnet{zone}",
                kind="AWS::EC2::Subnet",
                properties={
                    "VpcId": Ref(VPC),
                    "CidrBlock": f"10.0.{third}.0/24",
                    "AvailabilityZone": AccountFact(f"zone {position}"),
                    "MapPublicIpOnLaunch": False,
                    "Tags": [
                        {"Key": "Name", "Value": f"{site.stack_name}-{kind.lower()}-{zone.lower()}"}
                    ],
                },
            )


def _routes(site: Site) -> Iterator[Resource]:
    yield Resource(name="PublicRoutes", kind="AWS::EC2::RouteTable", properties={"VpcId": Ref(VPC)})
    yield Resource(
        name="PublicRoute",
        kind="AWS::EC2::Route",
        properties={
            "RouteTableId": Ref("PublicRoutes"),
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": Ref("Gateway"),
        },
        after=("GatewayAttachment",),
    )
    yield Resource(
        name="PrivateRoutes", kind="AWS::EC2::RouteTable", properties={"VpcId": Ref(VPC)}
    )
    for zone in ZONES:
        for kind in ("Public", "Private"):
            yield Resource(
                name=f"{kind}Association{zone}",
                kind="AWS::EC2::SubnetRouteTableAssociation",
                properties={
                    "SubnetId": Ref(f"{kind}Subnet{zone}"),
                    "RouteTableId": Ref(f"{kind}Routes"),
                },
            )
    if has_nat(site):
        yield Resource(
            name="NatAddress",
            kind="AWS::EC2::EIP",
            properties={"Domain": "vpc"},
            after=("GatewayAttachment",),
            price_keys=("aws.vpc.publicipv4",),
        )
        yield Resource(
            name="NatGateway",
            kind="AWS::EC2::NatGateway",
            properties={
                "SubnetId": Ref(PUBLIC[0]),
                "AllocationId": Ref("NatAddress", "AllocationId"),
            },
            reason="tasks have no public address; this is their way out, in one zone as priced",
            price_keys=("aws.vpc.natgw",),
        )
        yield Resource(
            name="PrivateRoute",
            kind="AWS::EC2::Route",
            properties={
                "RouteTableId": Ref("PrivateRoutes"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": Ref("NatGateway"),
            },
        )


def _gateway_endpoint(name: str, service: str, site: Site) -> Resource:
    return Resource(
        name=name,
        kind="AWS::EC2::VPCEndpoint",
        properties={
            "VpcId": Ref(VPC),
            "VpcEndpointType": "Gateway",
            "ServiceName": Text(("com.amazonaws.", AccountFact("region"), f".{service}")),
            "RouteTableIds": [Ref("PublicRoutes"), Ref("PrivateRoutes")],
        },
        reason=f"{service} is reached without leaving the network and without a charge",
    )


def security_group(
    name: str, site: Site, text: str, openings: tuple[dict[str, Any], ...]
) -> Resource:
    """Return a security group that admits just the openings, and lets calls out."""
    return Resource(
        name=name,
        kind="AWS::EC2::SecurityGroup",
        properties={
            "VpcId": Ref(VPC),
            "GroupDescription": f"{site.stack_name}: {text}",
            "SecurityGroupIngress": list(openings),
            "SecurityGroupEgress": [
                {
                    "IpProtocol": "-1",
                    "CidrIp": "0.0.0.0/0",
                    "Description": "calls to other services",
                }
            ],
        },
        reason=text,
    )


def from_anywhere(port: int, text: str) -> dict[str, Any]:
    """Return an opening to the internet."""
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "CidrIp": "0.0.0.0/0",
        "Description": text,
    }


def from_range(port: int, addresses: str, text: str) -> dict[str, Any]:
    """Return an opening to a range of addresses."""
    return {**from_anywhere(port, text), "CidrIp": addresses}


def from_delivery(port: int, text: str) -> dict[str, Any]:
    """Return an opening to the addresses from which CloudFront calls an origin.

    Amazon VPC User Guide, "Available AWS-managed prefix lists"; its id differs by region.
    """
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "SourcePrefixListId": ParameterRef("DeliveryPrefixList"),
        "Description": text,
    }


def from_group(port: int, group: str, text: str) -> dict[str, Any]:
    """Return an opening to the members of a security group."""
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "SourceSecurityGroupId": Ref(group, "GroupId"),
        "Description": text,
    }


def balancer(site: Site) -> Iterator[Resource]:
    """Yield a load balancer that serves HTTPS only, its target group and its rules by path."""
    yield security_group(
        "BalancerGroup",
        site,
        "the load balancer answers the internet on 443, and redirects 80",
        (from_anywhere(443, "HTTPS"), from_anywhere(80, "redirected to HTTPS")),
    )
    yield Resource(
        name="Balancer",
        kind="AWS::ElasticLoadBalancingV2::LoadBalancer",
        properties={
            "Name": short_name(site, "alb"),
            "Type": "application",
            "Scheme": "internet-facing",
            "Subnets": [Ref(name) for name in PUBLIC],
            "SecurityGroups": [Ref("BalancerGroup", "GroupId")],
            "LoadBalancerAttributes": [
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
                {"Key": "deletion_protection.enabled", "Value": "false"},
            ],
        },
        after=("GatewayAttachment",),
        price_keys=("aws.elb.alb",),
    )
    yield _targets(site)
    yield from _listeners(site)


def _targets(site: Site) -> Resource:
    return Resource(
        name="Targets",
        kind="AWS::ElasticLoadBalancingV2::TargetGroup",
        properties={
            "Name": short_name(site, "tg"),
            "VpcId": Ref(VPC),
            "Port": site.program.port,
            "Protocol": "HTTP",
            "TargetType": "ip" if site.has("aws.fargate") else "instance",
            "HealthCheckPath": site.program.health_path,
            "HealthCheckIntervalSeconds": 30,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200"},
            "TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
            ],
        },
        reason=f"a target is healthy when {site.program.health_path} answers 200",
    )


def _listeners(site: Site) -> Iterator[Resource]:
    forward = {"Type": "forward", "TargetGroupArn": Ref("Targets")}
    refuse = {
        "Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
    }
    certificate: Any = Ref("Certificate") if site.has_domain else ParameterRef("CertificateArn")
    pages_elsewhere = site.has("aws.cloudfront")
    yield Resource(
        name="HttpsListener",
        kind="AWS::ElasticLoadBalancingV2::Listener",
        properties={
            "LoadBalancerArn": Ref("Balancer"),
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "Certificates": [{"CertificateArn": certificate}],
            "DefaultActions": [refuse if pages_elsewhere else forward],
        },
        reason="TLS 1.2 at the least; "
        + ("paths of no rule are 404" if pages_elsewhere else "the program serves all paths"),
    )
    yield Resource(
        name="ApiRule",
        kind="AWS::ElasticLoadBalancingV2::ListenerRule",
        properties={
            "ListenerArn": Ref("HttpsListener"),
            "Priority": 10,
            "Conditions": [
                {
                    "Field": "path-pattern",
                    "PathPatternConfig": {
                        "Values": [f"{site.program.base_path}/*", site.program.health_path]
                    },
                }
            ],
            "Actions": [forward],
        },
        reason="what the program answers, by path",
    )
    yield Resource(
        name="HttpListener",
        kind="AWS::ElasticLoadBalancingV2::Listener",
        properties={
            "LoadBalancerArn": Ref("Balancer"),
            "Port": 80,
            "Protocol": "HTTP",
            "DefaultActions": [
                {
                    "Type": "redirect",
                    "RedirectConfig": {
                        "Protocol": "HTTPS",
                        "Port": "443",
                        "StatusCode": "HTTP_301",
                    },
                }
            ],
        },
        reason="nothing is served without TLS",
    )
