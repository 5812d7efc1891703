"""The application on instances: one with an address, or a group behind a load balancer.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.deploy.grants import Statement
from tablewright.deploy.network import (
    PUBLIC,
    balancer,
    compute_subnets,
    from_anywhere,
    from_group,
    security_group,
)
from tablewright.deploy.option import HEALTH_PATH, PORT, Site
from tablewright.deploy.resources import Account, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import application_statements, log_statement, role_of


def _instance_type(site: Site) -> str:
    """Return the type of instance that is priced, such as t3.small."""
    for part in site.parts_of("aws.ec2."):
        return part.price_key.removeprefix("aws.ec2.")
    return "t3.small"


def instances(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield the instances, their role and template, and what is before them."""
    has_balancer = site.has("aws.elb")
    if has_balancer:
        yield from balancer(site, PORT, HEALTH_PATH)
        openings: tuple[dict[str, Any], ...] = (
            from_group(PORT, "BalancerGroup", "the load balancer"),
        )
    else:
        openings = (from_anywhere(443, "HTTPS"), from_anywhere(80, "redirected to HTTPS"))
    yield security_group("ComputeGroup", site, "instances are managed without SSH", openings)
    rights = [
        *application_statements(statements, site),
        log_statement(),
        {
            "Sid": "FetchRelease",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [
                Text(
                    (
                        "arn:",
                        Account("partition"),
                        ":s3:::",
                        ParameterRef("ArtifactBucket"),
                        "/",
                        ParameterRef("ArtifactKey"),
                    )
                )
            ],
        },
    ]
    yield role_of("InstanceRole", "ec2", rights, "what the access patterns need, and no more")
    yield Resource(
        name="InstanceProfile",
        kind="AWS::IAM::InstanceProfile",
        properties={"Roles": [Ref("InstanceRole")]},
    )
    yield Resource(
        name="Template",
        kind="AWS::EC2::LaunchTemplate",
        properties={"LaunchTemplateData": _launch_data(site, variables)},
        reason="Amazon Linux; metadata only with a token, the disk encrypted",
    )
    if has_balancer:
        yield _group(site)
        return
    yield Resource(
        name="Instance",
        kind="AWS::EC2::Instance",
        properties={
            "LaunchTemplate": {
                "LaunchTemplateId": Ref("Template"),
                "Version": Ref("Template", "LatestVersionNumber"),
            },
            "SubnetId": Ref(PUBLIC[0]),
            "Tags": [{"Key": "Name", "Value": site.stack_name}],
        },
        reason="one instance in one zone, as priced: when it stops, the application stops",
        price_keys=("aws.ec2", "aws.ebs"),
    )
    yield Resource(
        name="Address",
        kind="AWS::EC2::EIP",
        properties={"Domain": "vpc", "InstanceId": Ref("Instance")},
        after=("GatewayAttachment",),
        price_keys=("aws.vpc.publicipv4",),
    )


def _group(site: Site) -> Resource:
    count = site.hours_of("aws.ec2.")
    return Resource(
        name="Group",
        kind="AWS::AutoScaling::AutoScalingGroup",
        properties={
            "MinSize": str(max(2, count)),
            "MaxSize": str(max(2, count) * 2),
            "DesiredCapacity": str(max(2, count)),
            "HealthCheckType": "ELB",
            "HealthCheckGracePeriod": 300,
            "VPCZoneIdentifier": [Ref(name) for name in compute_subnets(site)],
            "TargetGroupARNs": [Ref("Targets")],
            "LaunchTemplate": {
                "LaunchTemplateId": Ref("Template"),
                "Version": Ref("Template", "LatestVersionNumber"),
            },
        },
        reason="replaces an instance that is not healthy; twice as many at the most",
        after=("HttpsListener",),
        price_keys=("aws.ec2", "aws.ebs"),
    )


def _launch_data(site: Site, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ImageId": Account("amazon-linux"),
        "InstanceType": _instance_type(site),
        "IamInstanceProfile": {"Arn": Ref("InstanceProfile", "Arn")},
        "SecurityGroupIds": [Ref("ComputeGroup", "GroupId")],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "VolumeSize": _disk_gb(site),
                    "VolumeType": "gp3",
                    "Encrypted": True,
                    "DeleteOnTermination": True,
                },
            }
        ],
        "UserData": _user_data(variables),
    }


def _disk_gb(site: Site) -> int:
    parts = site.parts_of("aws.ebs")
    instances = max(1, site.hours_of("aws.ec2."))
    return max(8, round(float(sum(part.quantity for part in parts)) / instances)) if parts else 8


def _user_data(variables: Mapping[str, Any]) -> Text:
    """Return the script an instance runs once: fetch the release, write its unit, start it."""
    lines: list[Any] = [
        "#!/bin/bash\nset -euo pipefail\n",
        "dnf install -y --setopt=install_weak_deps=False python3.13 unzip\n",
        "useradd --system --home-dir /srv/app --create-home app || true\n",
        "aws s3 cp s3://",
        ParameterRef("ArtifactBucket"),
        "/",
        ParameterRef("ArtifactKey"),
        " /srv/app/release.zip\nunzip -oq /srv/app/release.zip -d /srv/app\n",
        "cat > /etc/app.env <<'END'\n",
    ]
    for name, value in sorted(variables.items()):
        lines += [f"{name}=", value, "\n"]
    lines.append(
        "END\nchmod 0640 /etc/app.env && chgrp app /etc/app.env\n"
        "cat > /etc/systemd/system/app.service <<'END'\n"
        "[Unit]\nDescription=application\nAfter=network-online.target\n\n"
        "[Service]\nUser=app\nEnvironmentFile=/etc/app.env\nWorkingDirectory=/srv/app\n"
        f"ExecStart=/usr/bin/python3.13 -m app --host 0.0.0.0 --port {PORT}\n"
        "Restart=always\nRestartSec=2\nNoNewPrivileges=true\nProtectSystem=strict\n"
        "ReadWritePaths=/srv/app\n\n[Install]\nWantedBy=multi-user.target\nEND\n"
        "systemctl daemon-reload\nsystemctl enable --now app\n"
    )
    return Text(tuple(lines))
