"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from tablewright.core.frozen import frozen
from tablewright_services.common.settings import required_secrets, whole_number
from tablewright_services.llm_proxy.receipts import AppStoreReceipts, LocalReceipts, Receipts

SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET")


@frozen
class ProxySettings:
    """Settings of the service."""

    access_secret: bytes = field(repr=False)
    """Signs access tokens."""
    refresh_secret: bytes = field(repr=False)
    """Signs refresh tokens: another one, so that neither passes for the other."""
    receipt_secret: bytes = field(repr=False, default=b"")
    """Signs receipts and notifications of the local validator; without it none is accepted."""
    app_store_bundle: str = ""
    """Bundle id of the application: receipts are Apple's, and the local validator is off."""
    app_store_app: int | None = None
    """The application's number in the App Store."""
    app_store_environment: str = "Production"
    app_store_roots: tuple[Path, ...] = ()
    """Files with Apple's root certificates."""
    app_store_online: bool = True
    """Whether Apple is asked if a certificate was revoked."""
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
        app_store_bundle=environment.get("APP_STORE_BUNDLE_ID", ""),
        app_store_app=whole_number(environment, "APP_STORE_APP_ID", 0, least=0) or None,
        app_store_environment=environment.get("APP_STORE_ENVIRONMENT", "") or "Production",
        app_store_roots=tuple(
            Path(each) for each in environment.get("APP_STORE_ROOTS", "").split(os.pathsep) if each
        ),
        app_store_online=environment.get("APP_STORE_ONLINE", "yes") == "yes",
        provider_url=environment.get("PROVIDER_URL", ""),
        provider_key=environment.get("PROVIDER_KEY", ""),
        requests_per_minute=whole_number(environment, "REQUESTS_PER_MINUTE", 120),
        sign_ins_per_minute=whole_number(environment, "SIGN_INS_PER_MINUTE", 10),
    )


def receipts_of(settings: ProxySettings) -> Receipts:
    """Return what verifies receipts: Apple's signatures where a bundle is set, else our own.

    Raises:
        UsageError: a setting of the App Store cannot be used.
        UnsupportedError: the vendor's library is not installed.
    """
    if not settings.app_store_bundle:
        return LocalReceipts(settings.receipt_secret)
    return AppStoreReceipts(
        settings.app_store_bundle,
        settings.app_store_app,
        settings.app_store_environment,
        settings.app_store_roots,
        checks_online=settings.app_store_online,
    )
