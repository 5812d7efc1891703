"""Settings and secrets from the environment; they come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tablewright.core.errors import UsageError

SHORTEST_SECRET = 32


def required_secrets(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, bytes]:
    """Return secrets that must be set, long enough, and each another.

    Raises:
        UsageError: one is missing or too short, or two are equal.
    """
    secrets = {name: environment.get(name, "") for name in names}
    for name, secret in secrets.items():
        if len(secret) < SHORTEST_SECRET:
            raise UsageError(
                f"{name} has {len(secret)} characters",
                remedy=f"set it to at least {SHORTEST_SECRET} random ones",
            )
    if len(set(secrets.values())) < len(names):
        raise UsageError(f"{' and '.join(names)} are equal", remedy="take one for each")
    return {name: secret.encode() for name, secret in secrets.items()}


def whole_number(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    """Return a setting that is a whole number of `least` or more.

    Raises:
        UsageError: it is none.
    """
    text = environment.get(name, "") or str(default)
    if not text.isdigit() or int(text) < least:
        raise UsageError(
            f"{name} is {text!r}", remedy=f"set it to a whole number above {least - 1}"
        )
    return int(text)
