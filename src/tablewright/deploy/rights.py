"""What the running application may do, and what it is told: roles, statements, variables.

In: a site, the policy statements of its patterns. Out: a role, statements, names of variables. No
value of a secret is among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tablewright.deploy.alarm_values import ALARM_TOPIC
from tablewright.deploy.grants import Statement, policy, trust
from tablewright.deploy.network import CACHE_PORT
from tablewright.deploy.option import Site
from tablewright.deploy.program import SecretNeed
from tablewright.deploy.resources import (
    AccountFact,
    ParameterRef,
    Ref,
    Resource,
    Text,
    logical_name,
)

SHARED_SECRET = "SecretApplication"
ALERT_VARIABLE = "ALERT_TOPIC_ARN"
"""The variable that holds the topic where the program tells the operators of something."""
ROLE_REASON = "what the access patterns need, and no more"


def log_statement() -> dict[str, Any]:
    """Return the right to write the application's log, as a policy document holds it."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [Text((Ref("Logs", "Arn"), ":*"))],
    }


def role_of(
    name: str, service: str, statements: Sequence[Mapping[str, Any]], reason: str = ROLE_REASON
) -> Resource:
    """Return a role that a service of AWS may take on, with one policy."""
    return Resource(
        name=name,
        kind="AWS::IAM::Role",
        properties={
            "AssumeRolePolicyDocument": trust(service),
            "Policies": [
                {
                    "PolicyName": "access",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
                }
            ],
        },
        reason=reason,
    )


def why(statements: Sequence[Statement]) -> str:
    """Return, for the comment of a role, which patterns need each of its statements."""
    parts = [f"{part.sid} for {', '.join(part.patterns)}" for part in statements]
    return f"{ROLE_REASON}: {'; '.join(parts)}" if parts else ROLE_REASON


def application_statements(statements: Sequence[Statement], site: Site) -> list[dict[str, Any]]:
    """Return what the running application may do: its patterns, its secrets, files and queues."""
    written: list[dict[str, Any]] = list(policy(statements)["Statement"])
    if site.secrets:
        written.append(read_secrets(site))
    if site.has("aws.s3.standard.storage") and needs_files(site):
        written.append(
            {
                "Sid": "Files",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": [Text((Ref("Files", "Arn"), f"/{FILES_PREFIX}*"))],
            }
        )
    if site.program.queues:
        written.append(
            {
                "Sid": "Queues",
                "Effect": "Allow",
                "Action": [
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ReceiveMessage",
                    "sqs:SendMessage",
                ],
                "Resource": [Ref(queue_name(queue.name), "Arn") for queue in site.program.queues],
            }
        )
    if site.program.tells_operators:
        written.append(
            {
                "Sid": "TellOperators",
                "Effect": "Allow",
                "Action": ["sns:Publish"],
                "Resource": [Ref(ALARM_TOPIC)],
            }
        )
    return written


FILES_PREFIX = "uploads/"
"""Where the program keeps what users upload; logs and pages lie elsewhere."""


def needs_files(site: Site) -> bool:
    """Whether the bucket of files holds what the program itself reads and writes."""
    return site.has("aws.s3.standard.storage")


def read_secrets(site: Site) -> dict[str, Any]:
    """Return the right to read the secrets of a site."""
    names = dict.fromkeys(secret_resource(site, secret) for secret in site.secrets)
    return {
        "Sid": "ReadSecrets",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [Ref(name) for name in names],
    }


def secret_resource(site: Site, secret: SecretNeed) -> str:
    """Return the logical name of the resource that keeps a secret."""
    return SHARED_SECRET if site.shares_a_secret else logical_name("Secret", secret.name.title())


def secret_address(site: Site, secret: SecretNeed) -> Any:
    """Return where a container finds the value: the secret, or one key of the shared one.

    Amazon ECS Developer Guide, "Pass Secrets Manager secrets through environment variables".
    """
    name = secret_resource(site, secret)
    return Text((Ref(name), f":{secret.name}::")) if site.shares_a_secret else Ref(name)


def queue_name(name: str) -> str:
    """Return the logical name of a queue."""
    return logical_name(name, "queue")


def variables_of(site: Site, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment variables of the program: settings, names of tables and queues."""
    variables: dict[str, Any] = {
        name: value for name, value in site.program.variables if value and name != "PORT"
    }
    variables["APP_ENVIRONMENT"] = site.environment
    variables["PORT"] = str(site.program.port)
    variables.update(tables)
    if site.has("aws.s3.standard.storage"):
        variables["FILES_BUCKET"] = Ref("Files")
    if site.has("aws.elasticache"):
        address = Ref("Cache", "PrimaryEndPoint.Address")
        variables["REDIS_URL"] = Text(("rediss://", address, f":{CACHE_PORT}"))
    for queue in site.program.queues:
        variables[f"QUEUE_{queue.name.upper().replace('-', '_')}"] = Ref(queue_name(queue.name))
    if site.program.tells_operators:
        variables[ALERT_VARIABLE] = Ref(ALARM_TOPIC)
    return variables


def secret_variables(site: Site) -> dict[str, Any]:
    """Return variables that say which stored secret to read, never its value."""
    return {f"{secret.name}_ARN": Ref(secret_resource(site, secret)) for secret in site.secrets}


def release_object() -> Text:
    """Return the address of the release in its bucket."""
    return Text(
        (
            "arn:",
            AccountFact("partition"),
            ":s3:::",
            ParameterRef("ArtifactBucket"),
            "/",
            ParameterRef("ArtifactKey"),
        )
    )
