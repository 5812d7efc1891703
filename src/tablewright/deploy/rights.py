"""What the running application may do, and what it is told: roles, statements, variables.

In: a site, the policy statements of its patterns. Out: a role, statements, names of variables. No
value of a secret is among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tablewright.deploy.grants import Statement, policy, trust
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Ref, Resource, Text


def log_statement() -> dict[str, Any]:
    """Return the right to write the application's log, as a policy document holds it."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [Text((Ref("Logs", "Arn"), ":*"))],
    }


def role_of(
    name: str, service: str, statements: Sequence[Mapping[str, Any]], reason: str
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


def application_statements(statements: Sequence[Statement], site: Site) -> list[dict[str, Any]]:
    """Return what the running application may do: its patterns, and reading its secrets."""
    written: list[dict[str, Any]] = list(policy(statements)["Statement"])
    if site.secrets:
        written.append(
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": [Ref(secret_name(name)) for name in site.secrets],
            }
        )
    if site.has("aws.s3"):
        written.append(
            {
                "Sid": "Files",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": [Text((Ref("Files", "Arn"), "/*"))],
            }
        )
    return written


def secret_name(name: str) -> str:
    """Return the logical name of a secret."""
    return "Secret" + "".join(word.capitalize() for word in name.replace("_", "-").split("-"))


def variables_of(site: Site, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment variables of the program: names of tables and secrets, no values."""
    variables: dict[str, Any] = {"APP_ENVIRONMENT": site.environment}
    variables.update(tables)
    for name in site.secrets:
        variables[f"{name.upper().replace('-', '_')}_SECRET"] = Ref(secret_name(name))
    if site.has("aws.s3"):
        variables["FILES_BUCKET"] = Ref("Files")
    return variables
