"""What the service is told by its environment; secrets come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright_services.common.passwords import problem_of_password
from tablewright_services.common.second_factor import SecondFactor, second_factor_of
from tablewright_services.common.settings import required_secrets, whole_number

SECRETS = ("SESSION_SECRET", "PAYMONGO_WEBHOOK_SECRET")
SHORTEST_WEBHOOK_SECRET = 24
"""PayMongo gives out `whsk_` and 24 characters."""


@frozen
class ShopSettings:
    """Settings of the service."""

    session_secret: bytes = field(repr=False)
    """Signs sessions of the staff, quotes, and links sent to customers."""
    webhook_secret: bytes = field(repr=False)
    """Signs the payment provider's webhooks."""
    payment_key: str = field(repr=False, default="")
    """Key of PayMongo; without it a local page takes payments."""
    staff_password: str = field(repr=False, default="")
    """Opens the dashboard; without it nobody gets in."""
    second_factor: SecondFactor | None = field(repr=False, default=None)
    """Checks the codes of the staff; None: the password is enough."""
    public_url: str = ""
    """Where customers reach the service, for links in messages and back from the payment page."""
    mail_url: str = field(repr=False, default="")
    """`smtp://user:password@host:587`; without it messages stay in this process."""
    mail_from: str = "shop@mongocollectibles.example"
    origins: frozenset[str] = frozenset()
    """Origins whose pages may call the API besides its own; none are looked at unless given."""
    calls_per_minute: int = 60
    """Of each client, on quote and checkout."""
    sign_ins_per_minute: int = 5
    """Of each client; links to customers too."""
    expiry_seconds: int = 300
    """How often unpaid rentals are looked for: a read each time, of a design without an index on
    the status one of the whole table."""

    @property
    def is_live(self) -> bool:
        """Whether payments are real: only webhooks signed for live mode count then."""
        return self.payment_key.startswith("sk_live_")


def shop_settings(environment: Mapping[str, str]) -> ShopSettings:
    """Return the settings of an environment.

    Raises:
        UsageError: a secret is missing or too short, a number is none, or the staff has no second
            factor or a password that many have.
    """
    webhook_secret = environment.get("PAYMONGO_WEBHOOK_SECRET", "")
    if len(webhook_secret) < SHORTEST_WEBHOOK_SECRET:
        raise UsageError(
            f"PAYMONGO_WEBHOOK_SECRET has {len(webhook_secret)} characters",
            remedy="set it to the secret_key of the webhook at PayMongo",
        )
    staff_password = environment.get("STAFF_PASSWORD", "")
    if staff_password and (problem := problem_of_password(staff_password)):
        raise UsageError(f"STAFF_PASSWORD {problem}", remedy="take another one")
    payment_key = environment.get("PAYMONGO_SECRET_KEY", "")
    public_url = environment.get("PUBLIC_URL", "").rstrip("/")
    if payment_key and not public_url:
        raise UsageError(
            "PUBLIC_URL is not set", remedy="say where customers come back to after they have paid"
        )
    return ShopSettings(
        session_secret=required_secrets(environment, ("SESSION_SECRET",))["SESSION_SECRET"],
        webhook_secret=webhook_secret.encode(),
        payment_key=payment_key,
        staff_password=staff_password,
        second_factor=second_factor_of(environment, "STAFF_CODE_SECRET", "STAFF_PASSWORD"),
        public_url=public_url,
        mail_url=environment.get("MAIL_URL", ""),
        mail_from=environment.get("MAIL_FROM", "shop@mongocollectibles.example"),
        origins=_origins(environment.get("CORS_ORIGINS", ""), public_url),
        calls_per_minute=whole_number(environment, "CALLS_PER_MINUTE", 60),
        sign_ins_per_minute=whole_number(environment, "SIGN_INS_PER_MINUTE", 5),
        expiry_seconds=whole_number(environment, "EXPIRY_SECONDS", 300),
    )


def _origins(listed: str, public_url: str) -> frozenset[str]:
    origins = {each.strip() for each in listed.split(",") if each.strip()}
    return frozenset({*origins, public_url} - {""} if origins else ())
