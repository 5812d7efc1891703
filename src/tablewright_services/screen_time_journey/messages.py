"""How codes reach people: by WhatsApp to a phone, by e-mail to an address.

In: an address and a text. Out: it is sent, or `MessageFailed`. Locally messages are kept in a list,
or written to standard error to be tried out; nothing else ever shows a code.
"""

from __future__ import annotations

import json
import smtplib
import sys
import urllib.error
import urllib.request
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tablewright.core.errors import UsageError
from tablewright_services.screen_time_journey.settings import JourneySettings

WHATSAPP_API = "https://graph.facebook.com/v21.0"
TEMPLATE = "verification_code"
"""Name of the message template, approved by WhatsApp, that holds a code."""
SUBJECT = "Your code for Screen Time Journey"
TIMEOUT_SECONDS = 10


class MessageFailed(Exception):
    """A message was not taken by who should carry it."""


class Messages(Protocol):
    """Sends codes."""

    def send(self, destination: str, code: str) -> None:
        """Send a code to a phone in E.164 or to an e-mail address.

        Raises:
            MessageFailed: it was not taken.
        """
        ...


class KeptMessages:
    """Keeps messages in a list: for tests."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, destination: str, code: str) -> None:
        """Keep a message."""
        self.sent.append((destination, code))


class ShownMessages:
    """Writes messages to standard error: for trying out."""

    def send(self, destination: str, code: str) -> None:
        """Write a message."""
        sys.stderr.write(f"message to {destination}: your code is {code}\n")


class SentMessages:
    """The WhatsApp Cloud API for phones, a mail server for e-mail addresses."""

    def __init__(self, settings: JourneySettings) -> None:
        self.settings = settings
        self._mail = urlsplit(settings.smtp_url)
        if settings.smtp_url and (self._mail.scheme != "smtps" or not self._mail.hostname):
            raise UsageError("SMTP_URL is no smtps://user:password@host:port")

    def send(self, destination: str, code: str) -> None:
        """Send a message."""
        try:
            if "@" in destination:
                self._send_mail(destination, code)
            else:
                self._send_whatsapp(destination, code)
        except (OSError, smtplib.SMTPException, urllib.error.URLError) as problem:
            raise MessageFailed(type(problem).__name__) from problem

    def _send_mail(self, address: str, code: str) -> None:
        if not self._mail.hostname:
            raise MessageFailed("no mail server is set up")
        message = EmailMessage()
        message["From"], message["To"] = self.settings.mail_from, address
        message["Subject"] = SUBJECT
        message.set_content(f"Your code is {code}. It holds for ten minutes.\n")
        port = self._mail.port or 465
        with smtplib.SMTP_SSL(self._mail.hostname, port, timeout=TIMEOUT_SECONDS) as server:
            if self._mail.username:
                server.login(unquote(self._mail.username), unquote(self._mail.password or ""))
            server.send_message(message)

    def _send_whatsapp(self, phone: str, code: str) -> None:
        """Send a code by an authentication template (Cloud API, "Authentication templates")."""
        if not self.settings.whatsapp_token:
            raise MessageFailed("no sender at WhatsApp is set up")
        parameter = {"type": "text", "text": code}
        content = {
            "messaging_product": "whatsapp",
            "to": phone,
            "type": "template",
            "template": {
                "name": TEMPLATE,
                "language": {"code": "en"},
                "components": [
                    {"type": "body", "parameters": [parameter]},
                    {"type": "button", "sub_type": "url", "index": "0", "parameters": [parameter]},
                ],
            },
        }
        request = urllib.request.Request(
            f"{WHATSAPP_API}/{self.settings.whatsapp_sender}/messages",
            json.dumps(content).encode(),
            {
                "Authorization": f"Bearer {self.settings.whatsapp_token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
            reply.read()


def messages_of(settings: JourneySettings) -> Messages:
    """Return how messages are sent."""
    return ShownMessages() if settings.shows_codes else SentMessages(settings)
