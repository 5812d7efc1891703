"""What whoever creates the stack may do: the policy of the pipeline's role.

In: a stack. Out: a policy document. It is told apart from the roles of the running program, which
may neither create nor describe tables. Source: Service Authorization Reference, the actions of each
service; what has no resource of its own, or is named by the service, has `*`.
"""

from __future__ import annotations

import json
from typing import Any

from tablewright.deploy.option import Site
from tablewright.deploy.resources import Resource, Stack

TABLE_ACTIONS = (
    "dynamodb:CreateTable",
    "dynamodb:DeleteTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:ListTagsOfResource",
    "dynamodb:TagResource",
    "dynamodb:UntagResource",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
)
SERVICES = {
    "AWS::ApiGateway": ("apigateway:*",),
    "AWS::ApiGatewayV2": ("apigateway:*",),
    "AWS::ApplicationAutoScaling": ("application-autoscaling:*",),
    "AWS::AutoScaling": ("autoscaling:*",),
    "AWS::Backup": ("backup:*", "backup-storage:MountCapsule"),
    "AWS::Budgets": ("budgets:ModifyBudget", "budgets:ViewBudget"),
    "AWS::CE": (
        "ce:CreateAnomalyMonitor",
        "ce:CreateAnomalySubscription",
        "ce:DeleteAnomalyMonitor",
        "ce:DeleteAnomalySubscription",
        "ce:GetAnomalyMonitors",
        "ce:GetAnomalySubscriptions",
        "ce:UpdateAnomalyMonitor",
        "ce:UpdateAnomalySubscription",
    ),
    "AWS::CertificateManager": ("acm:*",),
    "AWS::CloudFront": ("cloudfront:*",),
    "AWS::CloudWatch": ("cloudwatch:*",),
    "AWS::EC2": ("ec2:*",),
    "AWS::ECR": ("ecr:*",),
    "AWS::ECS": ("ecs:*",),
    "AWS::ElastiCache": ("elasticache:*",),
    "AWS::ElasticLoadBalancingV2": ("elasticloadbalancing:*",),
    "AWS::Events": ("events:*",),
    "AWS::Lambda": ("lambda:*",),
    "AWS::Logs": ("logs:*",),
    "AWS::RDS": ("rds:*",),
    "AWS::Route53": ("route53:*",),
    "AWS::S3": ("s3:*",),
    "AWS::SES": ("ses:*",),
    "AWS::SNS": ("sns:*",),
    "AWS::SQS": ("sqs:*",),
    "AWS::SecretsManager": (
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetRandomPassword",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
        "secretsmanager:UpdateSecret",
    ),
    "AWS::WAFv2": ("wafv2:*",),
}
"""Actions that creating, changing and deleting the resources of a service takes."""
ROLE_ACTIONS = (
    "iam:AddRoleToInstanceProfile",
    "iam:AttachRolePolicy",
    "iam:CreateInstanceProfile",
    "iam:CreateRole",
    "iam:DeleteInstanceProfile",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetInstanceProfile",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
STACK_ACTIONS = (
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:GetTemplateSummary",
)


def deployer_policy(stack: Stack, site: Site) -> str:
    """Return the policy as JSON; whoever uses it replaces `ACCOUNT` and `ARTIFACT_BUCKET` in it.

    Raises:
        ValueError: the stack has resources of a service whose actions are not listed here.
    """
    region = stack.region
    statements = [
        _statement(
            "Stack",
            STACK_ACTIONS,
            [f"arn:aws:cloudformation:{region}:ACCOUNT:stack/{stack.name}/*"],
        )
    ]
    # releases, and templates that are too large to be sent
    objects = ("s3:GetObject", "s3:PutObject")
    statements.append(_statement("Releases", objects, ["arn:aws:s3:::ARTIFACT_BUCKET/*"]))
    tables = sorted(str(r.properties["TableName"]) for r in stack.resources if _is_table(r))
    if tables:
        arns = [f"arn:aws:dynamodb:{region}:ACCOUNT:table/{name}" for name in tables]
        statements.append(_statement("Tables", TABLE_ACTIONS, arns))
        # has no resource: Service Authorization Reference, Amazon DynamoDB
        statements.append(_statement("ListTables", ("dynamodb:ListTables",), ["*"]))
    if any(resource.kind.startswith("AWS::IAM::") for resource in stack.resources):
        names = [f"arn:aws:iam::ACCOUNT:{kind}/{stack.name}-*" for kind in _IAM_KINDS]
        statements.append(_statement("Roles", ROLE_ACTIONS, names))
    statements += _first_use(stack)
    actions: set[str] = set()
    for resource in stack.resources:
        service = resource.kind.rpartition("::")[0]
        if service.startswith("AWS::") and service not in _OWN_STATEMENTS:
            if service not in SERVICES:
                raise ValueError(f"the actions that create resources of {service} are not listed")
            actions.update(SERVICES[service])
    if actions:
        statement = _statement("Services", tuple(sorted(actions)), ["*"])
        regional = sorted({site.region, "us-east-1"})  # global services answer from us-east-1
        statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": regional}}
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


LINKED = {
    "AWS::ApplicationAutoScaling": "dynamodb.application-autoscaling.amazonaws.com",
    "AWS::AutoScaling": "autoscaling.amazonaws.com",
    "AWS::DynamoDB::GlobalTable": "replication.dynamodb.amazonaws.com",
    "AWS::ECS": "ecs.amazonaws.com",
    "AWS::ElastiCache": "elasticache.amazonaws.com",
    "AWS::ElasticLoadBalancingV2": "elasticloadbalancing.amazonaws.com",
    "AWS::RDS": "rds.amazonaws.com",
}
"""Services that make a role of their own in an account that uses them for the first time: IAM User
Guide, "AWS services that work with IAM"; each service's page on service-linked roles."""

IMAGE_ACTIONS = ("ssm:GetParameter", "ssm:GetParameters")
"""Terraform asks for one parameter, CloudFormation for several."""


def _first_use(stack: Stack) -> list[dict[str, Any]]:
    """Return the rights that a first deployment in an account takes beside those of resources."""
    statements = []
    kinds = [resource.kind for resource in stack.resources]
    linked = sorted({LINKED[key] for key in LINKED for kind in kinds if kind.startswith(key)})
    if linked:
        statement = _statement(
            "LinkedRoles",
            ("iam:CreateServiceLinkedRole",),
            ["arn:aws:iam::ACCOUNT:role/aws-service-role/*"],
        )
        statement["Condition"] = {"StringEquals": {"iam:AWSServiceName": linked}}
        statements.append(statement)
    if "AWS::EC2::LaunchTemplate" in kinds:  # the template asks for the newest image
        image = f"arn:aws:ssm:{stack.region}::parameter/aws/service/ami-amazon-linux-latest/*"
        statements.append(_statement("NewestImage", IMAGE_ACTIONS, [image]))
    return statements


_OWN_STATEMENTS = ("AWS::DynamoDB", "AWS::IAM")
"""Services whose resources are named, each in a statement of its own."""
_IAM_KINDS = ("role", "instance-profile")


def _is_table(resource: Resource) -> bool:
    return resource.kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


def _statement(sid: str, actions: tuple[str, ...], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
