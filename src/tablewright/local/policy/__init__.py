"""IAM and resource policies for DynamoDB: read, and asked whether they allow an action.

In: policy documents (JSON), then an action, a resource and what is known of the request. Out: a
decision with its reason. It does not know tables or the engine; `accesses` says which actions a
DynamoDB request needs.

    policies = [read_policy(text)]
    evaluate(policies, action="dynamodb:GetItem", resource=arn, context={...}).is_allowed
"""

from tablewright.local.policy.accesses import RequiredAction, accesses_of
from tablewright.local.policy.documents import Policy, PolicyError, Statement, read_policy
from tablewright.local.policy.evaluation import Decision, evaluate

__all__ = [
    "Decision",
    "Policy",
    "PolicyError",
    "RequiredAction",
    "Statement",
    "accesses_of",
    "evaluate",
    "read_policy",
]
