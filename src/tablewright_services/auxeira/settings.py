"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright_services.common.settings import required_secrets, whole_number

SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET", "PAYSTACK_SECRET_KEY")
ORIGINS = "https://app.auxeira.example,http://localhost:3000"
FEWEST_ROUNDS, MOST_ROUNDS = 10, 16
PAYSTACK_URL = "https://api.paystack.co"


@frozen
class AuxeiraSettings:
    """Settings of the service."""

    access_secret: bytes = field(repr=False)
    """Signs access tokens."""
    refresh_secret: bytes = field(repr=False)
    """Signs refresh tokens: another one, so that neither passes for the other."""
    paystack_secret: bytes = field(repr=False)
    """Asks Paystack for payments and verifies its webhooks."""
    paystack_url: str = PAYSTACK_URL
    writer_url: str = ""
    writer_key: str = field(repr=False, default="")
    """Of an OpenAI-compatible server; without a key the local writer writes."""
    api_base: str = "/api"
    """Where the dashboard's scripts call the API."""
    origins: frozenset[str] = frozenset()
    """Of the dashboards."""
    requests_per_minute: int = 60
    """Of each user, and of each address that has not signed in."""
    sign_ins_per_minute: int = 10
    """Attempts for each e-mail address."""
    bcrypt_rounds: int = FEWEST_ROUNDS
    lease_seconds: int = 300
    """After so long a report that is being written is taken over by another process."""
    look_back_days: int = 7
    """How old reports may be that a start looks for to go on with."""
    benchmark_seconds: int = 300
    """How long the scores of an industry are kept in memory."""

    @property
    def uses_paystack(self) -> bool:
        """Whether payments are real: Paystack's keys, and no others, begin with `sk_`."""
        return self.paystack_secret.startswith(b"sk_")


def auxeira_settings(environment: Mapping[str, str]) -> AuxeiraSettings:
    """Return the settings of an environment.

    Raises:
        UsageError: a secret is missing, too short or used twice, or a number is none.
    """
    secrets = required_secrets(environment, SECRETS)
    rounds = whole_number(environment, "BCRYPT_ROUNDS", FEWEST_ROUNDS)
    if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS:
        raise UsageError(
            f"BCRYPT_ROUNDS is {rounds}", remedy=f"set it to {FEWEST_ROUNDS} to {MOST_ROUNDS}"
        )
    origins = environment.get("CORS_ORIGINS", "") or ORIGINS
    return AuxeiraSettings(
        access_secret=secrets["JWT_SECRET"],
        refresh_secret=secrets["JWT_REFRESH_SECRET"],
        paystack_secret=secrets["PAYSTACK_SECRET_KEY"],
        paystack_url=environment.get("PAYSTACK_URL", "") or PAYSTACK_URL,
        writer_url=environment.get("NANOGPT5_URL", ""),
        writer_key=environment.get("NANOGPT5_API_KEY", ""),
        api_base=environment.get("API_BASE_URL", "") or "/api",
        origins=frozenset(each.strip() for each in origins.split(",") if each.strip()),
        requests_per_minute=whole_number(environment, "REQUESTS_PER_MINUTE", 60),
        sign_ins_per_minute=whole_number(environment, "SIGN_INS_PER_MINUTE", 10),
        bcrypt_rounds=rounds,
        lease_seconds=whole_number(environment, "REPORT_LEASE_SECONDS", 300),
        look_back_days=whole_number(environment, "REPORT_LOOK_BACK_DAYS", 7),
        benchmark_seconds=whole_number(environment, "BENCHMARK_SECONDS", 300),
    )
