"""What may be added to an option: a firewall, mail, a backup plan, reminders to replace secrets.

In: a site. Out: resources. A firewall is added where its price is among the parts; the others cost
by use alone, and are added where the site's `extras` name them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.deploy.delivery import DELIVERY_REGION
from tablewright.deploy.item_sizes import ITEM_SIZES
from tablewright.deploy.network import ENDPOINTS
from tablewright.deploy.option import Site
from tablewright.deploy.resources import AccountFact, ParameterRef, Ref, Resource, Text
from tablewright.deploy.rights import role_of
from tablewright.deploy.tasks import secrets_by_days

EXTRAS = {
    ITEM_SIZES: "a weekly job that measures items, and an alarm at 300 KB",
    "backup": "a backup plan (AWS Backup) for everything of the stack that holds data",
    ENDPOINTS: "interface endpoints for the services of AWS that are called, no public addresses",
    "mail": "the domain may send mail (Amazon SES)",
}
"""What can be added that no option prices, by name."""
BACKUP_DAYS = 35
WINDOW_SECONDS = 300
FEWEST_CALLS = 10
"""AWS WAF API Reference, RateBasedStatement: the lowest limit."""


def extras(site: Site) -> Iterator[Resource]:
    """Yield everything that is added."""
    if site.has("aws.waf"):
        yield from _firewall(site)
    if "mail" in site.extras:
        yield _mail()
    if "backup" in site.extras:
        yield from _backup(site)
    yield from _reminders(site)


def _rule(name: str, priority: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": name,
        "Priority": priority,
        "VisibilityConfig": _visible(name),
        **body,
    }


def _visible(name: str) -> dict[str, Any]:
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def _firewall(site: Site) -> Iterator[Resource]:
    is_global = site.has("aws.cloudfront") and site.region == DELIVERY_REGION
    limit = max(FEWEST_CALLS, site.program.calls_per_minute * WINDOW_SECONDS // 60 or 2000)
    managed = {
        "Statement": {
            "ManagedRuleGroupStatement": {
                "VendorName": "AWS",
                "Name": "AWSManagedRulesCommonRuleSet",
            }
        },
        "OverrideAction": {"None": {}},
    }
    rate = {
        "Statement": {
            "RateBasedStatement": {
                "Limit": limit,
                "AggregateKeyType": "IP",
                "EvaluationWindowSec": WINDOW_SECONDS,
            }
        },
        "Action": {"Block": {}},
    }
    yield Resource(
        name="Firewall",
        kind="AWS::WAFv2::WebACL",
        properties={
            "Scope": "CLOUDFRONT" if is_global else "REGIONAL",
            "DefaultAction": {"Allow": {}},
            "VisibilityConfig": _visible(f"{site.app}-{site.environment}"),
            "Rules": [_rule("rate", 0, rate), _rule("common", 1, managed)],
        },
        reason=f"more than {limit:,} calls of one address in five minutes are refused",
        price_keys=("aws.waf",),
    )
    if is_global:
        return
    target: Any = None
    if site.has("aws.elb"):
        target = Ref("Balancer")
    elif site.has("aws.api-gateway.rest"):
        parts = ("arn:", AccountFact("partition"), ":apigateway:", AccountFact("region"))
        target = Text((*parts, "::/restapis/", Ref("Api"), "/stages/", Ref("ApiStage")))
    if target is not None:
        yield Resource(
            name="FirewallAssociation",
            kind="AWS::WAFv2::WebACLAssociation",
            properties={"ResourceArn": target, "WebACLArn": Ref("Firewall", "Arn")},
        )


def _mail() -> Resource:
    return Resource(
        name="MailIdentity",
        kind="AWS::SES::EmailIdentity",
        properties={
            "EmailIdentity": ParameterRef("DomainName"),
            "DkimAttributes": {"SigningEnabled": True},
        },
        reason="the domain may send mail once its DKIM records are set; 0.10 USD for 1,000",
    )


def _backup(site: Site) -> Iterator[Resource]:
    """Yield a vault, a daily plan, and the choice of everything with the application's tags."""
    yield Resource(
        name="BackupVault",
        kind="AWS::Backup::BackupVault",
        properties={"BackupVaultName": site.stack_name},
        keeps_data=True,
    )
    yield Resource(
        name="BackupPlan",
        kind="AWS::Backup::BackupPlan",
        properties={
            "BackupPlan": {
                "BackupPlanName": site.stack_name,
                "BackupPlanRule": [
                    {
                        "RuleName": "daily",
                        "TargetBackupVault": Ref("BackupVault"),
                        "ScheduleExpression": "cron(0 3 * * ? *)",
                        "StartWindowMinutes": 60,
                        "CompletionWindowMinutes": 300,
                        "Lifecycle": {"DeleteAfterDays": BACKUP_DAYS},
                    }
                ],
            }
        },
        reason=f"every night, kept for {BACKUP_DAYS} days; charged by the GB that is kept",
    )
    service_role = "service-role/AWSBackupServiceRolePolicyForBackup"
    role = role_of("BackupRole", "backup", (), "what AWS Backup needs, by its own managed policy")
    policy = Text(("arn:", AccountFact("partition"), f":iam::aws:policy/{service_role}"))
    yield Resource(
        name=role.name,
        kind=role.kind,
        properties={
            "AssumeRolePolicyDocument": role.properties["AssumeRolePolicyDocument"],
            "ManagedPolicyArns": [policy],
        },
        reason=role.reason,
    )
    yield Resource(
        name="BackupSelection",
        kind="AWS::Backup::BackupSelection",
        properties={
            "BackupPlanId": Ref("BackupPlan"),
            "BackupSelection": {
                "SelectionName": site.stack_name,
                "IamRoleArn": Ref("BackupRole", "Arn"),
                "ListOfTags": [
                    {
                        "ConditionType": "STRINGEQUALS",
                        "ConditionKey": key,
                        "ConditionValue": value,
                    }
                    for key, value in site.tags[:1]
                ],
            },
        },
    )


def _reminders(site: Site) -> Iterator[Resource]:
    """Yield a reminder for each span of days after which secrets are replaced.

    A key that a vendor issues cannot be replaced by AWS: somebody fetches a new one, and is told
    when. The password of a database server is replaced by the service itself.
    """
    spans = secrets_by_days([(secret.name, secret.rotate_days) for secret in site.secrets])
    for days, names in spans:
        listed = ", ".join(names)
        yield Resource(
            name=f"Replace{days}Days",
            kind="AWS::Events::Rule",
            properties={
                "Description": f"{site.stack_name}: replace {listed}",
                "ScheduleExpression": f"rate({days} days)",
                "State": "ENABLED",
                "Targets": [
                    {
                        "Id": "people",
                        "Arn": Ref("AlarmTopic"),
                        "Input": f'"Replace {listed} of {site.stack_name}: RUNBOOK.md says how"',
                    }
                ],
            },
            reason=f"{listed}: every {days} days",
        )
    if spans:
        yield Resource(
            name="AlarmTopicPolicy",
            kind="AWS::SNS::TopicPolicy",
            properties={
                "Topics": [Ref("AlarmTopic")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Tell",
                            "Effect": "Allow",
                            "Principal": {
                                "Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
                            },
                            "Action": "sns:Publish",
                            "Resource": Ref("AlarmTopic"),
                            "Condition": {"StringEquals": {"aws:SourceAccount": AccountFact("id")}},
                        }
                    ],
                },
            },
            reason="alarms and reminders of this account alone may write to the topic",
        )
