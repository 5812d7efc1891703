"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright_services.common.passwords import problem_of_password
from tablewright_services.common.second_factor import SecondFactor, second_factor_of
from tablewright_services.common.settings import required_secrets, whole_number
from tablewright_services.common.signatures import keyed_digest

SECRETS = ("JWT_SECRET",)
FOLDER = Path(tempfile.gettempdir()) / "poafix"
"""Of uploads, where neither a bucket nor a folder is set."""


@frozen
class PoaFixSettings:
    """Settings of the service."""

    access_secret: bytes = field(repr=False)
    """Signs access tokens."""
    refresh_secret: bytes = field(repr=False)
    """Signs refresh tokens; made of the first, so that neither passes for the other."""
    file_secret: bytes = field(repr=False)
    """Signs uploads to the local folder."""
    bcrypt_rounds: int = 12
    """The cost of a password's hash: each more takes twice as long."""
    origins: frozenset[str] = frozenset()
    """Whose pages may call from a browser."""
    requests_per_minute: int = 100
    """Of each caller; of callers without a token, of each address."""
    news_seconds: int = 0
    """How often an open stream looks for news that another process stored; never if 0."""
    admin_email: str = ""
    admin_password: str = field(repr=False, default="")
    """The first administrator, made at the start where there is none of that address."""
    second_factor: SecondFactor | None = field(repr=False, default=None)
    """Checks the codes of administrators; None: their passwords are enough."""
    cdn_url: str = ""
    """Where files are read; the service itself unless set."""
    bucket: str = ""
    """The bucket of uploads; a local folder unless set."""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(repr=False, default="")
    session_token: str = field(repr=False, default="")
    upload_folder: Path = FOLDER
    paystack_key: bytes = field(repr=False, default=b"")
    """The secret key of Paystack, which also signs its webhooks; local payments unless set."""
    paystack_url: str = "https://api.paystack.co"


def poafix_settings(environment: Mapping[str, str]) -> PoaFixSettings:
    """Return the settings of an environment.

    Raises:
        UsageError: JWT_SECRET is missing or has less than 32 characters (256 bits), a limit is no
            number, or the first administrator has no second factor or a password that many have.
    """
    password = environment.get("ADMIN_PASSWORD", "")
    if password and (problem := problem_of_password(password)):
        raise UsageError(f"ADMIN_PASSWORD {problem}", remedy="set it to another one")
    secret = required_secrets(environment, SECRETS)["JWT_SECRET"]
    origins = environment.get("CORS_ORIGINS", "")
    folder = environment.get("UPLOAD_FOLDER", "")
    return PoaFixSettings(
        access_secret=secret,
        refresh_secret=keyed_digest("refresh", secret).encode(),
        file_secret=keyed_digest("files", secret).encode(),
        bcrypt_rounds=whole_number(environment, "BCRYPT_ROUNDS", 12),
        origins=frozenset(each.strip() for each in origins.split(",") if each.strip()),
        requests_per_minute=whole_number(environment, "REQUESTS_PER_MINUTE", 100),
        news_seconds=whole_number(environment, "NEWS_SECONDS", 0, least=0),
        admin_email=environment.get("ADMIN_EMAIL", "").lower(),
        admin_password=password,
        second_factor=second_factor_of(environment, "ADMIN_CODE_SECRET", "ADMIN_PASSWORD"),
        cdn_url=environment.get("CLOUDFRONT_URL", "").rstrip("/"),
        bucket=environment.get("AWS_BUCKET_NAME", ""),
        region=environment.get("AWS_REGION", "us-east-1"),
        access_key=environment.get("AWS_ACCESS_KEY_ID", ""),
        secret_key=environment.get("AWS_SECRET_ACCESS_KEY", ""),
        session_token=environment.get("AWS_SESSION_TOKEN", ""),
        paystack_key=environment.get("PAYSTACK_SECRET_KEY", "").encode(),
        upload_folder=Path(folder or FOLDER),
    )
