"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tablewright_services.common.settings import required_secrets, whole_number

SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """Settings of the service."""

    access_secret: bytes = field(repr=False)
    """Signs access tokens."""
    refresh_secret: bytes = field(repr=False)
    """Signs refresh tokens: another one, so that neither passes for the other."""
    receipt_secret: bytes = field(repr=False, default=b"")
    """Signs receipts and notifications of the local validator; without it none is accepted."""
    provider_url: str = ""
    """An OpenAI-compatible server; the recorded provider unless set."""
    provider_key: str = field(repr=False, default="")
    requests_per_minute: int = 120
    """Of each user."""
    sign_ins_per_minute: int = 10
    """Attempts for each e-mail address."""


def proxy_settings(environment: Mapping[str, str]) -> ProxySettings:
    """Return the settings of an environment.

    Raises:
        UsageError: JWT_SECRET or JWT_REFRESH_SECRET is missing, too short, or one is the other.
    """
    secrets = required_secrets(environment, SECRETS)
    return ProxySettings(
        access_secret=secrets["JWT_SECRET"],
        refresh_secret=secrets["JWT_REFRESH_SECRET"],
        receipt_secret=environment.get("RECEIPT_SECRET", "").encode(),
        provider_url=environment.get("PROVIDER_URL", ""),
        provider_key=environment.get("PROVIDER_KEY", ""),
        requests_per_minute=whole_number(environment, "REQUESTS_PER_MINUTE", 120),
        sign_ins_per_minute=whole_number(environment, "SIGN_INS_PER_MINUTE", 10),
    )
