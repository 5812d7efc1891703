"""Load: when calls are due, what becomes of them over time, and a database that refuses."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from tablewright import load as load_model
from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.evaluation.doors import CallFailedError, Outcome, Target
from tablewright.proof.load import arrivals, expected_calls, peak_rates, run_load, slices
from tablewright.proof.load_values import CallResult, LoadPlan, LoadRun, TimedCall
from tablewright.reports.load import load_page
from tablewright.reports.pages import written
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.load import LoadRequest, load
from tablewright.verbs.prove import ProofRequest, proving_of, seeded_temporary

SMALL = Path(__file__).with_name("small.yaml")
USERS = 10
SECOND = LoadPlan(clients=3, seconds=Decimal(1), per_second=Decimal(60))
RATES = {"read": Decimal(3), "write": Decimal(1)}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("load") / "tablewright.yaml"
    path.write_text(SMALL.read_text())
    return Session(load_model(path), Options())


@pytest.fixture
def adapter(session: Session) -> Iterator[DynamoAdapter]:
    with seeded_temporary(session, dynamo_design(session), USERS) as (made, _):
        assert isinstance(made, DynamoAdapter)
        yield made


def run(session: Session, adapter: DynamoAdapter, plan: LoadPlan = SECOND) -> LoadRun:
    request = ProofRequest(users=USERS)
    return run_load(proving_of(session, dynamo_design(session), adapter, request), plan)


def call(due: float, ended: float | None = None, **more: Any) -> TimedCall:
    if ended is None:
        return TimedCall(pattern="read", due=due, **more)
    result = more.pop("result", CallResult.DONE)
    return TimedCall(pattern="read", due=due, begun=due, ended=ended, result=result, **more)


# ---------------------------------------------------------------- when calls are due


def test_a_spike_takes_the_middle_third_of_the_time() -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(30), per_second=Decimal(3), spike=Decimal(10))
    assert plan.phases == ((0, 10, 3), (10, 20, 30), (20, 30, 3))


def test_calls_are_split_by_the_rates_of_the_patterns() -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(30), per_second=Decimal(2))
    assert expected_calls(plan, RATES) == {"read": 45, "write": 15}
    # 10 s at 2, 10 s at 20 and 10 s at 2 a second are 240 calls
    spike = replace(plan, spike=Decimal(10))
    assert expected_calls(spike, RATES) == {"read": 180, "write": 60}


def test_calls_come_as_often_as_the_rate_says_at_random_moments() -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(100), per_second=Decimal(40))
    due = list(arrivals(plan, RATES, random.Random(5)))
    moments = [moment for moment, _ in due]
    assert moments == sorted(moments)
    assert 0 < moments[0] < moments[-1] < 100
    # of 4,000 the standard deviation is 63 (Poisson); of reads, a share of 3/4, it is 27
    assert abs(len(due) - 4000) < 4 * 63
    assert abs(Counter(name for _, name in due)["read"] - len(due) * 0.75) < 4 * 27
    assert due == list(arrivals(plan, RATES, random.Random(5)))


def test_the_peak_of_reports_is_their_mean(session: Session) -> None:
    model = session.model
    first = model.patterns[0]
    report = replace(first, name="report", purpose="report", peak=Decimal(9))
    online = replace(first, name="online", peak=Decimal(9))
    rates = peak_rates(replace(model, patterns=(report, online)), 86_400)
    # 2 calls a user and day of 86,400 users are 2 a second
    assert rates == {"report": 2, "online": 18}


# ---------------------------------------------------------------- over time


def test_a_slice_counts_calls_by_when_they_were_due_and_throughput_by_when_they_ended() -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(2), per_second=Decimal(1))
    calls = [
        call(0.1, 0.2),
        call(0.5, 1.5, repeats=3),
        call(0.9, 1.0, result=CallResult.ERROR),
        call(1.2, 1.3, result=CallResult.REFUSED),
        call(1.9),  # never begun
    ]
    first, second = slices(plan, calls)
    assert (first.start_s, second.start_s) == (0, 1)
    assert (first.asked_per_second, second.asked_per_second) == (3, 2)
    assert (first.done_per_second, second.done_per_second) == (1, 1)
    assert (first.repeats, first.errors, first.refused) == (3, 1, 0)
    assert (second.repeats, second.errors, second.refused) == (0, 0, 1)
    assert (first.waiting, second.waiting) == (0, 1)
    # of two calls that took 100 and 1,000 ms every percentile from the middle on is the second
    assert first.latency_ms == (1000, 1000, 1000)
    assert second.latency_ms == (100, 100, 100)


def test_a_call_that_waits_for_a_client_at_the_end_of_a_slice_is_counted_there() -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(2), per_second=Decimal(1))
    late = TimedCall(pattern="read", due=0.5, begun=1.1, ended=1.2, result=CallResult.DONE)
    assert [entry.waiting for entry in slices(plan, [late])] == [1, 0]


# ---------------------------------------------------------------- runs


def test_every_call_of_a_run_comes_to_an_end(session: Session, adapter: DynamoAdapter) -> None:
    result = run(session, adapter)
    assert result.is_clean
    assert result.total.asked > 20
    assert result.total.done + result.total.refused == result.total.asked
    assert sum(pattern.asked for pattern in result.patterns) == result.total.asked
    assert result.first_trouble_s is None
    assert result.not_called == ()
    assert (result.stands_in, result.is_embedded) == (True, True)
    assert "provisioned capacity" in result.limits


def test_calls_that_fail_are_counted_with_their_reasons(
    session: Session, adapter: DynamoAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = DynamoAdapter.run

    def refuse(self: DynamoAdapter, route: Any, made: Any, **how: Any) -> Outcome:
        if made.pattern.name == "person":
            raise CallFailedError("the disk is full", Outcome(retries=2))
        return whole(self, route, made, **how)

    monkeypatch.setattr(DynamoAdapter, "run", refuse)
    result = run(session, adapter)
    failed = next(pattern for pattern in result.patterns if pattern.pattern == "person")
    assert failed.errors == failed.asked > 0
    assert failed.latency_ms == (None, None, None)
    assert result.total.errors == failed.errors
    assert result.total.repeats == 2 * failed.errors
    assert result.errors == (f"{failed.errors} x the disk is full",)
    assert result.first_trouble_s is not None
    assert not result.is_clean
    page = write_text(load_page(result), width=200)
    assert f"{failed.errors} calls failed" in page
    assert f"- {failed.errors} x the disk is full" in page


def test_a_pattern_that_the_server_does_not_run_is_not_called(
    session: Session, adapter: DynamoAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_run(self: DynamoAdapter, pattern: Any) -> str:
        return "it has no such search" if pattern.name == "person" else ""

    monkeypatch.setattr(DynamoAdapter, "cannot_run", cannot_run)
    result = run(session, adapter)
    assert result.not_called == ("person",)
    assert "person" not in {pattern.pattern for pattern in result.patterns}


def test_a_fault_of_our_own_in_a_client_is_raised(
    session: Session, adapter: DynamoAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: DynamoAdapter, route: Any, made: Any, **how: Any) -> Outcome:
        raise ZeroDivisionError("our own fault")

    monkeypatch.setattr(DynamoAdapter, "run", broken)
    with pytest.raises(ZeroDivisionError):
        run(session, adapter)


def test_more_calls_than_can_be_kept_are_refused(session: Session, adapter: DynamoAdapter) -> None:
    plan = LoadPlan(clients=1, seconds=Decimal(600), per_second=Decimal(10_000))
    with pytest.raises(UsageError, match="about 6,000,000 calls, more than 1,000,000"):
        run(session, adapter, plan)


def test_the_local_engine_throttles_as_provisioned_once_it_is_asked_to(
    session: Session, adapter: DynamoAdapter
) -> None:
    transport = adapter._counting.inner
    assert adapter.throttled == 0
    assert "burst" in adapter.limit_throughput()
    before = transport.database.engine.clock()  # type: ignore[attr-defined]
    assert transport.database.realism.options.throughput  # type: ignore[attr-defined]
    assert transport.database.engine.clock() > before  # type: ignore[attr-defined]


def test_the_run_is_kept_and_written_in_every_form(session: Session) -> None:
    request = LoadRequest(
        clients=2, seconds=Decimal(1), per_second=Decimal(30), users=USERS, spike=Decimal(2)
    )
    result = load(session, "one", Target(), request)
    assert (Path(session.file.path).parent / ".tablewright" / "loads" / "one.json").is_file()
    text = " ".join(written(result, "load", "text").split())
    assert "1 s at 30 calls a second, 2 times that in the middle third" in text
    assert "█" in text
    page = written(result, "load", "html", written_on="2026-11-30")
    assert page.count('class="chart time"') == 2
    assert ">asked for<" in page


def test_too_few_calls_to_measure_are_said(session: Session) -> None:
    request = LoadRequest(clients=1, seconds=Decimal(1), users=1)
    result = load(session, "one", Target(), request)
    # one user makes about 16 calls a day: none in a second
    assert result.total.asked == 0
    assert "too few to measure" in written(result, "load", "text")
