"""Messages to customers by e-mail: kept in this process, or sent through a mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections import deque
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tablewright.core.frozen import frozen

KEPT = 1_000
TIMEOUT_SECONDS = 10
SUBMISSION_PORT = 587


class MailFailed(Exception):
    """A message was not taken."""


@frozen
class Message:
    """A message to a customer."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends messages."""

    def send(self, message: Message) -> None:
        """Send one.

        Raises:
            MailFailed: it was not taken.
        """
        ...


class Outbox:
    """Keeps the last messages, for tests and for trying the service out."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque(maxlen=KEPT)

    def send(self, message: Message) -> None:
        """Keep one."""
        self.messages.append(message)


class MailServer:
    """A mail server that takes messages by SMTP with STARTTLS, such as that of Amazon SES."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "smtp" or not parts.hostname:
            raise ValueError("the mail server is smtp://user:password@host:port")
        self._host, self._port = parts.hostname, parts.port or SUBMISSION_PORT
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, message: Message) -> None:
        """Send one."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to, message.subject
        mail.set_content(message.text)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS) as server:
                server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as problem:
            raise MailFailed(type(problem).__name__) from problem


__all__ = ["MailFailed", "MailServer", "Mailer", "Message", "Outbox"]
