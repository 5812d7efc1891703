"""A role for one user at a time: what belongs to a user is reached in their name alone.

In: a site, the statements that name a user, what runs the program. Out: resources. The program
takes the role on with a tag that holds the user's id; the policy compares it with the key of every
request, so that a mistake of the program cannot show one user the data of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tablewright.deploy.grants import Statement, policy
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Ref, Resource
from tablewright.deploy.rights import why

ROLE = "UserRole"
SESSION_SECONDS = 3600


def user_role(
    site: Site, statements: Sequence[Statement], running: Sequence[Resource]
) -> Iterator[Resource]:
    """Yield the role of a user, and the right of the program's roles to take it on.

    AWS IAM User Guide, "Passing session tags in AWS STS". The right is a resource of its own: the
    two roles would otherwise wait for each other.
    """
    tag = site.program.users_by_tag
    programs = [
        resource.name
        for resource in running
        if resource.kind == "AWS::IAM::Role" and resource.name != "StartRole"
    ]
    if not statements or not programs:
        return
    yield Resource(
        name=ROLE,
        kind="AWS::IAM::Role",
        properties={
            "MaxSessionDuration": SESSION_SECONDS,
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": [Ref(name, "Arn") for name in programs]},
                        "Action": ["sts:AssumeRole", "sts:TagSession"],
                        "Condition": {"StringLike": {f"aws:RequestTag/{tag}": "?*"}},
                    }
                ],
            },
            "Policies": [{"PolicyName": "access", "PolicyDocument": policy(statements)}],
        },
        reason=f"{why(statements)}; the session's tag {tag} has to be in the key",
    )
    for name in programs:
        yield Resource(
            name=f"{name}ForUsers",
            kind="AWS::IAM::Policy",
            properties={
                "PolicyName": "for-users",
                "Roles": [Ref(name)],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "ForUsers",
                            "Effect": "Allow",
                            "Action": ["sts:AssumeRole", "sts:TagSession"],
                            "Resource": [Ref(ROLE, "Arn")],
                        }
                    ],
                },
            },
        )
