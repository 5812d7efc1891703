"""What the operators of a service are told at once: a line of the log, or a message to a topic.

In: a subject and facts without anything personal. Out: a message to the Amazon SNS topic that the
setting `ALERT_TOPIC_ARN` names, sent beside the request that it is about; without it a line of the
log. What cannot be sent is counted, and never delays or fails a request.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tablewright.core.errors import UsageError

TOPIC = "ALERT_TOPIC_ARN"
ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
TIMEOUT_SECONDS = 5


class Alerts(Protocol):
    """Tells the operators."""

    def tell(self, subject: str, **facts: Any) -> None:
        """Tell of something; it is sent beside the request."""
        ...

    def metrics(self) -> str:
        """Return lines of the Prometheus format."""
        ...


class LoggedAlerts:
    """Tells the log."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    def tell(self, subject: str, **facts: Any) -> None:
        """Write a line of the log."""
        self._log(json.dumps({"alert": subject, **facts}))

    def metrics(self) -> str:
        """Return nothing: the log is always there."""
        return ""


class TopicAlerts:
    """Tells a topic of Amazon SNS, under the role that the process has.

    Args:
        arn: of the topic.
        source: the service, which the message names.
    """

    def __init__(self, arn: str, source: str) -> None:
        from botocore.config import Config
        from botocore.session import get_session

        match = ARN.fullmatch(arn)
        assert match is not None
        self._arn, self._source = arn, source
        limits = {"connect_timeout": TIMEOUT_SECONDS, "read_timeout": TIMEOUT_SECONDS}
        self._topics = get_session().create_client(
            "sns", region_name=match[1], config=Config(**limits, retries={"max_attempts": 2})
        )
        self.sent = self.failed = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self, subject: str, **facts: Any) -> None:
        """Send a message in a thread."""
        future = asyncio.get_running_loop().run_in_executor(None, self._send, subject, facts)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)

    def _send(self, subject: str, facts: Mapping[str, Any]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        message = json.dumps({"source": self._source, "alert": subject, **facts})
        try:
            self._topics.publish(
                TopicArn=self._arn, Subject=f"{self._source}: {subject}"[:100], Message=message
            )
            self.sent += 1
        except (BotoCoreError, ClientError):
            self.failed += 1

    def metrics(self) -> str:
        """Return how many messages were sent, and how many could not be."""
        return (
            "# TYPE alerts_total counter\n"
            f'alerts_total{{result="sent"}} {self.sent}\n'
            f'alerts_total{{result="failed"}} {self.failed}\n'
        )


def alerts_of(environment: Mapping[str, str], source: str, log: Callable[[str], None]) -> Alerts:
    """Return what tells the operators.

    Raises:
        UsageError: the setting is no ARN of a topic.
    """
    arn = environment.get(TOPIC, "")
    if not arn:
        return LoggedAlerts(log)
    if ARN.fullmatch(arn) is None:
        raise UsageError(
            f"{TOPIC} is no topic",
            remedy="write arn:aws:sns:REGION:ACCOUNT:NAME, as `deploy` shows",
        )
    return TopicAlerts(arn, source)


__all__ = ["Alerts", "LoggedAlerts", "TopicAlerts", "alerts_of"]
