"""What belongs to a user is reached in their name alone: conditions of the generated policies.

The real requests of every pattern are judged by the local engine's own policy evaluator.
"""

from __future__ import annotations

import pytest

from applications import session_of
from tablewright.deploy.grants import USER, statements
from tablewright.deploy.resources import Ref
from tablewright.engines.dynamodb.infrastructure import share_of
from tablewright.local.policy.accesses import accesses_of
from tablewright.local.policy.documents import read_policy
from tablewright.local.policy.evaluation import evaluate
from tablewright.proof.examples import example_requests

TAG = "userId"
PRINCIPAL_TAG = "aws:principaltag/userid"
DESIGNS = [
    ("llm-proxy", "recommended"),
    ("screen-time-journey", "recommended"),
    ("mongocollectibles", "recommended"),
    ("poafix", "dynamodb"),
    ("auxeira", "recommended"),
]
SCOPED = {  # patterns with `scope:` whose partition key on that design is made of the user alone
    "llm-proxy": {"listUsageByPeriod", "summariseUsage", "getLatestReceipt"},
    "screen-time-journey": {"devicesByCustomer", "listEvents", "listEventsOfType"},
    "mongocollectibles": {"rentalsByCustomer"},
    "poafix": {"bookingHistory", "bookingsByClient", "bookingsByProvider", "unreadNotifications"},
    "auxeira": {
        "getReport",
        "getReportHeader",
        "listReports",
        "projectsByOwner",
        "listActivity",
    },
}


class Workload:
    """The accesses of every pattern of a design, and the policy generated for it."""

    def __init__(self, app, name):
        session = session_of(app)
        design = session.design(name)
        evaluation = session.evaluate(design)
        share = share_of(evaluation, "production", ())
        self.names = {
            r.name: r.properties["TableName"]
            for r in share.resources
            if "TableName" in r.properties
        }
        self.statements = statements(share.grants, TAG)
        self.leading = {g.patterns[0]: g.leading_key for g in share.grants if g.leading_key}
        keys = {
            (table.name, index): partition
            for table in design.tables
            for index, partition in [
                (None, (table.partition_key,)),
                *((index.name, index.partition_keys) for index in table.indexes),
            ]
        }
        self.accesses = {}
        connector = session.engine_of(design).connector
        for pattern in session.model.patterns:
            if not evaluation.route(pattern.name).is_served:
                continue
            self.accesses[pattern.name] = [
                access
                for request in example_requests(connector, evaluation, pattern.name)
                if not request.operation.endswith("Object")
                for access in accesses_of(
                    request.operation,
                    dict(request.template),
                    partition_keys=lambda table, index=None: keys[table, index],
                    arn=lambda table: f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}",
                )
            ]

    def policy(self, change=lambda document: document):
        documents = []
        for statement in self.statements:
            document = statement.document()
            document["Resource"] = [self._arn(resource) for resource in statement.resources]
            documents.append(change(document))
        return [read_policy({"Version": "2012-10-17", "Statement": documents})]

    def _arn(self, resource):
        if isinstance(resource, Ref):
            name = self.names[resource.resource]
            return f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
        return "".join(p if isinstance(p, str) else self._arn(p) for p in resource.parts)

    def user_of(self, pattern):
        """Return the user whose key a pattern's requests ask for."""
        before, _, after = self.leading[pattern].partition(USER)
        key = self.accesses[pattern][0].context["dynamodb:leadingkeys"][0]
        return key.removeprefix(before).removesuffix(after)

    def refused(self, policies, user_of):
        return {
            pattern
            for pattern, accesses in self.accesses.items()
            if not all(
                evaluate(
                    policies,
                    action=access.action,
                    resource=access.resource,
                    context={
                        **access.context,
                        f"aws:principaltag/{TAG.lower()}": (user_of(pattern),),
                    },
                ).is_allowed
                for access in accesses
            )
        }

    def own(self, pattern):
        return self.user_of(pattern) if pattern in self.leading else "anybody"


@pytest.fixture(scope="module", params=DESIGNS, ids=lambda design: design[0])
def workload(request):
    app, name = request.param
    return app, Workload(app, name)


def test_patterns_of_a_user_are_those_whose_key_is_the_user(workload):
    app, load = workload

    assert set(load.leading) == SCOPED[app]


def test_everything_runs_in_the_users_own_name(workload):
    _, load = workload

    assert load.refused(load.policy(), load.own) == set()


def test_another_users_name_is_refused_by_exactly_the_patterns_of_a_user(workload):
    app, load = workload

    assert load.refused(load.policy(), lambda pattern: "somebody-else") == SCOPED[app]


def test_without_the_condition_another_users_data_would_be_read(workload):
    _, load = workload

    def unconditional(document):
        return {key: value for key, value in document.items() if key != "Condition"}

    assert load.refused(load.policy(unconditional), lambda pattern: "somebody-else") == set()


def test_each_attribute_that_is_taken_away_fails_exactly_the_patterns_that_ask_for_it(workload):
    _, load = workload
    key, operator = "dynamodb:Attributes", "ForAllValues:StringEquals"
    for statement in load.statements:
        listed = {k: v for _, k, v in statement.conditions}.get(key, ())
        for attribute in listed:

            def without(document, sid=statement.sid, attribute=attribute):
                if document["Sid"] == sid:
                    names = document["Condition"][operator]
                    names[key] = [name for name in names[key] if name != attribute]
                return document

            asking = {
                pattern
                for pattern in statement.patterns
                if any(
                    attribute in a.context["dynamodb:attributes"] for a in load.accesses[pattern]
                )
            }
            assert load.refused(load.policy(without), load.own) == asking
            assert asking, f"{attribute} is allowed by {statement.sid} and nobody asks for it"


def test_the_deployer_creates_tables_and_may_not_read_them_nor_others():
    """The set-up's own requests under the policy of whoever deploys."""
    import json

    from tablewright.deploy.deployer import deployer_policy
    from tablewright.deploy.option import Site
    from tablewright.deploy.resources import Stack

    session = session_of("auxeira")
    share = share_of(session.evaluate("recommended"), "production", ())
    stack = Stack(
        name="auxeira-production",
        title="t",
        region="us-east-1",
        environment="production",
        resources=share.resources,
    )
    site = Site(
        app="auxeira",
        title="t",
        option="o",
        environment="production",
        region="us-east-1",
        engine="dynamodb",
        parts=(),
        users=1,
        peak_requests_per_second=1,
        usd_per_month=1,
    )
    text = deployer_policy(stack, site).replace("ACCOUNT", "000000000000")
    policies = [read_policy(json.loads(text))]

    def may(action, table):
        arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"
        return evaluate(policies, action=f"dynamodb:{action}", resource=arn).is_allowed

    tables = [resource.properties["TableName"] for resource in share.resources]
    assert len(tables) == 6
    for table in tables:
        for action in ("CreateTable", "DescribeTable", "UpdateTimeToLive", "TagResource"):
            assert may(action, table)
        assert not may("GetItem", table)
    assert not may("CreateTable", "someone-elses")
    assert evaluate(policies, action="dynamodb:ListTables", resource="*").is_allowed
