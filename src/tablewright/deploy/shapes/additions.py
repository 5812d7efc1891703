"""Firewalls, mail, backups, domains and reminders as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.shapes.values import (
    Block,
    HclExpression,
    Json,
    physical_name,
    plainly,
    snaked,
    tags_of,
)


def _tagged(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    tags = tags_of(resource.properties)
    return {**body, "tags": tags} if tags else body


def _visible(settings: Mapping[str, Any]) -> list[Block]:
    return [
        Block.inner(
            {
                "cloudwatch_metrics_enabled": settings["CloudWatchMetricsEnabled"],
                "metric_name": settings["MetricName"],
                "sampled_requests_enabled": settings["SampledRequestsEnabled"],
            }
        )
    ]


def _firewall_rule(rule: Mapping[str, Any]) -> Block:
    statement = rule["Statement"]
    body: dict[str, Any] = {"name": rule["Name"], "priority": rule["Priority"]}
    if "RateBasedStatement" in statement:
        inner = {"rate_based_statement": [Block.inner(snaked(statement["RateBasedStatement"]))]}
        body["action"] = [Block.inner({"block": [Block.inner({})]})]
    else:
        inner = {
            "managed_rule_group_statement": [
                Block.inner(snaked(statement["ManagedRuleGroupStatement"]))
            ]
        }
        body["override_action"] = [Block.inner({"none": [Block.inner({})]})]
    body["statement"] = [Block.inner(inner)]
    body["visibility_config"] = _visible(rule["VisibilityConfig"])
    return Block.inner(body)


def _firewall(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {
        "name": physical_name(resource),
        "scope": p["Scope"],
        "default_action": [Block.inner({"allow": [Block.inner({})]})],
        "visibility_config": _visible(p["VisibilityConfig"]),
        "rule": [_firewall_rule(rule) for rule in p["Rules"]],
    }
    return [Block("aws_wafv2_web_acl", _tagged(resource, body))]


def _mail(resource: Resource) -> list[Block]:
    p = resource.properties
    return [Block("aws_sesv2_email_identity", {"email_identity": p["EmailIdentity"]})]


def _vault(resource: Resource) -> list[Block]:
    return [Block("aws_backup_vault", {"name": resource.properties["BackupVaultName"]})]


def _plan(resource: Resource) -> list[Block]:
    plan = resource.properties["BackupPlan"]
    rules = [
        Block.inner(
            {
                "rule_name": rule["RuleName"],
                "target_vault_name": Ref(rule["TargetBackupVault"].resource, "Name"),
                "schedule": rule["ScheduleExpression"],
                "start_window": rule["StartWindowMinutes"],
                "completion_window": rule["CompletionWindowMinutes"],
                "lifecycle": [Block.inner({"delete_after": rule["Lifecycle"]["DeleteAfterDays"]})],
            }
        )
        for rule in plan["BackupPlanRule"]
    ]
    return [Block("aws_backup_plan", {"name": plan["BackupPlanName"], "rule": rules})]


def _selection(resource: Resource) -> list[Block]:
    p = resource.properties
    selection = p["BackupSelection"]
    tags = [
        Block.inner(
            {
                "type": tag["ConditionType"],
                "key": tag["ConditionKey"],
                "value": tag["ConditionValue"],
            }
        )
        for tag in selection["ListOfTags"]
    ]
    body = {
        "name": selection["SelectionName"],
        "plan_id": p["BackupPlanId"],
        "iam_role_arn": selection["IamRoleArn"],
        "selection_tag": tags,
    }
    return [Block("aws_backup_selection", body)]


def _reminder(resource: Resource) -> list[Block]:
    p = resource.properties
    rule = Block(
        "aws_cloudwatch_event_rule",
        {
            "description": p["Description"],
            "schedule_expression": p["ScheduleExpression"],
            "state": p["State"],
        },
    )
    targets = [
        Block(
            "aws_cloudwatch_event_target",
            {
                "rule": Ref(resource.name),
                "target_id": target["Id"],
                "arn": target["Arn"],
                "input": target.get("Input"),
            },
            suffix=target["Id"],
            is_main=False,
        )
        for target in p["Targets"]
    ]
    return [rule, *targets]


def _topic_policy(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {"arn": p["Topics"][0], "policy": Json(p["PolicyDocument"])}
    return [Block("aws_sns_topic_policy", body)]


def _monitor(resource: Resource) -> list[Block]:
    p = resource.properties
    body = {
        "name": p["MonitorName"],
        "monitor_type": p["MonitorType"],
        "monitor_specification": p["MonitorSpecification"],
    }
    return [Block("aws_ce_anomaly_monitor", body)]


def _anomalies(resource: Resource) -> list[Block]:
    import json

    p = resource.properties
    threshold = json.loads(p["ThresholdExpression"])["Dimensions"]
    body = {
        "name": p["SubscriptionName"],
        "frequency": p["Frequency"],
        "monitor_arn_list": p["MonitorArnList"],
        "subscriber": [
            Block.inner({"type": subscriber["Type"], "address": subscriber["Address"]})
            for subscriber in p["Subscribers"]
        ],
        "threshold_expression": [
            Block.inner(
                {
                    "dimension": [
                        Block.inner(
                            {
                                "key": threshold["Key"],
                                "match_options": threshold["MatchOptions"],
                                "values": threshold["Values"],
                            }
                        )
                    ]
                }
            )
        ],
    }
    return [Block("aws_ce_anomaly_subscription", body)]


# ------------------------------------------------------------------ domains


def _certificate(resource: Resource) -> list[Block]:
    """Return the certificate, the records that prove the domain, and the wait for its issue."""
    p = resource.properties
    zone = p["DomainValidationOptions"][0]["HostedZoneId"]
    name = f"aws_acm_certificate.{resource.name.lower()}"
    proof = HclExpression(f"tolist({name}.domain_validation_options)[0].resource_record_value")
    return [
        Block(
            "aws_acm_certificate",
            _tagged(
                resource,
                {
                    "domain_name": p["DomainName"],
                    "subject_alternative_names": p["SubjectAlternativeNames"],
                    "validation_method": p["ValidationMethod"],
                },
            ),
        ),
        Block(  # the domain and its wildcard are proved by the same record
            "aws_route53_record",
            {
                "zone_id": zone,
                "name": HclExpression(
                    f"tolist({name}.domain_validation_options)[0].resource_record_name"
                ),
                "type": HclExpression(
                    f"tolist({name}.domain_validation_options)[0].resource_record_type"
                ),
                "ttl": 300,
                "records": [proof],
                "allow_overwrite": True,
            },
            suffix="proof",
            is_main=False,
        ),
        Block(
            "aws_acm_certificate_validation",
            {"certificate_arn": HclExpression(f"{name}.arn")},
            suffix="issued",
            is_main=False,
        ),
    ]


def _record(resource: Resource) -> list[Block]:
    p = resource.properties
    body: dict[str, Any] = {"zone_id": p["HostedZoneId"], "name": p["Name"], "type": p["Type"]}
    if "AliasTarget" in p:
        target = p["AliasTarget"]
        body["alias"] = [
            Block.inner(
                {
                    "name": target["DNSName"],
                    "zone_id": target["HostedZoneId"],
                    "evaluate_target_health": False,
                }
            )
        ]
    else:
        body["ttl"] = int(p["TTL"])
        body["records"] = p["ResourceRecords"]
    return [Block("aws_route53_record", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::Backup::BackupPlan": _plan,
    "AWS::Backup::BackupSelection": _selection,
    "AWS::Backup::BackupVault": _vault,
    "AWS::CE::AnomalyMonitor": _monitor,
    "AWS::CE::AnomalySubscription": _anomalies,
    "AWS::CertificateManager::Certificate": _certificate,
    "AWS::Events::Rule": _reminder,
    "AWS::Route53::RecordSet": _record,
    "AWS::SES::EmailIdentity": _mail,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::WAFv2::WebACL": _firewall,
    "AWS::WAFv2::WebACLAssociation": plainly(
        "aws_wafv2_web_acl_association", WebACLArn="web_acl_arn"
    ),
}
