"""What the operators are told: by the log, or by a topic of Amazon SNS."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from running_services import test_mongocollectibles as shop_tests
from running_services.running import Running
from tablewright.core.errors import UsageError
from tablewright_services.common.alerts import LoggedAlerts, TopicAlerts, alerts_of
from tablewright_services.mongocollectibles.app import MongoCollectibles

ARN = "arn:aws:sns:eu-north-1:123456789012:shop-alarms"


class Topics(BaseHTTPRequestHandler):
    """Stands in for Amazon SNS: keeps what is published."""

    published: ClassVar[list[dict[str, str]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.published.append({name: values[0] for name, values in form.items()})
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(
            b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult>"
            b"</PublishResponse>"
        )

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Topics]]:
    Topics.published, Topics.status = [], 200
    with ThreadingHTTPServer(("127.0.0.1", 0), Topics) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield Topics
        server.shutdown()


async def told(alerts: TopicAlerts) -> None:
    alerts.tell("refund_failed", collectible="col-001")
    while alerts.sent + alerts.failed == 0:
        await asyncio.sleep(0.01)


def test_a_message_goes_to_the_topic_with_its_source(topics: type[Topics]) -> None:
    alerts = alerts_of({"ALERT_TOPIC_ARN": ARN}, "Shop", print)
    assert isinstance(alerts, TopicAlerts)
    asyncio.run(told(alerts))
    (message,) = topics.published
    assert (message["Action"], message["TopicArn"]) == ("Publish", ARN)
    assert message["Subject"] == "Shop: refund_failed"
    facts = {"source": "Shop", "alert": "refund_failed", "collectible": "col-001"}
    assert json.loads(message["Message"]) == facts
    assert 'alerts_total{result="sent"} 1\n' in alerts.metrics()


def test_a_topic_that_refuses_is_counted_and_fails_nothing(topics: type[Topics]) -> None:
    topics.status = 403
    alerts = TopicAlerts(ARN, "Shop")
    asyncio.run(told(alerts))
    assert 'alerts_total{result="failed"} 1\n' in alerts.metrics()


@pytest.mark.parametrize("arn", ["alarms", "arn:aws:sqs:eu-north-1:123456789012:alarms", ARN + "/"])
def test_what_is_no_topic_is_said(arn: str) -> None:
    with pytest.raises(UsageError, match="ALERT_TOPIC_ARN is no topic"):
        alerts_of({"ALERT_TOPIC_ARN": arn}, "Shop", print)


def test_the_shop_tells_of_payments_and_of_what_the_staff_should_look_at() -> None:
    running = Running(MongoCollectibles, "mongocollectibles", "recommended", shop_tests.ENVIRONMENT)
    with running.client:
        assert isinstance(running.service.alerts, LoggedAlerts)
        name = shop_tests.stocked(running, [1, 4, 5])
        rental_id = shop_tests.rented(running, name)
        shop_tests.told(running, "payment.paid", rental_id, amount=1)
        for _ in range(3):
            shop_tests.told(running, "payment.paid", rental_id)
    alerts = [json.loads(line) for line in running.lines if '"alert"' in line]
    assert alerts == [
        {"alert": "amount_differs"},
        {"alert": "payment completed", "collectible": name, "pesos": "10100.00"},
    ]
    # an id shows its rental to whoever knows it, so it is in no log
    assert not any(rental_id in line for line in running.lines)
