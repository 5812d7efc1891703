"""A target of availability is that of the whole deployment, in `check` as in `compare`.

AWS promises 99.99 % of DynamoDB and 99.5 % of one instance. Both together: 0.9999 x 0.995 =
99.49005 %, which is less than either.
"""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.compare import comparison
from tablewright.review.assessment import TargetResult
from tablewright.session import Session
from tablewright.verbs.check import check
from tablewright.verbs.compare import compare


@pytest.fixture(autouse=True)
def only_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the options of the model file, none that are packaged."""
    monkeypatch.setattr(comparison, "architectures_for", lambda app: ())


def session_of(target: str, engine: str = "dynamodb") -> Session:
    text = f"""
app: notes
region: us-east-1
scales: [1000]
targets: {{availability: {target}}}
entities: {{Note: {{key: id, attributes: {{id: uuid, text: text(100)}}}}}}
patterns: {{read: {{get: Note, by: id, rate: 10/user/day}}}}
architectures:
  box:
    engine: {engine}
    components:
      box: {{price: aws.ec2.t3.large, quantity: hours, serial: true, sla: aws.ec2.sla.instance}}
      table: {{serial: true, sla: aws.dynamodb.sla.standard}}
designs:
  usual: {{engine: dynamodb, tables: {{notes: {{key: id, items: Note}}}}}}
"""
    return Session(read_model(text))


def target_of(session: Session) -> TargetResult:
    [target] = check(session).designs[0].targets
    return target


@pytest.mark.parametrize(
    ("target", "met"), [("99.49", True), ("99.5", False), ("99.9", False), ("99.995", False)]
)
def test_check_and_compare_say_the_same_of_an_availability(target: str, met: bool) -> None:
    session = session_of(target)
    result = target_of(session)
    assert (result.reached, result.met, result.option) == ("99.490 %", met, "box")
    [checked] = [
        need for _, needs in compare(session).needs for need in needs if need.need == "availability"
    ]
    assert (checked.result == "met") is met
    if not met:
        # 0.50995 % of 43,800 minutes
        assert result.why == "with `box` its parts promise 99.490 %, 223 minutes away a month"
        assert checked.how in result.why


@pytest.mark.parametrize(("target", "met"), [("99.99", None), ("99.999", False)])
def test_of_a_database_alone_a_target_is_only_ever_missed(target: str, met: bool | None) -> None:
    result = target_of(session_of(target, engine="mongodb"))
    assert (result.reached, result.met) == ("99.99 % of the database", met)
    assert result.why == "no deployment option holds it with a database on dynamodb"


def test_an_option_that_names_no_part_on_the_way_promises_nothing() -> None:
    text = session_of("99").file.source.replace("serial: true, ", "")
    result = target_of(Session(read_model(text)))
    assert result.met is None
    assert result.why == "with `box` no promise is known of any part"
