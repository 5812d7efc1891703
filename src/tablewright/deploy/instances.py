"""The application on instances: one with an address, or a group behind a load balancer.

In: a site, the policy statements of its patterns, the variables it is given. Out: resources, the
script that an instance runs once, and the systemd unit that keeps the program running.
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
    from_delivery,
    from_group,
    has_private_way,
    security_group,
)
from tablewright.deploy.option import Site
from tablewright.deploy.resources import AccountFact, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import (
    application_statements,
    log_statement,
    release_object,
    role_of,
    secret_variables,
    why,
)

START = {
    "go": "/srv/app/{app}",
    "node": "/usr/bin/node /srv/app/{main}",
    "python": "/usr/bin/python3.13 -m {main} --host 0.0.0.0 --port {port}",
}
"""What starts the program, by language."""
PACKAGES = {"go": "", "node": "nodejs22 ", "python": "python3.13 "}
"""Packages of Amazon Linux 2023 that it runs on; a program in Go needs none."""
CPU_TARGET = 60
"""Per cent of the processors at which a group adds an instance."""


def instances(
    site: Site, statements: Sequence[Statement], variables: Mapping[str, Any]
) -> Iterator[Resource]:
    """Yield the instances, their role and template, and what is before them."""
    has_balancer = site.has("aws.elb")
    if has_balancer:
        yield from balancer(site)
    yield security_group(
        "ComputeGroup",
        site,
        "instances are managed without SSH",
        _openings(site, has_balancer=has_balancer),
    )
    rights = [
        *application_statements(statements, site),
        log_statement(),
        {
            "Sid": "FetchRelease",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [release_object()],
        },
    ]
    yield role_of("InstanceRole", "ec2", rights, why(statements))
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
    yield from _group(site) if has_balancer else _single(site)


def _openings(site: Site, *, has_balancer: bool) -> tuple[dict[str, Any], ...]:
    port = site.program.port
    if has_balancer:
        return (from_group(port, "BalancerGroup", "the load balancer"),)
    if site.has("aws.cloudfront"):
        return (from_delivery(port, "the distribution, which serves TLS"),)
    return (from_anywhere(443, "HTTPS"), from_anywhere(80, "redirected to HTTPS"))


def terminates_tls(site: Site) -> bool:
    """Whether the instance itself has to serve TLS: nothing stands before it."""
    return not site.has("aws.elb", "aws.cloudfront")


def _instance_type(site: Site) -> str:
    """Return the type of instance that is priced, such as t3.small."""
    for part in site.parts_of("aws.ec2."):
        return part.price_key.removeprefix("aws.ec2.")
    return "t3.small"


def _single(site: Site) -> Iterator[Resource]:
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


def _group(site: Site) -> Iterator[Resource]:
    count = max(2, site.hours_of("aws.ec2."))
    fewest, largest = site.program.instances or (count, count * 2)
    yield Resource(
        name="Group",
        kind="AWS::AutoScaling::AutoScalingGroup",
        properties={
            "MinSize": str(fewest),
            "MaxSize": str(max(largest, count)),
            "DesiredCapacity": str(max(fewest, count)),
            "HealthCheckType": "ELB",
            "HealthCheckGracePeriod": 300,
            "VPCZoneIdentifier": [Ref(name) for name in compute_subnets(site)],
            "TargetGroupARNs": [Ref("Targets")],
            "LaunchTemplate": {
                "LaunchTemplateId": Ref("Template"),
                "Version": Ref("Template", "LatestVersionNumber"),
            },
        },
        reason=f"{max(fewest, count)} as priced, in two zones; replaces one that is not healthy",
        after=("HttpsListener",),
        price_keys=("aws.ec2", "aws.ebs"),
    )
    yield Resource(
        name="GroupPolicy",
        kind="AWS::AutoScaling::ScalingPolicy",
        properties={
            "AutoScalingGroupName": Ref("Group"),
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingConfiguration": {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": CPU_TARGET,
            },
        },
        reason=f"an instance more above {CPU_TARGET} % of the processors, one less well below",
    )


def _launch_data(site: Site, variables: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ImageId": AccountFact("amazon-linux"),
        "InstanceType": _instance_type(site),
        "IamInstanceProfile": {"Arn": Ref("InstanceProfile", "Arn")},
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
        "UserData": Text(tuple(user_data(site, variables))),
    }
    groups = [Ref("ComputeGroup", "GroupId")]
    if has_private_way(site) or not site.has("aws.elb"):
        data["SecurityGroupIds"] = groups
    else:  # without a NAT gateway an instance of a group needs an address to call out
        data["NetworkInterfaces"] = [
            {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": groups}
        ]
    return data


def _disk_gb(site: Site) -> int:
    parts = site.parts_of("aws.ebs")
    machines = max(1, site.hours_of("aws.ec2."))
    return max(8, round(float(sum(part.quantity for part in parts)) / machines)) if parts else 8


def unit(site: Site) -> str:
    """Return the systemd unit that starts the program and keeps it running."""
    command = START[site.program.language].format(
        app=site.app, main=site.program.main, port=site.program.port
    )
    return (
        f"[Unit]\nDescription={site.title}\nAfter=network-online.target\n"
        "Wants=network-online.target\n\n"
        f"[Service]\nUser=app\nEnvironmentFile=/etc/app.env\nWorkingDirectory=/srv/app\n"
        f"ExecStart={command}\nRestart=always\nRestartSec=2\nNoNewPrivileges=true\n"
        "ProtectSystem=strict\nProtectHome=true\nPrivateTmp=true\nReadWritePaths=/srv/app\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def user_data(site: Site, variables: Mapping[str, Any]) -> list[Any]:
    """Return the script an instance runs once: fetch the release, write its unit, start it.

    Its parts are texts and references; nothing of it is secret.
    """
    lines: list[Any] = [
        "#!/bin/bash\nset -euo pipefail\n",
        f"dnf install -y --setopt=install_weak_deps=False {PACKAGES[site.program.language]}unzip\n",
        "id app >/dev/null 2>&1 || useradd --system --home-dir /srv/app --create-home app\n",
        "aws s3 cp s3://",
        ParameterRef("ArtifactBucket"),
        "/",
        ParameterRef("ArtifactKey"),
        " /srv/app/release.zip\nunzip -oq /srv/app/release.zip -d /srv/app\n",
        "cat > /etc/app.env <<'END'\n",
    ]
    for name, value in sorted({**variables, **secret_variables(site)}.items()):
        parts = value.parts if isinstance(value, Text) else (value,)
        lines += [f"{name}=", *parts, "\n"]
    lines.append("END\nchmod 0640 /etc/app.env\nchgrp app /etc/app.env\n")
    lines.append(f"cat > /etc/systemd/system/{site.app}.service <<'END'\n{unit(site)}END\n")
    lines.append(f"systemctl daemon-reload\nsystemctl enable --now {site.app}\n")
    if terminates_tls(site):
        lines += _tls(site)
    return lines


def _tls(site: Site) -> list[Any]:
    """Return what serves TLS before the program: nginx, with a certificate that renews itself.

    The domain must point to the instance before a certificate is issued: it is tried until then.
    """
    return [
        "dnf install -y nginx python3-pip\npython3 -m venv /opt/certbot\n"
        "/opt/certbot/bin/pip install --quiet certbot certbot-nginx\n"
        "cat > /etc/nginx/conf.d/app.conf <<'END'\nserver {\n  listen 80;\n  server_name ",
        ParameterRef("DomainName"),
        ";\n  location / {\n    proxy_pass http://127.0.0.1:"
        f"{site.program.port};\n    proxy_set_header Host $host;\n  }}\n}}\nEND\n"
        "systemctl enable --now nginx\n"
        "cat > /etc/systemd/system/tls.service <<'END'\n[Unit]\nDescription=certificate\n"
        "After=nginx.service\n\n[Service]\nType=oneshot\nRestart=on-failure\nRestartSec=300\n"
        "ExecStart=/opt/certbot/bin/certbot --nginx --redirect --non-interactive --agree-tos -d ",
        ParameterRef("DomainName"),
        " -m ",
        ParameterRef("AlarmEmail"),
        "\n\n[Install]\nWantedBy=multi-user.target\nEND\n"
        "cat > /etc/systemd/system/tls.timer <<'END'\n[Unit]\nDescription=renew the certificate\n\n"
        "[Timer]\nOnCalendar=daily\nPersistent=true\n\n[Install]\nWantedBy=timers.target\nEND\n"
        "systemctl daemon-reload\nsystemctl enable --now tls.timer\n"
        "systemctl start --no-block tls\n",
    ]
