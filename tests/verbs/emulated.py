"""What an emulator made of a stack, read back in the shape in which CloudFormation was told it.

One function for each kind: the client factory and the physical id in, properties out. A property
that no function returns is not compared, and is counted by kind and name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

from tablewright.deploy.resources import ParameterRef, Ref, Text

NOT_MADE = (
    "AWS::Budgets::",
    "AWS::CE::",
    "AWS::EC2::EIP",
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
)
"""Kinds that ministack 1.5 has not. Alarms over several metrics it has not either."""
ELSEWHERE = ("MongoDB::",)
"""Made by Terraform, not by CloudFormation."""


def refers(value) -> Iterator[str]:
    """Yield the logical names that a property refers to."""
    if isinstance(value, Ref):
        yield value.resource
    elif isinstance(value, Text):
        for part in value.parts:
            yield from refers(part)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from refers(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from refers(inner)


def left_out(stack) -> dict[str, str]:
    """Return what the emulator cannot make, and what refers to that, with the reason of each."""
    skipped = {}
    for resource in stack.resources:
        if resource.kind.startswith((*NOT_MADE, *ELSEWHERE)):
            skipped[resource.name] = resource.kind
        elif "Metrics" in resource.properties:
            skipped[resource.name] = "an alarm over several metrics"
    while True:
        more = {
            resource.name: f"{resource.kind}, which refers to what is left out"
            for resource in stack.resources
            if resource.name not in skipped
            and {*refers(resource.properties), *resource.after} & set(skipped)
        }
        if not more:
            return skipped
        skipped |= more


def is_same(told, read, physical) -> bool:
    """Whether what was read is what was told; a reference is what it stands for, if that is known.

    A list is compared in any order where its members are texts: services sort sets as they like.
    """
    if isinstance(told, Ref):
        return read == physical[told.resource] if not told.attribute else read not in (None, "")
    if isinstance(told, (Text, ParameterRef)) or type(told).__name__ == "AccountFact":
        return read not in (None, "")
    if isinstance(told, dict):
        return isinstance(read, dict) and all(
            key in read and is_same(value, read[key], physical) for key, value in told.items()
        )
    if isinstance(told, list):
        if not isinstance(read, list) or len(told) != len(read):
            return False
        pairs = list(zip(told, read, strict=True))
        if all(isinstance(member, str) for member in (*told, *read)):
            pairs = list(zip(sorted(told), sorted(read), strict=True))
        return all(is_same(a, b, physical) for a, b in pairs)
    if isinstance(told, bool) or isinstance(read, bool):
        return told == read
    return told == read or str(told) == str(read)


def table(client, name, told):
    found = client("dynamodb").describe_table(TableName=name)["Table"]
    read = {key: found[key] for key in ("TableName", "KeySchema")}
    read["AttributeDefinitions"] = sorted(
        found["AttributeDefinitions"], key=lambda entry: entry["AttributeName"]
    )
    read["BillingMode"] = found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    if found.get("GlobalSecondaryIndexes"):
        read["GlobalSecondaryIndexes"] = found["GlobalSecondaryIndexes"]
    if found.get("LocalSecondaryIndexes"):
        read["LocalSecondaryIndexes"] = found["LocalSecondaryIndexes"]
    if found.get("StreamSpecification"):
        read["StreamSpecification"] = found["StreamSpecification"]
    if read["BillingMode"] == "PROVISIONED":
        read["ProvisionedThroughput"] = found["ProvisionedThroughput"]
    read["DeletionProtectionEnabled"] = found.get("DeletionProtectionEnabled", False)
    return read


def function(client, name, told):
    found = client("lambda").get_function_configuration(FunctionName=name)
    keys = ("Architectures", "Handler", "MemorySize", "Role", "Runtime", "Timeout", "Environment")
    return {key: found[key] for key in (*keys, "DeadLetterConfig", "TracingConfig") if key in found}


def role(client, name, told):
    iam = client("iam")
    found = iam.get_role(RoleName=name)["Role"]
    read = {"AssumeRolePolicyDocument": _document(found["AssumeRolePolicyDocument"])}
    read["Policies"] = [
        {
            "PolicyName": policy,
            "PolicyDocument": _document(
                iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            ),
        }
        for policy in [entry["PolicyName"] for entry in told.get("Policies", ())]
    ]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    read["ManagedPolicyArns"] = [policy["PolicyArn"] for policy in attached]
    return read


def _document(value):
    return json.loads(unquote(value)) if isinstance(value, str) else value


def queue(client, url, told):
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    read = dict(found)
    read["SqsManagedSseEnabled"] = found.get("SqsManagedSseEnabled") == "true"
    if "RedrivePolicy" in found:
        read["RedrivePolicy"] = json.loads(found["RedrivePolicy"])
    read["QueueName"] = url.rpartition("/")[2]
    return read


def topic(client, arn, told):
    client("sns").get_topic_attributes(TopicArn=arn)
    return {"TopicName": arn.rpartition(":")[2]}


def log_group(client, name, told):
    (found,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return {"LogGroupName": found["logGroupName"], "RetentionInDays": found["retentionInDays"]}


def alarm(client, name, told):
    (found,) = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def secret(client, arn, told):
    found = client("secretsmanager").describe_secret(SecretId=arn)
    return {key: found[key] for key in ("Name", "Description") if key in found}


def bucket(client, name, told):
    s3 = client("s3")
    read = {"BucketName": name}
    read["VersioningConfiguration"] = {"Status": s3.get_bucket_versioning(Bucket=name)["Status"]}
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    read["BucketEncryption"] = {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
            for rule in rules
        ]
    }
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    read["PublicAccessBlockConfiguration"] = block
    return read


def rule(client, name, told):
    found = client("events").describe_rule(Name=name.rpartition("/")[2])
    read = {key: found[key] for key in ("Description", "ScheduleExpression", "State")}
    targets = client("events").list_targets_by_rule(Rule=found["Name"])["Targets"]
    return {**read, "Targets": targets}


def security_group(client, group, told):
    (found,) = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    openings = [
        {
            "IpProtocol": opening["IpProtocol"],
            "FromPort": opening.get("FromPort"),
            "ToPort": opening.get("ToPort"),
            **({"CidrIp": part["CidrIp"]} if "CidrIp" in part else {}),
            **({"SourceSecurityGroupId": part["GroupId"]} if "GroupId" in part else {}),
            **({"SourcePrefixListId": part["PrefixListId"]} if "PrefixListId" in part else {}),
            "Description": part.get("Description"),
        }
        for opening in found["IpPermissions"]
        for part in (
            *opening.get("IpRanges", ()),
            *opening.get("UserIdGroupPairs", ()),
            *opening.get("PrefixListIds", ()),
        )
    ]
    read = {"GroupDescription": found["Description"], "VpcId": found["VpcId"]}
    return {**read, "SecurityGroupIngress": openings}


def subnet(client, name, told):
    (found,) = client("ec2").describe_subnets(SubnetIds=[name])["Subnets"]
    keys = ("CidrBlock", "VpcId", "AvailabilityZone", "MapPublicIpOnLaunch")
    return {key: found[key] for key in keys}


def vpc(client, name, told):
    (found,) = client("ec2").describe_vpcs(VpcIds=[name])["Vpcs"]
    return {"CidrBlock": found["CidrBlock"]}


def balancer(client, arn, told):
    found = client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    return {
        "Name": found["LoadBalancerName"],
        "Scheme": found["Scheme"],
        "Type": found["Type"],
        "SecurityGroups": found["SecurityGroups"],
        "Subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
    }


def listener(client, arn, told):
    found = client("elbv2").describe_listeners(ListenerArns=[arn])["Listeners"][0]
    keys = ("LoadBalancerArn", "Port", "Protocol", "SslPolicy")
    return {key: found[key] for key in keys if key in found}


def target_group(client, arn, told):
    found = client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
    keys = ("Port", "Protocol", "VpcId", "TargetType", "HealthCheckPath", "UnhealthyThresholdCount")
    read = {key: found[key] for key in (*keys, "HealthyThresholdCount", "Matcher") if key in found}
    return {**read, "Name": found["TargetGroupName"]}


def http_api(client, name, told):
    found = client("apigatewayv2").get_api(ApiId=name)
    return {"Name": found["Name"], "ProtocolType": found["ProtocolType"]}


def rest_api(client, name, told):
    return {"Name": client("apigateway").get_rest_api(restApiId=name)["name"]}


def repository(client, name, told):
    (found,) = client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    return {
        "RepositoryName": found["repositoryName"],
        "ImageTagMutability": found["imageTagMutability"],
    }


def task_definition(client, arn, told):
    found = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    names = {"Cpu": "cpu", "Memory": "memory", "NetworkMode": "networkMode", "Family": "family"}
    names["RequiresCompatibilities"] = "requiresCompatibilities"
    names |= {"TaskRoleArn": "taskRoleArn", "ExecutionRoleArn": "executionRoleArn"}
    return {told: found[name] for told, name in names.items() if name in found}


def db_instance(client, name, told):
    (found,) = client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    keys = (
        "DBInstanceClass", "Engine", "EngineVersion", "MultiAZ", "StorageEncrypted",
        "PubliclyAccessible", "AllocatedStorage", "BackupRetentionPeriod", "StorageType",
        "DeletionProtection", "MasterUsername", "MaxAllocatedStorage",
    )  # fmt: skip
    return {key: found[key] for key in keys if key in found}


def db_cluster(client, name, told):
    (found,) = client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
    keys = ("Engine", "EngineVersion", "StorageEncrypted", "BackupRetentionPeriod")
    keys += ("DeletionProtection", "MasterUsername")
    return {key: found[key] for key in keys if key in found}


READERS = {
    "AWS::ApiGateway::RestApi": rest_api,
    "AWS::ApiGatewayV2::Api": http_api,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::DynamoDB::Table": table,
    "AWS::EC2::SecurityGroup": security_group,
    "AWS::EC2::Subnet": subnet,
    "AWS::EC2::VPC": vpc,
    "AWS::ECR::Repository": repository,
    "AWS::ECS::TaskDefinition": task_definition,
    "AWS::ElasticLoadBalancingV2::Listener": listener,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": balancer,
    "AWS::ElasticLoadBalancingV2::TargetGroup": target_group,
    "AWS::Events::Rule": rule,
    "AWS::IAM::Role": role,
    "AWS::Lambda::Function": function,
    "AWS::Logs::LogGroup": log_group,
    "AWS::RDS::DBCluster": db_cluster,
    "AWS::RDS::DBInstance": db_instance,
    "AWS::S3::Bucket": bucket,
    "AWS::SNS::Topic": topic,
    "AWS::SQS::Queue": queue,
    "AWS::SecretsManager::Secret": secret,
}


def compared(client, resources, physical):
    """Return what differs, how many properties were compared, and which were not, by kind."""
    wrong, same, unread = [], 0, {}
    for resource in resources:
        reader = READERS.get(resource.kind)
        if reader is None:
            unread.setdefault(resource.kind, set()).add("*")
            continue
        read = reader(client, physical[resource.name], resource.properties)
        for key, told in resource.properties.items():
            if key not in read:
                unread.setdefault(resource.kind, set()).add(key)
            elif is_same(told, read[key], physical):
                same += 1
            else:
                wrong.append((resource.name, key, told, read[key]))
    return wrong, same, unread
