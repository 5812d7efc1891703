"""The alarm on slow calls: at the API's own target, or the database's and what is added to it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.alarm_evaluator import state_of
from deploy.sites import CONTAINERS, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.call_latency import call_latency
from tablewright.deploy.program import Program, read_program
from tablewright.deploy.stack import build

REST = ("aws.api-gateway.rest", "aws.lambda.requests", "aws.lambda.gbs.arm")


def called(*keys: str, a_second: str = "2", database_ms: int = 10, api_ms: int = 0):
    return replace(
        site(*keys),
        latency_ms=database_ms,
        mean_requests_per_second=Decimal(a_second),
        program=Program(latency_p99_ms=api_ms),
    )


@pytest.mark.parametrize(
    ("keys", "a_second", "ms"),
    [
        # 10 of the database + 200 of work + 10 of the HTTP API; 2 a second are 1,800 in 15 minutes
        (FUNCTIONS, "2", 220),
        # + 10 / 0.4 of the REST API
        (REST, "2", 235),
        # 1.1 a second are 990 calls in 15 minutes, under 1,000: + 1,000 for a cold start
        (FUNCTIONS, "1.1", 1220),
        # 10 + 200 + 10 between zones; nothing is started for a call
        (CONTAINERS, "0.1", 220),
    ],
)
def test_the_way_to_the_database_is_added_to_its_target(keys, a_second, ms):
    assert call_latency(called(*keys, a_second=a_second)).ms == ms


def test_what_the_model_says_of_the_api_is_taken_as_it_is():
    assert call_latency(called(*FUNCTIONS, api_ms=500)).ms == 500
    assert call_latency(called(*FUNCTIONS, database_ms=0, api_ms=500)).ms == 500


def test_a_model_without_any_target_has_no_alarm_on_latency():
    silent = called(*FUNCTIONS, database_ms=0)

    assert call_latency(silent) is None
    names = [alarm.name for alarm in build(silent, (ORDERS,), GRANTS).resources]
    assert "ApiErrorsAlarm" in names
    assert "ApiLatencyAlarm" not in names


@pytest.mark.parametrize(
    ("keys", "name", "factor"),
    [(FUNCTIONS, "ApiLatency", 1), (CONTAINERS, "BalancerLatency", 1000)],
)
def test_ordinary_calls_are_quiet_under_a_database_target_of_10_ms_and_slow_ones_are_not(
    keys, name, factor
):
    alarm = build(called(*keys), (ORDERS,), GRANTS).resource(f"{name}Alarm").properties
    metric = alarm["MetricName"]

    # a function that runs for 150 ms; one that hangs for 3 s; a balancer reports seconds
    assert state_of(alarm, {metric: [150 / factor] * 3}) == "OK"
    assert state_of(alarm, {metric: [3000 / factor] * 3}) == "ALARM"


def test_the_sum_stands_beside_the_alarm():
    reason = call_latency(called(*FUNCTIONS)).reason

    assert reason == (
        "ms: 10 target of the database + 200 work of the program, as priced + 10 the HTTP API's own"
    )


def test_the_target_of_the_api_is_read_from_the_model_file():
    assert read_program({"latency_p99_ms": 800}, (), "deploy").latency_p99_ms == 800
