"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from tablewright.core.frozen import frozen
from tablewright_services.common.settings import required_secrets, whole_number

SECRETS = ("JWT_SECRET", "CODE_SECRET", "PIN_ENCRYPTION_KEY", "SHOPIFY_WEBHOOK_SECRET")


@frozen
class JourneySettings:
    """Settings of the service."""

    session_secret: bytes = field(repr=False)
    """Signs sessions."""
    code_secret: bytes = field(repr=False)
    """Keys the digests of one-time codes."""
    pin_keys: tuple[bytes, ...] = field(repr=False)
    """Encrypts PINs: the first; the others still open what was encrypted before."""
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    """Any of them may have signed a message of the shop."""
    shop_domain: str = ""
    """Messages of other shops are refused, where it is set."""
    shop_token: str = field(repr=False, default="")
    """Of the shop's Admin API, to end subscriptions there."""
    whatsapp_token: str = field(repr=False, default="")
    whatsapp_sender: str = ""
    """Id of the phone number that sends, at the WhatsApp Cloud API."""
    smtp_url: str = field(repr=False, default="")
    """smtps://user:password@host:port of a mail server."""
    mail_from: str = ""
    shows_codes: bool = False
    """Whether messages are written to standard error: for trying out."""
    requests_per_minute: int = 120
    """Of each customer, and of each address that has not signed in."""
    codes_per_minute: int = 10
    """Attempts to sign in for each e-mail address."""
    origins: frozenset[str] = frozenset()
    """Whose pages may call the service from a browser."""


def journey_settings(environment: Mapping[str, str]) -> JourneySettings:
    """Return the settings of an environment.

    Raises:
        UsageError: a secret is missing, too short, or equals another.
    """
    secrets = required_secrets(environment, SECRETS)
    before = {
        name: (environment[f"{name}_BEFORE"].encode(),)
        for name in ("PIN_ENCRYPTION_KEY", "SHOPIFY_WEBHOOK_SECRET")
        if environment.get(f"{name}_BEFORE")
    }
    return JourneySettings(
        session_secret=secrets["JWT_SECRET"],
        code_secret=secrets["CODE_SECRET"],
        pin_keys=(secrets["PIN_ENCRYPTION_KEY"], *before.get("PIN_ENCRYPTION_KEY", ())),
        webhook_secrets=(
            secrets["SHOPIFY_WEBHOOK_SECRET"],
            *before.get("SHOPIFY_WEBHOOK_SECRET", ()),
        ),
        shop_domain=environment.get("SHOP_DOMAIN", ""),
        shop_token=environment.get("SHOP_TOKEN", ""),
        whatsapp_token=environment.get("WHATSAPP_TOKEN", ""),
        whatsapp_sender=environment.get("WHATSAPP_SENDER", ""),
        smtp_url=environment.get("SMTP_URL", ""),
        mail_from=environment.get("MAIL_FROM", ""),
        shows_codes=environment.get("SHOW_CODES", "") == "yes",
        requests_per_minute=whole_number(environment, "REQUESTS_PER_MINUTE", 120),
        codes_per_minute=whole_number(environment, "CODES_PER_MINUTE", 10),
        origins=frozenset(environment.get("CORS_ORIGINS", "").replace(",", " ").split()),
    )
