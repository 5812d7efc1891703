"""A deployment option as a stack: complete, least privileged, sized by the estimate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.sites import CONTAINERS, EXPECTED, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.deploy.alarm_values import Expected
from tablewright.deploy.grants import Grant, statements
from tablewright.deploy.option import Part, checked_environment, short_name
from tablewright.deploy.program import Program
from tablewright.deploy.resources import ParameterRef, Ref, Text, logical_name
from tablewright.deploy.stack import build, unbacked


def functions():
    return build(site(*FUNCTIONS), (ORDERS,), GRANTS, EXPECTED)


def test_a_pattern_gets_its_action_on_its_table_and_nothing_on_a_star():
    first, second = statements(GRANTS)

    assert first.actions == ("dynamodb:GetItem", "dynamodb:PutItem")
    assert first.resources == (Ref("OrdersTable", "Arn"),)
    assert first.patterns == ("order", "place")
    assert second.actions == ("dynamodb:Query",)
    assert second.resources == (Text((Ref("OrdersTable", "Arn"), "/index/by-user")),)


def test_the_role_of_functions_names_every_resource():
    role = functions().resource("FunctionRole")
    document = role.properties["Policies"][0]["PolicyDocument"]

    assert [part["Sid"] for part in document["Statement"]] == [
        "OrdersTable",
        "OrdersTableIndexbyuser",
        "WriteLogs",
        "DeadLetters",
    ]
    assert all("*" not in part["Resource"] for part in document["Statement"])


def test_functions_and_tables_need_no_network():
    assert not functions().of_kind("AWS::EC2::VPC")


def test_an_alarm_goes_off_at_three_times_the_expected_units():
    alarm = functions().resource("OrdersReadUnitsAlarm")

    # 10 units a second x 300 s = 3,000 expected in five minutes; three times that is 9,000
    assert alarm.properties["Threshold"] == 9000
    assert alarm.properties["MetricName"] == "ConsumedReadCapacityUnits"
    assert alarm.properties["Statistic"] == "Sum"


def test_a_small_load_does_not_make_an_alarm_that_one_call_sets_off():
    # 0.5 a second x 300 s x 3 = 450 units; at 0.001 a second it would be 0.9: one unit a second
    quiet = (Expected(table="OrdersTable", writes_per_second=Decimal("0.001")),)
    stack = build(site(*FUNCTIONS), (ORDERS,), GRANTS, quiet)

    assert functions().resource("OrdersWriteUnitsAlarm").properties["Threshold"] == 450
    assert stack.resource("OrdersWriteUnitsAlarm").properties["Threshold"] == 300


@pytest.mark.parametrize("provisioned", [False, True])
def test_throttles_are_counted_by_every_cause_in_at_most_ten_metrics(provisioned):
    expected = (replace(EXPECTED[0], is_provisioned=provisioned),)
    by_cause = replace(site(*FUNCTIONS), program=Program(alarms_by_cause=True))
    stack = build(by_cause, (ORDERS,), GRANTS, expected)
    metrics = stack.resource("OrdersThrottledAlarm").properties["Metrics"]
    names = {m["MetricStat"]["Metric"]["MetricName"] for m in metrics if "MetricStat" in m}
    capacity = "ProvisionedThroughput" if provisioned else "MaxOnDemandThroughput"

    assert names == {
        f"{word}{cause}ThrottleEvents"
        for word in ("Read", "Write")
        for cause in (capacity, "KeyRangeThroughput", "AccountLimit")
    }
    assert all(m["MetricStat"]["Stat"] == "Sum" for m in metrics if "MetricStat" in m)


def test_system_errors_are_asked_by_operation_since_the_table_alone_has_none():
    metrics = functions().resource("OrdersSystemErrorsAlarm").properties["Metrics"]
    dimensions = [
        {d["Name"] for d in m["MetricStat"]["Metric"]["Dimensions"]}
        for m in metrics
        if "MetricStat" in m
    ]

    assert dimensions
    assert all(names == {"TableName", "Operation"} for names in dimensions)


def test_the_budget_is_the_priced_bill():
    budget = functions().resource("MonthlyBudget").properties["Budget"]

    assert budget["BudgetLimit"] == {"Amount": 41.5, "Unit": "USD"}


def test_containers_run_as_many_tasks_as_are_priced():
    stack = build(site(*CONTAINERS), (ORDERS,), GRANTS, EXPECTED)

    # 365 vCPU-hours / (0.25 vCPU x 730 h) = 2 tasks
    assert stack.resource("Service").properties["DesiredCount"] == ParameterRef("TaskCount")
    (tasks,) = [given for given in stack.parameters if given.name == "TaskCount"]
    assert tasks.default == "2"


def test_tasks_have_no_public_address_where_a_nat_gateway_is_paid_for():
    def public(*keys):
        stack = build(site(*keys), (ORDERS,), GRANTS, EXPECTED)
        network = stack.resource("Service").properties["NetworkConfiguration"]
        return network["AwsvpcConfiguration"]["AssignPublicIp"]

    assert public(*CONTAINERS) == "ENABLED"
    assert public(*CONTAINERS, "aws.vpc.natgw.hour") == "DISABLED"


def test_the_database_admits_the_application_alone():
    parts = (*CONTAINERS, "aws.aurora-postgresql.sv2.acu.standard")
    stack = build(site(*parts, engine="postgresql"), (), (), ())
    opening = stack.resource("DatabaseGroup").properties["SecurityGroupIngress"][0]

    assert opening["SourceSecurityGroupId"] == Ref("ComputeGroup", "GroupId")
    assert "CidrIp" not in opening
    assert stack.resource("Database").properties["ManageMasterUserPassword"] is True


def test_the_server_runs_the_version_its_design_states():
    server = site(*CONTAINERS, "aws.aurora-postgresql.sv2.acu.standard", engine="postgresql")

    def version(server):
        return build(server, (), (), ()).resource("Database").properties["EngineVersion"]

    assert version(replace(server, version="13")) == "13"
    assert version(server) == "17.7"


def test_an_option_outside_aws_is_refused_with_its_parts():
    with pytest.raises(UnsupportedError, match="runs outside AWS"):
        build(site("google.cloud-run.cpu"), (), (), ())


def test_a_balancer_with_nothing_behind_it_is_refused():
    # PoaFix on Atlas prices a balancer that can be added, and runs its program elsewhere
    with pytest.raises(UsageError, match="`option` runs none"):
        build(site("aws.elb.alb.hour", "aws.cloudfront.https", engine=""))


def test_a_priced_part_without_a_resource_is_named():
    stack = functions()
    parts = (Part(name="queue", title="SES", price_key="aws.ses.send"),)

    assert unbacked(stack, parts) == parts
    assert unbacked(stack, site(*FUNCTIONS, "aws.data-transfer.internet").parts) == ()


def test_two_tables_whose_names_differ_by_punctuation_are_refused():
    twin = replace(ORDERS, properties={**ORDERS.properties, "TableName": "or-ders"})

    with pytest.raises(UsageError, match="two resources"):
        build(site(*FUNCTIONS), (ORDERS, twin), GRANTS, EXPECTED)


def test_a_reference_to_nothing_is_refused():
    grants = (Grant(action="dynamodb:GetItem", table="NoSuchTable", patterns=("p",)),)

    with pytest.raises(UsageError, match="NoSuchTable"):
        build(site(*FUNCTIONS), (ORDERS,), grants, EXPECTED)


def test_long_names_are_cut_before_their_ending():
    long = site(*CONTAINERS, app="a-very-long-application-name-indeed", environment="staging")

    # 32 characters less "-staging-alb" (12) leaves the first 20 of the application's name
    assert short_name(long, "alb") == "a-very-long-applicat-staging-alb"


@pytest.mark.parametrize("name", ["Prod", "my-env", "1st", "averylongname1"])
def test_an_environment_that_names_cannot_hold_is_refused(name):
    with pytest.raises(UsageError, match=name):
        checked_environment(name)


def test_logical_names_are_letters_and_digits():
    assert logical_name("user_events.v2", "by-day") == "UserEventsV2ByDay"
